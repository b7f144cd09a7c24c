//! Leaving EL2, where a boot loader may enter the kernel and firmware starts cores.

use core::arch::asm;

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTHCTL_EL2, CNTVOFF_EL2, CPTR_EL2, HCR_EL2, HDFGRTR_EL2, HDFGWTR_EL2, HFGITR_EL2, HFGRTR_EL2,
    HFGWTR_EL2, ICC_SRE_EL2, ICH_HCR_EL2, ID_AA64DFR0_EL1, ID_AA64MMFR0_EL1, ID_AA64PFR0_EL1,
    MDCR_EL2, MIDR_EL1, MPIDR_EL1, Readable, SCTLR_EL1, VMPIDR_EL2, VTTBR_EL2, Writeable,
};

use super::cpu;
use crate::features;

/// Prepare EL1 from EL2: no traps, no second translation stage, no timer offset. Called with the
/// MMU off, on a stack that is not cached; the assembly around it does the `eret`.
#[unsafe(no_mangle)]
extern "C" fn tessera_leave_el2() {
    // EL1 is AArch64; pointer authentication is not trapped (bits 41 API, 40 APK).
    HCR_EL2.set(1 << 31 | 1 << 41 | 1 << 40);
    CNTHCTL_EL2.set(0b11);
    CNTVOFF_EL2.set(0);
    VMPIDR_EL2.set(MPIDR_EL1.get());
    VTTBR_EL2.set(0);
    // The ones are RES1 without FEAT_VHE; TFP (bit 10) is zero: floating point is not trapped.
    CPTR_EL2.set(0x33ff);
    // SAFETY: registers that exist at EL2 of every core; they affect traps from EL1 only.
    unsafe {
        asm!("msr vpidr_el2, {}", in(reg) MIDR_EL1.get(), options(nomem, nostack));
        asm!("msr hstr_el2, xzr", options(nomem, nostack));
    }
    MDCR_EL2.set(event_counters());
    if features::has_gic_registers(ID_AA64PFR0_EL1.get()) {
        // SRE and Enable: EL1 may use the system registers. Bits 1 and 2: no bypass.
        ICC_SRE_EL2.set(0xf);
        barrier::isb(barrier::SY);
        ICH_HCR_EL2.set(0);
    }
    if features::has_fine_grained_traps(ID_AA64MMFR0_EL1.get()) {
        HFGRTR_EL2.set(0);
        HFGWTR_EL2.set(0);
        HFGITR_EL2.set(0);
        HDFGRTR_EL2.set(0);
        HDFGWTR_EL2.set(0);
    }
    SCTLR_EL1.set(cpu::SCTLR_OFF);
}

/// MDCR_EL2.HPMN that leaves all event counters to EL1: PMCR_EL0.N.
fn event_counters() -> u64 {
    if !features::has_performance_monitor(ID_AA64DFR0_EL1.get()) {
        return 0;
    }
    let control: u64;
    // SAFETY: the register exists, as just checked; reading it has no effect.
    unsafe { asm!("mrs {}, pmcr_el0", out(reg) control, options(nomem, nostack)) };
    (control >> 11) & 0x1f
}
