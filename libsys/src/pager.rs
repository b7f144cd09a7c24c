//! What a program asks the pager that keeps its memory, and what a pager asks servers of files.
//!
//! | module | what |
//! |---|---|
//! | [`regions`] | memory for a program: regions of its address space, lazily filled |
//! | [`files`] | pages of files, for a pager |

use core::fmt;

use abi::{Rights, VmAttributes};

use crate::server::Text;

/// The most pages that a pager asks a server for at once.
pub const TRANSFER_PAGES: u64 = 16;

crate::data! {
    /// What may be done with memory. Nothing is both writable and executable.
    ///
    /// ```
    /// use libsys::Rights;
    /// use libsys::pager::Protection;
    ///
    /// assert_eq!(Protection::ReadExecute.rights(), Rights::READ);
    /// assert!(Protection::ReadWrite.attributes().execute_never);
    /// ```
    #[derive(Hash)]
    pub enum Protection {
        /// Nothing.
        None = 0,
        /// Reading.
        Read = 1,
        /// Reading and writing.
        ReadWrite = 2,
        /// Reading and executing.
        ReadExecute = 3,
    }
}

impl Protection {
    /// The rights of a mapping.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Self::None => Rights::NONE,
            Self::Read | Self::ReadExecute => Rights::READ,
            Self::ReadWrite => Rights::READ_WRITE,
        }
    }

    /// The attributes of a mapping.
    #[must_use]
    pub const fn attributes(self) -> VmAttributes {
        VmAttributes { cacheable: true, execute_never: !matches!(self, Self::ReadExecute) }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no access",
            Self::Read => "read-only",
            Self::ReadWrite => "writable",
            Self::ReadExecute => "executable",
        })
    }
}

crate::data! {
    /// What a region is for. A stack has a guard page below its lowest page.
    ///
    /// ```
    /// use libsys::pager::Purpose;
    ///
    /// assert_eq!(Purpose::Heap.to_string(), "heap");
    /// ```
    pub enum Purpose {
        /// Instructions.
        Code = 1,
        /// Variables and constants.
        Data = 2,
        /// A stack: it grows down to the region's start.
        Stack = 3,
        /// A heap: it grows up to the region's end.
        Heap = 4,
        /// A mapped file.
        File = 5,
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "code",
            Self::Data => "data",
            Self::Stack => "stack",
            Self::Heap => "heap",
            Self::File => "file",
        })
    }
}

crate::data! {
    /// Why a pager does not do what it is asked for. Nothing has changed then.
    ///
    /// ```
    /// use libsys::pager::Refusal;
    ///
    /// assert_eq!(Refusal::Quota.to_string(), "the quota is used up");
    /// ```
    pub enum Refusal {
        /// The caller is none of the pager's clients.
        Stranger = 1,
        /// An address or a length is no multiple of 4 KiB, or the range is empty.
        Alignment = 2,
        /// There is no room for it in the address space, or something is there already.
        Addresses = 3,
        /// In the range is something that belongs to no region.
        Nothing = 4,
        /// The client's quota is used up.
        Quota = 5,
        /// The pager has too little memory.
        Memory = 6,
        /// There is no such file.
        File = 7,
        /// A region of shared memory cannot be written, or not be executed.
        Protection = 8,
        /// The kernel refused: a mistake of the pager.
        Kernel = 9,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stranger => "none of the pager's clients",
            Self::Alignment => "no multiple of a page",
            Self::Addresses => "no room at these addresses",
            Self::Nothing => "no region there",
            Self::Quota => "the quota is used up",
            Self::Memory => "the pager has too little memory",
            Self::File => "no such file",
            Self::Protection => "this memory cannot have that protection",
            Self::Kernel => "the kernel refused",
        })
    }
}

impl core::error::Error for Refusal {}

crate::data! {
    /// What a client has, in pages of 4 KiB, and what it cost.
    ///
    /// ```
    /// use libsys::pager::Usage;
    ///
    /// let usage = Usage { quota: 100, pages: 12, tables: 3, faults: 4, copies: 0 };
    /// assert_eq!(usage.left(), 85);
    /// ```
    #[derive(Default)]
    pub struct Usage {
        /// The most that it may have, pages and tables together.
        pub quota: u64,
        /// Pages in its address space. One that is shared counts for everybody who has it, so
        /// that a write to it needs nothing of the quota.
        pub pages: u64,
        /// Translation tables.
        pub tables: u64,
        /// Faults that the pager has resolved.
        pub faults: u64,
        /// Pages that were copied because of a write.
        pub copies: u64,
    }
}

impl Usage {
    /// Pages and tables that it may still have.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.quota.saturating_sub(self.pages.saturating_add(self.tables))
    }
}

crate::interface! {
    /// What a pager does for its clients, on their own address spaces. Addresses and lengths are
    /// in bytes; all of them are multiples of 4 KiB.
    pub mod regions {
        type Error = Refusal;

        /// A region of zeros for a heap or for data, wherever there is room: its address. Pages
        /// come when they are touched.
        Allocate = 0x50: fn allocate(bytes: u64, purpose: Purpose) -> u64;
        /// Pages of a file from page `first` on: the address. Writing, if that is allowed, makes
        /// private copies.
        Map = 0x51: fn map(file: Text<32>, first: u64, bytes: u64, protection: Protection) -> u64;
        /// A private copy of what is there now: its address. Pages are shared until one side
        /// writes.
        Duplicate = 0x52: fn duplicate(address: u64, bytes: u64) -> u64;
        /// Changes what may be done.
        Protect = 0x53: fn protect(address: u64, bytes: u64, protection: Protection);
        /// Forgets memory.
        Unmap = 0x54: fn unmap(address: u64, bytes: u64);
        /// What the client has.
        Report = 0x55: fn usage() -> Usage;
    }
}

crate::data! {
    /// Why a server of files does not answer.
    ///
    /// ```
    /// use libsys::pager::FileError;
    ///
    /// assert_eq!(FileError::try_from(2), Ok(FileError::Range));
    /// ```
    pub enum FileError {
        /// No file has this name or number.
        Unknown = 1,
        /// The file ends before the first of these pages, or they are too many.
        Range = 2,
        /// The file cannot be read.
        Device = 3,
        /// The file cannot be written.
        ReadOnly = 4,
    }
}

crate::data! {
    /// A file that was found.
    ///
    /// ```
    /// use libsys::pager::File;
    ///
    /// assert_eq!(File { number: 1, bytes: 5000 }.pages(), 2);
    /// ```
    pub struct File {
        /// How the server calls it.
        pub number: u64,
        /// Its length.
        pub bytes: u64,
    }
}

impl File {
    /// Pages that it begins.
    #[must_use]
    pub const fn pages(&self) -> u64 {
        self.bytes.div_ceil(1 << abi::PAGE_BITS)
    }
}

crate::interface! {
    /// Where a pager gets the pages of files. Contents travel through memory that the server
    /// shares with the pager, [`TRANSFER_PAGES`] pages. A server may take its time: only the
    /// faults on its own files wait for it.
    pub mod files {
        type Error = FileError;

        /// Finds a file by its name.
        Open = 0x60: fn open(name: Text<32>) -> File;
        /// Puts `count` pages from `first` on into the shared memory, zeros behind the end.
        Read = 0x61: fn read(file: u64, first: u64, count: u64);
        /// Takes `count` pages, from `first` on, out of the shared memory.
        Write = 0x62: fn write(file: u64, first: u64, count: u64);
    }
}
