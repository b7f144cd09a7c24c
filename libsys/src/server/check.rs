//! What is checked when an interface is compiled.

use abi::message::MAX_LENGTH;

use super::field::Field;
use super::operation::Operation;

/// What the check of an interface needs to know of an operation.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    label: u64,
    words: usize,
    caps: usize,
}

/// An operation's label, and the larger of its two messages.
#[must_use]
pub const fn extent<O: Operation>() -> Extent {
    let (label, answer) = (O::LABEL, <O::Answer as Field>::WORDS);
    let error = <O::Error as Field>::WORDS;
    let words = larger(O::WORDS, larger(answer, error));
    Extent { label, words, caps: larger(O::CAPS, <O::Answer as Field>::CAPS) }
}

/// Stops the compiler at an interface whose operations cannot be told apart, or do not fit into
/// a message.
pub const fn check_interface(operations: &[Extent]) {
    let mut index = 0;
    while index < operations.len() {
        let operation = operations[index];
        assert!(operation.words <= MAX_LENGTH, "a message has at most 120 words");
        assert!(operation.caps <= 1, "the kernel moves one capability with each message");
        assert!(operation.label < 1 << 52, "a label has 52 bits");
        let mut other = 0;
        while other < index {
            assert!(operations[other].label != operation.label, "labels differ");
            other += 1;
        }
        index += 1;
    }
}

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}
