//! What a component of a layout finds by name: the capabilities, the memory and the words that its
//! loader gave it.
//!
//! A directory is a run of bytes that the loader maps read-only into the component; the first
//! argument of the component's first thread is its address. All numbers are little endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | [`MAGIC`] |
//! | 8..12 | bytes of the whole directory |
//! | 12..16 | number of entries |
//! | 16.. | the entries, [`ENTRY_BYTES`] each, then their names in UTF-8 |
//!
//! An entry:
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | [`Kind`] |
//! | 4..8 | bytes of the name |
//! | 8..16 | where the name begins, from the start of the directory |
//! | 16..24 | value |
//! | 24..32 | extent |
//!
//! ```
//! use abi::directory::{Directory, Kind, MAGIC};
//!
//! let mut bytes = MAGIC.to_vec();
//! bytes.extend(51_u32.to_le_bytes());
//! bytes.extend(1_u32.to_le_bytes());
//! for (word, width) in [(1, 4), (3, 4), (48, 8), (9, 8), (0, 8)] {
//!     bytes.extend(&u64::to_le_bytes(word)[..width]);
//! }
//! bytes.extend(b"blk");
//! let directory = Directory::new(&bytes).unwrap();
//! assert_eq!(directory.find(Kind::Endpoint, "blk").unwrap().value, 9);
//! ```

use core::ops::Range;

/// In the badge of all signals to components of a layout, beside the bit of each.
pub const SIGNAL_BADGE: u64 = 1 << 63;
/// In the badge of messages about faults, beside the number of the component.
pub const FAULT_BADGE: u64 = 1 << 62;
/// Signals that a component can tell apart.
pub const SIGNALS: u32 = 62;

/// How a directory begins.
pub const MAGIC: [u8; 8] = *b"names\0\0\x01";
/// Bytes before the entries.
pub const HEADER_BYTES: usize = 16;
/// Bytes of an entry.
pub const ENTRY_BYTES: usize = 32;

/// Declares the kinds: number, the word in generated constants, and what value and extent are.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal $word:literal;)*) => {
        /// What an entry is about. The documentation of each kind says what its value and its
        /// extent are; a *slot* is the pointer of a capability.
        ///
        /// ```
        /// use abi::directory::Kind;
        ///
        /// assert_eq!(Kind::from_word(Kind::Region as u32), Some(Kind::Region));
        /// assert_eq!(Kind::Region.word(), "region");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u32)]
        pub enum Kind {
            $($(#[doc = $doc])* $name = $number,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// Slot of an endpoint to call.
    Endpoint = 1 "endpoint";
    /// Slot of the endpoint at which it is called itself.
    Port = 2 "port";
    /// Slot of a notification to signal.
    Notification = 3 "notification";
    /// Slot of the notification that it is signalled through.
    Bell = 4 "bell";
    /// Slot of a reply object.
    Reply = 5 "reply";
    /// Slot of a thread.
    Thread = 6 "thread";
    /// Slot of a scheduling context.
    SchedContext = 7 "sched_context";
    /// Slot of a CNode. Extent: `log2` of the slots of its own, 0 for others.
    CSpace = 8 "cspace";
    /// Slot of an address space.
    VSpace = 9 "vspace";
    /// Slot of untyped memory. Extent: `log2` of its bytes.
    Untyped = 10 "untyped";
    /// Slot of an interrupt. Extent: the bit that it sets.
    Interrupt = 11 "interrupt";
    /// Slot of an ASID pool.
    AsidPool = 12 "asid_pool";
    /// Slot of a capability that gives authority over the whole machine.
    Control = 13 "control";
    /// Slot of another capability.
    Cap = 14 "cap";
    /// First empty slot. Extent: how many.
    Spare = 15 "spare";
    /// Address of memory that others may see, too. Extent: bytes.
    Region = 16 "region";
    /// Address of a device's registers. Extent: bytes.
    Device = 17 "device";
    /// Address of a file's bytes. Extent: bytes.
    File = 18 "file";
    /// Address of memory of its own. Extent: bytes.
    Memory = 19 "memory";
    /// The bit that somebody's signal sets, beside [`SIGNAL_BADGE`].
    Signal = 20 "signal";
    /// The badge of somebody's calls.
    Client = 21 "client";
    /// The number in the badge of messages about somebody's faults, beside [`FAULT_BADGE`].
    Fault = 22 "fault";
    /// A word for it, by its place. Value: that place.
    Argument = 23 "argument";
    /// Its own name.
    Component = 24 "component";
    /// Physical address of a region, for the devices that reach it. Extent: bytes.
    Physical = 25 "physical";
}

impl Kind {
    /// The kind with this number.
    #[must_use]
    pub fn from_word(word: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| *kind as u32 == word)
    }
}

/// An entry.
///
/// ```
/// use abi::directory::{Entry, Kind};
///
/// let entry = Entry { kind: Kind::Region, name: "box", value: 0x2000_0000, extent: 4096 };
/// assert_eq!(entry.addresses(), Some(0x2000_0000..0x2000_1000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// What it is about.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// As the kind says.
    pub value: u64,
    /// As the kind says.
    pub extent: u64,
}

impl Entry<'_> {
    /// The addresses of something in memory, if they are such that a program can have anything
    /// there: they do not wrap, and end no later than [`USER_END`](crate::USER_END).
    #[must_use]
    pub fn addresses(&self) -> Option<Range<u64>> {
        let end = self.value.checked_add(self.extent)?;
        (end <= crate::USER_END).then_some(self.value..end)
    }
}

/// A directory. Bytes that are none, or a broken one, give no entries; nothing panics.
///
/// ```
/// use abi::directory::Directory;
///
/// assert!(Directory::new(b"something else").is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> Directory<'a> {
    /// Looks at bytes that begin with a directory.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let length = Self::length(bytes)?;
        let bytes = bytes.get(..length)?;
        let count = number(bytes, 12)? as usize;
        let entries = count.checked_mul(ENTRY_BYTES)?.checked_add(HEADER_BYTES)?;
        (entries <= bytes.len()).then_some(Self { bytes, count })
    }

    /// How many bytes the directory has whose header this is.
    #[must_use]
    pub fn length(header: &[u8]) -> Option<usize> {
        let length = number(header, 8)? as usize;
        (header.starts_with(&MAGIC) && length >= HEADER_BYTES).then_some(length)
    }

    /// All entries, in the order of the loader.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        (0..self.count).filter_map(move |index| self.entry(index))
    }

    fn entry(self, index: usize) -> Option<Entry<'a>> {
        let at = HEADER_BYTES + index * ENTRY_BYTES;
        let kind = Kind::from_word(number(self.bytes, at)?)?;
        let length = number(self.bytes, at + 4)? as usize;
        let start = usize::try_from(word(self.bytes, at + 8)?).ok()?;
        let name = self.bytes.get(start..start.checked_add(length)?)?;
        let name = core::str::from_utf8(name).ok()?;
        let (value, extent) = (word(self.bytes, at + 16)?, word(self.bytes, at + 24)?);
        Some(Entry { kind, name, value, extent })
    }

    /// The entry of this kind with this name.
    #[must_use]
    pub fn find(self, kind: Kind, name: &str) -> Option<Entry<'a>> {
        self.entries().find(|entry| entry.kind == kind && entry.name == name)
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn directory(count: u32, name_at: u64, name: u32) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(51_u32.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend((Kind::Region as u32).to_le_bytes());
        bytes.extend(name.to_le_bytes());
        for word in [name_at, 0x2000_0000, 0x1000] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(b"box");
        bytes
    }

    #[test]
    fn kinds_have_numbers() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(*kind as u32), Some(*kind));
        }
        assert_eq!(Kind::from_word(0), None);
    }

    #[test]
    fn entries_are_found_by_kind_and_name() {
        let bytes = directory(1, 48, 3);
        let found = Directory::new(&bytes).and_then(|list| list.find(Kind::Region, "box"));
        assert_eq!(found.map(|entry| (entry.value, entry.extent)), Some((0x2000_0000, 0x1000)));
        let none = Directory::new(&bytes).and_then(|list| list.find(Kind::File, "box"));
        assert_eq!(none, None);
    }

    #[test]
    fn addresses_are_those_of_programs() {
        let addresses =
            |value, extent| Entry { kind: Kind::File, name: "", value, extent }.addresses();
        let end = crate::USER_END;
        assert_eq!(addresses(end - 1, 1), Some(end - 1..end));
        assert_eq!(addresses(end, 1), None);
        assert_eq!(addresses(4096, u64::MAX), None, "it would wrap");
        assert_eq!(addresses(u64::MAX, 0), None);
    }

    #[test]
    fn broken_directories_have_no_entries() {
        assert!(Directory::new(&directory(2, 48, 3)).is_none(), "more entries than bytes");
        assert!(Directory::new(&directory(1, 48, 3)[..50]).is_none(), "cut off");
        for bytes in [directory(1, 49, 3), directory(1, u64::MAX, 3), directory(1, 48, u32::MAX)] {
            let list = Directory::new(&bytes).expect("a good header");
            assert_eq!(list.entries().count(), 0);
        }
        assert!(Directory::new(b"").is_none());
    }
}
