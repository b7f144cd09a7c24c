//! Memory while there is no untyped memory yet: which RAM is free, and who takes it.
//!
//! # Invariant
//!
//! **B1**: the bytes of a [`Block`], and those that [`BootMemory`] holds, are RAM in the window
//! that belongs to nobody else: no kernel object, no user mapping, no other block. It starts with
//! the platform's promise about the handover, which is consumed here; blocks are cut out of what
//! is free and can be spent once; and nothing is ever put back.
#![allow(unsafe_code)]

use platform::address::{PhysicalAddress, PhysicalRange};
use platform::contract::Platform;
use platform::handover::Handover;

use super::failure::BootFailure;
use super::layout::PAGE;
use super::ranges::Ranges;
use super::stock::{PIECES, Stock, Surroundings};
use crate::kernel::Kernel;
use crate::mem::{Mem, Region};

/// Whole pages of RAM that have one owner.
#[derive(Debug)]
pub(super) struct Block(PhysicalRange);

impl Block {
    /// Where it is.
    pub(super) fn range(&self) -> PhysicalRange {
        self.0
    }

    /// Physical address, `offset` bytes behind the start.
    pub(super) fn at(&self, offset: u64) -> PhysicalAddress {
        PhysicalAddress(self.0.start + offset)
    }

    /// Some of its bytes, to fill them: unaligned bytes, words, unaligned bytes.
    fn parts<'a>(
        &'a mut self,
        mem: &'a mut Mem,
        offset: u64,
        length: u64,
    ) -> (&'a mut [u8], &'a mut [u128], &'a mut [u8]) {
        let part = PhysicalRange::new(self.0.start + offset, self.0.start + offset + length);
        assert!(self.0.contains(part));
        // SAFETY: any bytes are words.
        unsafe { bytes(mem, part).align_to_mut() }
    }

    /// Writes zeroes to some of its bytes.
    pub(super) fn clear(&mut self, kernel: &mut Kernel, offset: u64, length: u64) {
        let (head, words, tail) = self.parts(&mut kernel.mem, offset, length);
        head.fill(0);
        kernel.machine.clear(words);
        tail.fill(0);
    }

    /// Copies `source` into the block.
    pub(super) fn write(&mut self, kernel: &mut Kernel, offset: u64, source: &[u8]) {
        let (head, words, tail) = self.parts(&mut kernel.mem, offset, source.len() as u64);
        let (source_head, rest) = source.split_at(head.len());
        let (source_words, source_tail) = rest.split_at(size_of_val(words));
        head.copy_from_slice(source_head);
        tail.copy_from_slice(source_tail);
        // SAFETY: any bytes are words, and words are bytes.
        match unsafe { (source_words.align_to(), words.align_to_mut()) } {
            (([], source, []), _) => kernel.machine.copy(words, source),
            (_, (_, bytes, _)) => bytes.copy_from_slice(source_words),
        }
    }

    /// Gives the block to kernel objects.
    pub(super) fn carve(self, mem: &mut Mem) -> Region {
        // SAFETY: B1, and the block is spent. The window's first granule is no RAM that the
        // kernel may use, by the handover's promise.
        unsafe { mem.carve(PhysicalAddress(self.0.start), self.0.len()) }
    }
}

/// The free RAM.
#[derive(Debug)]
pub(super) struct BootMemory {
    stock: Stock,
    /// The initial ramdisk.
    ramdisk: PhysicalRange,
}

impl BootMemory {
    /// Takes over the RAM of a machine.
    pub(super) fn new(handover: &Handover) -> Result<Self, BootFailure> {
        let ramdisk = handover.board.initrd.filter(|file| !file.is_empty());
        let ramdisk = ramdisk.ok_or(BootFailure::NoRamdisk)?;
        let stock = Stock::new(&Surroundings::of(handover));
        if !stock.contains(ramdisk.outwards(PAGE)) {
            return Err(BootFailure::RamdiskOutsideRam(ramdisk));
        }
        Ok(Self { stock, ramdisk })
    }

    /// The initial ramdisk.
    pub(super) fn ramdisk<'a>(&'a self, mem: &mut Mem) -> &'a [u8] {
        let pages = self.ramdisk.outwards(PAGE);
        let file = bytes(mem, pages);
        // SAFETY: B1 for what the stock leaves: the file's pages are not free, so that no block is
        // cut out of them as long as `self` exists, and nothing else writes them.
        let file = unsafe { core::slice::from_raw_parts(file.as_ptr(), file.len()) };
        let start = usize::try_from(self.ramdisk.start - pages.start).unwrap_or(usize::MAX);
        let length = usize::try_from(self.ramdisk.len()).unwrap_or(usize::MAX);
        &file[start..start + length]
    }

    /// Bytes that are free now.
    pub(super) fn available(&self) -> u64 {
        self.stock.available()
    }

    /// See [`Stock::take_high`].
    pub(super) fn take_high(&mut self, bytes: u64, alignment: u64) -> Option<Block> {
        self.stock.take_high(bytes, alignment).map(Block)
    }

    /// See [`Stock::take_pieces`].
    pub(super) fn take_pieces(&mut self, bytes: u64) -> Option<heapless::Vec<Block, PIECES>> {
        let mut blocks = heapless::Vec::new();
        for piece in self.stock.take_pieces(bytes)? {
            blocks.push(Block(piece)).ok()?;
        }
        Some(blocks)
    }

    /// The RAM that is left over, with that of the boot loader's files.
    pub(super) fn leave(self) -> Ranges {
        self.stock.leave()
    }
}

/// Memory that B1 is about, as bytes. Private: the caller must own it.
fn bytes(mem: &mut Mem, range: PhysicalRange) -> &mut [u8] {
    let around = range.outwards(16);
    // SAFETY: B1. Blocks and files are whole pages, so that rounding stays in them.
    let words = unsafe { mem.raw(PhysicalAddress(around.start), around.len()) };
    let words = words.unwrap_or(&mut []);
    // SAFETY: words are bytes.
    let (_, all, _) = unsafe { words.align_to_mut::<u8>() };
    let start = usize::try_from(range.start - around.start).unwrap_or(usize::MAX);
    let length = usize::try_from(range.len()).unwrap_or(usize::MAX);
    &mut all[start..start + length]
}
