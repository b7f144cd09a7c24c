//! Return addresses on the stack of the calling thread.
//!
//! Programs are built with frame pointers (AAPCS64, 6.4.6): x29 points to a record of the
//! caller's x29 and the return address; the first record of a thread has a null x29.

use core::arch::asm;
use core::ops::Range;

/// Walks over the frame records. A damaged chain ends the walk: each record lies above the last
/// one and inside of the stack.
pub(crate) struct Frames {
    record: u64,
    stack: Range<u64>,
}

impl Frames {
    /// The frames of the calling thread, from the caller's own on.
    #[inline(always)]
    pub(crate) fn here() -> Self {
        let record;
        // SAFETY: reads a register.
        unsafe { asm!("mov {}, x29", out(reg) record, options(nomem, nostack, preserves_flags)) };
        Self { record, stack: super::block::stack() }
    }
}

impl Iterator for Frames {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let inside = self.stack.contains(&self.record) && self.stack.end - self.record >= 16;
        if !inside || !self.record.is_multiple_of(8) {
            return None;
        }
        let record = core::ptr::with_exposed_provenance::<[u64; 2]>(self.record as usize);
        // SAFETY: two aligned words inside of the calling thread's stack (B1), which are mapped
        // while it runs; any value in them is a number.
        let [next, address] = unsafe { record.read_volatile() };
        // The stack grows down, so the caller's record is above.
        self.stack.start = self.record + 16;
        self.record = next;
        (address != 0).then_some(address)
    }
}
