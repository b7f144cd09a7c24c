//! The objects of a system, as runs of equal ones.

use abi::ObjectType;
use abi::object::UNTYPED_BITS;

use crate::cell::Cell;
use crate::damage::Damage;

/// Bytes of a run.
pub const RUN_BYTES: usize = 20;

const PART: &str = "object run";

/// Where the objects of a run lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// Wherever there is room.
    Anywhere,
    /// The first at this address, the others behind it.
    At(u64),
    /// In a piece of memory that holds all objects of the group in one.
    InGroup {
        /// Which.
        group: u16,
        /// The first one's distance from the start of the piece; the others are behind it.
        offset: u64,
    },
}

/// Equal objects at consecutive cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectRun {
    /// Their type.
    pub object: ObjectType,
    /// The size argument of a retype.
    pub size: u8,
    /// The cell of the first.
    pub first: Cell,
    /// How many.
    pub count: u32,
    /// Where they lie.
    pub position: Position,
    /// The untyped memory of the system that they are made of. None: the loader chooses.
    pub inside: Option<Cell>,
}

impl ObjectRun {
    /// `log2` of the bytes of each.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.object.size_bits(self.size as u32)
    }

    /// The run without its count, as bytes: type and kind of position, size, group, first cell,
    /// address or offset, memory.
    #[must_use]
    pub fn to_bytes(self) -> [u8; RUN_BYTES] {
        let (kind, group, word) = match self.position {
            Position::Anywhere => (0, 0, 0),
            Position::At(address) => (1, 0, address),
            Position::InGroup { group, offset } => (2, group, offset),
        };
        let mut bytes = [0; RUN_BYTES];
        bytes[0] = self.object as u8 | kind << 4;
        bytes[1] = self.size;
        bytes[2..4].copy_from_slice(&group.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&word.to_le_bytes());
        let inside = self.inside.map_or(0, |cell| cell.0 + 1);
        bytes[16..].copy_from_slice(&inside.to_le_bytes());
        bytes
    }

    /// The run whose count is up to the cell `end`.
    fn from_bytes(bytes: &[u8; RUN_BYTES], end: u32) -> Option<Self> {
        let word32 = |at: usize| bytes[at..].first_chunk().map(|word| u32::from_le_bytes(*word));
        let word = u64::from_le_bytes(*bytes[8..].first_chunk()?);
        let group = u16::from_le_bytes([bytes[2], bytes[3]]);
        let position = match bytes[0] >> 4 {
            0 if word == 0 && group == 0 => Position::Anywhere,
            1 if group == 0 => Position::At(word),
            2 => Position::InGroup { group, offset: word },
            _ => return None,
        };
        let first = word32(4)?;
        Some(Self {
            object: ObjectType::from_word((bytes[0] & 0xf).into())?,
            size: bytes[1],
            first: Cell(first),
            count: end.checked_sub(first).filter(|count| *count > 0)?,
            position,
            inside: word32(16)?.checked_sub(1).map(Cell),
        })
    }

    /// Whether the kernel can make such objects.
    fn is_possible(&self) -> bool {
        let sized = matches!(
            self.object,
            ObjectType::Untyped | ObjectType::CNode | ObjectType::SchedContext
        );
        let size_fits = if sized { self.size < 48 } else { self.size == 0 };
        size_fits && UNTYPED_BITS.contains(&self.bits())
    }
}

/// All runs, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Objects<'a> {
    runs: &'a [[u8; RUN_BYTES]],
    total: u32,
}

impl<'a> Objects<'a> {
    /// The runs in these bytes, with so many objects altogether.
    ///
    /// # Errors
    /// A run that is none, or not of objects that can be made.
    pub fn new(bytes: &'a [u8], total: u32) -> Result<Self, Damage> {
        let (runs, rest) = bytes.as_chunks();
        let objects = Self { runs, total };
        if !rest.is_empty() {
            return Err(Damage::of(PART, "bytes behind the end"));
        }
        objects.check().map(|()| objects)
    }

    fn check(&self) -> Result<(), Damage> {
        let mut expected = 0;
        for index in 0..self.runs.len() {
            let damage = |reason| Damage::at(PART, index as u64, reason);
            let run = self.run(index).ok_or(damage("not possible"))?;
            if run.first.0 != expected || !run.is_possible() {
                return Err(damage("not possible"));
            }
            if let Some(parent) = run.inside {
                let memory = self.of(parent).ok_or(damage("inside of nothing"))?;
                if parent >= run.first || memory.object != ObjectType::Untyped {
                    return Err(damage("inside of what is no memory"));
                }
            }
            expected = run.first.0 + run.count;
        }
        if expected == self.total {
            Ok(())
        } else {
            Err(Damage::of(PART, "other number of objects"))
        }
    }

    /// How many objects there are.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.total
    }

    /// The runs in order.
    pub fn iter(self) -> impl Iterator<Item = ObjectRun> + Clone + use<'a> {
        (0..self.runs.len()).filter_map(move |index| self.run(index))
    }

    /// The run with the object of a cell.
    #[must_use]
    pub fn of(&self, cell: Cell) -> Option<ObjectRun> {
        let begins_behind = |run: &[u8; RUN_BYTES]| first(run) > cell.0;
        let index = self.runs.partition_point(|run| !begins_behind(run)).checked_sub(1)?;
        self.run(index).filter(|run| cell.0 - run.first.0 < run.count)
    }

    fn run(&self, index: usize) -> Option<ObjectRun> {
        let end = self.runs.get(index + 1).map_or(self.total, first);
        ObjectRun::from_bytes(self.runs.get(index)?, end)
    }
}

/// The first cell of a run.
fn first(run: &[u8; RUN_BYTES]) -> u32 {
    u32::from_le_bytes([run[4], run[5], run[6], run[7]])
}
