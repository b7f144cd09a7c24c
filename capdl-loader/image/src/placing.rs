//! All objects of a system given to the planner, in the order of their cells.
//!
//! The order is the one that [`plan`] asks for; the tool numbers cells by it. Host and target run
//! this same function.

use alloc::vec::Vec;

use plan::{Planner, Refusal, Run, SourceId, Step};

use crate::cell::Cell;
use crate::objects::{ObjectRun, Objects, Position};

/// What the planner decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placed {
    /// Objects are made.
    Make {
        /// Of what, and where.
        step: Step,
        /// The cell of the first.
        first: Cell,
    },
    /// Untyped memory is made that is no object of the system.
    Skip(Step),
    /// An object of the system, which is untyped memory, is made use of.
    Open {
        /// The object.
        memory: Cell,
        /// What the planner calls it.
        source: SourceId,
    },
}

/// That an object found no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Misplaced {
    /// The object, or the first of several.
    pub object: Cell,
    /// Why.
    pub refusal: Refusal,
}

/// Places all objects, and says how.
///
/// # Errors
/// The first object that finds no place. The others are placed nevertheless.
pub fn place_all(
    objects: Objects<'_>,
    planner: &mut Planner,
    say: &mut dyn FnMut(Placed),
) -> Result<(), Misplaced> {
    let mut first = None;
    place_what_fits(objects, planner, say, &mut |misplaced| {
        first.get_or_insert(misplaced);
    });
    first.map_or(Ok(()), Err)
}

/// Places all objects that find a place, and says how, and `refuse`s the others. What lies in
/// memory that found no place is left out.
pub fn place_what_fits(
    objects: Objects<'_>,
    planner: &mut Planner,
    say: &mut dyn FnMut(Placed),
    refuse: &mut dyn FnMut(Misplaced),
) {
    let mut parents = Parents::of(objects);
    let mut runs = objects.iter().peekable();
    while let Some(run) = runs.next() {
        let inside = match run.inside.map(|memory| parents.source(memory, planner, say)) {
            None => None,
            Some(Some(source)) => Some(source),
            Some(None) => continue,
        };
        let (base, inside) = match run.position {
            Position::Anywhere => (None, inside),
            Position::At(address) => (Some(address), inside),
            Position::InGroup { group, .. } => {
                let rest = core::iter::from_fn(|| runs.next_if(|run| is_in(run, group)));
                let members: Vec<ObjectRun> = core::iter::once(run).chain(rest).collect();
                let placed = parents.group(&members, inside, planner, say);
                placed.unwrap_or_else(&mut *refuse);
                continue;
            }
        };
        parents.one_run(run, base, inside, planner, say).unwrap_or_else(&mut *refuse);
    }
}

fn is_in(run: &ObjectRun, wanted: u16) -> bool {
    matches!(run.position, Position::InGroup { group, .. } if group == wanted)
}

/// Bytes of a group, and `log2` of its alignment.
fn extent(members: &[ObjectRun]) -> (u64, u32) {
    members.iter().fold((0, 0), |(bytes, bits), run| {
        let Position::InGroup { offset, .. } = run.position else { return (bytes, bits) };
        let end = offset.saturating_add(u64::from(run.count) << run.bits());
        (bytes.max(end), bits.max(run.bits()))
    })
}

/// A run as the planner takes it.
fn planned(run: &ObjectRun, count: u64) -> Run {
    Run { object: run.object, size: run.size.into(), count }
}

/// Untyped memory of the system that other objects are made of.
struct Parents {
    /// Ascending by cell.
    all: Vec<Parent>,
}

struct Parent {
    memory: Cell,
    /// Where it lies, once it was placed.
    address: Option<u64>,
    bits: u32,
    /// What the planner calls it, once it was used.
    source: Option<SourceId>,
}

impl Parents {
    fn of(objects: Objects<'_>) -> Self {
        let mut cells: Vec<Cell> = objects.iter().filter_map(|run| run.inside).collect();
        cells.sort_unstable();
        cells.dedup();
        let parent = |memory| {
            let bits = objects.of(memory).map_or(0, |run| run.bits());
            Parent { memory, address: None, bits, source: None }
        };
        Self { all: cells.into_iter().map(parent).collect() }
    }

    /// What the planner calls this memory, if it was placed.
    fn source(
        &mut self,
        memory: Cell,
        planner: &mut Planner,
        say: &mut dyn FnMut(Placed),
    ) -> Option<SourceId> {
        let found = self.all.binary_search_by_key(&memory, |parent| parent.memory);
        let parent = self.all.get_mut(found.ok()?)?;
        let address = parent.address?;
        let source = *parent.source.get_or_insert_with(|| {
            let source = planner.open(address, parent.bits);
            say(Placed::Open { memory, source });
            source
        });
        Some(source)
    }

    /// Places what lies together.
    fn group(
        &mut self,
        members: &[ObjectRun],
        inside: Option<SourceId>,
        planner: &mut Planner,
        say: &mut dyn FnMut(Placed),
    ) -> Result<(), Misplaced> {
        let Some(first) = members.first() else { return Ok(()) };
        let (bytes, bits) = extent(members);
        let found = planner.reserve(bytes, bits, inside);
        let found = found.map_err(|refusal| Misplaced { object: first.first, refusal })?;
        for run in members {
            let Position::InGroup { offset, .. } = run.position else { continue };
            let at = Some(found.address.saturating_add(offset));
            self.one_run(*run, at, Some(found.source), planner, say)?;
        }
        Ok(())
    }

    /// Places the objects of one run: one behind the other from `base` on, or anywhere.
    fn one_run(
        &mut self,
        run: ObjectRun,
        base: Option<u64>,
        inside: Option<SourceId>,
        planner: &mut Planner,
        say: &mut dyn FnMut(Placed),
    ) -> Result<(), Misplaced> {
        let mut next = run.first;
        let mut tell = |step: Step| match step {
            Step::Make { run: made, address, .. } => {
                self.remember(next, made, address);
                say(Placed::Make { step, first: next });
                // No more than the run has, whose count is one of 32 bits.
                next = next.plus(u32::try_from(made.count).unwrap_or(u32::MAX));
            }
            Step::Skip { .. } => say(Placed::Skip(step)),
        };
        let Some(base) = base else {
            let placed = planner.place(planned(&run, run.count.into()), inside, &mut tell);
            return placed.map_err(|refusal| Misplaced { object: next, refusal });
        };
        for index in 0..u64::from(run.count) {
            let address = base.saturating_add(index << run.bits());
            let placed = planner.place_at(planned(&run, 1), address, inside, &mut tell);
            placed.map_err(|refusal| Misplaced { object: run.first, refusal })?;
        }
        Ok(())
    }

    /// Notes where memory lies that others are made of.
    fn remember(&mut self, first: Cell, made: Run, address: u64) {
        let start = self.all.partition_point(|parent| parent.memory < first);
        for parent in &mut self.all[start..] {
            let index = u64::from(parent.memory.0 - first.0);
            if index >= made.count {
                break;
            }
            parent.address = Some(address + (index << made.bits()));
        }
    }
}
