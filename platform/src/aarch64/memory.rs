//! Copying and filling memory, as the compiler asks for it.
//!
//! The compiler's own fallbacks move a byte or a word at a time. These move 32 bytes in eight
//! instructions, then what is left by the bits of its length. Accesses may be unaligned, which
//! normal memory allows once the MMU is on (Arm ARM B2.5); nothing calls them before that.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .text.memory, "ax"
    .balign 16
    .global memcpy
memcpy:
    mov x3, x0
    subs x2, x2, #32
    b.lo 12f
11: ldp x4, x5, [x1], #16
    ldp x6, x7, [x1], #16
    stp x4, x5, [x3], #16
    stp x6, x7, [x3], #16
    subs x2, x2, #32
    b.hs 11b
12: tbz x2, #4, 13f
    ldp x4, x5, [x1], #16
    stp x4, x5, [x3], #16
13: tbz x2, #3, 14f
    ldr x4, [x1], #8
    str x4, [x3], #8
14: tbz x2, #2, 15f
    ldr w4, [x1], #4
    str w4, [x3], #4
15: tbz x2, #1, 16f
    ldrh w4, [x1], #2
    strh w4, [x3], #2
16: tbz x2, #0, 17f
    ldrb w4, [x1]
    strb w4, [x3]
17: ret

    .balign 16
    .global memmove
memmove:
    // Forwards unless the target begins inside the source.
    sub x3, x0, x1
    cmp x3, x2
    b.hs memcpy
    add x1, x1, x2
    add x3, x0, x2
    cbz x2, 17b
21: ldrb w4, [x1, #-1]!
    strb w4, [x3, #-1]!
    subs x2, x2, #1
    b.ne 21b
    ret

    .balign 16
    .global memset
memset:
    mov x3, x0
    and w1, w1, #0xff
    mov x4, #0x0101010101010101
    mul x1, x1, x4
    subs x2, x2, #32
    b.lo 32f
31: stp x1, x1, [x3], #16
    stp x1, x1, [x3], #16
    subs x2, x2, #32
    b.hs 31b
32: tbz x2, #4, 33f
    stp x1, x1, [x3], #16
33: tbz x2, #3, 34f
    str x1, [x3], #8
34: tbz x2, #2, 35f
    str w1, [x3], #4
35: tbz x2, #1, 36f
    strh w1, [x3], #2
36: tbz x2, #0, 37f
    strb w1, [x3]
37: ret
"#
);
