//! Invariants of the kernel, as code.
//!
//! Each function states one and finds the first violation. Host tests and fuzzers call
//! [`check`] after every entry; it needs the shadow map, which knows all objects, and so holds
//! trivially on the machine.

mod capabilities;
mod scheduling;
mod waiting;

#[cfg(test)]
pub(crate) use scheduling::release_queues_are_heaps;
#[cfg(test)]
pub(crate) use waiting::queue_is_sound;

use core::fmt;

use crate::kernel::Kernel;

/// An invariant that does not hold, and the granule of the object where that shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// What should hold.
    pub invariant: &'static str,
    /// Where it does not.
    pub granule: u32,
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken at {:#x}: {}", self.granule, self.invariant)
    }
}

/// What a check finds.
type Checked = Result<(), Broken>;

/// Fails with `invariant` unless `holds`.
fn ensure(holds: bool, invariant: &'static str, granule: u32) -> Checked {
    if holds { Ok(()) } else { Err(Broken { invariant, granule }) }
}

/// Checks all invariants of a kernel between two entries, after [`Kernel::schedule`].
///
/// # Errors
/// The first that does not hold.
pub fn check(kernel: &Kernel) -> Checked {
    capabilities::links_are_symmetric(kernel)?;
    capabilities::names_are_live(kernel)?;
    capabilities::untyped_ranges_are_disjoint(kernel)?;
    capabilities::descendants_follow_their_untyped(kernel)?;
    capabilities::handlers_and_interrupts_agree(kernel)?;
    capabilities::mapped_frames_are_covered(kernel)?;
    capabilities::the_first_free_pool_is_known(kernel)?;
    waiting::queues_are_sound(kernel)?;
    waiting::every_waiter_is_queued(kernel)?;
    waiting::replies_and_callers_agree(kernel)?;
    waiting::bindings_are_mutual(kernel)?;
    scheduling::refills_are_sound(kernel)?;
    scheduling::every_thread_has_one_place(kernel)?;
    scheduling::time_that_is_used_was_released(kernel)?;
    scheduling::release_queues_are_heaps(kernel)?;
    scheduling::the_best_thread_runs(kernel)
}
