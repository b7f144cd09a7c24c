//! Puts the names of a program's functions into its image, for its backtraces.
//!
//! `libsys` leaves a last loadable segment for the table, with a header that names nothing, and
//! describes its layout (`libsys/src/symbols.rs`). The table goes behind the end of the file.

use crate::demangle::demangle;
use crate::elf::{Elf, Function};
use crate::process::Fallible;

/// How the segment begins.
const MAGIC: &[u8; 4] = b"syms";
/// Bytes of the header and of an entry.
const HEADER: usize = 16;
const ENTRY: usize = 8;
/// Longest name; what goes beyond is cut off.
const LONGEST: usize = 200;

/// The file with the names of its functions. One without a place for them stays as it is.
pub(crate) fn complete(file: &[u8]) -> Fallible<Vec<u8>> {
    let elf = Elf::new(file)?;
    let segments = elf.segments()?;
    let Some(index) = segments.iter().position(|segment| segment.bytes.starts_with(MAGIC)) else {
        return Ok(file.into());
    };
    let base = segments.iter().map(|segment| segment.physical).min().unwrap_or(0);
    elf.with_segment(index, &table(base, &elf.functions()?)?)
}

/// The table: header, entries by address, names.
fn table(base: u64, functions: &[Function]) -> Fallible<Vec<u8>> {
    let end = functions.last().map(|last| (last.address + last.size, String::new()));
    let named = functions.iter().map(|function| (function.address, demangle(function.name)));
    let named: Vec<(u64, String)> = named.chain(end).collect();
    let mut entries = Vec::new();
    let mut names: Vec<u8> = Vec::new();
    for (address, name) in &named {
        let at = HEADER + named.len() * ENTRY + names.len();
        entries.extend(number(address.checked_sub(base).ok_or("a function before the image")?)?);
        entries.extend(number(at as u64)?);
        let name = &name[..name.floor_char_boundary(LONGEST)];
        // At most `LONGEST` bytes.
        names.extend((name.len() as u16).to_le_bytes());
        names.extend(name.as_bytes());
    }
    let bytes = HEADER + entries.len() + names.len();
    let mut table = MAGIC.to_vec();
    for word in [named.len() as u64, bytes as u64, base] {
        table.extend(number(word)?);
    }
    table.extend(entries);
    table.extend(names);
    Ok(table)
}

fn number(value: u64) -> Fallible<[u8; 4]> {
    u32::try_from(value)
        .map(u32::to_le_bytes)
        .map_err(|_| format!("{value:#x} is too large for a table of symbols"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::samples::{with_functions, with_segments};

    fn word(bytes: &[u8], offset: usize) -> u32 {
        u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
    }

    #[test]
    fn functions_are_listed_by_distance_with_their_names() {
        let file = with_functions(0x1000, &[0; 4], &[("_ZN1a1f17hd387c0aa979d99deE", 0x1008, 8)]);
        let functions = Elf::new(&file).and_then(Elf::functions).expect("a good file");
        let table = table(0x1000, &functions).expect("small");
        assert_eq!(table[..4], *MAGIC);
        assert_eq!([4, 8, 12].map(|at| word(&table, at)), [2, table.len() as u32, 0x1000]);
        assert_eq!((word(&table, 16), word(&table, 24)), (8, 16), "the function and its end");
        let name = word(&table, 20) as usize;
        assert_eq!(table[name..name + 6], *b"\x04\0a::f");
    }

    #[test]
    fn the_table_takes_the_place_of_the_empty_one() {
        let file = with_segments(&[(0x1000, b"code", 4), (0x2000, b"syms\0\0\0\0", 8)]);
        let complete = complete(&file).expect("a good file");
        let segments = Elf::new(&complete).and_then(Elf::segments).expect("a good file");
        assert_eq!(segments[0].bytes, b"code");
        assert_eq!(segments[1].bytes.len() as u64, segments[1].memory_size);
        assert_eq!((word(segments[1].bytes, 4), word(segments[1].bytes, 8)), (0, 16));
    }

    #[test]
    fn files_without_a_place_stay() {
        let file = with_segments(&[(0x1000, b"code", 4)]);
        assert_eq!(complete(&file), Ok(file));
    }
}
