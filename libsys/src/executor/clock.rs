//! Where timers get their time from.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::cap::Cap;
use crate::object::Notification;
use crate::time;

/// Tells the time, and signals when a time has come.
///
/// ```
/// use core::cell::Cell;
/// use core::time::Duration;
/// use libsys::executor::Clock;
///
/// /// A clock for tests.
/// #[derive(Default)]
/// struct Settable(Cell<Duration>);
///
/// impl Clock for Settable {
///     fn now(&self) -> Duration {
///         self.0.get()
///     }
///     fn arm(&self, _deadline: Duration) {}
/// }
/// ```
pub trait Clock {
    /// The time since some moment before the program began. Never goes back.
    fn now(&self) -> Duration;

    /// Asks for a signal to the executor's notification once it is `deadline` or later; at once
    /// if it is so already. The executor asks for the earliest deadline before it sleeps, and
    /// need not be woken for one that it asked for before.
    fn arm(&self, deadline: Duration);
}

/// No clock: nothing is ever waited for by time, and sleeping lasts for ever.
///
/// ```
/// use core::time::Duration;
/// use libsys::executor::{Clock, NoClock};
///
/// assert_eq!(NoClock.now(), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn arm(&self, _deadline: Duration) {}
}

/// The machine's [counter](crate::time::Counter), and a function that asks somebody for a signal at
/// a time: the client of a time server.
///
/// ```no_run
/// use core::time::Duration;
/// use libsys::executor::{Clock, Counter};
///
/// let counter = Counter::new(|deadline: Duration| { /* Ask the time server. */ });
/// let started = counter.now();
/// # let _ = started;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Counter<A> {
    counter: time::Counter,
    alarm: A,
}

impl<A: Fn(Duration)> Counter<A> {
    /// The counter. Without the export, reading it is a fault.
    #[must_use]
    pub fn new(alarm: A) -> Self {
        Self { counter: time::Counter::new(), alarm }
    }
}

impl<A: Fn(Duration)> Clock for Counter<A> {
    #[inline]
    fn now(&self) -> Duration {
        self.counter.now()
    }

    fn arm(&self, deadline: Duration) {
        (self.alarm)(deadline);
    }
}

/// A clock without a device: a thread whose scheduling context gives it time once in each
/// `period` counts, and signals.
///
/// ```
/// use core::sync::atomic::{AtomicU64, Ordering};
/// use core::time::Duration;
/// use libsys::executor::{Clock, Ticks};
///
/// static TICKS: AtomicU64 = AtomicU64::new(0);
///
/// // The ticking thread would call `Ticks::run`.
/// let clock = Ticks::new(&TICKS, Duration::from_millis(1));
/// TICKS.fetch_add(3, Ordering::Relaxed);
/// assert_eq!(clock.now(), Duration::from_millis(3));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ticks<'a> {
    count: &'a AtomicU64,
    period: Duration,
}

impl<'a> Ticks<'a> {
    /// A clock that counts such periods.
    #[must_use]
    pub const fn new(count: &'a AtomicU64, period: Duration) -> Self {
        Self { count, period }
    }

    /// Counts for ever, and signals `bell` each time. The calling thread's budget must be
    /// renewed once in each period.
    pub fn run(&self, bell: Cap<Notification>) -> ! {
        loop {
            self.count.fetch_add(1, Ordering::Release);
            bell.signal();
            time::next_period();
        }
    }
}

impl Clock for Ticks<'_> {
    fn now(&self) -> Duration {
        let nanoseconds = self.period.as_nanos() * u128::from(self.count.load(Ordering::Acquire));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// It signals at every tick.
    fn arm(&self, _deadline: Duration) {}
}
