//! All regions of a client.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;
use libsys::pager::Refusal;

use super::region::Region;

/// The most regions of one client: they are the pager's memory, not the client's.
pub(super) const MOST: usize = 1024;

/// What is at a page.
pub(super) enum Found<'a> {
    /// A region.
    Inside(&'a Region),
    /// The guard page of this region.
    Guard(&'a Region),
    /// Nothing.
    Outside,
}

/// Regions that do not overlap, with their guard pages, in the room that the pager manages.
#[derive(Clone, Debug)]
pub(super) struct Regions {
    room: Range<u64>,
    /// By their first page.
    regions: BTreeMap<u64, Region>,
}

impl Regions {
    pub(super) const fn new(room: Range<u64>) -> Self {
        Self { room, regions: BTreeMap::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// Whether there is room for so many more.
    pub(super) fn has_room(&self, count: usize) -> bool {
        count <= MOST.saturating_sub(self.regions.len())
    }

    /// What is at a page.
    pub(super) fn find(&self, page: u64) -> Found<'_> {
        if let Some((_, region)) = self.regions.range(..=page).next_back()
            && region.pages.contains(&page)
        {
            return Found::Inside(region);
        }
        match self.regions.range(page..).next() {
            Some((_, region)) if region.reserved().contains(&page) => Found::Guard(region),
            _ => Found::Outside,
        }
    }

    /// Whether nothing is in these pages, and they are in the room.
    fn is_free(&self, pages: &Range<u64>) -> bool {
        let below = self.regions.range(..pages.end).next_back();
        let is_clear = below.is_none_or(|(_, region)| region.pages.end <= pages.start);
        // The guard of the next region, if that begins right behind.
        let above = self.regions.range(pages.end..).next();
        let is_clear = is_clear && above.is_none_or(|(_, next)| next.reserved().start >= pages.end);
        is_clear && self.room.start <= pages.start && pages.end <= self.room.end
    }

    /// Whether a region can be added.
    pub(super) fn check(&self, region: &Region) -> Result<(), Refusal> {
        if region.pages.is_empty() || (region.guard && region.pages.start == 0) {
            return Err(Refusal::Alignment);
        }
        if self.is_free(&region.reserved()) { Ok(()) } else { Err(Refusal::Addresses) }
    }

    /// Adds a region that [`check`](Self::check) has found to be possible.
    pub(super) fn insert(&mut self, region: Region) {
        self.regions.insert(region.pages.start, region);
    }

    /// The lowest place for so many pages, with a free page below and above, that begins at
    /// `offset` modulo `modulus`, a power of two.
    pub(super) fn place(&self, pages: u64, (offset, modulus): (u64, u64)) -> Option<u64> {
        let ends = self.regions.values().map(|region| region.pages.end);
        let lows = core::iter::once(self.room.start).chain(ends);
        let fits = |low: u64| {
            let lowest = low.checked_add(1)?;
            let start = lowest.checked_add(offset.wrapping_sub(lowest) & (modulus - 1))?;
            let end = start.checked_add(pages)?.checked_add(1)?;
            self.is_free(&(start - 1..end)).then_some(start)
        };
        lows.filter_map(fits).next()
    }

    /// Whether regions cover these pages without a gap.
    pub(super) fn cover(&self, pages: &Range<u64>) -> bool {
        let mut next = pages.start;
        while next < pages.end {
            let Found::Inside(region) = self.find(next) else { return false };
            next = region.pages.end;
        }
        !pages.is_empty()
    }

    /// How many regions are cut in two when these pages become regions of their own.
    pub(super) fn cuts(&self, pages: &Range<u64>) -> usize {
        let cuts = |edge: &&u64| match self.find(**edge) {
            Found::Inside(region) => region.pages.start < **edge,
            _ => false,
        };
        [pages.start, pages.end].iter().filter(cuts).count()
    }

    /// The regions' parts in these pages.
    pub(super) fn parts(&self, pages: &Range<u64>) -> Vec<Region> {
        let overlapping = self.regions.range(..pages.end).rev();
        let overlapping = overlapping.take_while(|(_, region)| region.pages.end > pages.start);
        let mut parts: Vec<Region> = overlapping
            .map(|(_, region)| {
                let start = region.pages.start.max(pages.start);
                region.part(start..region.pages.end.min(pages.end))
            })
            .collect();
        parts.reverse();
        parts
    }

    /// Takes the regions' parts in these pages out: the parts, and those of the rest that are
    /// new because a region was cut.
    pub(super) fn take(&mut self, pages: &Range<u64>) -> (Vec<Region>, Vec<Region>) {
        let taken = self.parts(pages);
        let mut rests = Vec::new();
        let starts: Vec<u64> = taken.iter().map(|part| part.pages.start).collect();
        for start in starts {
            let Some((first, whole)) = self.regions.range(..=start).next_back() else { continue };
            let (first, whole) = (*first, whole.clone());
            self.regions.remove(&first);
            for rest in [
                whole.pages.start..pages.start.clamp(whole.pages.start, whole.pages.end),
                pages.end.clamp(whole.pages.start, whole.pages.end)..whole.pages.end,
            ] {
                if !rest.is_empty() {
                    rests.push(whole.part(rest));
                }
            }
        }
        for rest in &rests {
            self.insert(rest.clone());
        }
        (taken, rests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libsys::pager::Purpose;
    use std::vec;

    fn regions() -> Regions {
        let mut regions = Regions::new(0x10..0x1000);
        regions.insert(Region::zeros(0x20..0x30, Purpose::Heap));
        regions.insert(Region::zeros(0x40..0x50, Purpose::Stack));
        regions
    }

    fn zeros(pages: Range<u64>) -> Region {
        Region::zeros(pages, Purpose::Data)
    }

    #[test]
    fn a_stack_has_a_guard_and_others_do_not() {
        let regions = regions();
        assert!(matches!(regions.find(0x3f), Found::Guard(region) if region.pages.start == 0x40));
        assert!(matches!(regions.find(0x1f), Found::Outside));
        assert!(matches!(regions.find(0x2f), Found::Inside(_)));
        assert!(matches!(regions.find(0x50), Found::Outside));
    }

    #[test]
    fn regions_stay_apart() {
        let regions = regions();
        for pages in [0x2f..0x31, 0x10..0x21, 0x22..0x23, 0x30..0x40, 0x0f..0x11, 0xfff..0x1001] {
            assert_eq!(regions.check(&zeros(pages)), Err(Refusal::Addresses));
        }
        assert_eq!(regions.check(&zeros(0x30..0x3f)), Ok(()));
        assert_eq!(regions.check(&zeros(0x30..0x30)), Err(Refusal::Alignment));
        let stack = Region::zeros(0x50..0x51, Purpose::Stack);
        assert_eq!(regions.check(&stack), Err(Refusal::Addresses), "no room for the guard");
    }

    #[test]
    fn places_have_a_free_page_on_both_sides() {
        let regions = regions();
        assert_eq!(regions.place(0xd, (0, 1)), Some(0x11));
        assert_eq!(regions.place(0xe, (0, 1)), Some(0x11));
        assert_eq!(regions.place(0xf, (0, 1)), Some(0x51));
        assert_eq!(regions.place(4, (3, 16)), Some(0x13));
        assert_eq!(regions.place(0x200, (0, 0x200)), Some(0x200));
        assert_eq!(regions.place(0x1000, (0, 1)), None);
        assert_eq!(regions.place(u64::MAX, (0, 1)), None);
    }

    #[test]
    fn taking_the_middle_leaves_both_ends() {
        let mut regions = regions();
        let (taken, rests) = regions.take(&(0x24..0x26));
        assert_eq!(taken, [Region::zeros(0x24..0x26, Purpose::Heap)]);
        let pages: Vec<_> = rests.iter().map(|rest| rest.pages.clone()).collect();
        assert_eq!(pages, [0x20..0x24, 0x26..0x30]);
        assert!(matches!(regions.find(0x25), Found::Outside));
        assert!(regions.cover(&(0x26..0x30)) && !regions.cover(&(0x23..0x27)));
    }

    #[test]
    fn taking_across_regions_takes_parts_of_each() {
        let mut regions = regions();
        let (taken, rests) = regions.take(&(0x2e..0x42));
        let pages = |regions: &[Region]| -> Vec<_> {
            regions.iter().map(|region| region.pages.clone()).collect()
        };
        assert_eq!(pages(&taken), [0x2e..0x30, 0x40..0x42]);
        assert_eq!(pages(&rests), [0x20..0x2e, 0x42..0x50]);
        assert!(!rests[1].guard, "the rest of the stack has lost its lowest page");
        assert_eq!(regions.take(&(0..0x20)), (vec![], vec![]));
    }
}
