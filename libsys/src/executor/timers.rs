//! Waiting for a time.

use core::cell::RefCell;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use heapless::Vec;

use super::clock::Clock;
use super::slab::Slab;

/// Deadlines of tasks: a binary heap of places in a slab, whose values know where in the heap
/// they are, so that one can be removed from the middle. One that is over leaves the heap, but
/// keeps its place until it is removed.
#[derive(Debug)]
pub(super) struct Deadlines<const N: usize> {
    timers: Slab<Timer, N>,
    heap: Vec<(Duration, u16), N>,
}

#[derive(Debug)]
struct Timer {
    /// In the heap; `None` when its time has come.
    position: Option<usize>,
    waker: Waker,
}

impl<const N: usize> Deadlines<N> {
    pub(super) const fn new() -> Self {
        Self { timers: Slab::new(), heap: Vec::new() }
    }

    /// The next one.
    pub(super) fn first(&self) -> Option<Duration> {
        self.heap.first().map(|(deadline, _)| *deadline)
    }

    /// Adds a deadline; `None` when there are `N` already.
    pub(super) fn insert(&mut self, deadline: Duration, waker: Waker) -> Option<usize> {
        let position = self.heap.len();
        let place = self.timers.insert(Timer { position: Some(position), waker })?;
        // The slab had room, and the heap has as much.
        let _ = self.heap.push((deadline, place as u16));
        self.rise(position);
        Some(place)
    }

    /// Removes a deadline.
    pub(super) fn remove(&mut self, place: usize) {
        if let Some(Timer { position: Some(position), .. }) = self.timers.remove(place) {
            self.remove_from_heap(position);
        }
    }

    fn remove_from_heap(&mut self, position: usize) {
        self.heap.swap_remove(position);
        if position < self.heap.len() {
            self.note(position);
            self.rise(position);
            self.sink(position);
        }
    }

    /// Wakes those that are over.
    pub(super) fn expire(&mut self, now: Duration) {
        while let Some((_, place)) = self.heap.first().filter(|(deadline, _)| *deadline <= now) {
            if let Some(timer) = self.timers.get_mut(usize::from(*place)) {
                timer.position = None;
                timer.waker.wake_by_ref();
            }
            self.remove_from_heap(0);
        }
    }

    /// Writes down where the timer at this position of the heap is.
    fn note(&mut self, position: usize) {
        let place = usize::from(self.heap[position].1);
        if let Some(timer) = self.timers.get_mut(place) {
            timer.position = Some(position);
        }
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        self.note(one);
        self.note(other);
    }

    fn rise(&mut self, mut position: usize) {
        while position > 0 {
            let parent = (position - 1) / 2;
            if self.heap[parent].0 <= self.heap[position].0 {
                return;
            }
            self.swap(parent, position);
            position = parent;
        }
    }

    fn sink(&mut self, mut position: usize) {
        loop {
            let children = 2 * position + 1..self.heap.len().min(2 * position + 3);
            let Some(least) = children.min_by_key(|child| self.heap[*child].0) else { return };
            if self.heap[position].0 <= self.heap[least].0 {
                return;
            }
            self.swap(position, least);
            position = least;
        }
    }
}

/// A clock, and who waits for its hands.
#[derive(Debug)]
pub(super) struct Timers<C, const N: usize> {
    pub(super) clock: C,
    deadlines: RefCell<Deadlines<N>>,
}

impl<C: Clock, const N: usize> Timers<C, N> {
    pub(super) const fn new(clock: C) -> Self {
        Self { clock, deadlines: RefCell::new(Deadlines::new()) }
    }

    /// Wakes who has waited long enough. The clock is read only if somebody waits.
    pub(super) fn wake_expired(&self) {
        if self.deadlines.borrow().first().is_none() {
            return;
        }
        let now = self.clock.now();
        self.deadlines.borrow_mut().expire(now);
    }

    /// Lets the clock signal at the next deadline.
    pub(super) fn arm(&self) {
        if let Some(first) = self.deadlines.borrow().first() {
            self.clock.arm(first);
        }
    }

    /// Waits for a time.
    pub(super) const fn sleep_until(&self, deadline: Duration) -> Sleep<'_, C, N> {
        Sleep { timers: self, deadline, place: None }
    }
}

/// Waits until a time has come.
///
/// ```
/// use core::time::Duration;
/// use libsys::executor::{Clock, Reactor};
/// use libsys::server::Port;
///
/// /// Does something once in each second, without drifting.
/// async fn tick<P: Port, C: Clock, const N: usize>(reactor: &Reactor<P, C, N>, work: fn()) {
///     let mut next = reactor.now();
///     loop {
///         next += Duration::from_secs(1);
///         reactor.sleep_until(next).await;
///         work();
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing until they are awaited"]
pub struct Sleep<'a, C: Clock, const N: usize> {
    timers: &'a Timers<C, N>,
    deadline: Duration,
    place: Option<usize>,
}

impl<C: Clock, const N: usize> Sleep<'_, C, N> {
    fn forget(&mut self) {
        if let Some(place) = self.place.take() {
            self.timers.deadlines.borrow_mut().remove(place);
        }
    }
}

impl<C: Clock, const N: usize> Future for Sleep<'_, C, N> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.forget();
        if self.timers.clock.now() >= self.deadline {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        let place = self.timers.deadlines.borrow_mut().insert(self.deadline, waker);
        if place.is_none() {
            // No room: look again in the next round.
            context.waker().wake_by_ref();
        }
        self.place = place;
        Poll::Pending
    }
}

impl<C: Clock, const N: usize> Drop for Sleep<'_, C, N> {
    fn drop(&mut self) {
        self.forget();
    }
}
