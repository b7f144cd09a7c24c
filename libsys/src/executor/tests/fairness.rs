//! Nobody is kept from running.

use core::cell::RefCell;
use core::future::poll_fn;
use core::pin::pin;
use core::task::{Poll, Waker};
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::{call, signals};
use crate::cap::Cap;
use crate::executor::{Executor, NoClock, Reactor, Storage};
use crate::server::tests::fake::{Event, FakePort};

/// Lets the other tasks run, `times` times.
async fn step_aside(mut times: u32) {
    poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn busy_tasks_take_turns() {
    let log = RefCell::new(Vec::new());
    let storage = pin!(Storage::<_, 3>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    for name in 0..3 {
        let log = &log;
        let task = async move {
            for _ in 0..4 {
                log.borrow_mut().push(name);
                step_aside(1).await;
            }
        };
        assert!(executor.spawn(task).is_ok(), "room");
    }
    for _ in 0..5 {
        executor.run_ready();
    }
    assert_eq!(*log.borrow(), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert_eq!(executor.tasks(), 0);
}

#[test]
fn a_busy_task_does_not_delay_messages() {
    let port = FakePort::new([call(5, 1, &[]), call(6, 1, &[]), call(7, 1, &[])]);
    let reactor = Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1)]);
    let storage = pin!(Storage::<_, 2>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    let spinner = async {
        step_aside(10).await;
        reactor.stop();
    };
    assert!(executor.spawn(spinner).is_ok(), "room");
    let mut arrived = 0;
    executor.run(&reactor, |_| {
        arrived += 1;
        None
    });
    let events = port.take_events();
    assert_eq!(arrived, 3, "one in each round");
    assert!(!events.contains(&Event::Receive), "never slept");
    assert_eq!(events.iter().filter(|event| **event == Event::Poll).count(), 10);
}

#[test]
fn an_executor_that_is_full_gives_the_task_back() {
    let storage = pin!(Storage::<_, 1>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    assert!(executor.spawn(core::future::ready(())).is_ok());
    assert!(executor.spawn(core::future::ready(())).is_err());
    executor.run_ready();
    assert!(executor.spawn(core::future::ready(())).is_ok());
}

#[test]
fn a_waker_may_outlive_its_executor() {
    let kept: RefCell<Option<Waker>> = RefCell::new(None);
    let keep = || {
        poll_fn(|context| {
            *kept.borrow_mut() = Some(context.waker().clone());
            Poll::Ready(())
        })
    };
    let polled = RefCell::new(0);
    {
        let storage = pin!(Storage::<_, 1>::new());
        let mut executor = Executor::new(storage).expect("few executors");
        assert!(executor.spawn(keep()).is_ok());
        executor.run_ready();
    }
    let waker = kept.take().expect("a waker");
    waker.wake_by_ref();
    // Whoever comes next is at worst polled without reason.
    let storage = pin!(Storage::<_, 1>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    waker.wake_by_ref();
    executor.run_ready();
    let task = poll_fn(|_| {
        *polled.borrow_mut() += 1;
        Poll::<()>::Pending
    });
    assert!(executor.spawn(task).is_ok());
    executor.run_ready();
    assert_eq!(*polled.borrow(), 1);
    waker.wake();
}

proptest! {
    /// Tasks wait for signals, one after the other; signals come in any order and number. Each
    /// task gets what it waits for, once all have come as often as they are waited for.
    #[test]
    fn every_task_ends_when_its_signals_have_come(
        tasks in prop::collection::vec(prop::collection::vec(0..5_u32, 0..6), 1..12),
        extra in prop::collection::vec(0..5_u32, 0..20),
        order in any::<u64>(),
    ) {
        let mut coming: Vec<u32> = tasks.iter().flatten().copied().chain(extra).collect();
        let mut seed = order | 1;
        for last in (1..coming.len()).rev() {
            seed = seed.wrapping_mul(0xd129_0d3f_2a65_8a7b).wrapping_add(1);
            coming.swap(last, (seed >> 33) as usize % (last + 1));
        }
        // A last round for signals that merged with earlier ones.
        let mut rest = vec![signals(&[0, 1, 2, 3, 4]); 100].into_iter();
        let mut coming = coming.into_iter().map(|bit| signals(&[bit]));
        let port = FakePort::new([]);
        let stop = call(1, 1, &[]);
        *port.meanwhile.borrow_mut() = Some(std::boxed::Box::new(move || {
            coming.next().or_else(|| rest.next()).or_else(|| Some(stop.clone()))
        }));
        let reactor = Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1)]);
        let done = RefCell::new(0);
        let storage = pin!(Storage::<_, 12>::new());
 let mut executor = Executor::new(storage).expect("few executors");
        for waits in &tasks {
            let (reactor, done) = (&reactor, &done);
            let task = async move {
                for bit in waits {
                    assert_eq!(reactor.signalled(1 << bit).await, 1 << bit);
                }
                *done.borrow_mut() += 1;
            };
            prop_assert!(executor.spawn(task).is_ok());
        }
        let count = tasks.len();
        // With four places for waits some tasks may never let the executor sleep.
        for _ in 0..1000 {
            if *done.borrow() == count {
                break;
            }
            executor.run_ready();
            if let Some(arrival) = reactor.next(true, true) {
                drop(arrival);
            }
        }
        prop_assert_eq!(*done.borrow(), count);
    }
}
