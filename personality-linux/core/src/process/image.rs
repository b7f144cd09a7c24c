//! Reading ELF files: what of them is to be mapped where.

use alloc::vec::Vec;
use elf::abi::{EM_AARCH64, ET_DYN, ET_EXEC, PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD, PT_PHDR};
use elf::endian::LittleEndian;
use elf::file::{Class, FileHeader, parse_ident};
use elf::segment::ProgramHeader;

use crate::abi::errno::{ENOEXEC, Errno};
use crate::machine::{PAGE, Protection, USER_END};

/// Bytes at the start of a file that tell everything: header and program headers.
pub(crate) const HEAD_BYTES: usize = 4096;
/// Bytes of the header.
const HEADER: usize = 64;
/// Most program headers.
const MOST_HEADERS: u64 = 60;

/// A part of the file that is to be in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Segment {
    /// Where, before the image is moved.
    pub(crate) address: u64,
    /// From which place of the file.
    pub(crate) offset: u64,
    /// Bytes of the file.
    pub(crate) in_file: u64,
    /// Bytes in memory; the rest is zero.
    pub(crate) in_memory: u64,
    pub(crate) protection: Protection,
}

/// What a file says about the program in it.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// Whether it may be anywhere.
    pub(crate) is_movable: bool,
    pub(crate) entry: u64,
    pub(crate) segments: Vec<Segment>,
    /// Where the program headers are in memory, how many, and the bytes of each.
    pub(crate) headers: (u64, u64, u64),
    /// Place and length of the path of its interpreter in the file.
    pub(crate) interpreter: Option<(u64, u64)>,
}

impl Image {
    /// Reads the first bytes of a file.
    ///
    /// # Errors
    /// `ENOEXEC`: it is no program for this machine, or makes no sense.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, Errno> {
        // Shorter ones the reader does not expect.
        let tail = head.get(elf::abi::EI_NIDENT..HEADER).ok_or(ENOEXEC)?;
        let ident = parse_ident::<LittleEndian>(head).map_err(|_| ENOEXEC)?;
        if ident.1 != Class::ELF64 {
            return Err(ENOEXEC);
        }
        let header = FileHeader::parse_tail(ident, tail).map_err(|_| ENOEXEC)?;
        let is_movable = match header.e_type {
            ET_EXEC => false,
            ET_DYN => true,
            _ => return Err(ENOEXEC),
        };
        let (count, size) = (u64::from(header.e_phnum), u64::from(header.e_phentsize));
        if header.e_machine != EM_AARCH64 || size != 56 || count > MOST_HEADERS {
            return Err(ENOEXEC);
        }
        let mut image = Self {
            is_movable,
            entry: header.e_entry,
            segments: Vec::new(),
            headers: (0, count, size),
            interpreter: None,
        };
        for index in 0..count {
            let start = header.e_phoff.checked_add(index * size).ok_or(ENOEXEC)?;
            image.add(&program_header(head, start)?, header.e_phoff)?;
        }
        if image.segments.is_empty() {
            return Err(ENOEXEC);
        }
        Ok(image)
    }

    fn add(&mut self, header: &ProgramHeader, headers_at: u64) -> Result<(), Errno> {
        match header.p_type {
            PT_INTERP => self.interpreter = Some((header.p_offset, header.p_filesz)),
            PT_PHDR => self.headers.0 = header.p_vaddr,
            PT_LOAD => {
                let segment = segment(header)?;
                let end = self.segments.last().map_or(0, Segment::end);
                if segment.address < end {
                    return Err(ENOEXEC);
                }
                let has_headers =
                    (segment.offset..segment.offset + segment.in_file).contains(&headers_at);
                if self.headers.0 == 0 && has_headers {
                    self.headers.0 = segment.address + (headers_at - segment.offset);
                }
                self.segments.push(segment);
            }
            _ => {}
        }
        Ok(())
    }

    /// The pages that it takes, before it is moved.
    pub(crate) fn span(&self) -> core::ops::Range<u64> {
        let start = self.segments.first().map_or(0, |first| first.address & !(PAGE - 1));
        let end = self.segments.last().map_or(0, |last| last.end().next_multiple_of(PAGE));
        start..end
    }
}

impl Segment {
    /// One past its last byte in memory.
    pub(crate) const fn end(&self) -> u64 {
        self.address + self.in_memory
    }
}

/// A program header at a place of the file.
fn program_header(head: &[u8], start: u64) -> Result<ProgramHeader, Errno> {
    use elf::parse::ParseAt;
    let mut offset = usize::try_from(start).map_err(|_| ENOEXEC)?;
    if offset.checked_add(56).is_none_or(|end| end > head.len()) {
        return Err(ENOEXEC);
    }
    ProgramHeader::parse_at(LittleEndian, Class::ELF64, &mut offset, head).map_err(|_| ENOEXEC)
}

/// A segment that makes sense: it is in user space, and lies in pages of the file.
fn segment(header: &ProgramHeader) -> Result<Segment, Errno> {
    let end = header.p_vaddr.checked_add(header.p_memsz).ok_or(ENOEXEC)?;
    let file_end = header.p_offset.checked_add(header.p_filesz);
    let congruent = header.p_vaddr % PAGE == header.p_offset % PAGE;
    let is_good = end < USER_END / 2 && header.p_filesz <= header.p_memsz && congruent;
    if !is_good || file_end.is_none() {
        return Err(ENOEXEC);
    }
    let has = |flag| header.p_flags & flag != 0;
    let (write, execute) = (has(PF_W), has(PF_X));
    Ok(Segment {
        address: header.p_vaddr,
        offset: header.p_offset,
        in_file: header.p_filesz,
        in_memory: header.p_memsz,
        protection: Protection { read: has(PF_R) || write || execute, write, execute },
    })
}
