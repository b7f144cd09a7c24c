//! Where the objects of a model come to lie: the planner's answer for some untyped memory, asked
//! in the order, and by the code, by which the loader asks it.

use abi::bootinfo::UntypedDescriptor;
use layout::{Model, ObjectId};
use packed::objects::{ObjectRun, Objects};
use packed::placing::{Placed, place_what_fits};
use plan::{Planner, Refusal, Step};

use crate::pack::{self, numbering::Numbering};

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Physical addresses by object; `None`: takes no memory, or found no place.
    pub addresses: Vec<Option<u64>>,
    /// Pieces of untyped memory that are made only to be skipped.
    pub skips: u64,
    /// What found no place: the first object of several equal ones (none: it is the loader's),
    /// and why.
    pub refused: Vec<(Option<ObjectId>, Refusal)>,
    /// What is left.
    pub planner: Planner,
}

impl Placement {
    /// Places all objects of a model in this memory.
    #[must_use]
    pub fn of(model: &Model, memory: &[UntypedDescriptor]) -> Self {
        Self::new(model, &pack::number(model), memory)
    }

    /// Places all objects, which are numbered so.
    pub(crate) fn new(model: &Model, numbering: &Numbering, memory: &[UntypedDescriptor]) -> Self {
        let mut placement = Self {
            addresses: vec![None; model.objects.len()],
            skips: 0,
            refused: Vec::new(),
            planner: Planner::new(memory),
        };
        let bytes: Vec<u8> = numbering.runs.iter().flat_map(|run| run.to_bytes()).collect();
        // All runs are of objects that can be made: others have no number.
        let Ok(runs) = Objects::new(&bytes, numbering.total()) else { return placement };
        let Self { addresses, skips, refused, planner } = &mut placement;
        let mut say = |placed| match placed {
            Placed::Make { step: Step::Make { run, address, .. }, first } => {
                let objects = numbering.order.iter().skip(first.0 as usize);
                let places = (0..run.count).map(|index| address + (index << run.bits()));
                for (object, place) in objects.zip(places) {
                    object.iter().for_each(|object| addresses[object.index()] = Some(place));
                }
            }
            Placed::Skip(_) => *skips += 1,
            Placed::Make { .. } | Placed::Open { .. } => {}
        };
        place_what_fits(runs, planner, &mut say, &mut |misplaced| {
            let object = numbering.order.get(misplaced.object.0 as usize);
            refused.push((object.copied().flatten(), misplaced.refusal));
        });
        placement
    }
}

/// Bytes of the objects of a run.
pub(crate) fn bytes(run: &ObjectRun) -> u64 {
    1_u64
        .checked_shl(run.bits())
        .and_then(|each| each.checked_mul(run.count.into()))
        .unwrap_or(u64::MAX)
}
