//! Time for threads: what it is, and waiting for the next period.
//!
//! The kernel has no call to sleep. A thread has a rhythm by its scheduling context instead: one
//! with a budget in every period that gives up the rest of each budget runs once in each period,
//! without a timer and without anybody's help.
//!
//! ```no_run
//! use core::time::Duration;
//! use libsys::Cap;
//! use libsys::object::{Budget, SchedControl};
//! use libsys::time;
//! use libsys::worker::Options;
//!
//! /// For a thread that works once in each millisecond, for a fifth of it at most.
//! fn options(core: Cap<SchedControl>) -> Options {
//!     let time = Budget::periodic(Duration::from_micros(200), Duration::from_millis(1));
//!     // Sporadic: periods count from the first one, however late the thread gets to run.
//!     Options { time: Some(Budget { sporadic: true, ..time }), ..Options::new(core) }
//! }
//!
//! fn work(mut step: impl FnMut()) -> ! {
//!     loop {
//!         step();
//!         time::next_period();
//!     }
//! }
//! # let _ = (options, || work(|| {}));
//! ```

use core::time::Duration;

use crate::{machine, syscall};

/// Gives up the rest of the calling thread's budget. If that is less than the period, returns in
/// the next period; a round-robin thread (budget and period are equal) lets others of its
/// priority run first.
#[inline]
pub fn next_period() {
    syscall::yield_now();
}

/// The machine's counter (CNTVCT_EL0), where the kernel exports it: boot option
/// `tessera.export=vcounter`.
///
/// ```no_run
/// use libsys::time::Counter;
///
/// let counter = Counter::new();
/// let started = counter.now();
/// libsys::println!("it took {:?}", counter.now() - started);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    frequency: u64,
}

impl Counter {
    /// The counter. Without the export, reading it is a fault.
    #[must_use]
    pub fn new() -> Self {
        // A counter without a frequency would be a fault of the firmware; time then runs fast.
        Self { frequency: machine::counter_frequency().max(1) }
    }

    /// The time since some moment before the program began. Never goes back.
    #[inline]
    #[must_use]
    pub fn now(self) -> Duration {
        self.duration(machine::counter())
    }

    /// The time that so many ticks take.
    #[inline]
    fn duration(self, ticks: u64) -> Duration {
        let (seconds, rest) = (ticks / self.frequency, ticks % self.frequency);
        let nanoseconds = u128::from(rest) * 1_000_000_000 / u128::from(self.frequency);
        Duration::new(seconds, nanoseconds as u32)
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_any_frequency_become_time() {
        let duration = |ticks, frequency| Counter { frequency }.duration(ticks);
        assert_eq!(duration(62_500_000, 62_500_000), Duration::from_secs(1));
        assert_eq!(duration(1, 1_000_000_000), Duration::from_nanos(1));
        assert_eq!(duration(24_000_001, 24_000_000), Duration::new(1, 41));
        let longest = duration(u64::MAX, 62_500_000);
        assert_eq!(longest.as_secs(), u64::MAX / 62_500_000);
        assert_eq!(duration(u64::MAX, 1), Duration::from_secs(u64::MAX));
    }
}
