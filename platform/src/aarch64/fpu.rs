//! Floating-point and SIMD registers.
//!
//! The kernel is built without them; it only moves those of threads. CPACR_EL1.FPEN never traps
//! EL1, so that saving and restoring work whatever EL0 may do.

use core::arch::asm;

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

/// One instruction for each pair of q registers and the 32 bytes that it takes behind {state}.
macro_rules! each_pair {
    ($operation:literal) => {
        concat!(
            $operation,
            " q0, q1, [{state}, #0]\n",
            $operation,
            " q2, q3, [{state}, #32]\n",
            $operation,
            " q4, q5, [{state}, #64]\n",
            $operation,
            " q6, q7, [{state}, #96]\n",
            $operation,
            " q8, q9, [{state}, #128]\n",
            $operation,
            " q10, q11, [{state}, #160]\n",
            $operation,
            " q12, q13, [{state}, #192]\n",
            $operation,
            " q14, q15, [{state}, #224]\n",
            $operation,
            " q16, q17, [{state}, #256]\n",
            $operation,
            " q18, q19, [{state}, #288]\n",
            $operation,
            " q20, q21, [{state}, #320]\n",
            $operation,
            " q22, q23, [{state}, #352]\n",
            $operation,
            " q24, q25, [{state}, #384]\n",
            $operation,
            " q26, q27, [{state}, #416]\n",
            $operation,
            " q28, q29, [{state}, #448]\n",
            $operation,
            " q30, q31, [{state}, #480]\n",
        )
    };
}

/// Store this core's registers. In place, not called: fast paths call nothing.
#[inline(always)]
pub(super) fn save(state: &mut FpuState) {
    // SAFETY: stores exactly the 528 bytes that the type has.
    unsafe {
        asm!(
            ".arch_extension fp",
            ".arch_extension simd",
            each_pair!("stp"),
            "mrs {control}, fpcr",
            "mrs {status}, fpsr",
            "str {control}, [{state}, #512]",
            "str {status}, [{state}, #520]",
            ".arch_extension nosimd",
            ".arch_extension nofp",
            state = in(reg) state,
            control = out(reg) _,
            status = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// Load this core's registers.
#[inline(always)]
pub(super) fn restore(state: &FpuState) {
    // SAFETY: loads exactly the 528 bytes that the type has; the kernel itself keeps nothing in
    // these registers.
    unsafe {
        asm!(
            ".arch_extension fp",
            ".arch_extension simd",
            each_pair!("ldp"),
            "ldr {control}, [{state}, #512]",
            "ldr {status}, [{state}, #520]",
            "msr fpcr, {control}",
            "msr fpsr, {status}",
            ".arch_extension nosimd",
            ".arch_extension nofp",
            state = in(reg) state,
            control = out(reg) _,
            status = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
}

const _: () = assert!(core::mem::offset_of!(FpuState, control) == 512);
const _: () = assert!(core::mem::offset_of!(FpuState, status) == 520);
