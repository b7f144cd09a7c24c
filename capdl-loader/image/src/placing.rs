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
/// The first object that finds no place; what was said before is right without it.
pub fn place_all(
    objects: Objects<'_>,
    planner: &mut Planner,
    say: &mut impl FnMut(Placed),
) -> Result<(), Misplaced> {
    let mut parents = Parents::of(objects);
    let mut runs = objects.iter().peekable();
    while let Some(run) = runs.next() {
        let refused = |refusal| Misplaced { object: run.first, refusal };
        let inside = match run.inside {
            Some(memory) => Some(parents.source(memory, planner, say).map_err(refused)?),
            None => None,
        };
        let (base, inside) = match run.position {
            Position::Anywhere => (None, inside),
            Position::At(address) => (Some(address), inside),
            Position::InGroup { group, offset } => {
                let rest = runs.clone();
                let members = core::iter::once(run).chain(rest).take_while(|run| is_in(run, group));
                let (bytes, bits) = extent(members);
                let found = planner.reserve(bytes, bits, inside).map_err(refused)?;
                let mut place = |run: ObjectRun, offset: u64| {
                    let at = found.address.saturating_add(offset);
                    parents.one_run(run, Some(at), Some(found.source), planner, say)
                };
                place(run, offset)?;
                while let Some(member) = runs.next_if(|run| is_in(run, group)) {
                    if let Position::InGroup { offset, .. } = member.position {
                        place(member, offset)?;
                    }
                }
                continue;
            }
        };
        parents.one_run(run, base, inside, planner, say)?;
    }
    Ok(())
}

fn is_in(run: &ObjectRun, wanted: u16) -> bool {
    matches!(run.position, Position::InGroup { group, .. } if group == wanted)
}

/// Bytes of a group, and `log2` of its alignment.
fn extent(members: impl Iterator<Item = ObjectRun>) -> (u64, u32) {
    members.fold((0, 0), |(bytes, bits), run| {
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
    address: u64,
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
            Parent { memory, address: 0, bits, source: None }
        };
        Self { all: cells.into_iter().map(parent).collect() }
    }

    /// What the planner calls this memory.
    fn source(
        &mut self,
        memory: Cell,
        planner: &mut Planner,
        say: &mut impl FnMut(Placed),
    ) -> Result<SourceId, Refusal> {
        let found = self.all.binary_search_by_key(&memory, |parent| parent.memory);
        let parent = found.ok().and_then(|index| self.all.get_mut(index));
        let parent = parent.ok_or(Refusal::Nowhere { address: 0 })?;
        if parent.source.is_none() {
            let source = planner.open(parent.address, parent.bits);
            say(Placed::Open { memory, source });
            parent.source = Some(source);
        }
        parent.source.ok_or(Refusal::Nowhere { address: 0 })
    }

    /// Places the objects of one run: one behind the other from `base` on, or anywhere.
    fn one_run(
        &mut self,
        run: ObjectRun,
        base: Option<u64>,
        inside: Option<SourceId>,
        planner: &mut Planner,
        say: &mut impl FnMut(Placed),
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
            parent.address = address + (index << made.bits());
        }
    }
}
