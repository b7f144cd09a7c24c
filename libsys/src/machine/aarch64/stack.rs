//! The stack of the calling thread.

use core::arch::asm;

/// Reads what lies so many bytes below the stack pointer, fewer than a page. A thread whose stack
/// ends before faults here, and not later in the middle of something.
#[inline(always)]
pub(crate) fn probe_stack<const BYTES: usize>() {
    const { assert!(BYTES < 1 << abi::PAGE_BITS, "the page below a stack is the only one empty") };
    // SAFETY: a load changes nothing; what it finds is dropped.
    unsafe {
        asm!(
            "sub {address}, sp, #{bytes}",
            "ldrb wzr, [{address}]",
            address = out(reg) _,
            bytes = const BYTES,
            options(nostack, readonly, preserves_flags),
        );
    }
}
