//! Sets of physical memory: what boot decides with, as plain arithmetic.

use abi::object::UNTYPED_BITS;
use platform::address::PhysicalRange;

/// Most ranges of a set. A board has at most 16 ranges of RAM, and boot takes out of them, or out
/// of the whole address space, at most 32 reserved areas and a dozen others; every hole adds at
/// most one range.
const MOST: usize = 80;

/// Disjoint ranges of physical memory in ascending order, none empty.
#[derive(Clone, Debug)]
pub(super) struct Ranges(heapless::Vec<PhysicalRange, MOST>);

impl Ranges {
    /// The set of these ranges, which are disjoint and ascending.
    pub(super) fn new(ranges: &[PhysicalRange]) -> Self {
        // Never more than MOST: the board's list is shorter.
        Self(ranges.iter().copied().filter(|range| !range.is_empty()).take(MOST).collect())
    }

    /// The ranges, ascending.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = PhysicalRange> {
        self.0.iter().copied()
    }

    /// Number of bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.iter().map(PhysicalRange::len).sum()
    }

    /// Whether one of the ranges holds all of `range`.
    pub(super) fn contains(&self, range: PhysicalRange) -> bool {
        self.iter().any(|part| part.contains(range))
    }

    /// Takes the bytes of `hole` out of the set.
    pub(super) fn remove(&mut self, hole: PhysicalRange) {
        let parts = self.iter().flat_map(|range| range.without(hole));
        let mut left = heapless::Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            // Never full, see MOST; memory that did not fit would be lost, not shared.
            let _ = left.push(part);
        }
        self.0 = left;
    }

    /// Takes the bytes of each of `holes` out of the set.
    pub(super) fn remove_all(&mut self, holes: impl IntoIterator<Item = PhysicalRange>) {
        holes.into_iter().for_each(|hole| self.remove(hole));
    }
}

/// A naturally aligned block of `1 << bits` bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block {
    /// Physical address.
    pub(super) start: u64,
    /// `log2` of the bytes.
    pub(super) bits: u32,
}

/// Cuts a range greedily into the largest blocks that untyped memory may have, from below.
/// Fragments smaller than the smallest are lost. (boot.md §2)
pub(super) fn blocks(range: PhysicalRange) -> impl Iterator<Item = Block> {
    let (least, most) = (*UNTYPED_BITS.start(), *UNTYPED_BITS.end());
    let range = range.inwards(1 << least);
    let mut start = range.start;
    core::iter::from_fn(move || {
        let fits = range.end.saturating_sub(start).checked_ilog2()?;
        let bits = fits.min(start.trailing_zeros()).min(most);
        let block = Block { start, bits };
        start += 1 << bits;
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use proptest::prelude::*;

    fn cut(start: u64, end: u64) -> Vec<(u64, u32)> {
        blocks(PhysicalRange::new(start, end)).map(|block| (block.start, block.bits)).collect()
    }

    #[test]
    fn blocks_are_as_large_as_their_place_allows() {
        assert_eq!(cut(0x1000, 0x8000), [(0x1000, 12), (0x2000, 13), (0x4000, 14)]);
        assert_eq!(cut(0, 0x7000), [(0, 14), (0x4000, 13), (0x6000, 12)]);
        assert_eq!(cut(0x38de9, 0x38e00), [(0x38df0, 4)]);
        assert_eq!(cut(0, 3 << 47), [(0, 47), (1 << 47, 47), (2 << 47, 47)]);
        assert_eq!(cut(0x11, 0x1f), []);
        assert_eq!(cut(0x10, 0x10), []);
    }

    #[test]
    fn holes_leave_the_rest() {
        let range = PhysicalRange::new;
        let mut set = Ranges::new(&[range(0x1000, 0x5000), range(0x6000, 0x9000)]);
        set.remove(range(0x2000, 0x3000));
        set.remove(range(0x4000, 0x7000));
        let left: Vec<_> = set.iter().collect();
        assert_eq!(left, [range(0x1000, 0x2000), range(0x3000, 0x4000), range(0x7000, 0x9000)]);
        assert_eq!(set.bytes(), 0x4000);
        assert!(set.contains(range(0x3000, 0x4000)) && !set.contains(range(0x3000, 0x4001)));
        set.remove(range(0, u64::MAX));
        assert_eq!(set.iter().count(), 0);
    }

    proptest! {
        #[test]
        fn blocks_cover_a_range_once(start in 0u64..1 << 44, length in 0u64..1 << 40) {
            let range = PhysicalRange::new(start, start + length);
            let mut next = start.next_multiple_of(16);
            for block in blocks(range) {
                prop_assert_eq!(block.start, next);
                prop_assert!(block.start.trailing_zeros() >= block.bits);
                next += 1 << block.bits;
            }
            prop_assert!(next <= range.end.max(next) && range.end.saturating_sub(next) < 16);
        }
    }
}
