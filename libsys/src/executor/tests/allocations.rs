//! Serving allocates nothing: neither the loop that answers at once nor the executor.

use core::cell::Cell;
use core::pin::pin;
use core::time::Duration;
use std::boxed::Box;

use abi::MessageInfo;

use crate::cap::{Badge, Cap};
use crate::executor::{Arrival, Clock, Executor, Reactor, Storage};
use crate::interface;
use crate::machine::allocations;
use crate::object::Reply;
use crate::server::serve::step;
use crate::server::{Buffer, Handler, Origin, Outgoing, Port, Request, ThreadBuffer};
use crate::syscall::Received;

interface! {
    /// Waits and answers.
    mod waiter {
        type Error = core::convert::Infallible;

        /// Waits for signals.
        Wait = 1: fn wait(mask: u64) -> u64;
        /// Waits so many milliseconds.
        Sleep = 2: fn sleep(milliseconds: u64) -> u64;
        /// Answers at once.
        Echo = 3: fn echo(word: u64) -> u64;
        /// Ends the server.
        Stop = 4: fn stop();
    }
}

/// Rounds of messages.
const ROUNDS: u64 = 500;

/// What comes in each round: badge, label, word.
const ROUND: [(u64, u64, u64); 6] = [
    (5, 1, 1 << 3),
    (6, 2, 4),
    (7, 3, 70),
    (8, 1, 1 << 4),
    (Origin::signal_badge(3).0, 0, 0),
    (Origin::signal_badge(4).0, 0, 0),
];

/// A kernel that keeps nothing. Each look at it takes a millisecond.
#[derive(Default)]
struct Script {
    next: Cell<u64>,
    answered: Cell<u64>,
}

impl Script {
    fn coming(&self) -> Received {
        let number = self.next.replace(self.next.get() + 1);
        let count = ROUND.len() as u64;
        let (badge, label, word) = match number / count {
            ROUNDS => (9, 4, 0),
            _ => ROUND[(number % count) as usize],
        };
        let length = if label == 0 || label == 4 { 0 } else { 1 };
        Received { badge, info: MessageInfo::new(label, 0, length), words: [word, 0, 0, 0] }
    }
}

impl Port for &Script {
    type Buffer = ThreadBuffer;

    fn buffer(&self) -> ThreadBuffer {
        ThreadBuffer
    }

    fn receive(&self, _: Cap<Reply>) -> Received {
        self.coming()
    }

    fn poll(&self, _: Cap<Reply>) -> Received {
        self.coming()
    }

    fn answer(&self, _: Cap<Reply>, _: Outgoing) {
        self.answered.set(self.answered.get() + 1);
    }

    fn answer_receive(&self, reply: Cap<Reply>, answer: Outgoing) -> Received {
        self.answer(reply, answer);
        self.coming()
    }

    fn signals(&self) -> u64 {
        self.coming().badge
    }

    fn poll_signals(&self) -> u64 {
        0
    }

    fn slot(&self) -> u64 {
        0
    }

    fn empty_slot(&self) {}
}

impl Clock for &Script {
    fn now(&self) -> Duration {
        Duration::from_millis(self.next.get())
    }

    fn arm(&self, _: Duration) {}
}

/// Answers at once.
struct Echo;

impl waiter::Server for Echo {
    fn wait(&mut self, _: Badge, mask: u64) -> Result<u64, waiter::Error> {
        Ok(mask)
    }

    fn sleep(&mut self, _: Badge, milliseconds: u64) -> Result<u64, waiter::Error> {
        Ok(milliseconds)
    }

    fn echo(&mut self, _: Badge, word: u64) -> Result<u64, waiter::Error> {
        Ok(word)
    }

    fn stop(&mut self, _: Badge) -> Result<(), waiter::Error> {
        Ok(())
    }
}

impl Handler for Echo {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        waiter::Server::perform(self, request, buffer)
    }
}

#[test]
fn an_allocation_is_counted() {
    let before = allocations();
    drop(core::hint::black_box(Box::new(1)));
    assert_eq!(allocations(), before + 1);
}

#[test]
fn a_server_that_answers_at_once_allocates_nothing() {
    let (script, before) = (Script::default(), allocations());
    let mut message = script.coming();
    while script.next.get() < ROUNDS * ROUND.len() as u64 {
        message = step(&&script, Cap::at(1), &mut Echo, message);
    }
    assert_eq!(allocations(), before);
    assert!(script.answered.get() >= 4 * (ROUNDS - 1));
}

#[test]
fn calls_in_flight_signals_and_timers_allocate_nothing() {
    let (script, before) = (Script::default(), allocations());
    let reactor = &Reactor::<_, _, 16>::new(&script, &script, (1..=16).map(Cap::at));
    let storage = pin!(Storage::<_, 16>::new());
    let mut executor = Executor::new(storage).expect("few executors");
    executor.run(reactor, |arrival| {
        let Arrival::Call { request, caller } = arrival else { return None };
        let call = waiter::Call::accept(&request, caller)?;
        Some(async move {
            match call {
                waiter::Call::Wait(asked) => {
                    let found = reactor.signalled(asked.mask).await;
                    asked.answer(Ok(found));
                }
                waiter::Call::Sleep(asked) => {
                    let time = Duration::from_millis(asked.milliseconds);
                    reactor.sleep(time).await;
                    asked.answer(Ok(0));
                }
                waiter::Call::Echo(asked) => {
                    let word = asked.word;
                    asked.answer(Ok(word));
                }
                waiter::Call::Stop(asked) => {
                    asked.answer(Ok(()));
                    reactor.stop();
                }
            }
        })
    });
    assert_eq!(allocations(), before);
    assert!(script.answered.get() >= 4 * (ROUNDS - 1));
}
