//! The root task's image: what its ELF file says about where it wants to be.
//!
//! Only plain numbers are kept. Any bytes give an [`Image`] whose parts lie inside of the file and
//! of user space, or an error; none make it panic.

use core::fmt;
use core::ops::Range;

use elf::abi::{EM_AARCH64, ET_DYN, ET_EXEC, PF_X, PT_INTERP, PT_LOAD};
use elf::endian::LittleEndian;
use elf::file::{Class, FileHeader, parse_ident};
use elf::segment::{ProgramHeader, SegmentTable};

/// Most loadable segments.
const SEGMENTS: usize = 32;
/// Bytes of the identification at the start of the file, and of the whole header.
const IDENTIFICATION: usize = 16;
const HEADER: usize = 64;
/// Bytes of one entry of the program header table.
const ENTRY: usize = 56;

/// Why a file is no image. Each displays as the end of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImageError {
    /// It does not begin like an ELF file, or ends before its headers do.
    NotElf,
    /// It is for 32-bit machines.
    Not64Bit,
    /// It is for big-endian machines.
    NotLittleEndian,
    /// It is for another machine, with this ELF number.
    WrongMachine(u16),
    /// It is no executable but a file of this ELF type.
    NotExecutable(u16),
    /// It wants to be loaded by a dynamic linker.
    NeedsInterpreter,
    /// Nothing of it is to be loaded.
    NothingToLoad,
    /// It has too many segments.
    TooManySegments,
    /// This segment has more bytes in the file than in memory, or more than the file has.
    BadSegment {
        /// Its user address.
        address: u64,
    },
    /// This segment, or what the kernel places behind the last one, is not in user space.
    OutsideUserSpace {
        /// Its user address.
        address: u64,
    },
    /// This segment overlaps another.
    Overlap {
        /// Its user address.
        address: u64,
    },
    /// It starts outside of its segments.
    EntryOutside {
        /// The user address where it starts.
        address: u64,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotElf => f.write_str("it is no complete ELF file"),
            Self::Not64Bit => f.write_str("it is no 64-bit ELF file"),
            Self::NotLittleEndian => f.write_str("it is no little-endian ELF file"),
            Self::WrongMachine(machine) => {
                write!(f, "it is for ELF machine {machine}, not for aarch64 ({EM_AARCH64})")
            }
            Self::NotExecutable(kind) => {
                write!(f, "it is an ELF file of type {kind}, not an executable")
            }
            Self::NeedsInterpreter => f.write_str("it is not statically linked"),
            Self::NothingToLoad => f.write_str("it has no segment to load"),
            Self::TooManySegments => write!(f, "it has more than {SEGMENTS} segments to load"),
            Self::BadSegment { address } => {
                write!(f, "the segment at {address:#x} does not fit the file")
            }
            Self::OutsideUserSpace { address } => {
                write!(f, "the segment at {address:#x} does not fit into user space")
            }
            Self::Overlap { address } => {
                write!(f, "the segment at {address:#x} overlaps another")
            }
            Self::EntryOutside { address } => {
                write!(f, "its entry point {address:#x} is outside of its segments")
            }
        }
    }
}

/// A part of the image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Segment {
    /// User addresses. Never empty, and inside of user space.
    pub(super) memory: Range<u64>,
    /// The bytes of the file that go to the start; zeroes follow. Inside of the file.
    pub(super) file: Range<usize>,
    /// Whether it holds instructions.
    pub(super) executable: bool,
}

/// What to load, and where to start it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Image {
    /// Ascending and disjoint; at least one.
    segments: heapless::Vec<Segment, SEGMENTS>,
    /// User address of the first instruction.
    pub(super) entry: u64,
}

impl Image {
    /// Reads the headers of `file`.
    pub(super) fn parse(file: &[u8]) -> Result<Self, ImageError> {
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
        if !segments.iter().any(|segment| segment.memory.contains(&entry)) {
            return Err(ImageError::EntryOutside { address: entry });
        }
        Ok(Self { segments, entry })
    }

    /// The segments, ascending.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// From the first byte of the first segment to the last byte of the last one.
    pub(super) fn extent(&self) -> Range<u64> {
        let start = self.segments.first().map_or(0, |segment| segment.memory.start);
        let end = self.segments.last().map_or(0, |segment| segment.memory.end);
        start..end
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
        (EM_AARCH64, ET_EXEC | ET_DYN) => Ok(header),
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
fn segment(file: &[u8], entry: &ProgramHeader) -> Result<Segment, ImageError> {
    let address = entry.p_vaddr;
    let end = address
        .checked_add(entry.p_memsz)
        .filter(|end| *end <= abi::USER_END)
        .ok_or(ImageError::OutsideUserSpace { address })?;
    let bytes = entry
        .p_offset
        .checked_add(entry.p_filesz)
        .and_then(|end| Some(usize::try_from(entry.p_offset).ok()?..usize::try_from(end).ok()?))
        .filter(|bytes| bytes.end <= file.len() && entry.p_filesz <= entry.p_memsz)
        .ok_or(ImageError::BadSegment { address })?;
    let executable = entry.p_flags & PF_X != 0;
    Ok(Segment { memory: address..end, file: bytes, executable })
}

/// Adds a segment in its place.
fn add(
    segments: &mut heapless::Vec<Segment, SEGMENTS>,
    segment: Segment,
) -> Result<(), ImageError> {
    let place = segments.partition_point(|other| other.memory.end <= segment.memory.start);
    if segments.get(place).is_some_and(|next| next.memory.start < segment.memory.end) {
        return Err(ImageError::Overlap { address: segment.memory.start });
    }
    segments.insert(place, segment).map_err(|_| ImageError::TooManySegments)
}

#[cfg(test)]
#[path = "tests/image.rs"]
mod tests;
