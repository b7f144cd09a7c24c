//! Exception vectors: from EL0 into the kernel and back.
//!
//! While a thread runs, SP_EL1 is the address of its [`Context`](crate::context::Context): entry
//! stores registers where they stay. The kernel then runs on the core's own stack, which TPIDR_EL1
//! names, and returns the context to resume in x0.
//!
//! 29 instructions lead from the `svc` vector to the kernel's first, 23 from its return to EL0.
//!
//! No CLREX: an exception return clears the local monitor by itself (Arm ARM, pseudocode of
//! AArch64.ExceptionReturn), so a thread cannot complete another's exclusive store.

use core::arch::global_asm;

use crate::context::{OFFSET_NEXT_PC, OFFSET_RESTART_PC, OFFSET_SP, OFFSET_SPSR};

const _: () = assert!(OFFSET_SPSR == OFFSET_NEXT_PC + 8);
const _: () = assert!(OFFSET_SP == 31 * 8);

global_asm!(
    r#"
    // Store x0 to x30 and SP_EL0; leave ELR in x9 and SPSR in x10.
    .macro save_registers
        stp     x0, x1, [sp, #0]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        mrs     x8, sp_el0
        stp     x30, x8, [sp, #{sp_el0} - 8]
        mrs     x9, elr_el1
        mrs     x10, spsr_el1
    .endm

    // Store where the thread continues (x9), where it restarts (\restart), and its SPSR (x10), and
    // take the core's stack.
    .macro take_stack restart
        stp     x9, x10, [sp, #{next_pc}]
        str     \restart, [sp, #{restart_pc}]
        mrs     x8, tpidr_el1
        mov     sp, x8
    .endm

    // An exception from EL1: the kernel is broken. Its stack is not needed any more.
    .macro fatal vector
        .balign 128
        mov     x0, #\vector
        b       fatal_entry
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .global tessera_vectors
tessera_vectors:
    fatal 0
    fatal 1
    fatal 2
    fatal 3
    fatal 4
    fatal 5
    fatal 6
    fatal 7

    // Synchronous, from EL0.
    .balign 128
    save_registers
    mrs     x11, esr_el1
    lsr     x12, x11, #26
    cmp     x12, #0x15          // svc from AArch64 (Arm ARM D17.2.37)
    b.ne    exception_entry
    sub     x11, x9, #4         // the svc itself: where a preempted call restarts
    take_stack x11
    bl      tessera_system_call // x0 to x7 are its arguments, untouched so far
    b       tessera_resume

    // IRQ, from EL0.
    .balign 128
    save_registers
    take_stack x9
    bl      tessera_interrupt
    b       tessera_resume

    // FIQ, from EL0: no group is routed there; the kernel will find nothing to claim.
    .balign 128
    save_registers
    take_stack x9
    bl      tessera_interrupt
    b       tessera_resume

    // SError, from EL0.
    .balign 128
    save_registers
    take_stack x9
    mrs     x0, esr_el1
    bl      tessera_system_error
    b       tessera_resume

    // The same from AArch32, which no thread runs in: SPSR says AArch64 always. Reported as
    // exceptions all the same.
    .rept 4
    .balign 128
    save_registers
    mrs     x11, esr_el1
    b       exception_entry
    .endr
    .balign 128

exception_entry:
    take_stack x9
    mov     x0, x11
    mrs     x1, far_el1
    bl      tessera_exception

    // Leave to the context in x0. The next exception finds it in SP_EL1.
    .global tessera_resume
tessera_resume:
    mov     sp, x0
    ldp     x30, x29, [sp, #{next_pc}]
    msr     elr_el1, x30
    msr     spsr_el1, x29
    ldp     x30, x28, [sp, #{sp_el0} - 8]
    msr     sp_el0, x28
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    eret
    // Never reached: keeps straight-line speculation past the eret from using user values.
    dsb     nsh
    isb

fatal_entry:
    mrs     x1, esr_el1
    mrs     x2, elr_el1
    mrs     x3, far_el1
    mrs     x8, tpidr_el1
    mov     sp, x8
    b       tessera_fatal

    .purgem save_registers
    .purgem take_stack
    .purgem fatal
    "#,
    sp_el0 = const OFFSET_SP,
    next_pc = const OFFSET_NEXT_PC,
    restart_pc = const OFFSET_RESTART_PC,
);
