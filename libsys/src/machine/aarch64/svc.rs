//! The one file with the `svc` instruction.
//!
//! A system call reads x0 to x8 and changes x0 to x5 at most; the number is in x7. Memory is
//! never marked as untouched: the kernel reads and writes the IPC buffer, and a call may let
//! another thread run.

use core::arch::asm;
use core::mem::MaybeUninit;

/// A message register that may hold anything: only the first `length` words are sent.
type Word = MaybeUninit<u64>;

/// Sends and keeps every register: Send and NBSend.
#[inline(always)]
pub(crate) fn send(number: u64, destination: u64, info: u64, words: [Word; 4]) {
    // SAFETY: the registers are those of the ABI (§1 of its document); a send changes none.
    unsafe {
        asm!("svc #0",
            in("x0") destination, in("x1") info,
            in("x2") words[0], in("x3") words[1], in("x4") words[2], in("x5") words[3],
            in("x7") number, options(nostack));
    }
}

/// Sends and takes the reply: Call. Answers x0 to x5.
#[inline(always)]
pub(crate) fn call(number: u64, destination: u64, info: u64, words: [Word; 4]) -> [u64; 6] {
    let mut x = [0; 6];
    // SAFETY: the registers are those of the ABI; a call changes x0 to x5 at most.
    unsafe {
        asm!("svc #0",
            inlateout("x0") destination => x[0], inlateout("x1") info => x[1],
            inlateout("x2") words[0] => x[2], inlateout("x3") words[1] => x[3],
            inlateout("x4") words[2] => x[4], inlateout("x5") words[3] => x[5],
            in("x7") number, options(nostack));
    }
    x
}

/// Receives: Recv, NBRecv, Wait, NBWait. Answers x0 to x5. When the kernel writes x0 only
/// (notifications and failed polls), x1 is 0 and the others are anything.
#[inline(always)]
pub(crate) fn receive(number: u64, source: u64, reply: u64) -> [u64; 6] {
    let mut x = [0; 6];
    // SAFETY: the registers are those of the ABI; a receive changes x0 to x5 at most.
    unsafe {
        asm!("svc #0",
            inlateout("x0") source => x[0], inlateout("x1") x[1],
            lateout("x2") x[2], lateout("x3") x[3], lateout("x4") x[4], lateout("x5") x[5],
            in("x6") reply, in("x7") number, options(nostack));
    }
    x
}

/// Waits for a notification: Wait, NBWait. Answers x0.
#[inline(always)]
pub(crate) fn wait_word(number: u64, source: u64) -> u64 {
    let word;
    // SAFETY: the registers are those of the ABI; a receive changes x0 to x5 at most.
    unsafe {
        asm!("svc #0",
            inlateout("x0") source => word, lateout("x1") _, lateout("x2") _, lateout("x3") _,
            lateout("x4") _, lateout("x5") _, in("x7") number, options(nostack));
    }
    word
}

/// Sends, then receives: ReplyRecv, NBSendRecv, NBSendWait. Answers x0 to x5; `words` stay as
/// they are when the kernel does not write them.
#[inline(always)]
pub(crate) fn send_receive(
    number: u64,
    source: u64,
    info: u64,
    words: [Word; 4],
    x6: u64,
    x8: Word,
) -> [u64; 6] {
    let mut x = [0; 6];
    // SAFETY: the registers are those of the ABI; such a call changes x0 to x5 at most.
    unsafe {
        asm!("svc #0",
            inlateout("x0") source => x[0], inlateout("x1") info => x[1],
            inlateout("x2") words[0] => x[2], inlateout("x3") words[1] => x[3],
            inlateout("x4") words[2] => x[4], inlateout("x5") words[3] => x[5],
            in("x6") x6, in("x7") number, in("x8") x8, options(nostack));
    }
    x
}

/// Takes nothing and changes nothing: Yield.
#[inline(always)]
pub(crate) fn bare(number: u64) {
    // SAFETY: the registers are those of the ABI; such a call changes none.
    unsafe { asm!("svc #0", in("x7") number, options(nostack)) };
}

/// A call with two arguments and one result: the debug and benchmark calls.
#[inline(always)]
pub(crate) fn simple(number: u64, x0: u64, x1: u64) -> u64 {
    let answer;
    // SAFETY: the registers are those of the ABI; such a call changes x0 at most.
    unsafe {
        asm!("svc #0",
            inlateout("x0") x0 => answer, in("x1") x1, in("x7") number, options(nostack));
    }
    answer
}

/// Any call: x0 to x8 as given, and as they are afterwards.
#[inline(always)]
pub(crate) fn with_all_registers(x: [u64; 9]) -> [u64; 9] {
    let mut after = [0; 9];
    // SAFETY: no system call changes other registers than these.
    unsafe {
        asm!("svc #0",
            inlateout("x0") x[0] => after[0], inlateout("x1") x[1] => after[1],
            inlateout("x2") x[2] => after[2], inlateout("x3") x[3] => after[3],
            inlateout("x4") x[4] => after[4], inlateout("x5") x[5] => after[5],
            inlateout("x6") x[6] => after[6], inlateout("x7") x[7] => after[7],
            inlateout("x8") x[8] => after[8], options(nostack));
    }
    after
}
