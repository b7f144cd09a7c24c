//! Copying of memory, by the widest registers that the core has.
//!
//! The kernel itself is built without SIMD, and the compiler's own loop moves 8 bytes at a time;
//! this one moves 128 in ten instructions. User level's values in the registers that it needs are
//! kept.

use core::arch::global_asm;

/// Bytes that one round moves.
const ROUND: usize = 128;

/// Copy as many words as both slices have.
pub(super) fn copy(words: &mut [u128], source: &[u128]) {
    let length = words.len().min(source.len());
    let rounds = length * size_of::<u128>() / ROUND;
    let (body, rest) = words[..length].split_at_mut(rounds * (ROUND / size_of::<u128>()));
    if rounds > 0 {
        // SAFETY: reads and writes `rounds` times 128 bytes from the starts of both slices, which
        // have them and do not overlap, since one is borrowed mutably.
        unsafe { tessera_copy(body.as_mut_ptr(), source.as_ptr(), rounds) };
    }
    rest.copy_from_slice(&source[body.len()..length]);
}

unsafe extern "C" {
    fn tessera_copy(to: *mut u128, from: *const u128, rounds: usize);
}

global_asm!(
    r#"
    .arch_extension fp
    .arch_extension simd
    .section .text.copy, "ax"
    .balign 64
    .global tessera_copy
    // x0: to, x1: from, x2: rounds, at least one.
tessera_copy:
    stp     q0, q1, [sp, #-128]!
    stp     q2, q3, [sp, #32]
    stp     q4, q5, [sp, #64]
    stp     q6, q7, [sp, #96]
1:  ldp     q0, q1, [x1], #128
    ldp     q2, q3, [x1, #-96]
    ldp     q4, q5, [x1, #-64]
    ldp     q6, q7, [x1, #-32]
    subs    x2, x2, #1
    stp     q0, q1, [x0], #128
    stp     q2, q3, [x0, #-96]
    stp     q4, q5, [x0, #-64]
    stp     q6, q7, [x0, #-32]
    b.ne    1b
    ldp     q2, q3, [sp, #32]
    ldp     q4, q5, [sp, #64]
    ldp     q6, q7, [sp, #96]
    ldp     q0, q1, [sp], #128
    ret
    .arch_extension nosimd
    .arch_extension nofp
    "#
);
