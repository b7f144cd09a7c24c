//! Closures on their way to a new thread.

use alloc::boxed::Box;

use crate::bootstrap::AllocationError;
use crate::exit::{Ending, exit};
use crate::worker::Worker;

/// Lets a worker run a closure. If it cannot be started, the closure is dropped.
///
/// # Errors
/// Those of [`Worker::start`].
pub(crate) fn start<F: FnOnce() + Send + 'static>(
    worker: &Worker,
    closure: F,
) -> Result<(), AllocationError> {
    let closure = Box::into_raw(Box::new(closure));
    let started = worker.start(run::<F>, closure.expose_provenance() as u64);
    if started.is_err() {
        // SAFETY: the box of above, which no thread has: it would be the worker's, which was not
        // started.
        drop(unsafe { Box::from_raw(closure) });
    }
    started
}

extern "C" fn run<F: FnOnce() + Send + 'static>(argument: u64) -> ! {
    let closure = core::ptr::with_exposed_provenance_mut::<F>(argument as usize);
    // SAFETY: only `start` hands out this function, with the address of a box with an `F`. It is
    // `Send`, so this thread may have it, and the argument is used once.
    let closure = unsafe { Box::from_raw(closure) };
    closure();
    exit(Ending::Finished)
}
