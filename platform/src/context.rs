//! What is saved of a thread while it does not run.
//!
//! The layout is shared with the exception vectors, which find the current thread's context at
//! the exception stack pointer, so that an entry stores registers where they stay. Vectors use
//! the offsets below by name; constant assertions keep both in step.

use core::mem::{offset_of, size_of};

/// The user registers of one thread. Bytes: 0x120 general, then floating point.
#[repr(C, align(16))]
#[derive(Clone, PartialEq, Debug)]
pub struct Context {
    /// x0 to x30.
    pub x: [u64; 31],
    /// SP_EL0.
    pub sp: u64,
    /// Where the thread continues. Vectors store the address behind an `svc`; a kernel that has
    /// not yet taken the call says [`not_yet`](Self::not_yet).
    pub next_pc: u64,
    /// SPSR_EL1: condition flags, mode EL0t.
    pub spsr: u64,
    /// Where the thread restarts: the `svc` itself, or the interrupted or faulting instruction.
    pub restart_pc: u64,
    /// TPIDR_EL0. Current only after [`save_user_registers`](crate::contract::Platform).
    pub tpidr: u64,
    /// TPIDRRO_EL0.
    pub tpidrro: u64,
    /// Floating point and SIMD state. Current only after `save_fpu`.
    pub fpu: FpuState,
}

/// q0 to q31 with their control and status registers.
#[repr(C, align(16))]
#[derive(Clone, PartialEq, Debug)]
pub struct FpuState {
    /// q0 to q31, low half first.
    pub q: [u128; 32],
    /// FPCR.
    pub control: u64,
    /// FPSR.
    pub status: u64,
}

impl Context {
    /// What the thread asked for has not happened: it continues where it restarts.
    pub const fn not_yet(&mut self) {
        self.next_pc = self.restart_pc;
    }

    /// A thread that never ran: all registers zero, with the given SPSR.
    #[must_use]
    pub const fn new(spsr: u64) -> Self {
        Self {
            x: [0; 31],
            sp: 0,
            next_pc: 0,
            spsr,
            restart_pc: 0,
            tpidr: 0,
            tpidrro: 0,
            fpu: FpuState { q: [0; 32], control: 0, status: 0 },
        }
    }
}

/// Offset of [`Context::sp`] in bytes.
pub const OFFSET_SP: usize = offset_of!(Context, sp);
/// Offset of [`Context::next_pc`] in bytes.
pub const OFFSET_NEXT_PC: usize = offset_of!(Context, next_pc);
/// Offset of [`Context::spsr`] in bytes.
pub const OFFSET_SPSR: usize = offset_of!(Context, spsr);
/// Offset of [`Context::restart_pc`] in bytes.
pub const OFFSET_RESTART_PC: usize = offset_of!(Context, restart_pc);

const _: () = assert!(OFFSET_SP == 31 * 8 && OFFSET_NEXT_PC == 32 * 8);
const _: () = assert!(size_of::<Context>() <= 1024);
