//! Slots for capabilities, in CNodes of any depth.

use alloc::vec::Vec;
use core::ops::Range;

use super::ranges::Ranges;
use crate::bootstrap::AllocationError;
use crate::cap::{Cap, SlotPath};
use crate::object::{CNode, SlotRange};

/// Consecutive slots of one CNode, by the capability pointers that lead to them.
///
/// ```
/// use libsys::SlotPath;
/// use libsys::initial;
/// use libsys::memory::SlotRegion;
///
/// // A CNode in slot 1 of a root that leaves 32 bits of a pointer to the next level.
/// let node = SlotPath::with_depth(initial::CNODE, 1, 32);
/// let region = SlotRegion { pointers: 1 << 32..(1 << 32) + 4096, node, first: 0 };
/// assert_eq!(region.pointers.end - region.pointers.start, 4096);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotRegion {
    /// The pointers.
    pub pointers: Range<u64>,
    /// The CNode, as the destination of a retype names it; see
    /// [`SlotRange`].
    pub node: SlotPath,
    /// The slot in that CNode to which the first pointer leads.
    pub first: u64,
}

/// Hands out slots of a CSpace.
#[derive(Debug)]
pub(super) struct Slots {
    root: Cap<CNode>,
    regions: Vec<SlotRegion>,
    free: Ranges,
}

impl Slots {
    /// No slots yet, of the CSpace with this root.
    pub(super) fn new(root: Cap<CNode>) -> Self {
        Self { root, regions: Vec::new(), free: Ranges::default() }
    }

    /// The root.
    pub(super) fn root(&self) -> Cap<CNode> {
        self.root
    }

    /// The same CSpace is reached from another root from now on.
    pub(super) fn set_root(&mut self, root: Cap<CNode>) {
        self.root = root;
    }

    /// Adds empty slots. Ranges of pointers that touch are joined only within a region: each
    /// region ends where its CNode does.
    pub(super) fn add(&mut self, region: SlotRegion) {
        if self.free.insert(region.pointers.clone()) {
            self.regions.push(region);
        }
    }

    /// Slots that nobody has.
    pub(super) fn left(&self) -> u64 {
        self.free.len()
    }

    /// So many slots in a row, in one CNode.
    pub(super) fn take(&mut self, count: u64) -> Result<Range<u64>, AllocationError> {
        let start = self.free.take(count, 1).ok_or(AllocationError::NoSlots)?;
        let taken = start..start + count;
        if self.region(&taken).is_some() {
            return Ok(taken);
        }
        // The run crosses from one CNode into the next; another may be inside of one.
        let inside = self.inside_of_a_region(count);
        self.free.insert(taken);
        let start = inside.ok_or(AllocationError::NoSlots)?;
        self.free.take_at(start..start + count);
        Ok(start..start + count)
    }

    /// These slots are empty again.
    pub(super) fn give_back(&mut self, pointers: Range<u64>) {
        self.free.insert(pointers);
    }

    /// Where a retype puts objects to appear at these pointers.
    pub(super) fn destination(&self, pointers: &Range<u64>) -> Option<SlotRange> {
        let region = self.region(pointers)?;
        let offset = region.first + (pointers.start - region.pointers.start);
        Some(SlotRange { node: region.node, offset, count: pointers.end - pointers.start })
    }

    /// The path to a slot.
    pub(super) fn path(&self, pointer: u64) -> SlotPath {
        SlotPath::new(self.root, pointer)
    }

    fn region(&self, pointers: &Range<u64>) -> Option<&SlotRegion> {
        let has = |region: &&SlotRegion| {
            region.pointers.start <= pointers.start && pointers.end <= region.pointers.end
        };
        self.regions.iter().find(has)
    }

    fn inside_of_a_region(&self, count: u64) -> Option<u64> {
        let parts = self.free.iter().flat_map(|free| {
            self.regions.iter().map(move |region| {
                free.start.max(region.pointers.start)..free.end.min(region.pointers.end)
            })
        });
        let mut fitting = parts.filter(|part| part.end.saturating_sub(part.start) >= count);
        fitting.next().map(|part| part.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slots() -> Slots {
        let mut slots = Slots::new(Cap::at(2));
        let near = SlotPath::with_depth(Cap::at(2), 0, 0);
        let far = SlotPath::with_depth(Cap::at(2), 1, 32);
        slots.add(SlotRegion { pointers: 100..120, node: near, first: 100 });
        slots.add(SlotRegion { pointers: 1 << 32..(1 << 32) + 64, node: far, first: 0 });
        slots
    }

    #[test]
    fn a_destination_is_in_the_node_of_its_region() {
        let mut slots = slots();
        let near = slots.take(20).expect("twenty");
        assert_eq!(slots.destination(&near).map(|to| (to.node.depth, to.offset)), Some((0, 100)));
        let far = slots.take(30).expect("thirty");
        let next = slots.take(2).expect("two");
        assert_eq!(far.start, 1 << 32);
        assert_eq!(slots.destination(&next).map(|to| (to.node.depth, to.offset)), Some((32, 30)));
        assert_eq!(slots.take(33), Err(AllocationError::NoSlots));
        assert_eq!(slots.left(), 32);
    }

    #[test]
    fn a_run_never_crosses_into_another_node() {
        let mut slots = Slots::new(Cap::at(2));
        for node in 0..4_u64 {
            let path = SlotPath::with_depth(Cap::at(2), node, 60);
            let pointers = node * 16..node * 16 + 16;
            slots.add(SlotRegion { pointers, node: path, first: 0 });
        }
        assert_eq!(slots.take(10), Ok(0..10));
        let second = slots.take(10).expect("ten in a node");
        assert!(slots.destination(&second).is_some());
        assert_eq!(slots.take(17), Err(AllocationError::NoSlots));
    }

    proptest! {
        #[test]
        fn no_slot_is_given_out_twice(
            steps in proptest::collection::vec((any::<bool>(), 1_u64..9, any::<usize>()), 1..60)
        ) {
            let mut slots = slots();
            let mut taken: Vec<Range<u64>> = Vec::new();
            for (take, count, index) in steps {
                if take {
                    taken.extend(slots.take(count));
                } else if !taken.is_empty() {
                    slots.give_back(taken.swap_remove(index % taken.len()));
                }
                let held: u64 = taken.iter().map(|range| range.end - range.start).sum();
                prop_assert_eq!(slots.left() + held, 84);
                let mut sorted = taken.clone();
                sorted.sort_unstable_by_key(|range| range.start);
                prop_assert!(sorted.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(taken.iter().all(|range| slots.destination(range).is_some()));
            }
        }
    }
}
