//! What a program asks the pager that keeps its memory, and what a pager asks servers of files.
//!
//! | item | what |
//! |---|---|
//! | [`allocate`], [`map`], [`duplicate`] | memory for a paged program, as windows |
//! | [`regions`] | the same as an interface: regions of the caller's address space |
//! | [`custom`] | memory with a pager of its own |
//! | [`files`] | pages of files, for a pager |
//!
//! ```no_run
//! use libsys::pager::{self, Protection, Purpose};
//! use libsys::println;
//!
//! // A program whose memory a pager keeps.
//! #[libsys::main]
//! fn main() -> Result<(), pager::Failure> {
//!     let heap = pager::allocate(1 << 20, Purpose::Heap)?;
//!     heap.write_word(0x8_0000, 7);
//!     let copy = pager::duplicate(&heap)?;
//!     pager::protect(&heap, Protection::Read)?;
//!     copy.write_word(0x8_0000, 8);
//!     println!("{} pages", pager::usage()?.pages);
//!     pager::unmap(copy)
//! }
//! ```

use core::fmt;
use core::ops::Range;

use abi::{Rights, VmAttributes};

use crate::cap::Cap;
use crate::object::Endpoint;
use crate::server::{CallError, Text};
use crate::window::Window;

/// Where a paged program finds the server of its [`regions`].
pub const SERVER: Cap<Endpoint> = Cap::at(7);

/// The most pages that a pager asks a server for at once.
pub const FETCH_PAGES: u64 = 16;

/// Addresses for memory with a pager of its own: nothing in this library ever maps anything there,
/// in any program. What is touched there is whatever that pager provides.
pub const CUSTOM: Range<u64> = 0x6000_0000_0000..0x6001_0000_0000;

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
    /// Where a pager gets the pages of files: out of the memory of the server, which is its client
    /// too. No content is copied. What the server writes to such a page later is a copy of its own.
    /// A server may take its time: only the faults on its own files wait for it.
    pub mod files {
        type Error = FileError;

        /// Finds a file by its name.
        Open = 0x60: fn open(name: Text<32>) -> File;
        /// The address in the server's memory where `count` pages from `first` on are, one behind
        /// the other, with zeros behind the end. At most [`FETCH_PAGES`].
        Read = 0x61: fn read(file: u64, first: u64, count: u64) -> u64;
    }
}

/// Why a paged program does not get what it asks for.
///
/// ```
/// use libsys::pager::{Failure, Refusal};
/// use libsys::server::CallError;
///
/// let failure: Failure = CallError::Refused(Refusal::Quota);
/// assert_ne!(failure, CallError::Refused(Refusal::Memory));
/// ```
pub type Failure = CallError<Refusal>;

/// The pager that keeps this program's memory.
const PAGER: regions::Client = regions::Client::new(SERVER);

/// Memory of so many bytes (a multiple of 4 KiB) at new addresses: zeros, of which pages come when
/// they are touched.
///
/// # Errors
/// `Addresses`, `Alignment`, or there is no pager.
pub fn allocate(bytes: u64, purpose: Purpose) -> Result<Window, Failure> {
    PAGER.allocate(bytes, purpose).map(|start| granted(start, bytes))
}

/// So many bytes of a file, from page `first` on.
///
/// # Errors
/// `File`, `Addresses`, `Alignment`, `Protection`, or there is no pager.
pub fn map(file: &str, first: u64, bytes: u64, protection: Protection) -> Result<Window, Failure> {
    let name = Text::new(file).ok_or(CallError::Refused(Refusal::File))?;
    PAGER.map(name, first, bytes, protection).map(|start| granted(start, bytes))
}

/// A copy of what is in a window, at new addresses. Pages are copied when one side writes.
///
/// # Errors
/// `Nothing`, `Quota`, `Addresses`, `Memory`, or there is no pager.
pub fn duplicate(window: &Window) -> Result<Window, Failure> {
    let bytes = window.end() - window.address();
    PAGER.duplicate(window.address(), bytes).map(|start| granted(start, bytes))
}

/// Changes what may be done with what is behind a window.
///
/// # Errors
/// `Nothing`, `Protection`, `Memory`, or there is no pager.
pub fn protect(window: &Window, protection: Protection) -> Result<(), Failure> {
    PAGER.protect(window.address(), window.end() - window.address(), protection)
}

/// Gives memory back.
///
/// # Errors
/// `Nothing`, `Memory`, or there is no pager.
pub fn unmap(window: Window) -> Result<(), Failure> {
    PAGER.unmap(window.address(), window.end() - window.address())
}

/// What this program has.
///
/// # Errors
/// There is no pager.
pub fn usage() -> Result<Usage, Failure> {
    PAGER.usage()
}

/// Memory with a pager of its own: so many bytes from the start of [`CUSTOM`], as many as that has
/// at most. The program must have such a pager; else it stops at the first access.
#[must_use]
pub fn custom(bytes: u64) -> Window {
    granted(CUSTOM.start, bytes.min(CUSTOM.end - CUSTOM.start))
}

/// What the pager has granted. It manages all addresses of this program that it hands out, so
/// no Rust object is there.
const fn granted(start: u64, bytes: u64) -> Window {
    Window::over(start..start.saturating_add(bytes))
}
