//! Modules: files that the build tool has put into this program's image, beside the program.
//!
//! A root task has nothing but its image; what it needs besides (programs to start, the layout of
//! a system) travels in it. `cargo xtask run --module NAME=FILE` adds a file, and the examples
//! with children carry theirs. Each module begins at a page, and zeroes follow up to the next.
//!
//! ```no_run
//! use libsys::{modules, println};
//!
//! #[libsys::main]
//! fn main() {
//!     for (name, content) in modules::all().iter() {
//!         println!("{name} has {} bytes", content.len());
//!     }
//!     let layout: Option<&'static [u8]> = modules::find("layout");
//!     println!("there is a layout: {}", layout.is_some());
//! }
//! ```
//!
//! # Format
//!
//! The last loadable segment of an image, which is only read. All numbers are little-endian words
//! of 32 bits, all offsets from the start of the segment. A header of four words: [`MAGIC`],
//! number of modules, bytes of the segment, 0. Then four words for each module: offset and length
//! of its name (UTF-8), offset and length of its content.

use crate::machine;

/// The first word.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"mods");
/// Bytes of the header.
pub(crate) const HEADER: usize = 16;
/// Bytes of an entry.
const ENTRY: usize = 16;

/// Modules in memory. Any bytes are some; what is damaged is not among them.
///
/// ```
/// use libsys::modules::Modules;
///
/// assert_eq!(Modules::new(b"mods").iter().count(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Modules<'a> {
    bytes: &'a [u8],
}

impl<'a> Modules<'a> {
    /// The modules in these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// How many bytes the segment of modules has whose header this is; `None`: it is none.
    ///
    /// ```
    /// use libsys::modules::Modules;
    ///
    /// let header = [u32::from_le_bytes(*b"mods"), 0, 16, 0].map(u32::to_le_bytes).concat();
    /// assert_eq!(Modules::length(&header), Some(16));
    /// assert_eq!(Modules::length(b"something else"), None);
    /// ```
    #[must_use]
    pub fn length(header: &[u8]) -> Option<usize> {
        let header = Modules { bytes: header };
        if header.word(0)? != MAGIC {
            return None;
        }
        usize::try_from(header.word(8)?).ok()
    }

    /// The content of the module with this name.
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|(known, _)| *known == name).map(|(_, content)| content)
    }

    /// Names and contents, in the order in which they were put there.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let count = if self.word(0) == Some(MAGIC) { self.word(4).unwrap_or(0) } else { 0 };
        // More entries than there are bytes for cannot be there.
        let most = self.bytes.len() / ENTRY;
        (0..usize::try_from(count).unwrap_or(0).min(most))
            .filter_map(move |index| self.entry(index))
    }

    fn entry(self, index: usize) -> Option<(&'a str, &'a [u8])> {
        let at = index.checked_mul(ENTRY)?.checked_add(HEADER)?;
        let name = core::str::from_utf8(self.part(at)?).ok()?;
        Some((name, self.part(at.checked_add(8)?)?))
    }

    /// The bytes of which offset and length are at `at`.
    fn part(self, at: usize) -> Option<&'a [u8]> {
        let start = usize::try_from(self.word(at)?).ok()?;
        let length = usize::try_from(self.word(at.checked_add(4)?)?).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }

    fn word(self, offset: usize) -> Option<u32> {
        let bytes = self.bytes.get(offset..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }
}

/// The modules of this program. Among them is one of the build tool's: `symbols`, the names of the
/// program's own functions.
#[must_use]
pub fn all() -> Modules<'static> {
    Modules::new(machine::modules())
}

/// The module of this program with this name. Its first byte is the first of a page.
#[must_use]
pub fn find(name: &str) -> Option<&'static [u8]> {
    all().find(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// What the build tool makes of these modules, without the alignment.
    fn segment(modules: &[(&str, &[u8])]) -> Vec<u8> {
        let mut entries: Vec<u32> = Vec::new();
        let mut contents: Vec<u8> = Vec::new();
        let start = HEADER + ENTRY * modules.len();
        for (name, content) in modules {
            for part in [name.as_bytes(), content] {
                entries.extend([start + contents.len(), part.len()].map(|word| word as u32));
                contents.extend(part);
            }
        }
        let bytes = (start + contents.len()) as u32;
        let header = [MAGIC, modules.len() as u32, bytes, 0];
        let words = header.into_iter().chain(entries).flat_map(u32::to_le_bytes);
        words.chain(contents).collect()
    }

    #[test]
    fn modules_are_found_by_name() {
        let bytes = segment(&[("one", b"first"), ("two", b""), ("one", b"again")]);
        let modules = Modules::new(&bytes);
        assert_eq!(modules.find("one"), Some(&b"first"[..]));
        assert_eq!(modules.find("two"), Some(&b""[..]));
        assert_eq!(modules.find("three"), None);
        assert_eq!(modules.iter().count(), 3);
    }

    #[test]
    fn a_damaged_entry_hides_only_its_module() {
        let mut bytes = segment(&[("one", b"first"), ("two", b"second")]);
        bytes[HEADER + 8..HEADER + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        let names: Vec<_> = Modules::new(&bytes).iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["two"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_modules(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200), begins_well: bool
        ) {
            if begins_well && bytes.len() >= 8 {
                bytes[..4].copy_from_slice(&MAGIC.to_le_bytes());
                bytes[5..8].fill(0);
            }
            let length = bytes.len();
            let modules = Modules::new(&bytes);
            prop_assert!(modules.iter().all(|(_, content)| content.len() <= length));
            let _ = modules.find("layout");
        }
    }
}
