//! The physical timer, which the boot option `tessera.export=pcounter,ptimer` gives to user level.
//! (Arm ARM D11.2)

use core::arch::asm;

/// CNTP_CTL_EL0.ENABLE: the timer runs, and its interrupt is not masked.
const ENABLE: u64 = 1;

/// The counter now; earlier instructions are complete.
pub(crate) fn now() -> u64 {
    let ticks: u64;
    // SAFETY: reads a counter.
    unsafe { asm!("isb", "mrs {}, cntpct_el0", out(reg) ticks, options(nostack)) };
    ticks
}

/// The instant at which the timer fires, or fired last.
pub(crate) fn due() -> u64 {
    let ticks: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, cntp_cval_el0", out(reg) ticks, options(nostack)) };
    ticks
}

/// Lets the timer fire at an instant instead of any other.
pub(crate) fn arm(at: u64) {
    // SAFETY: the timer's interrupt belongs to this program, which uses it for nothing else.
    unsafe {
        asm!(
            "msr cntp_cval_el0, {at}",
            "msr cntp_ctl_el0, {enable}",
            "isb",
            at = in(reg) at,
            enable = in(reg) ENABLE,
            options(nostack),
        );
    }
}

/// Stops the timer.
pub(crate) fn disarm() {
    // SAFETY: as in `arm`.
    unsafe { asm!("msr cntp_ctl_el0, xzr", "isb", options(nostack)) };
}
