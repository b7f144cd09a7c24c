//! Blocks of untyped memory and what still fits into them: the kernel's arithmetic, repeated.
//!
//! The kernel keeps a watermark in each untyped capability. A retype aligns it up to the size
//! of the object and moves it past the last object made.

use abi::PAGE_BITS;

use crate::cap::Cap;
use crate::object::Untyped;

/// An untyped capability and how much of it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block {
    /// The memory.
    pub(super) cap: Cap<Untyped>,
    /// Physical address of its first byte.
    pub(super) address: u64,
    /// `log2` of its bytes.
    pub(super) bits: u32,
    /// The watermark in bytes.
    pub(super) used: u64,
}

impl Block {
    /// A block without objects.
    pub(super) const fn unused(cap: Cap<Untyped>, address: u64, bits: u32) -> Self {
        Self { cap, address, bits, used: 0 }
    }

    /// Bytes above the watermark.
    pub(super) const fn free(&self) -> u64 {
        (1 << self.bits) - self.used
    }

    /// The watermark after making `count` objects of `1 << object_bits` bytes, if they fit.
    pub(super) fn after(&self, object_bits: u32, count: u64) -> Option<u64> {
        let size = 1_u64.checked_shl(object_bits)?;
        let start = self.used.checked_next_multiple_of(size)?;
        let end = start.checked_add(size.checked_mul(count)?)?;
        (end <= 1 << self.bits).then_some(end)
    }

    /// The next piece of what is left, of whole pages: its distance from the start, and `log2` of
    /// its bytes, as many as its alignment allows. Small remainders come first.
    pub(super) fn next_piece(&self) -> Option<(u64, u32)> {
        let start = self.used.checked_next_multiple_of(1 << PAGE_BITS)?;
        let room = (1_u64 << self.bits).checked_sub(start)?.checked_ilog2()?;
        Some((start, start.trailing_zeros().min(room))).filter(|(_, bits)| *bits >= PAGE_BITS)
    }

    /// Whether the block contains this physical address.
    pub(super) fn contains(&self, address: u64) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset >> self.bits == 0)
    }

    /// `log2` of the largest object that still fits.
    pub(super) fn largest(&self) -> Option<u32> {
        (4..=self.bits).rev().find(|bits| self.after(*bits, 1).is_some())
    }
}

/// Best fit: of the blocks that have room, the one with the least free memory.
pub(super) fn best(blocks: &mut [Block], object_bits: u32, count: u64) -> Option<&mut Block> {
    let fitting = blocks.iter_mut().filter(|block| block.after(object_bits, count).is_some());
    fitting.min_by_key(|block| block.free())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(bits: u32, used: u64) -> Block {
        Block { used, ..Block::unused(Cap::at(7), 0x4000_0000, bits) }
    }

    #[test]
    fn objects_are_aligned_to_their_size() {
        assert_eq!(block(14, 0).after(12, 1), Some(0x1000));
        assert_eq!(block(14, 16).after(12, 1), Some(0x2000));
        assert_eq!(block(14, 16).after(12, 3), Some(0x4000));
        assert_eq!(block(14, 16).after(12, 4), None);
        assert_eq!(block(14, 0).after(15, 1), None);
        assert_eq!(block(14, 0).after(64, 1), None);
        assert_eq!(block(47, 0).after(47, u64::MAX), None);
    }

    #[test]
    fn a_block_contains_its_range_only() {
        let block = block(12, 0);
        assert!(block.contains(0x4000_0000) && block.contains(0x4000_0fff));
        assert!(!block.contains(0x3fff_ffff) && !block.contains(0x4000_1000));
    }

    #[test]
    fn the_tightest_block_is_chosen() {
        let mut blocks = [block(20, 0), block(12, 0), block(14, 0x1000), block(13, 0x1010)];
        assert_eq!(best(&mut blocks, 12, 1).map(|block| block.bits), Some(12));
        assert_eq!(best(&mut blocks, 4, 1).map(|block| block.bits), Some(13));
        assert_eq!(best(&mut blocks, 12, 3).map(|block| block.bits), Some(14));
        assert_eq!(best(&mut blocks, 20, 1).map(|block| block.bits), Some(20));
        assert_eq!(best(&mut blocks, 21, 1), None);
    }

    #[test]
    fn the_largest_object_depends_on_alignment() {
        assert_eq!(block(20, 0).largest(), Some(20));
        assert_eq!(block(20, 16).largest(), Some(19));
        assert_eq!(block(20, (1 << 19) + 16).largest(), Some(18));
        assert_eq!(block(20, 1 << 20).largest(), None);
    }

    proptest! {
        #[test]
        fn pieces_are_all_whole_pages_that_are_left(used in 0_u64..=1 << 20) {
            let mut block = block(20, used);
            let mut bytes = 0;
            while let Some((start, bits)) = block.next_piece() {
                prop_assert!(start >= block.used && start.is_multiple_of(1 << bits));
                prop_assert_eq!(block.after(bits, 1), Some(start + (1 << bits)));
                block.used = start + (1 << bits);
                bytes += 1 << bits;
            }
            prop_assert_eq!(bytes, ((1 << 20) - used) & !0xfff);
        }

        #[test]
        fn allocation_never_overlaps_or_overruns(
            sizes in proptest::collection::vec((4_u32..16, 1_u64..5), 1..60)
        ) {
            let mut block = block(18, 0);
            for (bits, count) in sizes {
                let Some(after) = block.after(bits, count) else { continue };
                let start = after - (count << bits);
                prop_assert!(start >= block.used && start - block.used < 1 << bits);
                prop_assert!(start.is_multiple_of(1 << bits) && after <= 1 << 18);
                block.used = after;
            }
        }
    }
}
