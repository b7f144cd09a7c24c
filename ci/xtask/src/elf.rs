//! Reads the parts of a 64-bit little-endian ELF file that this tool needs.
//!
//! Layouts are those of the System V ABI, chapter 4 and 5. Every access is checked, so that a
//! damaged file gives a sentence and no panic.

use crate::process::Fallible;

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
pub(crate) struct Elf<'a> {
    bytes: &'a [u8],
}

/// A part of the file that is loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Segment<'a> {
    /// Physical address of the first byte.
    pub(crate) physical: u64,
    /// The bytes in the file.
    pub(crate) bytes: &'a [u8],
    /// Length in memory, including what is zeroed.
    pub(crate) memory_size: u64,
}

/// A named function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Function<'a> {
    /// Its symbol.
    pub(crate) name: &'a str,
    /// Virtual address of its first instruction.
    pub(crate) address: u64,
    /// Length in bytes.
    pub(crate) size: u64,
}

/// Instructions of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Code<'a> {
    /// Virtual address of the first byte.
    pub(crate) address: u64,
    /// The instructions.
    pub(crate) bytes: &'a [u8],
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
    pub(crate) fn new(bytes: &'a [u8]) -> Fallible<Self> {
        if bytes.get(..6) != Some(b"\x7fELF\x02\x01") {
            return Err("not a 64-bit little-endian ELF file".into());
        }
        Ok(Self { bytes })
    }

    /// The loadable segments, as listed.
    pub(crate) fn segments(self) -> Fallible<Vec<Segment<'a>>> {
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
    pub(crate) fn with_segment(self, index: usize, content: &[u8]) -> Fallible<Vec<u8>> {
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
    pub(crate) fn functions(self) -> Fallible<Vec<Function<'a>>> {
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
    pub(crate) fn code(self) -> Fallible<Vec<Code<'a>>> {
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
    pub(crate) fn sizes(self) -> Fallible<Vec<(&'a str, u64)>> {
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
pub(crate) mod samples {
    //! Hand-made ELF files.

    fn put(file: &mut [u8], offset: usize, bytes: &[u8]) {
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// A file with the given loadable segments: physical address, bytes, size in memory.
    pub(crate) fn with_segments(segments: &[(u64, &[u8], u64)]) -> Vec<u8> {
        let mut file = vec![0; 64 + 56 * segments.len()];
        put(&mut file, 0, b"\x7fELF\x02\x01\x01");
        put(&mut file, 32, &64_u64.to_le_bytes());
        put(&mut file, 54, &56_u16.to_le_bytes());
        put(&mut file, 56, &u16::try_from(segments.len()).unwrap().to_le_bytes());
        for (index, (physical, bytes, memory_size)) in segments.iter().enumerate() {
            let header = 64 + 56 * index;
            let offset = file.len() as u64;
            put(&mut file, header, &1_u32.to_le_bytes());
            put(&mut file, header + 8, &offset.to_le_bytes());
            put(&mut file, header + 24, &physical.to_le_bytes());
            put(&mut file, header + 32, &(bytes.len() as u64).to_le_bytes());
            put(&mut file, header + 40, &memory_size.to_le_bytes());
            file.extend_from_slice(bytes);
        }
        file
    }

    /// A file of one code section and the functions in it: name, address, size.
    pub(crate) fn with_functions(
        address: u64,
        code: &[u32],
        functions: &[(&str, u64, u64)],
    ) -> Vec<u8> {
        let mut file = vec![0; 64];
        put(&mut file, 0, b"\x7fELF\x02\x01\x01");
        let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut names = vec![0];
        let mut symbols = Vec::new();
        for (name, start, size) in functions {
            let mut symbol = [0; 24];
            put(&mut symbol, 0, &u32::try_from(names.len()).unwrap().to_le_bytes());
            symbol[4] = 2;
            put(&mut symbol, 8, &start.to_le_bytes());
            put(&mut symbol, 16, &size.to_le_bytes());
            symbols.extend_from_slice(&symbol);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        let mut headers = Vec::new();
        let parts = [(1_u32, 6_u64, address, &code), (2, 0, 0, &symbols), (3, 0, 0, &names)];
        for (kind, flags, address, bytes) in parts {
            let mut header = [0; 64];
            // Every section is called as the first function is.
            put(&mut header, 0, &1_u32.to_le_bytes());
            put(&mut header, 4, &kind.to_le_bytes());
            put(&mut header, 8, &flags.to_le_bytes());
            put(&mut header, 16, &address.to_le_bytes());
            put(&mut header, 24, &(file.len() as u64).to_le_bytes());
            put(&mut header, 32, &(bytes.len() as u64).to_le_bytes());
            put(&mut header, 40, &2_u32.to_le_bytes());
            headers.extend_from_slice(&header);
            file.extend_from_slice(bytes);
        }
        let table = file.len() as u64;
        put(&mut file, 40, &table.to_le_bytes());
        put(&mut file, 58, &64_u16.to_le_bytes());
        put(&mut file, 60, &3_u16.to_le_bytes());
        put(&mut file, 62, &2_u16.to_le_bytes());
        file.extend_from_slice(&headers);
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
