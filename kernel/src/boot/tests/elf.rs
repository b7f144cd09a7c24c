//! ELF files made by hand.

extern crate std;
use std::vec::Vec;

use elf::abi::{EM_AARCH64, ET_EXEC, PF_R, PF_W, PF_X, PT_INTERP, PT_LOAD};

/// One program header with its bytes.
pub(in crate::boot) struct Part {
    kind: u32,
    address: u64,
    bytes: Vec<u8>,
    memory: u64,
    executable: bool,
}

/// An ELF file.
pub(in crate::boot) struct Elf {
    pub(in crate::boot) entry: u64,
    pub(in crate::boot) class: u8,
    pub(in crate::boot) endianness: u8,
    pub(in crate::boot) machine: u16,
    pub(in crate::boot) kind: u16,
    pub(in crate::boot) segments: Vec<Part>,
    /// Cut the file to this length.
    pub(in crate::boot) truncate: Option<usize>,
}

impl Elf {
    /// A file without segments.
    pub(in crate::boot) fn new(entry: u64) -> Self {
        Self {
            entry,
            class: 2,
            endianness: 1,
            machine: EM_AARCH64,
            kind: ET_EXEC,
            segments: Vec::new(),
            truncate: None,
        }
    }

    /// Adds a segment.
    pub(in crate::boot) fn load(
        &mut self,
        address: u64,
        bytes: &[u8],
        memory: u64,
        executable: bool,
    ) {
        let bytes = bytes.to_vec();
        self.segments.push(Part { kind: PT_LOAD, address, bytes, memory, executable });
    }

    /// Asks for a dynamic linker.
    pub(in crate::boot) fn interpreter(&mut self) {
        let bytes = b"/lib/ld.so".to_vec();
        let part = Part { kind: PT_INTERP, address: 0, bytes, memory: 0, executable: false };
        self.segments.push(part);
    }

    /// The bytes of the file: header, program headers, contents.
    pub(in crate::boot) fn file(&self) -> Vec<u8> {
        let mut file = self.header();
        let mut contents = Vec::new();
        let start = 64 + 56 * self.segments.len();
        for part in &self.segments {
            // As linkers do it: the place in the file agrees with the address in the last bits.
            let offset = (start + contents.len()) as u64;
            let gap = (part.address.wrapping_sub(offset) % 64) as usize;
            contents.resize(contents.len() + gap, 0xee);
            let offset = offset + gap as u64;
            let flags = if part.executable { PF_R | PF_X } else { PF_R | PF_W };
            file.extend(part.kind.to_le_bytes());
            file.extend(flags.to_le_bytes());
            let length = part.bytes.len() as u64;
            for word in [offset, part.address, part.address, length, part.memory, 64] {
                file.extend(word.to_le_bytes());
            }
            contents.extend(&part.bytes);
        }
        file.extend(contents);
        file.truncate(self.truncate.unwrap_or(file.len()));
        file
    }

    fn header(&self) -> Vec<u8> {
        let mut file = b"\x7fELF".to_vec();
        file.extend([self.class, self.endianness, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.extend(self.kind.to_le_bytes());
        file.extend(self.machine.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        for word in [self.entry, 64, 0] {
            file.extend(word.to_le_bytes());
        }
        file.extend(0u32.to_le_bytes());
        for half in [64, 56, self.segments.len() as u16, 64, 0, 0] {
            file.extend(half.to_le_bytes());
        }
        file
    }
}
