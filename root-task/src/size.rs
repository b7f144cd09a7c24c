//! Sizes for people.

use core::fmt::{self, Write};

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A number of bytes, printed in the largest unit that it reaches: `64 KiB`, `1.9 GiB`. Digits
/// beyond the first decimal are cut off, not rounded: a size is never said to be larger than it
/// is.
///
/// ```
/// use root_task::Size;
///
/// assert_eq!(Size(1536).to_string(), "1.5 KiB");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut unit, mut shift) = (0, 0);
        while self.0 >> shift >= 1024 {
            (unit, shift) = (unit + 1, shift + 10);
        }
        let whole = self.0 >> shift;
        let rest = self.0 - (whole << shift);
        // The rest is below 2^60, so ten times it fits into 64 bits.
        let tenth = (rest * 10) >> shift;
        let mut text = heapless::String::<16>::new();
        match tenth {
            0 => write!(text, "{whole} {}", UNITS[unit])?,
            _ => write!(text, "{whole}.{tenth} {}", UNITS[unit])?,
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn sizes_use_the_largest_unit() {
        let cases = [
            (0, "0 B"),
            (16, "16 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (1 << 21, "2 MiB"),
            (0x7fff_ffff, "1.9 GiB"),
            (1 << 47, "128 TiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }

    #[test]
    fn sizes_can_be_aligned() {
        assert_eq!(std::format!("{:>8}|{:<6}|", Size(4096), Size(1)), "   4 KiB|1 B   |");
    }
}
