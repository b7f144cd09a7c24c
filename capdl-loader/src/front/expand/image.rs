//! Programs as pages.

use std::collections::BTreeMap;
use std::ops::Range;

use elf::ElfBytes;
use elf::abi::{EM_AARCH64, ET_EXEC, PF_W, PF_X, PT_LOAD};
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::segment::ProgramHeader;
use layout::memory::FrameSize;

/// A program as pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Image {
    /// Where its first thread begins.
    pub(super) entry: u64,
    /// Its pages, by ascending address; none overlap.
    pub(super) pages: Vec<ImagePage>,
    /// The stack of its first thread, if its symbols say that it brings one.
    pub(super) stack: Option<Range<u64>>,
}

/// A page of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ImagePage {
    pub(super) address: u64,
    pub(super) size: FrameSize,
    pub(super) is_writable: bool,
    pub(super) is_code: bool,
    /// What of the file is in it; zeros elsewhere.
    pub(super) fills: Vec<ImageFill>,
}

/// Bytes of the file that are in a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ImageFill {
    pub(super) at: u64,
    pub(super) length: u64,
    pub(super) offset: u64,
}

/// A part of a program that is loaded.
#[derive(Clone, Copy, Debug)]
struct Segment {
    start: u64,
    end: u64,
    offset: u64,
    file_end: u64,
    flags: u32,
}

/// Most bytes that a segment may take in memory.
const MOST: u64 = 1 << 30;
const SMALL: u64 = FrameSize::Small.bytes();
const LARGE: u64 = FrameSize::Large.bytes();

impl Image {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// Why it is no program for this kernel.
    pub(super) fn read(file: &[u8]) -> Result<Self, String> {
        let elf = ElfBytes::<LittleEndian>::minimal_parse(file);
        let elf = elf.map_err(|error| format!("no ELF file: {error}"))?;
        let header = &elf.ehdr;
        if header.class != Class::ELF64 || header.e_machine != EM_AARCH64 {
            return Err("not for aarch64".into());
        }
        if header.e_type != ET_EXEC {
            return Err("not linked to fixed addresses".into());
        }
        let headers = elf.segments().ok_or("no segments")?;
        let loaded = headers.iter().filter(|part| part.p_type == PT_LOAD && part.p_memsz > 0);
        let segments = loaded.map(|part| Segment::new(&part, file.len() as u64));
        let mut segments: Vec<Segment> = segments.collect::<Result<_, _>>()?;
        segments.sort_by_key(|segment| segment.start);
        if segments.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return Err("two segments overlap".into());
        }
        let pages = pages(&segments);
        let is_entered = |page: &ImagePage| {
            let range = page.address..page.address + page.size.bytes();
            page.is_code && range.contains(&header.e_entry)
        };
        if !pages.iter().any(is_entered) {
            return Err("its entry is not in its code".into());
        }
        Ok(Self { entry: header.e_entry, pages, stack: stack(&elf) })
    }
}

impl Image {
    /// The addresses of its pages without those of its stack, as few ranges as possible.
    pub(super) fn parts(&self) -> Vec<Range<u64>> {
        let stack = self.stack.clone().unwrap_or_default();
        let mut parts: Vec<Range<u64>> = Vec::new();
        for page in self.pages.iter().filter(|page| !stack.contains(&page.address)) {
            let end = page.address + page.size.bytes();
            match parts.last_mut() {
                Some(part) if part.end == page.address => part.end = end,
                _ => parts.push(page.address..end),
            }
        }
        parts
    }
}

impl Segment {
    fn new(part: &ProgramHeader, file: u64) -> Result<Self, String> {
        let end = part.p_vaddr.checked_add(part.p_memsz).filter(|end| *end <= abi::USER_END);
        let end = end.ok_or("a segment lies beyond user space")?;
        if part.p_memsz > MOST || part.p_filesz > part.p_memsz {
            return Err("a segment has an impossible size".into());
        }
        let in_file = part.p_offset.checked_add(part.p_filesz);
        if in_file.is_none_or(|end| end > file) {
            return Err("a segment lies behind the end of the file".into());
        }
        let file_end = part.p_vaddr + part.p_filesz;
        Ok(Self { start: part.p_vaddr, end, offset: part.p_offset, file_end, flags: part.p_flags })
    }

    fn overlaps(&self, start: u64, end: u64) -> bool {
        self.start < end && start < self.end
    }

    /// What of it is in a page.
    fn fill(&self, address: u64, size: u64) -> Option<ImageFill> {
        let start = self.start.max(address);
        let end = self.file_end.min(address + size);
        let (at, offset) = (start - address, self.offset + (start - self.start));
        (start < end).then(|| ImageFill { at, length: end - start, offset })
    }
}

/// The pages of all segments: large ones where a single segment fills them, small ones elsewhere.
/// A page of two segments may do what either may.
fn pages(segments: &[Segment]) -> Vec<ImagePage> {
    let mut pages: BTreeMap<u64, ImagePage> = BTreeMap::new();
    for segment in segments {
        let mut address = segment.start & !(SMALL - 1);
        while address < segment.end {
            let end = address.saturating_add(LARGE);
            let fills_it = address.is_multiple_of(LARGE)
                && segment.start <= address
                && segment.end >= end
                && segments.iter().filter(|other| other.overlaps(address, end)).count() == 1;
            let size = if fills_it { FrameSize::Large } else { FrameSize::Small };
            let page = pages.entry(address).or_insert_with(|| ImagePage {
                address,
                size,
                is_writable: false,
                is_code: false,
                fills: Vec::new(),
            });
            page.is_writable |= segment.flags & PF_W != 0;
            page.is_code |= segment.flags & PF_X != 0;
            page.fills.extend(segment.fill(address, size.bytes()));
            address += size.bytes();
        }
    }
    pages.into_values().collect()
}

/// Where the symbols of a program for `libsys` say that its stack is.
fn stack(elf: &ElfBytes<'_, LittleEndian>) -> Option<Range<u64>> {
    let (symbols, names) = elf.symbol_table().ok()??;
    let value = |name: &str| {
        let is_it = |symbol: &elf::symbol::Symbol| {
            names.get(symbol.st_name as usize).is_ok_and(|found| found == name)
        };
        symbols.iter().find(is_it).map(|symbol| symbol.st_value)
    };
    let range = value("stack_start")?..value("stack_end")?;
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use elf::abi::PF_R;

    fn segment(start: u64, end: u64, flags: u32) -> Segment {
        Segment { start, end, offset: 0x1000, file_end: end, flags }
    }

    #[test]
    fn pages_of_two_segments_may_do_what_either_may() {
        let pages = pages(&[segment(0x1000, 0x1800, PF_R | PF_X), segment(0x1800, 0x3000, PF_W)]);
        assert_eq!(pages.len(), 2);
        assert!(pages[0].is_code && pages[0].is_writable && pages[0].fills.len() == 2);
        assert!(!pages[1].is_code && pages[1].is_writable);
    }

    #[test]
    fn large_pages_are_used_where_one_segment_fills_them() {
        let pages = pages(&[segment(LARGE - SMALL, 2 * LARGE + SMALL, PF_W)]);
        let sizes: Vec<FrameSize> = pages.iter().map(|page| page.size).collect();
        assert_eq!(sizes, [FrameSize::Small, FrameSize::Large, FrameSize::Small]);
        assert_eq!(pages[1].fills[0].offset, 0x1000 + SMALL);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(Image::read(b"").is_err());
        assert!(Image::read(&[0x7f; 4096]).is_err());
    }
}
