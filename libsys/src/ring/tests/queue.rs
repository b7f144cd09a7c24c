//! A ring behaves as a bounded queue, and rings when somebody sleeps and only then.

use core::cell::Cell;
use std::collections::VecDeque;
use std::vec::Vec;

use proptest::prelude::*;

use crate::ring::{Bell, Consumer, LocalMemory, Memory, Producer, Quiet, RingError, Shape};

const WORDS: usize = 16 + 8 * 2;

/// Counts what is rung and slept.
#[derive(Default)]
struct Counter {
    rung: Cell<u32>,
    slept: Cell<u32>,
}

impl Bell for &Counter {
    fn ring(&self) {
        self.rung.set(self.rung.get() + 1);
    }

    fn sleep(&self) {
        self.slept.set(self.slept.get() + 1);
    }
}

fn shape(slots: u32) -> Shape {
    Shape::new(slots, 16).expect("a shape")
}

fn put<M: Memory, B: Bell>(producer: &mut Producer<M, B>, value: u64) -> bool {
    let Some(mut slot) = producer.reserve().expect("an honest peer") else { return false };
    slot.write_words(0, &[value, !value]);
    slot.commit();
    true
}

fn take<M: Memory, B: Bell>(consumer: &mut Consumer<M, B>) -> Option<u64> {
    let slot = consumer.peek().expect("an honest peer")?;
    let mut words = [0; 2];
    slot.read_words(0, &mut words);
    slot.release();
    assert_eq!(words[0], !words[1]);
    Some(words[0])
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Put,
    Abandon,
    Take,
    Look,
    ConsumerSleeps,
    ProducerSleeps,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Put),
        1 => Just(Step::Abandon),
        4 => Just(Step::Take),
        1 => Just(Step::Look),
        1 => Just(Step::ConsumerSleeps),
        1 => Just(Step::ProducerSleeps),
    ]
}

/// Both sides, and what should be in the ring.
struct Pair<'a> {
    producer: Producer<&'a LocalMemory<WORDS>, &'a Counter>,
    consumer: Consumer<&'a LocalMemory<WORDS>, &'a Counter>,
    inside: VecDeque<u64>,
    slots: usize,
    next: u64,
}

impl Pair<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Put => {
                let has_room = self.inside.len() < self.slots;
                assert_eq!(put(&mut self.producer, self.next), has_room);
                if has_room {
                    self.inside.push_back(self.next);
                }
                self.next += 1;
                self.producer.flush();
            }
            Step::Abandon => {
                if let Some(mut slot) = self.producer.reserve().expect("an honest peer") {
                    slot.write_words(8, &[0xdead]);
                }
            }
            Step::Take => {
                assert_eq!(take(&mut self.consumer), self.inside.pop_front());
                self.consumer.flush();
            }
            Step::Look => {
                let slot = self.consumer.peek().expect("an honest peer");
                assert_eq!(slot.is_some(), !self.inside.is_empty());
            }
            Step::ConsumerSleeps => {
                let sleeps = self.consumer.fall_asleep().expect("an honest peer");
                assert_eq!(sleeps, self.inside.is_empty());
            }
            Step::ProducerSleeps => {
                let sleeps = self.producer.fall_asleep().expect("an honest peer");
                assert_eq!(sleeps, self.inside.len() == self.slots);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_ring_is_a_bounded_queue(
        power in 0_u32..4,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let memory = LocalMemory::<WORDS>::new();
        let (ours, theirs) = (Counter::default(), Counter::default());
        let shape = shape(1 << power);
        let mut pair = Pair {
            producer: Producer::new(&memory, shape, &ours).expect("memory"),
            consumer: Consumer::new(&memory, shape, &theirs).expect("memory"),
            inside: VecDeque::new(),
            slots: 1 << power,
            next: 1,
        };
        for step in steps {
            pair.step(step);
        }
    }

    #[test]
    fn bytes_survive_the_ring(bytes in prop::collection::vec(any::<u8>(), 0..16)) {
        let memory = LocalMemory::<WORDS>::new();
        let mut producer = Producer::new(&memory, shape(1), Quiet).expect("memory");
        let mut consumer = Consumer::new(&memory, shape(1), Quiet).expect("memory");
        let mut slot = producer.reserve().expect("honest").expect("room");
        slot.write_bytes(0, &bytes);
        slot.commit();
        let mut copy: Vec<u8> = std::vec![0; bytes.len()];
        consumer.peek().expect("honest").expect("an element").read_bytes(0, &mut copy);
        prop_assert_eq!(copy, bytes);
    }
}

#[test]
fn who_is_awake_is_not_woken_and_who_sleeps_is_woken_once() {
    let memory = LocalMemory::<WORDS>::new();
    let (ours, theirs) = (Counter::default(), Counter::default());
    let mut producer = Producer::new(&memory, shape(8), &ours).expect("memory");
    let mut consumer = Consumer::new(&memory, shape(8), &theirs).expect("memory");
    put(&mut producer, 1);
    producer.flush();
    assert_eq!(ours.rung.get(), 0, "nobody sleeps");
    take(&mut consumer);
    for round in 1..4 {
        assert_eq!(consumer.fall_asleep(), Ok(true));
        put(&mut producer, 2);
        assert_eq!(ours.rung.get(), round - 1, "not before the flush");
        producer.flush();
        put(&mut producer, 3);
        producer.flush();
        assert_eq!(ours.rung.get(), round, "once for each sleep");
        consumer.wake_up();
        assert_eq!((take(&mut consumer), take(&mut consumer)), (Some(2), Some(3)));
    }
    assert_eq!(consumer.wait(), Ok(0), "one sleep, although nothing came");
    assert_eq!(theirs.slept.get(), 1);
}

#[test]
fn a_sleep_given_up_is_another_sleep() {
    let memory = LocalMemory::<WORDS>::new();
    let ours = Counter::default();
    let mut producer = Producer::new(&memory, shape(8), &ours).expect("memory");
    let mut consumer = Consumer::new(&memory, shape(8), Quiet).expect("memory");
    assert_eq!(consumer.fall_asleep(), Ok(true));
    put(&mut producer, 1);
    producer.flush();
    // As a program does that stopped waiting and forgot to say so.
    assert_eq!(take(&mut consumer), Some(1));
    assert_eq!(consumer.fall_asleep(), Ok(true));
    put(&mut producer, 2);
    producer.flush();
    assert_eq!(ours.rung.get(), 2);
}

#[test]
fn indices_wrap_around() {
    let memory = LocalMemory::<WORDS>::new();
    let mut producer = Producer::new(&memory, shape(2), Quiet).expect("memory");
    let mut consumer = Consumer::new(&memory, shape(2), Quiet).expect("memory");
    producer.half.start_at(u32::MAX - 2);
    consumer.half.start_at(u32::MAX - 2);
    for value in 0..6 {
        assert!(put(&mut producer, value));
        assert!(put(&mut producer, value + 100));
        assert!(!put(&mut producer, 0));
        assert_eq!(take(&mut consumer), Some(value));
        assert_eq!(take(&mut consumer), Some(value + 100));
        assert_eq!(take(&mut consumer), None);
    }
}

#[test]
fn memory_must_hold_the_ring() {
    let memory = LocalMemory::<17>::new();
    let error = RingError::Memory { needed: 144, found: 136 };
    assert_eq!(Producer::new(&memory, shape(1), Quiet).err(), Some(error));
    let half = Shape::new(1, 8).expect("a shape");
    assert!(Producer::new(&memory, half, Quiet).is_ok());
}

#[test]
fn shapes_are_checked() {
    assert_eq!(Shape::new(0, 8), None);
    assert_eq!(Shape::new(6, 8), None);
    assert_eq!(Shape::new(8, 0), None);
    assert_eq!(Shape::new(8, 12), None);
    assert_eq!(Shape::new(1 << 31, 8), None);
    assert_eq!(Shape::new(1 << 30, 4096), None, "more memory than there is");
    assert_eq!(Shape::filling(127, 8), None);
    assert_eq!(Shape::filling(128 + 15, 16), None);
    assert_eq!(Shape::filling(128 + 7 * 16, 16), Shape::new(4, 16));
}

#[test]
#[should_panic(expected = "inside the slot")]
fn a_slot_ends() {
    let memory = LocalMemory::<WORDS>::new();
    let mut producer = Producer::new(&memory, shape(2), Quiet).expect("memory");
    let mut slot = producer.reserve().expect("honest").expect("room");
    slot.write_words(8, &[1, 2]);
}
