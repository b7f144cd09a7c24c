//! Objects are made of memory, all in the order of the image.

use alloc::vec::Vec;

use abi::bootinfo::UntypedDescriptor;
use abi::object::RETYPE_FAN_OUT;
use libsys::object::{PageTable, SlotRange, Untyped};
use libsys::window::Viewer;
use libsys::{BootInfo, Cap, Error, ObjectType, initial};
use packed::placing::{Placed, place_all};
use packed::{Cell, Image};
use plan::{Planner, Run, SourceId, Step};

use super::sight::Kept;
use super::{Loader, Stop, machine};

/// The untyped memory that the kernel offers.
pub(super) fn offered(boot: &BootInfo) -> &[UntypedDescriptor] {
    let count = usize::try_from(boot.untyped.len()).unwrap_or(usize::MAX);
    &boot.untyped_list[..count.min(boot.untyped_list.len())]
}

/// Looks whether the machine is as the image expects, then makes all objects.
pub(super) fn create(boot: &'static BootInfo, image: Image<'static>) -> Result<Loader, Stop> {
    machine::expect(boot, &image)?;
    let cells = u64::from(image.header.cells);
    let slots = boot.empty.len();
    // Two tables, a page of the UART, a slot to try things in; pieces of devices come besides.
    let needed = cells + 4;
    if slots < needed {
        return Err(Stop::NoSlots { needed });
    }
    // Once without doing anything, so that nothing is made of a system that does not fit.
    let planned = place_all(image.layout.objects, &mut Planner::new(offered(boot)), &mut |_| ());
    planned.map_err(Stop::NoMemory)?;
    let mut maker = Maker {
        base: boot.empty.start,
        next_slot: boot.empty.start + cells,
        end: boot.empty.end,
        sources: boot.untyped.slots().map(Cap::at).collect(),
        result: Ok(()),
    };
    let mut planner = Planner::new(offered(boot));
    let placed = place_all(image.layout.objects, &mut planner, &mut |placed| maker.make(placed));
    // A refusal of the kernel came first: what is placed after it was not made.
    maker.result?;
    placed.map_err(Stop::NoMemory)?;
    let tables = maker.own_tables(&mut planner)?;
    let viewer = Viewer::new(tables).map_err(refused("mapping", Cell(0)))?;
    let Maker { base, next_slot, sources, .. } = maker;
    Ok(Loader {
        boot,
        image,
        base,
        next_slot: next_slot + 1,
        planner,
        sources,
        viewer,
        scratch: next_slot,
        kept: Kept::default(),
        told: Vec::new(),
        aids: None,
        extra_period: None,
    })
}

fn refused(doing: &'static str, cell: Cell) -> impl FnOnce(Error) -> Stop {
    move |error| Stop::Refused { doing, cell, error }
}

/// Does what the planner says.
struct Maker {
    base: u64,
    next_slot: u64,
    end: u64,
    sources: Vec<Cap<Untyped>>,
    /// The first refusal; nothing is made after it.
    result: Result<(), Stop>,
}

impl Maker {
    fn make(&mut self, placed: Placed) {
        if self.result.is_ok() {
            self.result = self.perform(placed);
        }
    }

    fn perform(&mut self, placed: Placed) -> Result<(), Stop> {
        match placed {
            Placed::Make { step, first } => {
                let (source, run, _) = step.retype();
                self.retype(source, run, self.base + u64::from(first.0), first)
            }
            Placed::Skip(step) => {
                let slot = self.own(step)?;
                self.sources.push(Cap::at(slot));
                Ok(())
            }
            Placed::Open { memory, .. } => {
                self.sources.push(Cap::at(self.base + u64::from(memory.0)));
                Ok(())
            }
        }
    }

    /// Makes something that is not of the system, answers its slot.
    fn own(&mut self, step: Step) -> Result<u64, Stop> {
        let (source, run, _) = step.retype();
        let slot = self.next_slot;
        if slot >= self.end {
            return Err(Stop::NoSlots { needed: slot + 1 - self.base });
        }
        self.next_slot += 1;
        // Cells do not reach so far: there is no name for it.
        self.retype(source, run, slot, Cell(u32::MAX))?;
        Ok(slot)
    }

    fn retype(&self, source: SourceId, run: Run, slot: u64, first: Cell) -> Result<(), Stop> {
        let memory = self.sources.get(source.index()).copied().unwrap_or(Cap::NULL);
        let mut done = 0;
        while done < run.count {
            let count = (run.count - done).min(RETYPE_FAN_OUT);
            let slots = SlotRange::within(initial::CNODE, slot + done, count);
            memory.retype(run.object, run.size, slots).map_err(refused("making", first))?;
            done += count;
        }
        Ok(())
    }

    /// The tables of the place where the loader looks at pages.
    fn own_tables(&mut self, planner: &mut Planner) -> Result<[Cap<PageTable>; 2], Stop> {
        let mut tables = [Cap::NULL; 2];
        for table in &mut tables {
            let mut result = Ok(0);
            let run = Run::one(ObjectType::PageTable, 0);
            let placed = planner.place(run, None, &mut |step| result = self.own(step));
            let object = Cell(u32::MAX);
            placed.map_err(|refusal| {
                Stop::NoMemory(packed::placing::Misplaced { object, refusal })
            })?;
            *table = Cap::at(result?);
        }
        Ok(tables)
    }
}
