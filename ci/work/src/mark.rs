//! Marks for the plugins of `ci/plugin`: instructions that do nothing and carry a number.

#![allow(unsafe_code)]

use core::arch::{asm, global_asm};

/// Closes the open window.
const CLOSE: u16 = 8;
/// The first of the marks that say which operation follows.
const OPERATIONS: u16 = 256;
/// So many operations can be told apart.
const MOST: u16 = 512;

// One mark and a return for each operation.
global_asm!(
    ".global bench_operation_marks",
    "bench_operation_marks:",
    ".set number, {first}",
    ".rept {count}",
    "movz xzr, #number",
    "ret",
    ".set number, number + 1",
    ".endr",
    first = const OPERATIONS,
    count = const MOST,
);

unsafe extern "C" {
    safe fn bench_operation_marks();
}

/// Opens a window in lane `LANE`, 1 to 7.
#[inline(always)]
pub fn open<const LANE: u16>() {
    const { assert!(LANE > 0 && LANE < CLOSE, "a lane") };
    // SAFETY: writes the zero register, that is, does nothing.
    unsafe { asm!("movz xzr, #{lane}", lane = const LANE) };
}

/// Closes the open window.
#[inline(always)]
pub fn close() {
    // SAFETY: as in `open`.
    unsafe { asm!("movz xzr, #{close}", close = const CLOSE) };
}

/// Says that the windows that follow are about operation `number`.
pub fn select(number: u16) {
    assert!(number < MOST, "few operations");
    let mark = bench_operation_marks as *const () as usize + 8 * usize::from(number);
    // SAFETY: `mark` is the address of one of the pairs of instructions above, a function that
    // changes no register.
    unsafe { asm!("blr {mark}", mark = in(reg) mark, out("lr") _) };
}

/// A window in lane 1 with ten instructions of user level and nothing else, to check the counting.
pub fn calibrate() {
    // SAFETY: marks, and instructions that do nothing.
    unsafe { asm!("movz xzr, #1", ".rept 10", "nop", ".endr", "movz xzr, #8") };
}
