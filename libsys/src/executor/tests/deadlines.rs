//! Timers beside a sorted list, and with a clock.

use core::cell::RefCell;
use core::pin::pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Waker;
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;
use std::vec::Vec;

use proptest::prelude::*;

use super::{FakeClock, ms, signals};
use crate::executor::timers::Deadlines;
use crate::executor::{Executor, Reactor, Storage};
use crate::server::tests::fake::FakePort;

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert(u64),
    Remove(usize),
    Expire(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..100_u64).prop_map(Step::Insert),
        2 => any::<usize>().prop_map(Step::Remove),
        1 => (0..100_u64).prop_map(Step::Expire),
    ]
}

/// A timer that should be there: place, deadline, whether it has expired, its waker's count.
type Expected = (usize, Duration, bool, Arc<Count>);

fn first(expected: &[Expected]) -> Option<Duration> {
    let open = expected.iter().filter(|(_, _, expired, _)| !expired);
    open.map(|(_, deadline, ..)| *deadline).min()
}

proptest! {
    #[test]
    fn deadlines_are_a_sorted_list(steps in prop::collection::vec(step(), 0..150)) {
        let mut deadlines = Deadlines::<8>::new();
        let mut expected: Vec<Expected> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(time) => {
                    let count = Arc::new(Count::default());
                    let place = deadlines.insert(ms(time), Waker::from(count.clone()));
                    prop_assert_eq!(place.is_some(), expected.len() < 8);
                    expected.extend(place.map(|place| (place, ms(time), false, count)));
                }
                Step::Remove(which) if !expected.is_empty() => {
                    let (place, ..) = expected.swap_remove(which % expected.len());
                    deadlines.remove(place);
                }
                Step::Remove(_) => {}
                Step::Expire(time) => {
                    deadlines.expire(ms(time));
                    for (_, deadline, expired, _) in &mut expected {
                        *expired |= *deadline <= ms(time);
                    }
                }
            }
            prop_assert_eq!(deadlines.first(), first(&expected));
            for (_, _, expired, count) in &expected {
                prop_assert_eq!(count.0.load(Ordering::Relaxed), usize::from(*expired));
            }
        }
    }
}

/// Runs sleepers with a clock that jumps to each armed deadline; answers who woke when.
fn sleepers<const PLACES: usize>(times: &[u64]) -> (Vec<(u64, Duration)>, FakeClock) {
    let clock = FakeClock::default();
    let port = FakePort::new([]);
    let jump = clock.clone();
    *port.meanwhile.borrow_mut() = Some(std::boxed::Box::new(move || {
        let deadline = jump.armed.borrow().last().copied()?;
        jump.now.set(deadline);
        Some(signals(&[0]))
    }));
    let reactor = Reactor::<_, _, PLACES>::new(&port, clock.clone(), [crate::Cap::at(1)]);
    let log = RefCell::new(Vec::new());
    let storage = pin!(Storage::<_, 16>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    for time in times {
        let (reactor, log) = (&reactor, &log);
        let sleeper = async move {
            reactor.sleep(ms(*time)).await;
            log.borrow_mut().push((*time, reactor.now()));
            if log.borrow().len() == times.len() {
                reactor.stop();
            }
        };
        assert!(executor.spawn(sleeper).is_ok(), "room");
    }
    executor.run(&reactor, |_| None);
    (log.take(), clock)
}

#[test]
fn sleepers_wake_in_order_and_on_time() {
    let (log, clock) = sleepers::<16>(&[30, 10, 20, 0, 10]);
    let expected = [(0, 0), (10, 10), (10, 10), (20, 20), (30, 30)];
    assert_eq!(log, expected.map(|(time, at)| (time, ms(at))));
    assert_eq!(*clock.armed.borrow(), [ms(10), ms(20), ms(30)], "the earliest each time");
}

#[test]
fn sleepers_without_a_place_are_not_lost() {
    // With two places for six sleepers, the others look again in each round, so nobody sleeps:
    // time goes on by itself.
    let clock = FakeClock::default();
    let port = FakePort::new([]);
    let reactor = Reactor::<_, _, 2>::new(&port, clock.clone(), [crate::Cap::at(1)]);
    let done = RefCell::new(0);
    let storage = pin!(Storage::<_, 8>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    for time in 1..=6 {
        let (reactor, done) = (&reactor, &done);
        let sleeper = async move {
            reactor.sleep(ms(time)).await;
            assert!(reactor.now() >= ms(time));
            *done.borrow_mut() += 1;
        };
        assert!(executor.spawn(sleeper).is_ok(), "room");
    }
    for round in 0..10 {
        clock.now.set(ms(round));
        executor.run_ready();
        reactor.wake_expired();
        executor.run_ready();
        assert_eq!(*done.borrow(), round.min(6));
    }
}
