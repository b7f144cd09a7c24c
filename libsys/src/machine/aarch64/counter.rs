//! The counter of the generic timer (Arm ARM D12).

use core::arch::asm;

/// CNTVCT_EL0. A fault unless the kernel exports it.
#[inline]
pub(crate) fn counter() -> u64 {
    let value;
    // SAFETY: reading the counter changes nothing. The barrier keeps it from being read early
    // (Arm ARM D12.1.2).
    unsafe { asm!("isb", "mrs {}, cntvct_el0", out(reg) value, options(nostack, preserves_flags)) };
    value
}

/// CNTFRQ_EL0, in ticks for each second. A fault unless the kernel exports a counter.
pub(crate) fn counter_frequency() -> u64 {
    let value;
    // SAFETY: reading the register changes nothing.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) value, options(nostack, preserves_flags)) };
    value
}
