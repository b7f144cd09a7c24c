//! The machine: an Armv8-A board (skeleton being filled in).

pub mod paging;

use core::fmt;

/// Virtual address of the first byte of the window (see [`crate::handover::Window`]).
pub const WINDOW_BASE: usize = 0xffff_0000_0000_0000;

/// The machine. There is exactly one value; `boot` receives it. It holds no data.
#[derive(Debug)]
pub struct Machine(());

/// Writes to the early console.
#[derive(Debug)]
pub struct Console(());

/// The early console.
#[must_use]
pub fn console() -> Console {
    Console(())
}

impl fmt::Write for Console {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

/// Print `kernel: stopped: reason` and switch the machine off.
pub fn stop(_reason: fmt::Arguments<'_>) -> ! {
    loop {}
}

/// Logical number of the executing core.
#[must_use]
pub fn current_core() -> usize {
    0
}

/// Sleep until an interrupt may be pending; interrupts stay masked.
pub fn wait_for_interrupt() {}
