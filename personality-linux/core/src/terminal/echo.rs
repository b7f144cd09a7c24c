//! How typed characters appear, and disappear.

use alloc::vec::Vec;

use crate::abi::termios::{ECHOCTL, ECHOE};

/// Columns from one tabulator to the next.
const TAB: usize = 8;

/// The column behind some characters, counted from where the line began to be typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Column(usize);

impl Column {
    /// One more byte.
    pub(super) fn passes(&mut self, byte: u8) {
        self.0 += match byte {
            b'\t' => TAB - self.0 % TAB,
            0..b' ' | 127 => 2,
            // The bytes behind the first of a character in UTF-8.
            0x80..0xc0 => 0,
            _ => 1,
        };
    }
}

/// What appears when a byte is typed.
pub(super) fn echoed(byte: u8, local: u32, echo: &mut Vec<u8>) {
    match byte {
        b'\n' | b'\t' => echo.push(byte),
        0..b' ' if local & ECHOCTL != 0 => echo.extend([b'^', byte + b'@']),
        127 if local & ECHOCTL != 0 => echo.extend(b"^?"),
        byte => echo.push(byte),
    }
}

/// What lets a character disappear that ended a line of so many columns without it.
pub(super) fn erased(byte: u8, before: Column, local: u32, echo: &mut Vec<u8>) {
    if local & ECHOE == 0 {
        return echoed(byte, local, echo);
    }
    let mut behind = before;
    behind.passes(byte);
    let columns = behind.0 - before.0;
    match byte {
        b'\t' => echo.extend(core::iter::repeat_n(8, columns)),
        0..b' ' | 127 if local & ECHOCTL == 0 => {}
        _ => (0..columns).for_each(|_| echo.extend(b"\x08 \x08")),
    }
}
