//! A program for tests, which never runs: only its memory and its registers matter.

use alloc::vec::Vec;

use crate::machine::{PAGE, PAGE_BYTES};

/// Where its image begins: a page to execute.
pub const BASE: u64 = 0x40_0000;
/// Where its data begin: four pages to write, of which the file has the first.
pub const DATA: u64 = BASE + PAGE;

/// Its file. The data begin with these bytes, a page of them at most.
#[must_use]
pub fn executable(data: &[u8]) -> Vec<u8> {
    let mut bytes = alloc::vec![0_u8; 2 * PAGE_BYTES];
    let mut put = |offset: usize, value: &[u8]| {
        bytes[offset..offset + value.len()].copy_from_slice(value);
    };
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &[2, 0, 183, 0, 1, 0, 0, 0]);
    put(24, &(BASE + 0x100).to_le_bytes());
    put(32, &64_u64.to_le_bytes());
    put(52, &[64, 0, 56, 0, 2, 0, 0, 0]);
    for (index, flags) in [5_u32, 6].into_iter().enumerate() {
        let (at, page) = (64 + 56 * index, PAGE * index as u64);
        put(at, &1_u32.to_le_bytes());
        put(at + 4, &flags.to_le_bytes());
        put(at + 8, &page.to_le_bytes());
        put(at + 16, &(BASE + page).to_le_bytes());
        put(at + 32, &PAGE.to_le_bytes());
        put(at + 40, &(PAGE * (1 + 3 * index as u64)).to_le_bytes());
    }
    put(PAGE_BYTES, &data[..data.len().min(PAGE_BYTES)]);
    bytes
}

/// A `cpio` archive with one file, which may be executed.
#[must_use]
pub fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, mode, content) in [(name, 0o100_755, content), ("TRAILER!!!", 0, &[][..])] {
        bytes.extend(b"070701");
        let mut numbers = [0; 13];
        (numbers[1], numbers[6], numbers[11]) = (mode, content.len(), name.len() + 1);
        let digits = numbers.iter().flat_map(|number| alloc::format!("{number:08x}").into_bytes());
        bytes.extend(digits);
        bytes.extend(name.as_bytes());
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}
