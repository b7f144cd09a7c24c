//! Frames, their contents, tables.

use alloc::string::String;
use alloc::vec::Vec;

use abi::ObjectType;

use crate::cap::Entry;
use crate::object::ObjectId;
use crate::span::Span;

/// How large a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FrameSize {
    /// 4 KiB.
    Small,
    /// 2 MiB.
    Large,
    /// 1 GiB.
    Huge,
}

impl FrameSize {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Small, Self::Large, Self::Huge];

    /// `log2` of its bytes.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.object_type().size_bits(0)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.bits()
    }

    /// What the kernel calls it.
    #[must_use]
    pub const fn object_type(self) -> ObjectType {
        match self {
            Self::Small => ObjectType::SmallPage,
            Self::Large => ObjectType::LargePage,
            Self::Huge => ObjectType::HugePage,
        }
    }

    /// The level of the table whose entries map it: 3, 2 or 1.
    #[must_use]
    pub const fn table_level(self) -> u8 {
        match self {
            Self::Small => 3,
            Self::Large => 2,
            Self::Huge => 1,
        }
    }
}

/// Memory to be mapped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// How large.
    pub size: FrameSize,
    /// Where it lies.
    pub position: Position,
    /// What is in it at first; zeros elsewhere. In the order of the text.
    pub fills: Vec<Fill>,
}

/// Where a frame lies in physical memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// Wherever there is room.
    Anywhere,
    /// At this address: RAM or a device.
    At(u64),
    /// At this place of a piece of memory that is contiguous: frames with one `group` lie as far
    /// from each other as their offsets.
    InGroup {
        /// Which piece; the same number for all its frames.
        group: u32,
        /// Bytes from the start of the piece.
        offset: u64,
    },
}

/// Bytes that are put into a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fill {
    /// First byte of the frame.
    pub at: u64,
    /// How many.
    pub length: u64,
    /// Which.
    pub source: Source,
    /// Where that is written.
    pub span: Span,
}

/// Where the bytes of a fill come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A part of a file.
    File {
        /// The file's place in [`Model::contents`](crate::Model::contents).
        content: ContentId,
        /// Its first byte.
        offset: u64,
    },
    /// A part of what the kernel says at boot.
    BootInfo {
        /// Which.
        part: BootPart,
        /// First byte of it.
        offset: u64,
    },
    /// The physical address of a frame, little endian: [`ADDRESS_BYTES`] bytes.
    Address {
        /// Which.
        frame: ObjectId,
    },
}

/// Bytes of a physical address in a frame.
pub const ADDRESS_BYTES: u64 = 8;

/// A part of what the kernel says at boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BootPart {
    /// The boot information itself.
    BootInfo,
    /// The device tree.
    DeviceTree,
}

/// A file of a model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContentId(pub u32);

/// A file whose bytes fill frames.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// As it was written.
    pub name: String,
    /// Its bytes; `None`: it was not found, or was not looked for yet.
    pub bytes: Option<Vec<u8>>,
    /// Where it was first named.
    pub span: Span,
}

/// A translation table of 512 entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageTable {
    /// 0 for an address space, to 3 for a table of pages of 4 KiB.
    pub level: u8,
    /// What is in its entries, in the order of the text.
    pub slots: Vec<Entry>,
}
