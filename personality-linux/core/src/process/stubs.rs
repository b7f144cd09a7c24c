//! Code that threads of programs execute on behalf of the server, in a page that every program has.
//!
//! The server sees and sets general registers only. Those of floating point a thread stores and
//! loads itself, with this code, as a `struct fpsimd_context` at x16: what a handler of a signal
//! finds in its frame. Encodings: Arm ARM C6.2 and C7.2.

use super::exec::TRAMPOLINE;
use crate::abi::signals::frame;

/// Registers of 16 bytes.
const REGISTERS: u32 = 32;
/// Pairs of them.
const PAIRS: usize = 16;
/// In `struct fpsimd_context`: FPSR, FPCR, the registers.
const STATUS: u32 = 8;
const CONTROL: u32 = 12;
const VECTORS: u32 = 16;
/// Bytes of `struct fpsimd_context`.
pub(crate) const CONTEXT_BYTES: usize = 528;
/// The words that it begins with: what it is, and its bytes.
pub(crate) const CONTEXT_HEAD: [u32; 2] = [0x4650_8001, CONTEXT_BYTES as u32];

/// x16 points to the context, x17 to what comes next; x9 is free: procedures may change them.
const BASE: u32 = 16;
const NEXT: u32 = 17;
const FREE: u32 = 9;
/// The stack pointer as a base.
const SP: u32 = 31;

const SAVE_WORDS: usize = PAIRS + 5;
const RETURN_WORDS: usize = 1 + PAIRS + 4 + 2;
const CLEAR_WORDS: usize = REGISTERS as usize + 3;
const WORDS: usize = SAVE_WORDS + RETURN_WORDS + CLEAR_WORDS;

/// Stores the registers, and goes on where x17 says.
pub(crate) const SAVE: u64 = TRAMPOLINE;
/// Loads the registers from the frame at the stack pointer, and calls `rt_sigreturn`.
pub(crate) const RETURN: u64 = SAVE + 4 * SAVE_WORDS as u64;
/// Loads the registers, and makes a call.
pub(crate) const LOAD: u64 = RETURN + 4;
/// Makes a call.
pub(crate) const CALL: u64 = CLEAR - 4;
/// Makes all registers 0, and goes on where x17 says.
pub(crate) const CLEAR: u64 = RETURN + 4 * RETURN_WORDS as u64;

/// `stp` and `ldp` of two registers of 16 bytes.
const fn pair(loads: bool, index: usize) -> u32 {
    let (first, offset) = (2 * index as u32, VECTORS / 16 + 2 * index as u32);
    let operation = if loads { 0xad40_0000 } else { 0xad00_0000 };
    operation | offset << 15 | (first + 1) << 10 | BASE << 5 | first
}

/// `str` and `ldr` of 32 bits of x9.
const fn word(loads: bool, offset: u32) -> u32 {
    let operation = if loads { 0xb940_0000 } else { 0xb900_0000 };
    operation | (offset / 4) << 10 | BASE << 5 | FREE
}

const READ_STATUS: u32 = 0xd53b_4420 | FREE;
const READ_CONTROL: u32 = 0xd53b_4400 | FREE;
const WRITE_STATUS: u32 = 0xd51b_4420;
const WRITE_CONTROL: u32 = 0xd51b_4400;
const ZERO: u32 = 31;
const GO_ON: u32 = 0xd61f_0000 | NEXT << 5;
/// `add x16, sp, #RECORDS`.
const FIND_FRAME: u32 = 0x9100_0000 | (frame::RECORDS as u32) << 10 | SP << 5 | BASE;
/// `mov x8, #139` (`rt_sigreturn`) and `svc #0`.
const RETURN_CALL: [u32; 2] = [0xd280_1168, 0xd400_0001];

/// The code.
pub(crate) const CODE: [u32; WORDS] = code();

const fn code() -> [u32; WORDS] {
    let mut code = [0; WORDS];
    let mut index = 0;
    while index < PAIRS {
        code[index] = pair(false, index);
        code[SAVE_WORDS + 1 + index] = pair(true, index);
        index += 1;
    }
    let save = [READ_STATUS, word(false, STATUS), READ_CONTROL, word(false, CONTROL), GO_ON];
    let load = [word(true, STATUS), WRITE_STATUS | FREE, word(true, CONTROL), WRITE_CONTROL | FREE];
    let mut index = 0;
    while index < save.len() {
        code[PAIRS + index] = save[index];
        index += 1;
    }
    code[SAVE_WORDS] = FIND_FRAME;
    let behind = SAVE_WORDS + 1 + PAIRS;
    let mut index = 0;
    while index < load.len() {
        code[behind + index] = load[index];
        index += 1;
    }
    code[behind + 4] = RETURN_CALL[0];
    code[behind + 5] = RETURN_CALL[1];
    let clear = SAVE_WORDS + RETURN_WORDS;
    let mut index = 0;
    while index < REGISTERS as usize {
        // `movi vN.2d, #0`.
        code[clear + index] = 0x6f00_e400 | index as u32;
        index += 1;
    }
    code[clear + 32] = WRITE_STATUS | ZERO;
    code[clear + 33] = WRITE_CONTROL | ZERO;
    code[clear + 34] = GO_ON;
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_where_their_code_is() {
        let at = |address: u64| CODE[((address - TRAMPOLINE) / 4) as usize];
        // stp q0, q1, [x16, #16]; add x16, sp, #592; ldp q0, q1, [x16, #16]; svc #0; movi v0.2d, #0
        assert_eq!(at(SAVE), 0xad00_8600);
        assert_eq!(at(RETURN), 0x9109_43f0);
        assert_eq!(at(LOAD), 0xad40_8600);
        assert_eq!(at(CALL), 0xd400_0001);
        assert_eq!(at(CLEAR), 0x6f00_e400);
        // stp q30, q31, [x16, #496]; br x17.
        assert_eq!((CODE[15], CODE[20]), (0xad0f_fe1e, 0xd61f_0220));
    }
}
