//! What tasks wait for.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use heapless::Vec;

use super::arrival::{Arrival, Caller};
use super::clock::Clock;
use super::signals::{Signalled, Signals};
use super::timers::{Sleep, Timers};
use crate::cap::{Badge, Cap};
use crate::heartbeat;
use crate::object::Reply;
use crate::ring::{Bell, Consumer, Memory, Producer, RingError};
use crate::server::{Origin, Outgoing, Port, Request};
use crate::syscall::Received;

/// Messages, signals and time, for the tasks of one [`Executor`](super::Executor). `N` limits
/// the calls in flight, and how many waits for signals and for times are known at once; one that
/// finds no room is not lost, but looks again in each round instead of sleeping.
///
/// ```
/// use core::time::Duration;
/// use libsys::Cap;
/// use libsys::executor::{NoClock, Reactor};
/// use libsys::server::Reception;
///
/// // A place for calls (slot 5) and signals (slot 6), and reply objects (slots 7 and 8).
/// let reception = Reception::new(Cap::at(5)).with_signals(Cap::at(6));
/// let reactor = Reactor::<_, _, 16>::new(reception, NoClock, [Cap::at(7), Cap::at(8)]);
///
/// let task = async {
///     let signals = reactor.signalled(0b11).await;
///     libsys::println!("{signals:#b}");
///     reactor.stop();
/// };
/// # let _ = task;
/// ```
#[derive(Debug)]
pub struct Reactor<P, C, const N: usize> {
    pub(super) port: P,
    pub(super) replies: RefCell<Vec<Cap<Reply>, N>>,
    pub(super) signals: Signals<N>,
    timers: Timers<C, N>,
    stopped: Cell<bool>,
    /// Whether an answer may wait until the next receive, and one that does.
    defers: Cell<bool>,
    unsent: Cell<Option<(Cap<Reply>, Outgoing)>>,
}

impl<P: Port, C: Clock, const N: usize> Reactor<P, C, N> {
    /// A reactor with as many calls in flight as there are reply objects, `N` at most.
    pub fn new(port: P, clock: C, replies: impl IntoIterator<Item = Cap<Reply>>) -> Self {
        let replies = RefCell::new(replies.into_iter().take(N).collect());
        let (signals, timers) = (Signals::new(), Timers::new(clock));
        let (stopped, defers, unsent) = (Cell::new(false), Cell::new(false), Cell::new(None));
        Self { port, replies, signals, timers, stopped, defers, unsent }
    }

    /// Waits for at least one signal of `mask`, a bit for each; answers those that have come.
    pub const fn signalled(&self, mask: u64) -> Signalled<'_, N> {
        self.signals.wait(mask)
    }

    /// The clock's time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.timers.clock.now()
    }

    /// Waits until the clock shows this time.
    pub const fn sleep_until(&self, deadline: Duration) -> Sleep<'_, C, N> {
        self.timers.sleep_until(deadline)
    }

    /// Waits so long.
    pub fn sleep(&self, time: Duration) -> Sleep<'_, C, N> {
        self.sleep_until(self.now().saturating_add(time))
    }

    /// Lets the executor return after this round.
    pub fn stop(&self) {
        self.stopped.set(true);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Waits for elements of a ring whose producer rings with signals of `mask`.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub async fn elements<M: Memory, B: Bell>(
        &self,
        ring: &mut Consumer<M, B>,
        mask: u64,
    ) -> Result<u32, RingError> {
        while ring.fall_asleep()? {
            self.signalled(mask).await;
            ring.wake_up();
        }
        ring.ready()
    }

    /// Waits for free slots of a ring whose consumer rings with signals of `mask`.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub async fn free_slots<M: Memory, B: Bell>(
        &self,
        ring: &mut Producer<M, B>,
        mask: u64,
    ) -> Result<u32, RingError> {
        while ring.fall_asleep()? {
            self.signalled(mask).await;
            ring.wake_up();
        }
        ring.ready()
    }

    /// Wakes tasks whose time has come.
    pub(super) fn wake_expired(&self) {
        self.timers.wake_expired();
    }

    /// What comes next; `None` when it was a signal, or nothing. Sleeps only if `may_sleep`, and
    /// takes messages only if there is `room` for another task and a reply object: what does not
    /// fit waits in the kernel.
    pub(super) fn next(&self, room: bool, may_sleep: bool) -> Option<Arrival<'_, P, C, N>> {
        if may_sleep {
            self.timers.arm();
        }
        if let Some((reply, answer)) = self.unsent.take() {
            if room && may_sleep {
                return self.sort(self.port.answer_receive(reply, answer), reply);
            }
            self.send(reply, answer);
        }
        let reply = if room { self.replies.borrow_mut().pop() } else { None };
        let Some(reply) = reply else {
            let word = if may_sleep { self.port.signals() } else { self.port.poll_signals() };
            self.raise(word);
            return None;
        };
        let message = if may_sleep { self.port.receive(reply) } else { self.port.poll(reply) };
        self.sort(message, reply)
    }

    fn sort(&self, message: Received, reply: Cap<Reply>) -> Option<Arrival<'_, P, C, N>> {
        let caller = Caller::new(self, reply);
        match Origin::of(Badge(message.badge)) {
            Origin::Client(Badge(0)) => {
                // A poll found nothing.
                caller.forget();
                None
            }
            Origin::Client(client) => {
                let request = Request { client, message, slot: self.port.slot() };
                Some(Arrival::Call { request, caller })
            }
            Origin::Component(component) => Some(Arrival::Fault { component, message, caller }),
            Origin::Signals(signals) => {
                caller.forget();
                self.signals.raise(heartbeat::answer(signals));
                None
            }
        }
    }

    /// Runs the part of the program that sees arrivals first. What it answers at once is sent
    /// by the next receive, in the same system call, if `sleeps` says that this comes next.
    pub(super) fn deferring<T>(
        &self,
        part: impl FnOnce() -> T,
        sleeps: impl FnOnce(&T) -> bool,
    ) -> T {
        self.defers.set(true);
        let value = part();
        self.defers.set(false);
        if !sleeps(&value)
            && let Some((reply, answer)) = self.unsent.take()
        {
            self.send(reply, answer);
        }
        value
    }

    fn raise(&self, word: u64) {
        if let Origin::Signals(signals) = Origin::of(Badge(word)) {
            self.signals.raise(heartbeat::answer(signals));
        }
    }
}

impl<P: Port, C, const N: usize> Reactor<P, C, N> {
    /// Answers the caller in a reply object, which is free again from then on.
    pub(super) fn answer(&self, reply: Cap<Reply>, answer: Outgoing) {
        // Other messages may use the buffer before the next receive.
        let in_registers =
            answer.info.length() <= answer.words.len() && answer.info.extra_caps() == 0;
        if self.defers.get() && in_registers {
            if let Some((earlier, answer)) = self.unsent.replace(Some((reply, answer))) {
                self.send(earlier, answer);
            }
        } else {
            self.send(reply, answer);
        }
    }

    fn send(&self, reply: Cap<Reply>, answer: Outgoing) {
        self.port.answer(reply, answer);
        self.free(reply);
    }

    /// Keeps a reply object for the next caller.
    pub(super) fn free(&self, reply: Cap<Reply>) {
        // It came from there, so there is room.
        let _ = self.replies.borrow_mut().push(reply);
    }
}
