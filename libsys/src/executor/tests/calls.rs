//! Calls in flight.

use core::pin::pin;
use std::vec;
use std::vec::Vec;

use abi::{Fault, MessageInfo};

use super::{call, signals};
use crate::cap::Cap;
use crate::executor::{Arrival, Executor, NoClock, Reactor, Storage};
use crate::interface;
use crate::server::Origin;
use crate::server::tests::fake::{Event, FakePort, Incoming};

interface! {
    /// Answers when told to.
    mod waiter {
        type Error = core::convert::Infallible;

        /// Waits for signals.
        Wait = 1: fn wait(mask: u64) -> u64;
        /// Answers at once.
        Echo = 2: fn echo(word: u64) -> u64;
        /// Never answers.
        Forget = 3: fn forget();
        /// Ends the server.
        Stop = 4: fn stop();
    }
}

use waiter::Call;

/// Serves with so many reply objects, numbered from 1, until it is told to stop; answers what
/// the kernel was asked.
fn serve(replies: u64, port: &FakePort) -> Vec<Event> {
    let reactor = Reactor::<_, _, 4>::new(port, NoClock, (1..=replies).rev().map(Cap::at));
    let reactor = &reactor;
    let storage = pin!(Storage::<_, 4>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    executor.run(reactor, |arrival| {
        let (request, caller) = match arrival {
            Arrival::Call { request, caller } => (request, caller),
            Arrival::Fault { component, caller, message } => {
                assert!(matches!(message.fault(), Some(Fault::Vm { .. })));
                match component {
                    1 => caller.retry(),
                    2 => caller.resume(99),
                    _ => drop(caller),
                }
                return None;
            }
        };
        let call = Call::accept(&request, caller)?;
        Some(async move {
            match call {
                Call::Wait(asked) => {
                    let found = reactor.signalled(asked.mask).await;
                    asked.answer(Ok(found));
                }
                Call::Echo(asked) => {
                    let word = asked.word;
                    asked.answer(Ok(word));
                }
                Call::Forget(asked) => drop(asked),
                Call::Stop(asked) => {
                    asked.answer(Ok(()));
                    reactor.stop();
                }
            }
        })
    });
    assert_eq!(reactor.replies.borrow().len(), replies as usize, "all reply objects are free");
    port.take_events()
}

fn answers(events: &[Event]) -> Vec<(u64, u64, Vec<u64>)> {
    let answer = |event: &Event| match event {
        Event::Answer(reply, label, words) => Some((reply.pointer(), *label, words.clone())),
        _ => None,
    };
    events.iter().filter_map(answer).collect()
}

fn of(messages: Vec<Incoming>) -> FakePort {
    FakePort::new(messages)
}

#[test]
fn each_caller_is_answered_when_its_task_ends() {
    let port = of(vec![
        call(5, 1, &[1 << 3]),
        call(6, 1, &[1 << 4]),
        call(7, 2, &[70]),
        signals(&[4]),
        signals(&[3, 9]),
        call(7, 4, &[]),
    ]);
    let events = serve(4, &port);
    let expected =
        [(3, 0, vec![70]), (2, 0, vec![1 << 4]), (1, 0, vec![1 << 3]), (1, 0, Vec::new())];
    assert_eq!(answers(&events), expected);
    // Nothing was ever ready when it received, so it slept each time.
    assert!(!events.contains(&Event::Poll));
}

#[test]
fn without_reply_objects_calls_wait_in_the_kernel() {
    let port = of(vec![
        call(5, 1, &[1]),
        call(6, 1, &[2]),
        call(7, 2, &[70]),
        signals(&[0]),
        call(7, 4, &[]),
    ]);
    port.signals.borrow_mut().extend([signals(&[1]).0]);
    let events = serve(2, &port);
    let expected = [(2, 0, vec![2]), (2, 0, vec![70]), (1, 0, vec![1]), (1, 0, Vec::new())];
    assert_eq!(answers(&events), expected);
    let order = [Event::Receive, Event::Receive, Event::Signals];
    assert_eq!(events[..3], order, "signals only while both reply objects are in use");
}

#[test]
fn who_gets_no_answer_is_told() {
    let port = of(vec![call(5, 3, &[]), call(5, 4, &[])]);
    assert_eq!(answers(&serve(1, &port)), [(1, 18, Vec::new()), (1, 0, Vec::new())]);
}

#[test]
fn calls_in_flight_are_abandoned_with_their_tasks() {
    let port = of(vec![call(5, 1, &[1]), call(6, 4, &[])]);
    let reactor = Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1), Cap::at(2)]);
    let reactor = &reactor;
    {
        let storage = pin!(Storage::<_, 4>::new());
        let mut executor = Executor::new(storage).expect("few executors");
        executor.run(reactor, |arrival| {
            let Arrival::Call { request, caller } = arrival else { return None };
            let Call::Wait(asked) = Call::accept(&request, caller)? else {
                reactor.stop();
                return None;
            };
            Some(async move {
                let _ = reactor.signalled(1).await;
                drop(asked);
            })
        });
        assert_eq!(answers(&port.take_events()), [(1, 18, Vec::new())], "the one that stopped");
    }
    assert_eq!(answers(&port.take_events()), [(2, 18, Vec::new())]);
}

#[test]
fn nonsense_is_refused_and_makes_no_task() {
    let port = of(vec![call(5, 9, &[]), call(5, 1, &[]), call(5, 4, &[])]);
    let expected = [(1, 17, vec![0, 9, 0]), (1, 17, vec![1, 0, 0]), (1, 0, Vec::new())];
    assert_eq!(answers(&serve(1, &port)), expected);
}

#[test]
fn a_capability_is_removed_behind_its_message() {
    let with_cap = (5, MessageInfo::new(2, 1, 1), vec![3]);
    let port = of(vec![with_cap, call(5, 4, &[])]);
    let events = serve(1, &port);
    assert_eq!(answers(&events)[0], (1, 17, vec![6, 0, 1]));
    assert!(events.contains(&Event::EmptySlot));
}

#[test]
fn faults_are_retried_or_stay() {
    let fault = |component| {
        let words = vec![0, 0x1000, 0, 0x9200_0046];
        (Origin::fault_badge(component).0, MessageInfo::new(6, 0, 4), words)
    };
    let port = of(vec![fault(1), fault(2), fault(3), call(5, 4, &[])]);
    let expected = [(1, 0, Vec::new()), (1, 0, vec![99]), (1, 18, Vec::new()), (1, 0, Vec::new())];
    assert_eq!(answers(&serve(1, &port)), expected);
}

/// What is answered before it becomes a task, and is short, is sent by the next receive.
#[test]
fn answers_at_once_are_sent_with_the_next_receive() {
    let port = of(vec![
        call(5, 2, &[50]),
        call(6, 1, &[1]),
        call(5, 2, &[51]),
        signals(&[0]),
        call(5, 4, &[]),
    ]);
    let replies = (1..=2).rev().map(Cap::at);
    let reactor = &Reactor::<_, _, 4>::new(&port, NoClock, replies);
    let storage = pin!(Storage::<_, 4>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    executor.run(reactor, |arrival| {
        let Arrival::Call { request, caller } = arrival else { return None };
        match Call::accept(&request, caller)? {
            Call::Echo(asked) => {
                let word = asked.word;
                asked.answer(Ok(word));
            }
            Call::Stop(_) => reactor.stop(),
            Call::Wait(asked) => {
                return Some(async move {
                    let found = reactor.signalled(asked.mask).await;
                    asked.answer(Ok(found));
                });
            }
            Call::Forget(_) => {}
        }
        None
    });
    let answer = |reply, label, words: &[u64]| Event::Answer(Cap::at(reply), label, words.to_vec());
    let expected = [
        Event::Receive,
        answer(1, 0, &[50]),
        Event::InOne,
        Event::Receive,
        // The same reply object holds the call that becomes a task.
        Event::Receive,
        answer(2, 0, &[51]),
        Event::InOne,
        Event::Receive,
        // A signal came; its task answers by itself.
        answer(1, 0, &[1]),
        Event::Receive,
        // Nothing follows the end.
        answer(1, 18, &[]),
    ];
    assert_eq!(port.take_events(), expected);
    assert_eq!(reactor.replies.borrow().len(), 2);
}

/// A ready task runs before the next receive, so nobody's answer waits for it.
#[test]
fn answers_at_once_do_not_wait_for_ready_tasks() {
    let port = of(vec![call(5, 2, &[50]), call(5, 4, &[])]);
    let reactor = &Reactor::<_, _, 4>::new(&port, NoClock, [Cap::at(1)]);
    let storage = pin!(Storage::<_, 4>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    let busy = async {
        loop {
            let mut polled = false;
            core::future::poll_fn(|context| {
                context.waker().wake_by_ref();
                let was = core::mem::replace(&mut polled, true);
                if was { core::task::Poll::Ready(()) } else { core::task::Poll::Pending }
            })
            .await;
        }
    };
    let answers_itself = |arrival| {
        let Arrival::Call { request, caller } = arrival else { return };
        match Call::accept(&request, caller) {
            Some(Call::Echo(asked)) => asked.answer(Ok(7)),
            _ => reactor.stop(),
        }
    };
    assert!(executor.spawn(busy).is_ok());
    executor.run(reactor, |arrival| {
        answers_itself(arrival);
        None
    });
    assert!(!port.take_events().contains(&Event::InOne));
}
