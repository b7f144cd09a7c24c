//! Closures on their way to a new thread.

use alloc::boxed::Box;

use crate::exit::{Ending, exit};
use crate::worker::Entry;

/// The entry function of a thread that runs the closure, and the argument for that function: for
/// one start of one thread. Without it the closure is never dropped.
pub(crate) fn pack<F: FnOnce() + Send + 'static>(closure: F) -> (Entry, u64) {
    (run::<F>, Box::into_raw(Box::new(closure)).expose_provenance() as u64)
}

extern "C" fn run<F: FnOnce() + Send + 'static>(argument: u64) -> ! {
    let closure = core::ptr::with_exposed_provenance_mut::<F>(argument as usize);
    // SAFETY: only `pack` hands out this function, with the address of a box with an `F`. It is
    // `Send`, so this thread may have it, and the argument is used once.
    let closure = unsafe { Box::from_raw(closure) };
    closure();
    exit(Ending::Finished)
}
