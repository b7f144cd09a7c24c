//! The first instructions: from the boot loader, or from the firmware that started a core, to
//! Rust at the kernel's virtual addresses.
//!
//! The image starts with the arm64 boot header of Linux (Documentation/arm64/booting.rst), so that
//! boot loaders and QEMU's `-kernel` accept it and pass the device tree in x0. It may lie at any
//! multiple of 2 MiB. Entry is at EL1 or EL2 with the MMU off. Until the MMU is on, addresses come
//! from the program counter only.

use core::arch::global_asm;

use super::layout::{CORE_LOCAL_BYTES, STACK_STRIDE};

/// SPSR_EL2 for the way down: EL1 with its own stack pointer, all interrupts masked.
const EL1H_MASKED: u64 = 0x3c5;

global_asm!(
    r#"
    .section .head, "ax"
    .global tessera_header
tessera_header:
    b       primary
    .long   0
    .quad   0                           // no offset from the 2 MiB boundary
    .quad   tessera_image_size
    .quad   0xa                         // little endian, 4 KiB pages, anywhere in memory
    .quad   0
    .quad   0
    .quad   0
    .ascii  "ARM\x64"
    .long   0

    // Leave the stack of core \index below its local data in sp. Right before and after the MMU
    // is on, since the address is relative to the program counter.
    .macro stack_of index
        adrp    x1, tessera_stacks
        add     x2, \index, #1
        mov     x3, #{stride}
        madd    x1, x2, x3, x1
        sub     x1, x1, #{local}
        mov     sp, x1
    .endm

    .section .text.boot, "ax"
    // x0: device tree. Kept: x19 device tree, x20 exception level at entry, x21 image.
primary:
    msr     daifset, #15
    msr     spsel, #1
    mov     x19, x0
    mrs     x20, CurrentEL
    adrp    x21, tessera_image_start
    // What caches hold of memory that is not part of the loaded image is older than we are: it
    // must not be written over what we store with the caches off.
    adrp    x0, tessera_bss_start
    adrp    x1, tessera_image_end
    bl      discard
    mov     x0, #0
    stack_of x0
    bl      to_el1
    bl      tessera_early_tables
    // The tables were stored past the caches; drop what these read before.
    adrp    x0, tessera_tables_start
    adrp    x1, tessera_stacks
    bl      discard
    bl      tessera_prepare_mmu
    ldr     x1, =primary_high
    b       switch

    // x0: logical number, from PSCI CPU_ON. Kept: x19.
    .global tessera_secondary_entry
tessera_secondary_entry:
    msr     daifset, #15
    msr     spsel, #1
    mov     x19, x0
    stack_of x19
    bl      to_el1
    bl      tessera_prepare_mmu
    ldr     x1, =secondary_high
    b       switch

    // x0: SCTLR_EL1, x1: where to continue. The identity mapping carries the next instructions.
switch:
    msr     sctlr_el1, x0
    isb
    br      x1

    // Go on at EL1, on the same stack. Clobbers the temporary registers and x22.
to_el1:
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.ne    1f
    mov     x22, x30
    bl      tessera_leave_el2
    mov     x0, sp
    msr     sp_el1, x0
    mov     x0, #{el1h}
    msr     spsr_el2, x0
    msr     elr_el2, x22
    eret
1:  ret

    // Invalidate data cache lines from x0 to x1 (Arm ARM B2.7.4.2: DC IVAC, to the point of
    // coherency, complete after DSB).
discard:
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x2, x3, x2
1:  dc      ivac, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    1b
    dsb     sy
    ret

    // From here on at virtual addresses, cached.
    .section .text.high, "ax"
primary_high:
    adrp    x0, tessera_bss_start
    adrp    x1, tessera_bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  mov     x0, #0
    bl      settle
    mov     x0, x19
    mov     x1, x21
    lsr     x2, x20, #2
    b       tessera_boot_core

secondary_high:
    mov     x0, x19
    bl      settle
    mov     x0, x19
    b       tessera_secondary_core

    // Take the stack of core x0, publish it, and receive exceptions.
settle:
    stack_of x0
    msr     tpidr_el1, x1
    adrp    x1, tessera_vectors
    add     x1, x1, :lo12:tessera_vectors
    msr     vbar_el1, x1
    isb
    ret

    .purgem stack_of
    "#,
    stride = const STACK_STRIDE,
    local = const CORE_LOCAL_BYTES,
    el1h = const EL1H_MASKED,
);

unsafe extern "C" {
    /// Where [`super::psci::start`] sends a core. Only its address means anything.
    static tessera_secondary_entry: u8;
}

/// The entry of started cores, as a pointer.
pub(super) fn secondary() -> u64 {
    &raw const tessera_secondary_entry as u64
}
