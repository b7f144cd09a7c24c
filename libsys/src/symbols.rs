//! Names of functions by address: the module `symbols` of an image.
//!
//! All numbers are little-endian. A header of two words: number of entries, address of the image.
//! Then, sorted by address, two words for each function: its distance from the address of the
//! image, and the offset of its name in the table. A name is a length of two bytes and UTF-8
//! text. A last entry without name ends the last function.

/// Bytes of the header.
const HEADER: usize = 8;
/// Bytes of an entry.
const ENTRY: usize = 8;

/// A table of symbols. Any bytes are one; what is wrong in them has no name.
///
/// ```
/// use libsys::symbols::Symbols;
///
/// assert_eq!(Symbols::new(b"").lookup(0x20_0000), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Symbols<'a> {
    bytes: &'a [u8],
}

impl<'a> Symbols<'a> {
    /// The table in these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The function that contains an address, and the distance from its start.
    #[must_use]
    pub fn lookup(self, address: u64) -> Option<(&'a str, u64)> {
        let distance = u32::try_from(address.checked_sub(self.word(4)?.into())?).ok()?;
        let (mut first, mut end) = (0, self.word(0)?);
        while first < end {
            let middle = first + (end - first) / 2;
            let starts_behind = self.start(middle)? > distance;
            (first, end) = if starts_behind { (first, middle) } else { (middle + 1, end) };
        }
        let entry = first.checked_sub(1)?;
        let name = self.name(self.word(entry_offset(entry)? + 4)?)?;
        Some((name, u64::from(distance - self.start(entry)?)))
    }

    /// The distance of a function from the start of the image.
    fn start(self, entry: u32) -> Option<u32> {
        self.word(entry_offset(entry)?)
    }

    fn name(self, offset: u32) -> Option<&'a str> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let (length, rest) = rest.split_first_chunk()?;
        let name = core::str::from_utf8(rest.get(..u16::from_le_bytes(*length).into())?).ok()?;
        (!name.is_empty()).then_some(name)
    }

    fn word(self, offset: usize) -> Option<u32> {
        let bytes = self.bytes.get(offset..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }
}

/// Where an entry is in the table.
fn entry_offset(entry: u32) -> Option<usize> {
    usize::try_from(entry).ok()?.checked_mul(ENTRY)?.checked_add(HEADER)
}

#[cfg(test)]
pub(crate) mod samples {
    //! Tables to test with.

    use super::*;
    use std::vec::Vec;

    /// A table of functions by distance from `base`.
    pub(crate) fn table(base: u32, functions: &[(u32, &str)]) -> Vec<u8> {
        let mut names = Vec::new();
        let mut entries = Vec::new();
        let names_at = HEADER + ENTRY * functions.len();
        for (start, name) in functions {
            entries.extend(start.to_le_bytes());
            entries.extend(u32::try_from(names_at + names.len()).expect("small").to_le_bytes());
            names.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
            names.extend(name.as_bytes());
        }
        let count = u32::try_from(functions.len()).expect("few");
        let header = [count, base].map(u32::to_le_bytes).concat();
        [header, entries, names].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::table;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_belong_to_the_function_before_them() {
        let bytes = table(0x20_0000, &[(0, "start"), (0x40, "f"), (0x80, "")]);
        let lookup = |address| Symbols::new(&bytes).lookup(address);
        assert_eq!(lookup(0x1f_ffff), None);
        assert_eq!(lookup(0x20_0000), Some(("start", 0)));
        assert_eq!(lookup(0x20_003f), Some(("start", 0x3f)));
        assert_eq!(lookup(0x20_0044), Some(("f", 4)));
        assert_eq!(lookup(0x20_0080), None, "behind the last function");
        assert_eq!(lookup(u64::MAX), None);
    }

    #[test]
    fn an_empty_table_names_nothing() {
        let bytes = table(0, &[]);
        assert_eq!(Symbols::new(&bytes).lookup(0x100), None);
    }

    proptest! {
        #[test]
        fn damaged_tables_are_harmless(
            at in 0_usize..100, value: u8, length in 0_usize..100, address in 0_u64..0x400
        ) {
            let mut bytes = table(0, &[(0, "first"), (0x100, "second"), (0x200, "third")]);
            let index = at % bytes.len();
            bytes[index] = value;
            bytes.truncate(length.max(1));
            // An answer may be wrong, but there is one.
            let _ = Symbols::new(&bytes).lookup(address);
        }
    }
}
