//! System registers of one core: translation control, and what EL0 may touch.

use core::arch::asm;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTKCTL_EL1, CPACR_EL1, ID_AA64DFR0_EL1, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1, ID_AA64PFR0_EL1,
    MAIR_EL1, MDSCR_EL1, MPIDR_EL1, Readable, SCTLR_EL1, TCR_EL1, TPIDR_EL0, TPIDRRO_EL0,
    TTBR0_EL1, TTBR1_EL1, Writeable,
};

use super::tables;
use crate::contract::Exports;
use crate::features;

/// SCTLR_EL1 bits that are one in every Armv8.0 core or wanted so, which aarch64-cpu lacks:
/// LSMAOE 29, nTLSMD 28, EIS 22, TSCXT 20, EOS 11, SED 8, ITD 7 (Arm ARM D17.2.118).
const SCTLR_ONES: u64 = 1 << 29 | 1 << 28 | 1 << 22 | 1 << 20 | 1 << 11 | 1 << 8 | 1 << 7;
/// SCTLR_EL1.SPAN: leave PSTATE.PAN alone on exceptions to EL1. One where PAN does not exist.
const SCTLR_SPAN: u64 = 1 << 23;
/// SCTLR_EL1 with the MMU off, for the time between EL2 and the first tables.
pub(super) const SCTLR_OFF: u64 = SCTLR_ONES | SCTLR_SPAN;

/// MDSCR_EL1.TDCC: EL0 has no access to the debug communication channel, which threads of one core
/// would share (Arm ARM D17.3.20).
const MDSCR_TDCC: u64 = 1 << 12;

/// MPIDR_EL1 fields that name a core: Aff3, Aff2, Aff1, Aff0.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// The affinity of the executing core, as the device tree writes it.
pub(super) fn affinity() -> u64 {
    MPIDR_EL1.get() & AFFINITY
}

/// ID_AA64MMFR0_EL1, which [`features::check`] judges.
pub(super) fn memory_features() -> u64 {
    ID_AA64MMFR0_EL1.get()
}

/// ISR_EL1: interrupts that wait for this core (Arm ARM D17.2.85).
#[inline(always)]
pub(super) fn interrupt_status() -> u64 {
    let status: u64;
    // SAFETY: reading has no effect. No `nomem`: it must not move before a store that ends an
    // interrupt.
    unsafe { asm!("mrs {}, isr_el1", out(reg) status, options(nostack)) };
    status
}

/// Load the translation registers and return the SCTLR_EL1 that switches the MMU on. Called with
/// the MMU off, by every core; the assembly around it writes SCTLR_EL1 and jumps.
#[unsafe(no_mangle)]
extern "C" fn tessera_prepare_mmu() -> u64 {
    MAIR_EL1.write(
        MAIR_EL1::Attr0_Device::nonGathering_nonReordering_noEarlyWriteAck
            + MAIR_EL1::Attr1_Normal_Outer::WriteBack_NonTransient_ReadWriteAlloc
            + MAIR_EL1::Attr1_Normal_Inner::WriteBack_NonTransient_ReadWriteAlloc,
    );
    TCR_EL1.write(
        TCR_EL1::T0SZ.val(16)
            + TCR_EL1::T1SZ.val(16)
            + TCR_EL1::TG0::KiB_4
            + TCR_EL1::TG1::KiB_4
            + TCR_EL1::SH0::Inner
            + TCR_EL1::SH1::Inner
            + TCR_EL1::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
            + TCR_EL1::IRGN1::WriteBack_ReadAlloc_WriteAlloc_Cacheable
            + TCR_EL1::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable
            + TCR_EL1::ORGN1::WriteBack_ReadAlloc_WriteAlloc_Cacheable
            + TCR_EL1::AS::ASID16Bits
            + TCR_EL1::A1::TTBR0
            + TCR_EL1::IPS.val(features::address_size(ID_AA64MMFR0_EL1.get())),
    );
    // The MMU is off, so pointers are physical addresses. ASID 0.
    TTBR0_EL1.set(tables::root_pointer(tables::IDENTITY_ROOT));
    TTBR1_EL1.set(tables::root_pointer(tables::KERNEL_ROOT));
    barrier::isb(barrier::SY);
    super::tlb::flush_local();
    super::cache::invalidate_instructions_local();
    system_control()
}

/// SCTLR_EL1 as the kernel runs. Not WXN: it would hold for EL0 too, where the ABI gives pages that
/// are writable and executable; the kernel's own mappings are never both.
fn system_control() -> u64 {
    let bits = SCTLR_EL1::M::Enable
        + SCTLR_EL1::C::Cacheable
        + SCTLR_EL1::I::Cacheable
        + SCTLR_EL1::SA::Enable
        + SCTLR_EL1::UCI::DontTrap
        + SCTLR_EL1::UCT::DontTrap
        + SCTLR_EL1::NTWI::DontTrap
        + SCTLR_EL1::NTWE::DontTrap;
    // PAN from the first exception on: the kernel never touches user memory through user
    // mappings, so it is never lifted.
    let span = if features::has_pan(ID_AA64MMFR1_EL1.get()) { 0 } else { SCTLR_SPAN };
    bits.value | SCTLR_ONES | span
}

/// What is the same on every core once the MMU is on: vectors are installed already; EL0 gets no
/// floating point, no address space, and the registers that `exports` names.
pub(super) fn initialise(exports: Exports) {
    CPACR_EL1.write(CPACR_EL1::FPEN::TrapEl0);
    MDSCR_EL1.set(MDSCR_TDCC);
    TPIDR_EL0.set(0);
    TPIDRRO_EL0.set(0);
    // EL0PCTEN 0, EL0VCTEN 1, EL0VTEN 8, EL0PTEN 9 (Arm ARM D17.8.15); no event stream.
    CNTKCTL_EL1.set(
        u64::from(exports.physical_counter)
            | u64::from(exports.virtual_counter) << 1
            | u64::from(exports.virtual_timer) << 8
            | u64::from(exports.physical_timer) << 9,
    );
    if features::has_performance_monitor(ID_AA64DFR0_EL1.get()) {
        // EN, SW, CR, ER (Arm ARM D17.5.16).
        let enable: u64 = if exports.performance_monitor { 0xf } else { 0 };
        // SAFETY: the register exists, as just checked; it affects traps from EL0 only.
        unsafe { asm!("msr pmuserenr_el0, {}", in(reg) enable, options(nomem, nostack)) };
    }
    if features::has_activity_monitor(ID_AA64PFR0_EL1.get()) {
        // AMUSERENR_EL0, by its number: older assemblers do not know its name. EN is zero: EL0
        // does not see what other threads make the core do.
        // SAFETY: the register exists, as just checked; it affects traps from EL0 only.
        unsafe { asm!("msr s3_3_c13_c2_3, xzr", options(nomem, nostack)) };
    }
    barrier::isb(barrier::SY);
}
