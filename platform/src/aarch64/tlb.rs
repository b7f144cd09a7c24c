//! Translations: which are active, and how they are forgotten.

use core::arch::asm;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{TTBR0_EL1, Writeable};

use super::{mmu, tables};
use crate::contract::SpaceRoot;

/// Translate user addresses in this space.
///
/// No barrier: the kernel does not access user addresses, and the `eret` to EL0 is a context
/// synchronization event (Arm ARM D1.3.2), so EL0 runs with the new table.
#[inline(always)]
pub(super) fn activate(space: SpaceRoot) {
    TTBR0_EL1.set(space.word());
}

/// Translate no user address: an empty table with the reserved ASID 0.
///
/// The ISB ends the use of the old table by speculative walks before a following TLB invalidation
/// (Arm ARM D8.14.5), so that the old tables may be freed.
pub(super) fn activate_none() {
    TTBR0_EL1.set(mmu::physical(tables::root_pointer(tables::EMPTY_ROOT)));
    barrier::isb(barrier::SY);
}

/// Make stores to invalid descriptors visible to walks of all cores.
///
/// Arm ARM D8.14.2: a translation that was invalid needs no TLB maintenance; DSB ISHST completes
/// the stores for every walker, and the exception return synchronizes this core.
#[inline(always)]
pub(super) fn publish() {
    barrier::dsb(barrier::ISHST);
}

/// Forget the page at `vaddr` in `asid`, with cached walks, on every core.
///
/// Arm ARM D8.14.5 (TLB maintenance): DSB ISHST before, so that the descriptor stores are seen by
/// walks that start after the invalidation; DSB ISH waits until all cores have done it; ISB for
/// this core.
#[inline(always)]
pub(super) fn flush_page(asid: u16, vaddr: u64) {
    // VA[55:12] in bits 43 to 0 (Arm ARM C5.5.65).
    let operand = u64::from(asid) << 48 | (vaddr >> 12) & 0xfff_ffff_ffff;
    // SAFETY: forgetting translations of EL0 never changes what the kernel sees: its own are
    // global and stay as they are.
    unsafe {
        asm!("dsb ishst", "tlbi vae1is, {}", "dsb ish", "isb", in(reg) operand, options(nostack));
    }
}

/// Forget all translations of `asid` on every core; barriers as for [`flush_page`].
#[inline(always)]
pub(super) fn flush_space(asid: u16) {
    let operand = u64::from(asid) << 48;
    // SAFETY: as for `flush_page`.
    unsafe {
        asm!("dsb ishst", "tlbi aside1is, {}", "dsb ish", "isb", in(reg) operand, options(nostack));
    }
}

/// Forget everything that this core cached. For boot: nothing else shares the result.
pub(super) fn flush_local() {
    // SAFETY: translations are read again from tables; those do not change here.
    unsafe { asm!("dsb nshst", "tlbi vmalle1", "dsb nsh", "isb", options(nostack)) };
}
