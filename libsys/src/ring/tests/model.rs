//! Rings under a model checker, which runs two threads in every order, and lets every load
//! answer every value that the memory model allows.
//!
//! Slots are relaxed atomics here as on the target, so an element that is seen before it is
//! complete shows as a wrong value, and a lost wake-up as a deadlock.

use std::vec::Vec;

use loom::model::Builder;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::ring::{Bell, Consumer, Memory, Producer, Shape};

/// The ring's memory, in the checker's atomics.
#[derive(Clone)]
struct Modelled {
    control: Arc<[AtomicU32; 4]>,
    words: Arc<Vec<AtomicU64>>,
    rules: Rules,
}

/// What the memory does about order.
#[derive(Clone, Copy)]
struct Rules {
    /// How indices and sleep numbers are stored.
    store: Ordering,
    /// Whether a barrier is one.
    barriers: bool,
}

/// What [`Memory`] asks for.
const STRICT: Rules = Rules { store: Ordering::Release, barriers: true };

impl Modelled {
    fn new(words: usize, rules: Rules) -> Self {
        let control = core::array::from_fn(|_| AtomicU32::new(0));
        let words = (0..words).map(|_| AtomicU64::new(0)).collect();
        Self { control: Arc::new(control), words: Arc::new(words), rules }
    }

    /// Index and sleep number of the producer, then of the consumer.
    fn control(&self, offset: usize) -> &AtomicU32 {
        &self.control[offset / 64 * 2 + offset % 64 / 4]
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        &self.words[(offset - 128) / 8]
    }
}

impl Memory for Modelled {
    fn bytes(&self) -> usize {
        128 + 8 * self.words.len()
    }

    fn load(&self, offset: usize) -> u32 {
        self.control(offset).load(Ordering::Acquire)
    }

    fn store(&self, offset: usize, value: u32) {
        self.control(offset).store(value, self.rules.store);
    }

    fn barrier(&self) {
        if self.rules.barriers {
            fence(Ordering::SeqCst);
        }
    }

    fn read(&self, offset: usize) -> u64 {
        self.word(offset).load(Ordering::Relaxed)
    }

    fn write(&self, offset: usize, value: u64) {
        self.word(offset).store(value, Ordering::Relaxed);
    }
}

/// A pair of notifications.
#[derive(Clone)]
struct Pair {
    peer: Arc<Notify>,
    own: Arc<Notify>,
}

impl Bell for Pair {
    fn ring(&self) {
        self.peer.notify();
    }

    fn sleep(&self) {
        self.own.wait();
    }
}

/// Runs `check` in every order with at most so many preemptions.
fn explore(preemptions: usize, check: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(check);
}

fn pair(slots: u32, rules: Rules) -> (Producer<Modelled, Pair>, Consumer<Modelled, Pair>) {
    let shape = Shape::new(slots, 16).expect("a shape");
    let memory = Modelled::new(2 * slots as usize, rules);
    let (one, other) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let forth = Pair { peer: one.clone(), own: other.clone() };
    let back = Pair { peer: other, own: one };
    let producer = Producer::new(memory.clone(), shape, forth).expect("memory");
    (producer, Consumer::new(memory, shape, back).expect("memory"))
}

/// Puts `count` elements in, sleeping while the ring is full.
fn produce(mut producer: Producer<Modelled, Pair>, count: u64) {
    for value in 1..=count {
        while producer.wait().expect("an honest peer") == 0 {}
        let mut slot = producer.reserve().expect("an honest peer").expect("a free slot");
        slot.write_words(0, &[value, !value]);
        slot.commit();
        producer.flush();
    }
}

/// Takes `count` elements out, sleeping while the ring is empty.
fn consume(mut consumer: Consumer<Modelled, Pair>, count: u64) {
    for value in 1..=count {
        while consumer.wait().expect("an honest peer") == 0 {}
        let slot = consumer.peek().expect("an honest peer").expect("an element");
        let mut words = [0; 2];
        slot.read_words(0, &mut words);
        slot.release();
        consumer.flush();
        assert_eq!(words, [value, !value], "complete, and in order");
    }
}

fn transfer(slots: u32, count: u64, rules: Rules) {
    let (producer, consumer) = pair(slots, rules);
    let other = thread::spawn(move || produce(producer, count));
    consume(consumer, count);
    other.join().expect("the producer ends");
}

/// An element arrives complete although its consumer falls asleep at any moment.
#[test]
fn nobody_sleeps_through_an_element() {
    explore(4, || transfer(1, 1, STRICT));
}

/// The same for free slots: one slot for two elements makes the producer sleep as well.
#[test]
fn nobody_sleeps_through_a_free_slot() {
    explore(3, || transfer(1, 2, STRICT));
}

/// Slots are used again while the other one is in use.
#[test]
fn slots_are_reused_in_order() {
    explore(2, || transfer(2, 3, STRICT));
}

/// The checker notices what the barriers are for: without them both sides can miss each other.
#[test]
#[should_panic(expected = "deadlock")]
fn without_barriers_a_wake_up_gets_lost() {
    explore(4, || transfer(1, 1, Rules { barriers: false, ..STRICT }));
}

/// And what the order of the stores is for.
#[test]
#[should_panic(expected = "complete, and in order")]
fn without_release_an_element_comes_too_early() {
    explore(4, || transfer(1, 1, Rules { store: Ordering::Relaxed, ..STRICT }));
}
