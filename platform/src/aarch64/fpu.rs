//! Floating-point and SIMD registers.
//!
//! The kernel is built without them; it only moves those of threads. CPACR_EL1.FPEN never traps
//! EL1, so that saving and restoring work whatever EL0 may do.

use core::arch::global_asm;

use aarch64_cpu::registers::{CPACR_EL1, Writeable};

use crate::context::FpuState;

/// Let EL0 use the registers, or trap it. Takes effect at the exception return at the latest.
#[inline(always)]
pub(super) fn enable(enabled: bool) {
    if enabled {
        CPACR_EL1.write(CPACR_EL1::FPEN::TrapNothing);
    } else {
        CPACR_EL1.write(CPACR_EL1::FPEN::TrapEl0);
    }
}

/// Store this core's registers.
#[inline(always)]
pub(super) fn save(state: &mut FpuState) {
    // SAFETY: the function stores exactly the 528 bytes that the type has.
    unsafe { tessera_save_fpu(state) };
}

/// Load this core's registers.
#[inline(always)]
pub(super) fn restore(state: &FpuState) {
    // SAFETY: the function loads exactly the 528 bytes that the type has; the kernel itself keeps
    // nothing in these registers.
    unsafe { tessera_restore_fpu(state) };
}

unsafe extern "C" {
    fn tessera_save_fpu(state: *mut FpuState);
    fn tessera_restore_fpu(state: *const FpuState);
}

const _: () = assert!(core::mem::offset_of!(FpuState, control) == 512);
const _: () = assert!(core::mem::offset_of!(FpuState, status) == 520);

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd

    .macro each_pair operation
        \operation q0, q1, [x0, #0]
        \operation q2, q3, [x0, #32]
        \operation q4, q5, [x0, #64]
        \operation q6, q7, [x0, #96]
        \operation q8, q9, [x0, #128]
        \operation q10, q11, [x0, #160]
        \operation q12, q13, [x0, #192]
        \operation q14, q15, [x0, #224]
        \operation q16, q17, [x0, #256]
        \operation q18, q19, [x0, #288]
        \operation q20, q21, [x0, #320]
        \operation q22, q23, [x0, #352]
        \operation q24, q25, [x0, #384]
        \operation q26, q27, [x0, #416]
        \operation q28, q29, [x0, #448]
        \operation q30, q31, [x0, #480]
    .endm

    .section .text.fpu, "ax"
    .balign 64
    .global tessera_save_fpu
tessera_save_fpu:
    mrs     x1, fpcr
    mrs     x2, fpsr
    each_pair stp
    str     x1, [x0, #512]
    str     x2, [x0, #520]
    ret

    .balign 64
    .global tessera_restore_fpu
tessera_restore_fpu:
    ldr     x1, [x0, #512]
    ldr     x2, [x0, #520]
    each_pair ldp
    msr     fpcr, x1
    msr     fpsr, x2
    ret

    .purgem each_pair
    .arch_extension nosimd
    .arch_extension nofp
    "#
);
