//! Waiting for signals and rings, and giving it up.

use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use std::vec::Vec;

use super::{FakeClock, ms};
use crate::cap::Cap;
use crate::executor::signals::Signals;
use crate::executor::{Executor, NoClock, Reactor, Storage};
use crate::ring::{Bell, Consumer, LocalMemory, Producer, Quiet, RingError, Shape};
use crate::server::tests::fake::FakePort;

/// Polls both until one is ready, and drops the other.
async fn first<A>(one: impl Future<Output = A>, other: impl Future<Output = A>) -> A {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(value),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await
}

#[test]
fn signals_are_kept_and_taken_once() {
    let signals = Signals::<4>::new();
    let log = RefCell::new(Vec::new());
    let storage = pin!(Storage::<_, 4>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    signals.raise(0b0101);
    for mask in [0b0001, 0b0111, 0b0111] {
        let (signals, log) = (&signals, &log);
        let task = async move {
            let found = signals.wait(mask).await;
            log.borrow_mut().push((mask, found));
        };
        assert!(executor.spawn(task).is_ok());
    }
    executor.run_ready();
    assert_eq!(*log.borrow(), [(0b0001, 0b0001), (0b0111, 0b0100)]);
    signals.raise(0b1000);
    executor.run_ready();
    assert_eq!(log.borrow().len(), 2, "not for it");
    signals.raise(0b1010);
    executor.run_ready();
    assert_eq!(log.borrow()[2], (0b0111, 0b0010));
}

/// Of two tasks that were woken for one signal, one is dropped before it runs: the other gets it.
#[test]
fn a_signal_does_not_vanish_with_a_task() {
    let signals = Signals::<4>::new();
    let got = Cell::new(0);
    let storage = pin!(Storage::<_, 1>::new());
    let mut other = Executor::new(storage).expect("few executors");
    let waits = async { got.set(signals.wait(1).await) };
    assert!(other.spawn(waits).is_ok());
    other.run_ready();
    {
        let storage = pin!(Storage::<_, 1>::new());
        let mut dropped = Executor::new(storage).expect("few executors");
        let waits = async { got.set(signals.wait(1).await + 100) };
        assert!(dropped.spawn(waits).is_ok());
        dropped.run_ready();
        signals.raise(1);
    }
    other.run_ready();
    assert_eq!(got.get(), 1);
}

#[test]
fn a_wait_with_a_time_limit_leaves_nothing_behind() {
    let (port, clock) = (FakePort::new([]), FakeClock::default());
    let reactor = Reactor::<_, _, 1>::new(&port, clock.clone(), [Cap::at(1)]);
    let log = RefCell::new(Vec::new());
    let storage = pin!(Storage::<_, 1>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    let task = async {
        // One place for waits and one for times: each round needs them again.
        for round in 1..=5 {
            let signal = async { Some(reactor.signalled(1).await) };
            let limit = async {
                reactor.sleep_until(ms(round)).await;
                None
            };
            let found = first(signal, limit).await;
            log.borrow_mut().push(found);
        }
    };
    assert!(executor.spawn(task).is_ok());
    for round in 1..=5 {
        executor.run_ready();
        executor.run_ready();
        assert_eq!(log.borrow().len(), round - 1, "all wait in their places");
        clock.now.set(ms(round as u64));
        reactor.wake_expired();
        executor.run_ready();
        assert_eq!(log.borrow().len(), round);
    }
    assert_eq!(*log.borrow(), [None; 5]);
}

/// Raises a signal at once, as the kernel would.
struct Direct<'a>(&'a Signals<4>, u64);

impl Bell for Direct<'_> {
    fn ring(&self) {
        self.0.raise(self.1);
    }

    fn sleep(&self) {}
}

#[test]
fn tasks_talk_through_a_ring() {
    let shape = Shape::new(2, 8).expect("a shape");
    let memory = LocalMemory::<18>::new();
    let port = FakePort::new([]);
    let reactor = Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1)]);
    let signals = &reactor.signals;
    let mut producer = Producer::new(&memory, shape, Direct(signals, 1)).expect("memory");
    let mut consumer = Consumer::new(&memory, shape, Direct(signals, 2)).expect("memory");
    let sum = Cell::new(0);
    let produce = async {
        for value in 1..=100 {
            reactor.free_slots(&mut producer, 2).await.expect("an honest peer");
            let mut slot = producer.reserve().expect("honest").expect("a free slot");
            slot.write_words(0, &[value]);
            slot.commit();
            producer.flush();
        }
    };
    let consume = async {
        for _ in 1..=100 {
            reactor.elements(&mut consumer, 1).await.expect("an honest peer");
            let slot = consumer.peek().expect("honest").expect("an element");
            let mut word = [0];
            slot.read_words(0, &mut word);
            slot.release();
            sum.set(sum.get() + word[0]);
            consumer.flush();
        }
    };
    let both = async {
        let (mut produce, mut consume) = (pin!(produce), pin!(consume));
        let mut produced = false;
        poll_fn(|context| {
            produced = produced || produce.as_mut().poll(context).is_ready();
            consume.as_mut().poll(context)
        })
        .await;
    };
    let storage = pin!(Storage::<_, 1>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    assert!(executor.spawn(both).is_ok());
    for _ in 0..300 {
        executor.run_ready();
    }
    assert_eq!((sum.get(), executor.tasks()), (5050, 0));
}

#[test]
fn a_hostile_ring_ends_the_wait_with_an_error() {
    let shape = Shape::new(2, 8).expect("a shape");
    let memory = LocalMemory::<18>::new();
    crate::ring::Memory::store(&memory, 0, 3);
    let port = FakePort::new([]);
    let reactor = Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1)]);
    let mut consumer = Consumer::new(&memory, shape, Quiet).expect("memory");
    let found = Cell::new(None);
    let storage = pin!(Storage::<_, 1>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    let task = async { found.set(Some(reactor.elements(&mut consumer, 1).await)) };
    assert!(executor.spawn(task).is_ok());
    executor.run_ready();
    assert_eq!(found.get(), Some(Err(RingError::Index { own: 0, peer: 3 })));
}
