//! The frames of the root task's image: where they are, and how they are filled.

use core::ops::Range;

use platform::address::PhysicalAddress;
use platform::contract::{CacheOperation, Platform};

use super::image::{Image, Segment};
use super::layout::PAGE;
use super::memory::{Block, BootMemory};
use super::stock::PIECES;
use crate::kernel::Kernel;

/// Frames in the order of their user addresses.
#[derive(Debug)]
pub(super) struct Frames {
    blocks: heapless::Vec<Block, PIECES>,
    /// User address of the first.
    start: u64,
}

impl Frames {
    /// Takes memory for the page-aligned user addresses `image`: in one piece if there is one,
    /// else in few large ones.
    pub(super) fn take(memory: &mut BootMemory, image: &Range<u64>) -> Option<Self> {
        let blocks = memory.take_pieces(image.end - image.start)?;
        Some(Self { blocks, start: image.start })
    }

    /// The frames.
    pub(super) fn iter(&self) -> impl Iterator<Item = PhysicalAddress> {
        let ranges = self.blocks.iter().map(Block::range);
        ranges
            .flat_map(|range| (range.start..range.end).step_by(PAGE as usize))
            .map(PhysicalAddress)
    }

    /// Fills the frames with the segments of `file`, zeroes around them.
    pub(super) fn load(&mut self, kernel: &mut Kernel, image: &Image, file: &[u8]) {
        let mut done = self.start;
        for segment in image.segments() {
            self.clear(kernel, done..segment.memory.start);
            done = self.write(kernel, segment, file);
        }
        self.clear(kernel, done..image.extent().end.next_multiple_of(PAGE));
    }

    fn clear(&mut self, kernel: &mut Kernel, addresses: Range<u64>) {
        self.each(addresses, |block, offset, part| {
            block.clear(kernel, offset, part.end - part.start);
        });
    }

    /// Copies what the file has of a segment; returns the user address behind it.
    fn write(&mut self, kernel: &mut Kernel, segment: &Segment, file: &[u8]) -> u64 {
        let source = file.get(segment.file.clone()).unwrap_or_default();
        let start = segment.memory.start;
        let end = start + source.len() as u64;
        self.each(start..end, |block, offset, part| {
            let [from, to] = [part.start, part.end].map(|address| (address - start) as usize);
            block.write(kernel, offset, &source[from..to]);
            if segment.executable {
                let (at, length) = (block.at(offset), part.end - part.start);
                kernel.machine.maintain_cache(CacheOperation::Unify, at, length);
            }
        });
        end
    }

    /// Calls `act` for each piece of memory that backs some of `addresses`: the block, the
    /// distance from its start, and the user addresses.
    fn each(&mut self, addresses: Range<u64>, mut act: impl FnMut(&mut Block, u64, Range<u64>)) {
        let mut first = self.start;
        for block in &mut self.blocks {
            let last = first + block.range().len();
            let part = addresses.start.max(first)..addresses.end.min(last);
            if !part.is_empty() {
                act(block, part.start - first, part);
            }
            first = last;
        }
    }
}
