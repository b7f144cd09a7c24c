//! A peer that writes anything anywhere in the ring at any time.

use core::cell::{Cell, RefCell};

use proptest::prelude::*;

use crate::ring::{Bell, Consumer, Memory, Producer, RingError, Shape};

const SLOTS: u32 = 4;
const SLOT_BYTES: u32 = 16;

/// Memory that a peer scribbles into between any two of our accesses: each read answers the next
/// of these values, whatever was written. It refuses accesses outside of the ring.
struct Scribbled<'a> {
    values: RefCell<core::iter::Cycle<core::iter::Copied<core::slice::Iter<'a, u64>>>>,
    accesses: Cell<usize>,
}

impl<'a> Scribbled<'a> {
    fn new(values: &'a [u64]) -> Self {
        let values = RefCell::new(values.iter().copied().cycle());
        Self { values, accesses: Cell::new(0) }
    }

    fn next(&self) -> u64 {
        self.values.borrow_mut().next().unwrap_or(0)
    }

    fn access(&self, offset: usize, size: usize) {
        assert!(offset.is_multiple_of(size) && offset + size <= self.bytes(), "inside the ring");
        self.accesses.set(self.accesses.get() + 1);
    }
}

impl Memory for Scribbled<'_> {
    fn bytes(&self) -> usize {
        shape().bytes()
    }

    fn load(&self, offset: usize) -> u32 {
        self.access(offset, 4);
        self.next() as u32
    }

    fn store(&self, offset: usize, _value: u32) {
        self.access(offset, 4);
    }

    fn barrier(&self) {}

    fn read(&self, offset: usize) -> u64 {
        self.access(offset, 8);
        assert!(offset >= 128, "slots only");
        self.next()
    }

    fn write(&self, offset: usize, _value: u64) {
        self.access(offset, 8);
        assert!(offset >= 128, "slots only");
    }
}

/// Counts what is rung; sleeping ends at once.
#[derive(Default)]
struct Counter(Cell<usize>);

impl Bell for &Counter {
    fn ring(&self) {
        self.0.set(self.0.get() + 1);
    }

    fn sleep(&self) {}
}

fn shape() -> Shape {
    Shape::new(SLOTS, SLOT_BYTES).expect("a shape")
}

/// Small values are likely to be possible indices.
fn values() -> impl Strategy<Value = std::vec::Vec<u64>> {
    prop::collection::vec(prop_oneof![3 => 0..16_u64, 1 => any::<u64>()], 1..64)
}

proptest! {
    #[test]
    fn a_consumer_stays_in_the_ring_and_ends(values in values(), rounds in 0_usize..100) {
        let (memory, bell) = (Scribbled::new(&values), Counter::default());
        let mut consumer = Consumer::new(&memory, shape(), &bell).expect("memory");
        for round in 0..rounds {
            let before = memory.accesses.get();
            match consumer.peek() {
                Ok(Some(slot)) => {
                    let mut words = [0; 2];
                    slot.read_words(0, &mut words);
                    slot.release();
                }
                Ok(None) => drop(consumer.wait()),
                Err(error) => {
 let is_index = matches!(error, RingError::Index { .. });
 prop_assert!(is_index);
}
            }
            consumer.flush();
            prop_assert!(memory.accesses.get() - before <= 8, "few accesses for each call");
            prop_assert!(bell.0.get() <= round + 1, "at most one signal for each flush");
        }
    }

    #[test]
    fn a_producer_stays_in_the_ring_and_ends(values in values(), rounds in 0_usize..100) {
        let (memory, bell) = (Scribbled::new(&values), Counter::default());
        let mut producer = Producer::new(&memory, shape(), &bell).expect("memory");
        for round in 0..rounds {
            let before = memory.accesses.get();
            match producer.reserve() {
                Ok(Some(mut slot)) => {
                    slot.write_words(0, &[1, 2]);
                    slot.commit();
                }
                Ok(None) => drop(producer.wait()),
                Err(error) => {
 let is_index = matches!(error, RingError::Index { .. });
 prop_assert!(is_index);
}
            }
            producer.flush();
            prop_assert!(memory.accesses.get() - before <= 8, "few accesses for each call");
            prop_assert!(bell.0.get() <= round + 1, "at most one signal for each flush");
        }
    }

    /// Exactly the indices of an honest peer are believed.
    #[test]
    fn impossible_indices_are_refused(
        peer in prop_oneof![0..2 * SLOTS, any::<u32>(), u32::MAX - 2 * SLOTS..u32::MAX],
    ) {
        let values = [u64::from(peer)];
        let memory = Scribbled::new(&values);
        let bell = Counter::default();
        let mut consumer = Consumer::new(&memory, shape(), &bell).expect("memory");
        let found = consumer.peek().map(|slot| slot.is_some());
        let refused = |own| Err(RingError::Index { own, peer });
        prop_assert_eq!(found, if peer <= SLOTS { Ok(peer > 0) } else { refused(0) });

        let mut producer = Producer::new(&memory, shape(), &bell).expect("memory");
        for _ in 0..SLOTS {
            // Free from the beginning, whatever the peer says.
            producer.reserve().expect("free").expect("free").commit();
        }
        let found = producer.reserve().map(|slot| slot.is_some());
        prop_assert_eq!(found, if peer <= SLOTS { Ok(peer > 0) } else { refused(SLOTS) });
    }
}

#[test]
fn a_refused_index_changes_nothing() {
    let values = [99, 1, 7];
    let memory = Scribbled::new(&values);
    let bell = Counter::default();
    let mut consumer = Consumer::new(&memory, shape(), &bell).expect("memory");
    assert_eq!(consumer.peek().err(), Some(RingError::Index { own: 0, peer: 99 }));
    // The peer came to its senses: one element.
    let slot = consumer.peek().expect("possible").expect("an element");
    slot.release();
    assert_eq!(consumer.fall_asleep(), Err(RingError::Index { own: 1, peer: 7 }));
}
