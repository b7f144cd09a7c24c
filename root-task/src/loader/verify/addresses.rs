//! Frames say where they lie.
//!
//! One retype makes its objects one behind the other, and puts them into consecutive slots in that
//! order: the ABI promises it. So the first and the last of a batch vouch for those between. An
//! object with an address of its own is a batch of its own.

use abi::ObjectType;
use abi::object::RETYPE_FAN_OUT;
use packed::Cell;
use packed::image::Header;
use packed::placing::{Placed, place_all};
use plan::{Planner, Step};

use super::super::memory::offered;
use super::super::stop::Difference;
use super::super::{Loader, Stop, cells};

/// Which frames are asked for their addresses.
///
/// ```
/// use packed::image::Header;
/// use root_task::loader::Depth;
///
/// assert_eq!(Depth::of(&Header::default()), Depth::Usual);
/// assert_eq!(Depth::of(&Header { is_strict: true, ..Header::default() }), Depth::Strict);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// Those with an address of their own; those whose address a component is told, because it
    /// may tell a device; of all others, the first and the last that one retype made.
    Usual,
    /// Every one.
    Strict,
}

impl Depth {
    /// What a system asks for: one for the very memory that it was planned for, all.
    #[must_use]
    pub const fn of(header: &Header) -> Self {
        match header.is_strict {
            true => Self::Strict,
            false => Self::Usual,
        }
    }
}

impl Loader {
    pub(super) fn verify_addresses(&self, depth: Depth) -> Result<(), Stop> {
        let told = &self.told;
        let mut planner = Planner::new(offered(self.boot));
        let mut result = Ok(());
        let placed = place_all(self.image.layout.objects, &mut planner, &mut |placed| {
            if let (Ok(()), Placed::Make { step, first }) = (result, placed) {
                result = batches(step, first)
                    .try_for_each(|batch| self.verify_batch(&batch, depth, told));
            }
        });
        placed.map_err(Stop::NoMemory).and(result)
    }

    /// Asks the frames of a batch that this depth chooses.
    fn verify_batch(&self, batch: &Batch, depth: Depth, told: &[Cell]) -> Result<(), Stop> {
        let mut ask = |cell| self.verify_address(cell, batch.planned(cell));
        if depth == Depth::Strict {
            return cells(batch.first, batch.count).try_for_each(ask);
        }
        ask(batch.first)?;
        let start = told.partition_point(|cell| *cell <= batch.first);
        let between = told[start..].iter().take_while(|cell| **cell < batch.last());
        between.copied().try_for_each(&mut ask)?;
        match batch.count {
            1 => Ok(()),
            _ => ask(batch.last()),
        }
    }

    fn verify_address(&self, cell: Cell, planned: u64) -> Result<(), Stop> {
        let found = self.page(cell).address();
        let found = found.map_err(self.refused("asking for its address", cell))?;
        if found == planned {
            return Ok(());
        }
        Err(Stop::Differs { what: Difference::Address { planned, found }, cell })
    }
}

/// Frames that one retype made: at least one.
struct Batch {
    first: Cell,
    count: u32,
    /// Where the first should lie.
    address: u64,
    /// `log2` of the bytes of each.
    bits: u32,
}

impl Batch {
    const fn last(&self) -> Cell {
        Cell(self.first.0 + (self.count - 1))
    }

    /// Where one of them should lie.
    const fn planned(&self, cell: Cell) -> u64 {
        self.address + (((cell.0 - self.first.0) as u64) << self.bits)
    }
}

/// The batches that a step is made in; none if it makes no frames.
fn batches(step: Step, first: Cell) -> impl Iterator<Item = Batch> {
    let (_, run, address) = step.retype();
    let is_frame =
        matches!(run.object, ObjectType::SmallPage | ObjectType::LargePage | ObjectType::HugePage);
    let (end, bits) = (if is_frame { run.count } else { 0 }, run.bits());
    (0..end).step_by(RETYPE_FAN_OUT as usize).map(move |start| Batch {
        // Cells are numbers of 32 bits, so are counts of them.
        first: Cell(first.0 + start as u32),
        count: (end - start).min(RETYPE_FAN_OUT) as u32,
        address: address + (start << bits),
        bits,
    })
}
