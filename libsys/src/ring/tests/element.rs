//! Typed elements: what goes in comes out, and nothing else does.

use proptest::prelude::*;

use crate::ring::{Consumer, LocalMemory, PopError, Producer, Quiet, Shape};
use crate::server::{Bytes, DecodeError};

const SHAPE: Shape = Shape::new(4, 64).expect("a shape");
const WORDS: usize = SHAPE.bytes() / 8;

type Element = (u16, Option<i32>, Bytes<24>);

proptest! {
    #[test]
    fn elements_survive_the_ring(
        elements in prop::collection::vec(
            (any::<u16>(), any::<Option<i32>>(), prop::collection::vec(any::<u8>(), 0..=24)),
            0..20,
        ),
    ) {
        let memory = LocalMemory::<WORDS>::new();
        let mut producer = Producer::new(&memory, SHAPE, Quiet).expect("memory");
        let mut consumer = Consumer::new(&memory, SHAPE, Quiet).expect("memory");
        for (small, option, bytes) in elements {
            let element: Element = (small, option, Bytes::new(&bytes).expect("short"));
            prop_assert_eq!(producer.push(&element), Ok(true));
            prop_assert_eq!(consumer.pop(), Ok(Some(element)));
        }
        prop_assert_eq!(consumer.pop::<Element>(), Ok(None));
    }

    /// Whatever lies in a slot is an element or an error, and the next one is reached.
    #[test]
    fn arbitrary_slots_are_no_danger(
        slots in prop::collection::vec(
            prop::collection::vec(prop_oneof![0..30_u64, any::<u64>()], 8),
            0..20,
        ),
    ) {
        let memory = LocalMemory::<WORDS>::new();
        let mut producer = Producer::new(&memory, SHAPE, Quiet).expect("memory");
        let mut consumer = Consumer::new(&memory, SHAPE, Quiet).expect("memory");
        for words in slots {
            let mut slot = producer.reserve().expect("honest").expect("room");
            slot.write_words(0, &words);
            slot.commit();
            let is_element = consumer.pop::<Element>();
            prop_assert!(!matches!(is_element, Ok(None) | Err(PopError::Ring(_))));
            prop_assert_eq!(consumer.pop::<Element>(), Ok(None));
        }
    }
}

#[test]
fn a_full_ring_takes_no_more() {
    let memory = LocalMemory::<WORDS>::new();
    let mut producer = Producer::new(&memory, SHAPE, Quiet).expect("memory");
    for number in 0..4_u64 {
        assert_eq!(producer.push(&number), Ok(true));
    }
    assert_eq!(producer.push(&4_u64), Ok(false));
}

#[test]
fn what_is_wrong_with_an_element_is_said_precisely() {
    let memory = LocalMemory::<WORDS>::new();
    let mut producer = Producer::new(&memory, SHAPE, Quiet).expect("memory");
    let mut consumer = Consumer::new(&memory, SHAPE, Quiet).expect("memory");
    assert_eq!(producer.push(&(1_u64, 300_u64)), Ok(true));
    let error = DecodeError::Value { index: 1, value: 300 };
    assert_eq!(consumer.pop::<(u8, u8)>(), Err(PopError::Element(error)));
}

#[test]
#[should_panic(expected = "fits into a slot")]
fn an_element_must_fit() {
    let memory = LocalMemory::<WORDS>::new();
    let mut producer = Producer::new(&memory, SHAPE, Quiet).expect("memory");
    let _ = producer.push(&[0_u64; 9]);
}
