//! Waiting for signals.

use core::cell::{Cell, RefCell};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::slab::Slab;

/// Signals that have come, and who waits for them.
#[derive(Debug)]
pub(super) struct Signals<const N: usize> {
    pending: Cell<u64>,
    waiting: RefCell<Slab<(u64, Waker), N>>,
}

impl<const N: usize> Signals<N> {
    /// None.
    pub(super) const fn new() -> Self {
        Self { pending: Cell::new(0), waiting: RefCell::new(Slab::new()) }
    }

    /// Adds signals, and wakes those who wait for one of them.
    pub(super) fn raise(&self, signals: u64) {
        self.pending.set(self.pending.get() | signals);
        for (mask, waker) in self.waiting.borrow().iter() {
            if mask & signals != 0 {
                waker.wake_by_ref();
            }
        }
    }

    /// Waits for at least one of the signals in `mask`.
    pub(super) const fn wait(&self, mask: u64) -> Signalled<'_, N> {
        Signalled { signals: self, mask, place: None }
    }
}

/// Waits for signals; answers and takes those of its mask that have come.
///
/// Signals that nobody waits for are kept. Each is taken by one task.
///
/// ```
/// use libsys::executor::{Clock, Reactor};
/// use libsys::server::Port;
///
/// /// Waits for the first of two signals, then for both again.
/// async fn rounds<P: Port, C: Clock, const N: usize>(reactor: &Reactor<P, C, N>) -> u64 {
///     let first = reactor.signalled(0b11).await;
///     first | reactor.signalled(0b11).await
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing until they are awaited"]
pub struct Signalled<'a, const N: usize> {
    signals: &'a Signals<N>,
    mask: u64,
    place: Option<usize>,
}

impl<const N: usize> Signalled<'_, N> {
    fn forget(&mut self) {
        if let Some(place) = self.place.take() {
            self.signals.waiting.borrow_mut().remove(place);
        }
    }
}

impl<const N: usize> Future for Signalled<'_, N> {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let pending = self.signals.pending.get();
        let found = pending & self.mask;
        self.forget();
        if found != 0 {
            self.signals.pending.set(pending & !found);
            return Poll::Ready(found);
        }
        let waiter = (self.mask, context.waker().clone());
        let place = self.signals.waiting.borrow_mut().insert(waiter);
        if place.is_none() {
            // No room: look again in the next round.
            context.waker().wake_by_ref();
        }
        self.place = place;
        Poll::Pending
    }
}

impl<const N: usize> Drop for Signalled<'_, N> {
    fn drop(&mut self) {
        self.forget();
    }
}
