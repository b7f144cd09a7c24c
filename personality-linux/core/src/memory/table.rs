//! Which frame is at which address: the page tables, as the server keeps them.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::machine::{Frame, Mapping, PAGE_BITS, Protection};

/// Pages of one leaf.
const LEAF_PAGES: usize = 512;
/// `log2` of the bytes of one leaf.
const LEAF_BITS: u32 = PAGE_BITS + 9;

/// A page that has a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) frame: Frame,
    /// Where the machine has it, and what it permits; a page may be known to the server only.
    pub(crate) mapped: Option<(Mapping, Protection)>,
}

type Leaf = [Option<Entry>; LEAF_PAGES];

/// Entries by their addresses.
#[derive(Debug, Default)]
pub(crate) struct Table {
    leaves: BTreeMap<u64, (usize, Box<Leaf>)>,
}

/// The leaf of an address, and the place in it.
const fn place(address: u64) -> (u64, usize) {
    (address >> LEAF_BITS, (address >> PAGE_BITS) as usize % LEAF_PAGES)
}

impl Table {
    /// The entry at a page.
    pub(crate) fn get(&self, page: u64) -> Option<Entry> {
        let (leaf, index) = place(page);
        self.leaves.get(&leaf)?.1[index]
    }

    /// Sets the entry at a page; answers the one before.
    pub(crate) fn insert(&mut self, page: u64, entry: Entry) -> Option<Entry> {
        let (leaf, index) = place(page);
        let empty = || (0, Box::new([None; LEAF_PAGES]));
        let (used, entries) = self.leaves.entry(leaf).or_insert_with(empty);
        let before = entries[index].replace(entry);
        *used += usize::from(before.is_none());
        before
    }

    /// Removes the entry at a page.
    pub(crate) fn remove(&mut self, page: u64) -> Option<Entry> {
        let (leaf, index) = place(page);
        let (used, entries) = self.leaves.get_mut(&leaf)?;
        let before = entries[index].take()?;
        *used -= 1;
        if *used == 0 {
            self.leaves.remove(&leaf);
        }
        Some(before)
    }

    /// The pages in a range that have entries.
    pub(crate) fn pages(&self, range: &Range<u64>) -> Vec<u64> {
        let mut pages = Vec::new();
        if range.is_empty() {
            return pages;
        }
        let (first, last) = (range.start >> LEAF_BITS, (range.end - 1) >> LEAF_BITS);
        for (leaf, (_, entries)) in self.leaves.range(first..=last) {
            let used = entries.iter().enumerate().filter(|(_, entry)| entry.is_some());
            let address = |index| (leaf << LEAF_BITS) + ((index as u64) << PAGE_BITS);
            pages.extend(used.map(|(index, _)| address(index)).filter(|at| range.contains(at)));
        }
        pages
    }
}
