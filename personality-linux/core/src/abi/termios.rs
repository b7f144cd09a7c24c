//! `struct termios` as the kernel has it, and the bits in it (`termios(3)`).

use super::structures::TERMIOS_BYTES;

macro_rules! bits {
    ($($(#[doc = $doc:literal])* $name:ident = $value:literal;)*) => { $(
        $(#[doc = $doc])*
        #[doc = concat!("`", stringify!($name), "`.")]
        pub const $name: u32 = $value;
    )* };
}

bits! {
    ISTRIP = 0o40;
    INLCR = 0o100;
    IGNCR = 0o200;
    ICRNL = 0o400;
    IXON = 0o2000;
    IXANY = 0o4000;
    IUTF8 = 0o40000;
    OPOST = 0o1;
    ONLCR = 0o4;
    OCRNL = 0o10;
    ISIG = 0o1;
    ICANON = 0o2;
    ECHO = 0o10;
    ECHOE = 0o20;
    ECHOK = 0o40;
    ECHONL = 0o100;
    NOFLSH = 0o200;
    TOSTOP = 0o400;
    ECHOCTL = 0o1000;
    ECHOKE = 0o4000;
    IEXTEN = 0o100000;
}

/// 38 400 baud, 8 bits, receiver on, hang up when the last one closes.
const CONTROL: u32 = 0o17 | 0o60 | 0o200 | 0o2000;

/// The place of a special character (`c_cc`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are those of termios(3), without their V")]
pub enum Special {
    Intr = 0,
    Quit = 1,
    Erase = 2,
    Kill = 3,
    Eof = 4,
    Time = 5,
    Min = 6,
    Start = 8,
    Stop = 9,
    Susp = 10,
    Eol = 11,
    Reprint = 12,
    WordErase = 14,
    LiteralNext = 15,
    Eol2 = 16,
}

/// The modes of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Termios {
    /// `c_iflag`.
    pub input: u32,
    /// `c_oflag`.
    pub output: u32,
    /// `c_cflag`.
    pub control: u32,
    /// `c_lflag`.
    pub local: u32,
    /// `c_line`.
    pub line: u8,
    /// `c_cc`.
    pub special: [u8; 19],
}

impl Termios {
    /// Those that a terminal begins with.
    pub const USUAL: Self = Self {
        input: ICRNL | IXON,
        output: OPOST | ONLCR,
        control: CONTROL,
        local: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        line: 0,
        special: [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0],
    };

    /// The modes that these bytes mean.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; TERMIOS_BYTES]) -> Self {
        let (words, rest) = bytes.as_chunks::<4>();
        let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next().unwrap_or(0);
        let (input, output, control, local) = (word(), word(), word(), word());
        debug_assert!(rest.is_empty(), "whole words");
        let mut special = [0; 19];
        special.copy_from_slice(&bytes[17..]);
        Self { input, output, control, local, line: bytes[16], special }
    }

    /// Their bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; TERMIOS_BYTES] {
        let mut bytes = [0; TERMIOS_BYTES];
        let words = [self.input, self.output, self.control, self.local];
        for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes[16] = self.line;
        bytes[17..].copy_from_slice(&self.special);
        bytes
    }

    /// A special character; for [`Special::Min`] and [`Special::Time`] a number.
    #[must_use]
    pub const fn special(&self, which: Special) -> u8 {
        self.special[which as usize]
    }

    /// Whether a byte is this special character. 0 is none.
    #[must_use]
    pub const fn is(&self, which: Special, byte: u8) -> bool {
        byte != 0 && self.special(which) == byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_their_places() {
        let bytes = Termios::USUAL.to_bytes();
        assert_eq!((bytes[0], bytes[1], bytes[4], bytes[17], bytes[27]), (0, 5, 5, 3, 26));
        assert_eq!(Termios::from_bytes(&bytes), Termios::USUAL);
    }
}
