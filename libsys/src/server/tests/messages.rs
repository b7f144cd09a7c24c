//! What is put into a message comes out again, and nothing else does.

use core::time::Duration;

use abi::MessageInfo;
use proptest::prelude::*;

use super::fake::FakeBuffer;
use crate::cap::{Badge, Cap};
use crate::object::Page;
use crate::server::{Bytes, DecodeError, Field, Operation, Request, Text, ask, understand};
use crate::{data, interface};

data! {
    /// Numbers.
    pub struct Numbers {
        small: u8,
        signed: i32,
        large: u64,
    }
}

data! {
    /// One of three.
    pub enum Kind {
        /// The first.
        One = 1,
        /// The second.
        Two = 2,
        /// The last.
        Last = 0xffff_ffff_ffff_ffff,
    }
}

interface! {
    /// All kinds of fields.
    mod everything {
        type Error = core::convert::Infallible;

        /// Plain ones.
        Plain = 3: fn plain(numbers: Numbers, kind: Kind, flag: bool, wait: Option<Duration>);
        /// Those of a length.
        Long = 4: fn long(name: Text<20>, bytes: Bytes<100>, pair: (u16, i8), three: [i16; 3]);
        /// A capability.
        Share = 5: fn share(page: Cap<Page>, count: u32) -> Cap<Page>;
        /// Nothing.
        Nothing = 6: fn nothing();
    }
}

use everything::{Long, Nothing, Plain, Share};

fn request(buffer: &FakeBuffer, info: MessageInfo, words: &[u64]) -> Request {
    Request { client: Badge(1), message: buffer.place(1, info, words), slot: 77 }
}

/// The operation as it arrives.
fn through<O: Operation>(operation: &O) -> Result<O, DecodeError> {
    let buffer = FakeBuffer::new();
    let message = ask(operation, &mut &buffer);
    assert_eq!(message.info.label(), O::LABEL);
    assert!(message.info.length() <= O::WORDS, "not more words than it says");
    let request = Request { client: Badge(1), message: buffer.deliver(message), slot: 77 };
    understand(&request, &&buffer)
}

/// Whatever is understood has no other encoding than what arrived.
fn one_encoding<O: Operation>(info: MessageInfo, words: &[u64]) {
    let buffer = FakeBuffer::new();
    let Ok(operation) = understand::<O, _>(&request(&buffer, info, words), &&buffer) else {
        return;
    };
    let message = ask(&operation, &mut &buffer);
    assert_eq!(message.info.length(), info.length());
    assert_eq!(message.info.extra_caps(), info.extra_caps());
    assert_eq!(buffer.words_of(&message), words[..info.length()]);
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::One), Just(Kind::Two), Just(Kind::Last)]
}

/// Words that are likely to mean something.
fn words() -> impl Strategy<Value = std::vec::Vec<u64>> {
    let word = prop_oneof![4 => 0..4_u64, 1 => any::<u64>(), 1 => any::<u8>().prop_map(u64::from)];
    prop::collection::vec(word, 120)
}

proptest! {
    #[test]
    fn plain_fields_survive(
        (small, signed, large) in any::<(u8, i32, u64)>(),
        kind in kind(),
        flag: bool,
        wait in any::<Option<(u64, u32)>>(),
    ) {
        let wait = wait.map(|(seconds, part)| Duration::new(seconds >> 1, part % 1_000_000_000));
        let plain = Plain { numbers: Numbers { small, signed, large }, kind, flag, wait };
        prop_assert_eq!(through(&plain), Ok(plain));
    }

    #[test]
    fn fields_of_a_length_survive(
        name in "[a-zß]{0,10}",
        bytes in prop::collection::vec(any::<u8>(), 0..=100),
        pair: (u16, i8),
        three: [i16; 3],
    ) {
        let name = Text::new(&name).expect("short");
        let long = Long { name, bytes: Bytes::new(&bytes).expect("short"), pair, three };
        prop_assert_eq!(through(&long), Ok(long));
    }

    #[test]
    fn any_message_is_understood_exactly_or_refused(
        words in words(),
        info in any::<u64>().prop_map(MessageInfo),
        length in 0_usize..30,
        label in 0_u64..8,
    ) {
        let likely = MessageInfo::new(label, info.extra_caps() & 1, length);
        for info in [info, likely] {
            one_encoding::<Plain>(info, &words);
            one_encoding::<Long>(info, &words);
            one_encoding::<Share>(info, &words);
            one_encoding::<Nothing>(info, &words);
        }
    }
}

#[test]
fn a_capability_is_found_in_the_receive_slot() {
    let share = Share { page: Cap::at(12), count: 3 };
    let buffer = FakeBuffer::new();
    let message = ask(&share, &mut &buffer);
    assert_eq!((message.info.extra_caps(), buffer.cap(0)), (1, 12));
    assert_eq!(through(&share), Ok(Share { page: Cap::at(77), count: 3 }));
}

#[test]
fn sizes_are_sums() {
    assert_eq!((Plain::WORDS, Plain::CAPS), (3 + 1 + 1 + 3, 0));
    assert_eq!((Long::WORDS, Long::CAPS), (1 + 3 + 1 + 13 + 2 + 3, 0));
    assert_eq!((Share::WORDS, Share::CAPS), (1, 1));
}
