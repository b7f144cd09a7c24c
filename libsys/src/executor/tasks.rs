//! The tasks of one executor, and the rounds in which they run.

use core::pin::Pin;
use core::task::{Context, Poll};
use heapless::Vec;

use super::arrival::Arrival;
use super::clock::Clock;
use super::reactor::Reactor;
use super::ready::{ReadySet, TASKS};
use crate::machine;
use crate::machine::Storage;
use crate::server::Port;

/// Runs up to `N` futures of one type on the calling thread, in rounds: each ready task once,
/// then what has come from outside. Between rounds it sleeps in one system call if no task is
/// ready. A task that is always ready keeps nobody else from running, and no message from
/// being received.
///
/// Nothing is allocated: futures live in [`Storage`] that the program provides.
///
/// ```
/// use core::pin::pin;
/// use libsys::executor::{Executor, Storage};
///
/// let storage = pin!(Storage::<_, 4>::new());
/// let mut executor = Executor::new(storage).expect("few executors");
/// let place = core::cell::Cell::new(0);
/// assert!(executor.spawn(async { place.set(7) }).is_ok(), "room for four");
/// executor.run_ready();
/// assert_eq!(place.get(), 7);
/// ```
#[derive(Debug)]
pub struct Executor<'s, F, const N: usize> {
    storage: Pin<&'s mut Storage<F, N>>,
    free: Vec<u16, N>,
    ready: ReadySet,
}

impl<'s, F: Future<Output = ()>, const N: usize> Executor<'s, F, N> {
    /// An executor without tasks. `None`: the program has 16 executors already.
    #[must_use]
    pub fn new(storage: Pin<&'s mut Storage<F, N>>) -> Option<Self> {
        const { assert!(N <= TASKS, "at most 1024 tasks") };
        let free = (0..N).rev().map(|place| place as u16).collect();
        Some(Self { storage, free, ready: ReadySet::new()? })
    }

    /// Adds a task, which runs in the next round.
    ///
    /// # Errors
    /// There is no room: the future comes back.
    pub fn spawn(&mut self, future: F) -> Result<(), F> {
        let Some(place) = self.free.pop() else { return Err(future) };
        let place = usize::from(place);
        if let Some(mut task) = self.storage.as_mut().place(place) {
            task.set(Some(future));
        }
        self.ready.insert(place);
        Ok(())
    }

    /// How many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        N - self.free.len()
    }

    /// One round: runs each ready task once.
    pub fn run_ready(&mut self) {
        for task in self.ready.take() {
            self.poll(task);
        }
    }

    fn poll(&mut self, task: usize) {
        let waker = machine::waker(self.ready.number(task));
        let Some(mut place) = self.storage.as_mut().place(task) else { return };
        let Some(future) = place.as_mut().as_pin_mut() else { return };
        if future.poll(&mut Context::from_waker(&waker)) == Poll::Ready(()) {
            place.set(None);
            // This place was not free, so there is room.
            let _ = self.free.push(task as u16);
        }
    }

    /// Runs until the reactor is [stopped](Reactor::stop). `arrive` makes a task of what comes
    /// from outside, or deals with it at once: then answering it and receiving the next is one
    /// system call. It should not wait for others, who might wait for that answer.
    pub fn run<'r, P: Port, C: Clock, const M: usize>(
        &mut self,
        reactor: &'r Reactor<P, C, M>,
        mut arrive: impl FnMut(Arrival<'r, P, C, M>) -> Option<F>,
    ) {
        loop {
            self.run_ready();
            if reactor.is_stopped() {
                return;
            }
            reactor.wake_expired();
            let (room, idle) = (!self.free.is_empty(), self.ready.is_empty());
            let Some(arrival) = reactor.next(room, idle) else { continue };
            let has_cap = arrival.has_cap();
            let ready = &self.ready;
            let receives_next =
                |future: &Option<F>| future.is_none() && ready.is_empty() && !reactor.is_stopped();
            if let Some(future) = reactor.deferring(|| arrive(arrival), receives_next) {
                // There was room, and nothing has been added since.
                let _ = self.spawn(future);
            }
            if has_cap {
                reactor.port.empty_slot();
            }
        }
    }
}

impl<P: Port, C, const N: usize> Arrival<'_, P, C, N> {
    /// Whether a capability has come with it.
    fn has_cap(&self) -> bool {
        match self {
            Self::Call { request, .. } => request.message.info.extra_caps() > 0,
            Self::Fault { .. } => false,
        }
    }
}
