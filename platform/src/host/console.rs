//! The free functions of the crate root, for a kernel inside of a host test.

use core::fmt;

/// Writes to the test's captured output.
#[derive(Debug)]
pub struct Console(());

/// Where messages go: the standard output of the test.
#[must_use]
pub fn console() -> Console {
    Console(())
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        std::print!("{text}");
        Ok(())
    }
}

/// Stop the machine: a test fails by it.
///
/// # Panics
/// Always.
pub fn stop(reason: fmt::Arguments<'_>) -> ! {
    panic!("kernel: stopped: {reason}");
}

/// The executing core: host tests call the lock's code on core 0 only.
#[must_use]
pub fn current_core() -> usize {
    0
}

/// Returns at once: in a host test the test decides when interrupts come.
pub fn wait_for_interrupt() {}

/// Let a moment pass in a loop that waits for another core.
pub fn relax() {
    core::hint::spin_loop();
}

/// There is no core whose state could be stored: host tests hold the lock all the time.
pub fn store_user_state(_context: &mut crate::context::Context, _fpu: bool) {}

/// The same address.
#[must_use]
pub const fn hold<T>(place: *mut T) -> *mut T {
    place
}
