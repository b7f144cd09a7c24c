//! Lines of 64 bytes, cleared, copied and compared through vector registers: four instructions move
//! what takes sixteen word by word. Memory is really accessed, as often as it says.

use core::arch::asm;

use crate::window::Line;

/// Copies so many lines.
///
/// # Safety
/// `from` is readable and `to` writable memory for all of them, and they do not overlap. Nobody
/// else has a reference to what is written.
pub(crate) unsafe fn copy(to: *mut Line, from: *const Line, count: usize) {
    if count == 0 {
        return;
    }
    // SAFETY: the caller's; `count` is not 0 (Arm ARM C7.2, LD1 and ST1 of four registers,
    // whose elements are bytes and lie anywhere).
    unsafe {
        asm!(
            "2: ld1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{from}], #64",
            "st1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{to}], #64",
            "subs {count}, {count}, #1",
            "b.ne 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            count = inout(reg) count => _,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            options(nostack),
        );
    }
}

/// Sets so many lines to 0.
///
/// # Safety
/// `to` is writable memory for all of them, and nobody else has a reference to it.
pub(crate) unsafe fn clear(to: *mut Line, count: usize) {
    if count == 0 {
        return;
    }
    // SAFETY: the caller's; `count` is not 0.
    unsafe {
        asm!(
            "movi v0.2d, #0",
            "movi v1.2d, #0",
            "movi v2.2d, #0",
            "movi v3.2d, #0",
            "2: st1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{to}], #64",
            "subs {count}, {count}, #1",
            "b.ne 2b",
            to = inout(reg) to => _,
            count = inout(reg) count => _,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            options(nostack),
        );
    }
}

/// Lines that a round of [`are_equal`] compares.
const ROUND: usize = 8;

/// Compares a line: each bit that differs comes into v16.
macro_rules! compare {
    () => {
        concat!(
            "ld1 {{v0.16b, v1.16b, v2.16b, v3.16b}}, [{one}], #64\n",
            "ld1 {{v4.16b, v5.16b, v6.16b, v7.16b}}, [{other}], #64\n",
            "eor v0.16b, v0.16b, v4.16b\n",
            "eor v1.16b, v1.16b, v5.16b\n",
            "eor v2.16b, v2.16b, v6.16b\n",
            "eor v3.16b, v3.16b, v7.16b\n",
            "orr v0.16b, v0.16b, v1.16b\n",
            "orr v2.16b, v2.16b, v3.16b\n",
            "orr v16.16b, v16.16b, v0.16b\n",
            "orr v16.16b, v16.16b, v2.16b\n",
        )
    };
}

/// Whether so many lines are equal.
///
/// # Safety
/// Both are readable memory for all of them.
pub(crate) unsafe fn are_equal(one: *const Line, other: *const Line, count: usize) -> bool {
    let different: u32;
    // SAFETY: the caller's: `count` lines are read, whole rounds first, then one by one. Every bit
    // that differs stays in v16.
    unsafe {
        asm!(
            "movi v16.2d, #0",
            "cbz {rounds}, 3f",
            "2:",
            concat!(compare!(), compare!(), compare!(), compare!()),
            concat!(compare!(), compare!(), compare!(), compare!()),
            "subs {rounds}, {rounds}, #1",
            "b.ne 2b",
            "3: cbz {rest}, 5f",
            "4:",
            compare!(),
            "subs {rest}, {rest}, #1",
            "b.ne 4b",
            "5: umaxv s16, v16.4s",
            "fmov {different:w}, s16",
            one = inout(reg) one => _,
            other = inout(reg) other => _,
            rounds = inout(reg) count / ROUND => _,
            rest = inout(reg) count % ROUND => _,
            different = lateout(reg) different,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _, out("v16") _,
            options(nostack, readonly),
        );
    }
    different == 0
}
