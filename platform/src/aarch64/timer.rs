//! The generic timer: the virtual counter and its comparator.

use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTVCT_EL0, Readable, Writeable,
};

use crate::contract::Ticks;

/// Start with no deadline. The comparator stays on for ever; its interrupt is level-triggered and
/// ends when the deadline moves into the future (Arm ARM D11.2.4).
pub(super) fn initialise() {
    CNTV_CVAL_EL0.set(Ticks::MAX);
    CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::SET + CNTV_CTL_EL0::IMASK::CLEAR);
}

/// The counter. Without an ISB the read may come early, but never before the exception that
/// entered the kernel (Arm ARM D11.2.1), and two reads never run backwards.
#[inline(always)]
pub(super) fn now() -> Ticks {
    CNTVCT_EL0.get()
}

/// Counts per second, as the firmware wrote it.
#[inline(always)]
pub(super) fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// Raise the interrupt when the counter reaches `at`.
#[inline(always)]
pub(super) fn set_deadline(at: Ticks) {
    CNTV_CVAL_EL0.set(at);
}
