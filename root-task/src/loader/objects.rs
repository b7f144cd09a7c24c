//! Objects that the loader makes for itself.

use core::ops::Range;

use libsys::bootstrap::AllocationError;
use libsys::memory::Objects;
use libsys::object::{CNode, Page, SlotRange};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, ObjectType, initial};
use plan::{Refusal, Run, Step};

use super::{Loader, Stop};

impl Objects for Loader {
    /// Of memory that is left over, in slots that are.
    fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        let start = self.next_slot;
        let end = start.checked_add(count).filter(|end| *end <= self.boot.empty.end);
        let end = end.ok_or(AllocationError::NoSlots)?;
        for slot in start..end {
            self.make_at(Run::one(object, size), slot)?;
            self.next_slot = slot + 1;
        }
        Ok(start..end)
    }

    fn cspace(&self) -> Cap<CNode> {
        initial::CNODE
    }
}

impl Loader {
    /// Makes one object of memory that is left over.
    pub(super) fn make_at(&mut self, run: Run, slot: u64) -> Result<(), AllocationError> {
        let mut found = None;
        let placed = self.planner.place(run, None, &mut |step| found = Some(step));
        let (Ok(()), Some(Step::Make { source, run, .. })) = (placed, found) else {
            return Err(AllocationError::NoMemory { bits: run.bits(), count: run.count });
        };
        let memory = self.sources.get(source.index()).copied().unwrap_or(Cap::NULL);
        let slots = SlotRange::within(initial::CNODE, slot, 1);
        Ok(memory.retype(run.object, run.size, slots)?)
    }

    /// A page of memory that the loader sees for good.
    pub(super) fn own_page(&mut self) -> Result<(Cap<Page>, Window), AllocationError> {
        let page = self.create::<Page>()?;
        let window = self.viewer.mount(page, MemoryKind::Ram)?;
        Ok((page, window))
    }

    /// What it means that the loader cannot make something for itself.
    pub(super) fn lacks(doing: &'static str) -> impl FnOnce(AllocationError) -> Stop {
        use packed::Cell;
        use packed::placing::Misplaced;
        // Cells do not reach so far: it has no name.
        let nobody = Cell(u32::MAX);
        move |error| match error {
            AllocationError::NoMemory { bits, count } => {
                let refusal = Refusal::Full { bits, missing: count };
                Stop::NoMemory(Misplaced { object: nobody, refusal })
            }
            AllocationError::Refused(error) => Stop::Refused { doing, cell: nobody, error },
            _ => Stop::NoSlots { needed: 1 },
        }
    }
}
