//! Small objects, several to a page of untyped memory.
//!
//! The kernel makes objects of a page one behind the other; the place of one that was deleted is
//! free again only with the whole page, once all others of the page are gone too.

use alloc::collections::BTreeMap;

use super::blocks::BlockId;

/// `log2` of the bytes that one slab has.
pub(super) const SLAB_BITS: u32 = abi::PAGE_BITS;

/// A page of objects of one size.
#[derive(Clone, Copy, Debug)]
struct Slab {
    /// `log2` of the bytes of an object.
    bits: u32,
    made: u64,
    alive: u64,
}

impl Slab {
    const fn has_room(&self) -> bool {
        self.made < 1 << (SLAB_BITS - self.bits)
    }
}

/// All slabs.
#[derive(Debug, Default)]
pub(super) struct Slabs {
    slabs: BTreeMap<BlockId, Slab>,
}

impl Slabs {
    /// A slab with room for another object of `1 << bits` bytes.
    pub(super) fn with_room(&self, bits: u32) -> Option<BlockId> {
        let fits = |slab: &Slab| slab.bits == bits && slab.has_room();
        self.slabs.iter().find(|(_, slab)| fits(slab)).map(|(id, _)| *id)
    }

    /// Makes a block a slab for objects of `1 << bits` bytes, with at least one to come.
    pub(super) fn add(&mut self, block: BlockId, bits: u32) {
        self.slabs.insert(block, Slab { bits, made: 0, alive: 0 });
    }

    /// An object was made.
    pub(super) fn made(&mut self, block: BlockId) {
        if let Some(slab) = self.slabs.get_mut(&block) {
            slab.made += 1;
            slab.alive += 1;
        }
    }

    /// An object is gone, or was not made after all. Answers whether the slab is not needed any
    /// more; it is none then.
    pub(super) fn gone(&mut self, block: BlockId) -> bool {
        let Some(slab) = self.slabs.get_mut(&block) else { return false };
        slab.alive = slab.alive.saturating_sub(1);
        let is_empty = slab.alive == 0;
        if is_empty {
            self.slabs.remove(&block);
        }
        is_empty
    }

    /// Bytes in slabs that no object is in.
    pub(super) fn slack(&self) -> u64 {
        self.slabs.values().map(|slab| (1 << SLAB_BITS) - (slab.alive << slab.bits)).sum()
    }
}
