//! The pages that a client has: in its address space, or ready to be mapped there.

use alloc::collections::BTreeMap;
use core::ops::Range;
use libsys::pager::Protection;

use super::frames::FrameId;

/// A frame at a place in an address space.
#[derive(Debug)]
pub(super) struct Resident<T> {
    pub(super) frame: FrameId,
    /// Small pages in it.
    pub(super) pages: u64,
    /// What the client may do with it, once it is mapped.
    pub(super) mapping: Option<(T, Protection)>,
}

/// All of them, by their first page. They do not overlap.
#[derive(Debug)]
pub(super) struct Residents<T> {
    residents: BTreeMap<u64, Resident<T>>,
    pages: u64,
}

impl<T> Residents<T> {
    pub(super) const fn new() -> Self {
        Self { residents: BTreeMap::new(), pages: 0 }
    }

    /// Small pages of all together.
    pub(super) fn pages(&self) -> u64 {
        self.pages
    }

    /// What is at a page: where it begins, and it.
    pub(super) fn at(&self, page: u64) -> Option<(u64, &Resident<T>)> {
        let (start, resident) = self.residents.range(..=page).next_back()?;
        (page - start < resident.pages).then_some((*start, resident))
    }

    /// What begins at a page.
    pub(super) fn get_mut(&mut self, start: u64) -> Option<&mut Resident<T>> {
        self.residents.get_mut(&start)
    }

    /// Those that have a page in the range, ascending.
    pub(super) fn within(
        &self,
        pages: Range<u64>,
    ) -> impl DoubleEndedIterator<Item = (u64, &Resident<T>)> + Clone {
        let first = self.at(pages.start).map_or(pages.start, |(start, _)| start);
        let range = first..pages.end.max(first);
        self.residents.range(range).map(|(start, resident)| (*start, resident))
    }

    pub(super) fn insert(&mut self, start: u64, frame: FrameId, pages: u64) {
        self.residents.insert(start, Resident { frame, pages, mapping: None });
        self.pages += pages;
    }

    pub(super) fn remove(&mut self, start: u64) -> Option<Resident<T>> {
        let resident = self.residents.remove(&start)?;
        self.pages -= resident.pages;
        Some(resident)
    }

    /// The pages in the range, without a gap around `page`, that are not here. Empty if `page`
    /// itself is.
    pub(super) fn gap(&self, page: u64, range: Range<u64>) -> Range<u64> {
        let below = self.within(range.start..page + 1).next_back();
        let start = below.map_or(range.start, |(start, resident)| start + resident.pages);
        let above = self.within(page..range.end).next();
        let end = above.map_or(range.end, |(start, _)| start);
        start.max(range.start)..end
    }
}
