//! Reads the parts of a 64-bit little-endian ELF file that our tools need.
//!
//! Layouts are those of the System V ABI, chapter 4 and 5. Every access is checked, so that a
//! damaged file gives a sentence and no panic.

use crate::Fallible;

/// Type of a loadable segment.
const LOADABLE: u32 = 1;
/// Type of a section that holds symbols.
const SYMBOL_TABLE: u32 = 2;
/// Type of a section without bytes in the file.
const NO_BITS: u32 = 8;
/// Section flag: takes memory when the program runs.
const ALLOCATED: u64 = 2;
/// Section flag: holds instructions.
const EXECUTABLE: u64 = 4;
/// Symbol type: function.
const FUNCTION: u8 = 2;

/// A file in memory.
#[derive(Clone, Copy, Debug)]
pub struct Elf<'a> {
    bytes: &'a [u8],
}

/// A part of the file that is loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment<'a> {
    /// Physical address of the first byte.
    pub physical: u64,
    /// The bytes in the file.
    pub bytes: &'a [u8],
    /// Length in memory, including what is zeroed.
    pub memory_size: u64,
}

/// A named function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Function<'a> {
    /// Its symbol.
    pub name: &'a str,
    /// Virtual address of its first instruction.
    pub address: u64,
    /// Length in bytes.
    pub size: u64,
}

/// Instructions of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code<'a> {
    /// Virtual address of the first byte.
    pub address: u64,
    /// The instructions.
    pub bytes: &'a [u8],
}

/// The header of a section.
struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
}

impl<'a> Elf<'a> {
    /// Accepts 64-bit little-endian files.
    pub fn new(bytes: &'a [u8]) -> Fallible<Self> {
        if bytes.get(..6) != Some(b"\x7fELF\x02\x01") {
            return Err("not a 64-bit little-endian ELF file".into());
        }
        Ok(Self { bytes })
    }

    /// The loadable segments, as listed.
    pub fn segments(self) -> Fallible<Vec<Segment<'a>>> {
        self.segment_headers()?.into_iter().map(|header| self.segment(header)).collect()
    }

    /// Where the headers of the loadable segments are.
    fn segment_headers(self) -> Fallible<Vec<u64>> {
        let table = self.word64(32)?;
        let entry_size = u64::from(self.word16(54)?);
        let count = u64::from(self.word16(56)?);
        let mut headers = Vec::new();
        for index in 0..count {
            let header = entry(table, index, entry_size)?;
            if self.word32(header)? == LOADABLE {
                headers.push(header);
            }
        }
        Ok(headers)
    }

    fn segment(self, header: u64) -> Fallible<Segment<'a>> {
        Ok(Segment {
            physical: self.word64(header + 24)?,
            bytes: self.slice(self.word64(header + 8)?, self.word64(header + 32)?)?,
            memory_size: self.word64(header + 40)?,
        })
    }

    /// The file with other content for the loadable segment of this number, as listed: behind its
    /// end, with the segment's address. Content that was there itself is not kept.
    pub fn with_segment(self, index: usize, content: &[u8]) -> Fallible<Vec<u8>> {
        const ALIGNMENT: u64 = 4096;
        let header = *self.segment_headers()?.get(index).ok_or("there is no such segment")?;
        let misalignment = self.word64(header + 16)? % ALIGNMENT;
        let old = self.word64(header + 8)?;
        let is_last = old.saturating_add(self.word64(header + 32)?) == self.bytes.len() as u64;
        let end = if is_last { old } else { self.bytes.len() as u64 };
        let offset = end.next_multiple_of(ALIGNMENT) + misalignment;
        let length = content.len() as u64;
        let mut file = self.bytes[..end as usize].to_vec();
        for (field, value) in [(8, offset), (32, length), (40, length), (48, ALIGNMENT)] {
            // The header was read, so it is in the file, and the file in memory.
            let at = (header + field) as usize;
            file[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        file.resize(offset as usize, 0);
        file.extend_from_slice(content);
        Ok(file)
    }

    /// All functions with a size, by ascending address.
    pub fn functions(self) -> Fallible<Vec<Function<'a>>> {
        let sections = self.sections()?;
        let mut functions = Vec::new();
        for table in sections.iter().filter(|section| section.kind == SYMBOL_TABLE) {
            let names = sections.get(table.link as usize).ok_or("symbols without names")?;
            for offset in (0..table.size).step_by(24) {
                functions.extend(self.function(table.offset + offset, names)?);
            }
        }
        functions.sort_by_key(|function| function.address);
        Ok(functions)
    }

    fn function(self, symbol: u64, names: &Section) -> Fallible<Option<Function<'a>>> {
        let kind = self.slice(symbol + 4, 1)?[0] & 0xf;
        let (address, size) = (self.word64(symbol + 8)?, self.word64(symbol + 16)?);
        if kind != FUNCTION || size == 0 {
            return Ok(None);
        }
        let name = self.name(names, self.word32(symbol)?)?;
        Ok(Some(Function { name, address, size }))
    }

    /// Every section that holds instructions.
    pub fn code(self) -> Fallible<Vec<Code<'a>>> {
        let sections = self.sections()?;
        let code = sections
            .iter()
            .filter(|section| section.flags & EXECUTABLE != 0 && section.kind != NO_BITS);
        code.map(|section| {
            let bytes = self.slice(section.offset, section.size)?;
            Ok(Code { address: section.address, bytes })
        })
        .collect()
    }

    /// Names and bytes of the sections that take memory.
    pub fn sizes(self) -> Fallible<Vec<(&'a str, u64)>> {
        let sections = self.sections()?;
        let names = sections.get(usize::from(self.word16(62)?)).ok_or("sections without names")?;
        let allocated = sections.iter().filter(|section| section.flags & ALLOCATED != 0);
        allocated.map(|section| Ok((self.name(names, section.name)?, section.size))).collect()
    }

    /// The text at `offset` of a section with names.
    fn name(self, names: &Section, offset: u32) -> Fallible<&'a str> {
        let start = names.offset + u64::from(offset);
        let rest = self.slice(start, (names.offset + names.size).saturating_sub(start))?;
        let name = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(name).map_err(|_| "a name is not UTF-8".into())
    }

    fn sections(self) -> Fallible<Vec<Section>> {
        let table = self.word64(40)?;
        let entry_size = u64::from(self.word16(58)?);
        let count = u64::from(self.word16(60)?);
        (0..count).map(|index| self.section(entry(table, index, entry_size)?)).collect()
    }

    fn section(self, header: u64) -> Fallible<Section> {
        Ok(Section {
            name: self.word32(header)?,
            kind: self.word32(header + 4)?,
            flags: self.word64(header + 8)?,
            address: self.word64(header + 16)?,
            offset: self.word64(header + 24)?,
            size: self.word64(header + 32)?,
            link: self.word32(header + 40)?,
        })
    }

    fn slice(self, offset: u64, size: u64) -> Fallible<&'a [u8]> {
        let range = usize::try_from(offset).ok().zip(usize::try_from(size).ok());
        range
            .and_then(|(start, size)| self.bytes.get(start..start.checked_add(size)?))
            .ok_or_else(|| format!("the ELF file ends before {offset:#x}+{size:#x}"))
    }

    fn array<const N: usize>(self, offset: u64) -> Fallible<[u8; N]> {
        let bytes = self.slice(offset, N as u64)?;
        bytes.try_into().map_err(|_| "an ELF field has the wrong length".into())
    }

    fn word16(self, offset: u64) -> Fallible<u16> {
        self.array(offset).map(u16::from_le_bytes)
    }

    fn word32(self, offset: u64) -> Fallible<u32> {
        self.array(offset).map(u32::from_le_bytes)
    }

    fn word64(self, offset: u64) -> Fallible<u64> {
        self.array(offset).map(u64::from_le_bytes)
    }
}

/// The offset of an entry of a table.
fn entry(table: u64, index: u64, size: u64) -> Fallible<u64> {
    // Leaves room for the fields of an entry, so that adding their offsets cannot overflow.
    let limit = u64::MAX / 2;
    let offset = table.checked_add(index * size).filter(|offset| *offset < limit);
    offset.ok_or_else(|| "an ELF table lies outside of the file".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn segments_keep_order_addresses_and_bytes() {
        let file = samples::with_segments(&[(0x1000, b"abc", 3), (0x9000, b"d", 64)]);
        let segments = Elf::new(&file).and_then(Elf::segments).expect("a good file");
        let expected = [
            Segment { physical: 0x1000, bytes: b"abc", memory_size: 3 },
            Segment { physical: 0x9000, bytes: b"d", memory_size: 64 },
        ];
        assert_eq!(segments, expected);
    }

    #[test]
    fn functions_come_sorted_with_their_code() {
        let functions = [("second", 0x104, 8), ("first", 0x100, 4)];
        let file = samples::with_functions(0x100, &[1, 2, 3], &functions);
        let elf = Elf::new(&file).expect("a good file");
        let names: Vec<_> = elf.functions().expect("symbols").iter().map(|f| f.name).collect();
        assert_eq!(names, ["first", "second"]);
        let code = elf.code().expect("code");
        assert_eq!((code.len(), code[0].address, code[0].bytes.len()), (1, 0x100, 12));
        assert_eq!(elf.sizes(), Ok(vec![("second", 12)]));
    }

    #[test]
    fn damaged_files_give_reasons() {
        assert!(Elf::new(b"\x7fELF").is_err());
        let good = samples::with_segments(&[(0, b"abc", 3)]);
        for length in 6..good.len() {
            let elf = Elf::new(&good[..length]).expect("the magic is there");
            assert!(elf.segments().is_err(), "cut at {length}");
        }
        let mut far = good;
        far[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(Elf::new(&far).and_then(Elf::segments).is_err());
    }
}
