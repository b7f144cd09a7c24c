//! Domains: disjoint sets of threads that run by a fixed schedule.

use abi::{Error, Invocation};

use super::Thread;
use crate::cap::Cap;
use crate::invoke::perform;

/// Authority over domains and their schedule.
///
/// ```no_run
/// use libsys::initial::DOMAIN;
/// use libsys::object::Thread;
/// use libsys::{Cap, Error};
///
/// /// Two domains in turns, the second three times as long, in ticks of the timer.
/// fn schedule(other: Cap<Thread>) -> Result<(), Error> {
///     DOMAIN.set(1, other)?;
///     DOMAIN.configure_schedule(1, 0, 62_500)?;
///     DOMAIN.configure_schedule(2, 1, 3 * 62_500)?;
///     DOMAIN.set_schedule_start(1)
/// }
/// # fn main() {}
/// ```
pub enum Domain {}

impl Cap<Domain> {
    /// Moves a thread to a domain.
    ///
    /// # Errors
    /// - `InvalidArgument(0)`: there is no such domain.
    /// - `InvalidArgument(1)`: `thread` is none.
    #[inline]
    pub fn set(self, domain: u8, thread: Cap<Thread>) -> Result<(), Error> {
        let words = [u64::from(domain)];
        perform(self.pointer(), Invocation::DomainSet, &words, &[thread.pointer()])
    }

    /// Sets entry `index` of the schedule: `domain` runs for `duration` timer ticks. Domain 0
    /// for 0 ticks marks the end of the schedule.
    ///
    /// # Errors
    /// - `Range`: the index is that of the last entry or beyond; there is no such domain.
    /// - `InvalidArgument(2)`: the duration is 2^56 or more; or 0 for the start entry.
    /// - `InvalidArgument(1)`: the duration is 0 for another domain than 0.
    #[inline]
    pub fn configure_schedule(self, index: u64, domain: u8, duration: u64) -> Result<(), Error> {
        let words = [index, u64::from(domain), duration];
        perform(self.pointer(), Invocation::DomainScheduleConfigure, &words, &[])
    }

    /// Starts the schedule again, at entry `index`.
    ///
    /// # Errors
    /// - `Range`: there is no such entry.
    /// - `InvalidArgument(0)`: the entry is an end marker.
    #[inline]
    pub fn set_schedule_start(self, index: u64) -> Result<(), Error> {
        perform(self.pointer(), Invocation::DomainScheduleSetStart, &[index], &[])
    }
}
