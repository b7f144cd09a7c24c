//! The names of a program's functions, as a module for its backtraces.
//!
//! `libsys` describes the layout of the table (`libsys/src/symbols.rs`).

use crate::demangle::demangle;
use crate::process::Fallible;
use program::elf::{Elf, Function};

/// Bytes of the header and of an entry.
const HEADER: usize = 8;
const ENTRY: usize = 8;
/// Longest name; what goes beyond is cut off.
const LONGEST: usize = 200;

/// The table of a program.
pub(crate) fn symbols(file: &[u8]) -> Fallible<Vec<u8>> {
    let elf = Elf::new(file)?;
    let base = elf.segments()?.iter().map(|segment| segment.physical).min().unwrap_or(0);
    table(base, &elf.functions()?)
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
    let mut table = [number(named.len() as u64)?, number(base)?].concat();
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
    use program::samples::with_functions;

    fn word(bytes: &[u8], offset: usize) -> u32 {
        u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
    }

    #[test]
    fn functions_are_listed_by_distance_with_their_names() {
        let file = with_functions(0x1000, &[0; 4], &[("_ZN1a1f17hd387c0aa979d99deE", 0x1008, 8)]);
        let functions = Elf::new(&file).and_then(Elf::functions).expect("a good file");
        let table = table(0x1000, &functions).expect("small");
        assert_eq!([0, 4].map(|at| word(&table, at)), [2, 0x1000]);
        assert_eq!((word(&table, 8), word(&table, 16)), (8, 16), "the function and its end");
        let name = word(&table, 12) as usize;
        assert_eq!(table[name..name + 6], *b"\x04\0a::f");
    }
}
