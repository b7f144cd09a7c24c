//! The image of a program: what its ELF file says about where it wants to be.
//!
//! Any bytes give an [`Image`] whose parts lie inside of the file and of user space, or an error;
//! none make the reader panic. (System V ABI, chapters 4 and 5; ELF for the Arm 64-bit
//! architecture.)

use core::fmt;
use core::ops::Range;

use abi::{PAGE_BITS, Rights, VmAttributes};
use elf::abi::{EM_AARCH64, ET_EXEC, PF_W, PF_X, PT_INTERP, PT_LOAD};
use elf::endian::LittleEndian;
use elf::file::{Class, FileHeader, parse_ident};
use elf::segment::{ProgramHeader, SegmentTable};

use crate::modules;

const PAGE_SIZE: u64 = 1 << PAGE_BITS;
/// Most loadable segments.
const SEGMENTS: usize = 16;
/// Bytes of the identification at the start of the file, and of the whole header.
const IDENTIFICATION: usize = 16;
const HEADER: usize = 64;
/// Bytes of one entry of the program header table.
const ENTRY: usize = 56;
/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// Addresses that a program may have: all of user space but the first page, so that a null
/// pointer faults.
pub const ADDRESSES: Range<u64> = PAGE_SIZE..abi::USER_END;

/// Why a file is no image. Addresses are those that segments want to have.
///
/// ```
/// use libsys::process::{Image, ImageError};
///
/// assert_eq!(Image::parse(b"#!/bin/sh").err(), Some(ImageError::NotElf));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageError {
    /// The program has no module of this name.
    NoModule,
    /// It does not begin like an ELF file, or ends before its headers do.
    NotElf,
    /// It is for 32-bit machines.
    Not64Bit,
    /// It is for big-endian machines.
    NotLittleEndian,
    /// It is for another machine, with this ELF number.
    WrongMachine(u16),
    /// It is no executable with fixed addresses but a file of this ELF type.
    NotExecutable(u16),
    /// It wants to be loaded by a dynamic linker.
    NeedsInterpreter,
    /// Nothing of it is to be loaded.
    NothingToLoad,
    /// It has more segments to load than are supported.
    TooManySegments,
    /// This segment has more bytes in the file than in memory, or more than the file has.
    BadSegment(u64),
    /// This segment's address does not agree with its offset and alignment.
    Unaligned(u64),
    /// This segment is not inside of [`ADDRESSES`].
    Outside(u64),
    /// This segment shares a page with another.
    Overlap(u64),
    /// This segment is writable and executable.
    WritableCode(u64),
    /// It starts at this address, which is that of no instruction.
    EntryOutside(u64),
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoModule => f.write_str("there is no such module"),
            Self::NotElf => f.write_str("it is no complete ELF file"),
            Self::Not64Bit => f.write_str("it is no 64-bit ELF file"),
            Self::NotLittleEndian => f.write_str("it is no little-endian ELF file"),
            Self::WrongMachine(machine) => {
                write!(f, "it is for ELF machine {machine}, not for aarch64 ({EM_AARCH64})")
            }
            Self::NotExecutable(kind) => {
                write!(f, "it is an ELF file of type {kind}, not an executable ({ET_EXEC})")
            }
            Self::NeedsInterpreter => f.write_str("it is not statically linked"),
            Self::NothingToLoad => f.write_str("it has no segment to load"),
            Self::TooManySegments => write!(f, "it has more than {SEGMENTS} segments to load"),
            Self::BadSegment(at) => write!(f, "the segment at {at:#x} does not fit the file"),
            Self::Unaligned(at) => write!(f, "the segment at {at:#x} is not aligned"),
            Self::Outside(at) => write!(f, "the segment at {at:#x} is outside of user space"),
            Self::Overlap(at) => write!(f, "the segment at {at:#x} shares a page with another"),
            Self::WritableCode(at) => {
                write!(f, "the segment at {at:#x} is writable and executable")
            }
            Self::EntryOutside(at) => write!(f, "no instruction is at its entry point {at:#x}"),
        }
    }
}

/// What a program may do with a part of its memory: never write and execute.
///
/// ```
/// use libsys::process::Access;
///
/// assert!(Access::Write.attributes().execute_never);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read it.
    Read,
    /// Read and write it.
    Write,
    /// Read and execute it.
    Execute,
}

impl Access {
    /// The rights for mapping it.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Self::Read | Self::Execute => Rights::READ,
            Self::Write => Rights::READ_WRITE,
        }
    }

    /// The attributes for mapping it.
    #[must_use]
    pub const fn attributes(self) -> VmAttributes {
        VmAttributes { cacheable: true, execute_never: !matches!(self, Self::Execute) }
    }
}

/// A part of an image.
///
/// ```
/// use libsys::process::{Access, Image};
///
/// /// The bytes of memory that a program may write.
/// fn writable(image: &Image) -> u64 {
///     let segments = image.segments().iter().filter(|part| part.access == Access::Write);
///     segments.map(|part| part.memory.end - part.memory.start).sum()
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment<'a> {
    /// Its addresses: never none, inside of [`ADDRESSES`], in pages of its own.
    pub memory: Range<u64>,
    /// What is at the start of it; zeroes follow.
    pub content: &'a [u8],
    /// What the program may do with it.
    pub access: Access,
}

impl Segment<'_> {
    /// The pages that it is in.
    #[must_use]
    pub fn pages(&self) -> Range<u64> {
        // The end of user space is that of a page.
        self.memory.start & !(PAGE_SIZE - 1)..self.memory.end.next_multiple_of(PAGE_SIZE)
    }
}

/// What to load, and where to start it.
///
/// ```no_run
/// use libsys::process::{Image, ImageError};
///
/// fn entry_of(module: &str) -> Result<u64, ImageError> {
///     Ok(Image::of_module(module)?.entry())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image<'a> {
    /// Ascending; at least one.
    segments: heapless::Vec<Segment<'a>, SEGMENTS>,
    entry: u64,
}

impl Image<'static> {
    /// The image in a [module](crate::modules) of the calling program.
    ///
    /// # Errors
    /// `NoModule`, or what is wrong with the file.
    pub fn of_module(name: &str) -> Result<Self, ImageError> {
        Image::parse(modules::find(name).ok_or(ImageError::NoModule)?)
    }
}

impl<'a> Image<'a> {
    /// Reads an ELF file: statically linked, for fixed addresses.
    ///
    /// # Errors
    /// What is wrong with it; never `NoModule`.
    pub fn parse(file: &'a [u8]) -> Result<Self, ImageError> {
        let header = header(file)?;
        let mut segments = heapless::Vec::new();
        for entry in program_headers(file, &header)? {
            match entry.p_type {
                PT_INTERP => return Err(ImageError::NeedsInterpreter),
                PT_LOAD if entry.p_memsz > 0 => add(&mut segments, segment(file, &entry)?)?,
                _ => {}
            }
        }
        if segments.is_empty() {
            return Err(ImageError::NothingToLoad);
        }
        let entry = header.e_entry;
        let code = segments.iter().find(|segment| segment.memory.contains(&entry));
        if code.is_none_or(|code| code.access != Access::Execute)
            || !entry.is_multiple_of(INSTRUCTION)
        {
            return Err(ImageError::EntryOutside(entry));
        }
        Ok(Self { segments, entry })
    }

    /// The segments, ascending.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The address of the first instruction.
    #[must_use]
    pub const fn entry(&self) -> u64 {
        self.entry
    }
}

/// The file's header, if it is an executable for this machine.
fn header(file: &[u8]) -> Result<FileHeader<LittleEndian>, ImageError> {
    let identification = file.get(..IDENTIFICATION).ok_or(ImageError::NotElf)?;
    let rest = file.get(IDENTIFICATION..HEADER).ok_or(ImageError::NotElf)?;
    match identification {
        [0x7f, b'E', b'L', b'F', 1, ..] => return Err(ImageError::Not64Bit),
        [0x7f, b'E', b'L', b'F', 2, 2, ..] => return Err(ImageError::NotLittleEndian),
        _ => {}
    }
    let header = parse_ident(identification)
        .and_then(|identification| FileHeader::parse_tail(identification, rest))
        .map_err(|_| ImageError::NotElf)?;
    match (header.e_machine, header.e_type) {
        (EM_AARCH64, ET_EXEC) => Ok(header),
        (EM_AARCH64, other) => Err(ImageError::NotExecutable(other)),
        (other, _) => Err(ImageError::WrongMachine(other)),
    }
}

/// The file's program headers.
fn program_headers(
    file: &[u8],
    header: &FileHeader<LittleEndian>,
) -> Result<impl Iterator<Item = ProgramHeader>, ImageError> {
    if usize::from(header.e_phentsize) != ENTRY && header.e_phnum != 0 {
        return Err(ImageError::NotElf);
    }
    let start = usize::try_from(header.e_phoff).map_err(|_| ImageError::NotElf)?;
    let end = start.checked_add(ENTRY * usize::from(header.e_phnum)).ok_or(ImageError::NotElf)?;
    let table = file.get(start..end).ok_or(ImageError::NotElf)?;
    Ok(SegmentTable::new(LittleEndian, Class::ELF64, table).iter())
}

/// One program header, checked against the file and user space.
fn segment<'a>(file: &'a [u8], entry: &ProgramHeader) -> Result<Segment<'a>, ImageError> {
    let start = entry.p_vaddr;
    let end = start
        .checked_add(entry.p_memsz)
        .filter(|end| start >= ADDRESSES.start && *end <= ADDRESSES.end)
        .ok_or(ImageError::Outside(start))?;
    let content = entry
        .p_offset
        .checked_add(entry.p_filesz)
        .and_then(|end| Some(usize::try_from(entry.p_offset).ok()?..usize::try_from(end).ok()?))
        .and_then(|bytes| file.get(bytes))
        .filter(|_| entry.p_filesz <= entry.p_memsz)
        .ok_or(ImageError::BadSegment(start))?;
    let alignment = entry.p_align.max(1);
    let distance = start.abs_diff(entry.p_offset);
    if !alignment.is_power_of_two() || !distance.is_multiple_of(alignment) {
        return Err(ImageError::Unaligned(start));
    }
    let access = match (entry.p_flags & PF_W != 0, entry.p_flags & PF_X != 0) {
        (true, true) => return Err(ImageError::WritableCode(start)),
        (true, false) => Access::Write,
        (false, true) => Access::Execute,
        (false, false) => Access::Read,
    };
    Ok(Segment { memory: start..end, content, access })
}

/// Adds a segment in its place.
fn add<'a>(
    segments: &mut heapless::Vec<Segment<'a>, SEGMENTS>,
    segment: Segment<'a>,
) -> Result<(), ImageError> {
    let pages = segment.pages();
    let place = segments.partition_point(|other| other.pages().end <= pages.start);
    if segments.get(place).is_some_and(|next| next.pages().start < pages.end) {
        return Err(ImageError::Overlap(segment.memory.start));
    }
    segments.insert(place, segment).map_err(|_| ImageError::TooManySegments)
}

#[cfg(test)]
#[path = "tests/image.rs"]
pub(super) mod tests;
