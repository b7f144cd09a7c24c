//! What was made is read again and compared with the image.
//!
//! | what | how |
//! |---|---|
//! | frames | they say their physical addresses; a second planner says where they should lie |
//! | slots | each that should be occupied is, and no other one |
//! | registers | those that the image sets |
//! | contents | byte by byte, for frames in sight through what they were filled by |
//!
//! Which frames are asked is a matter of [`Depth`]; all else is read again always. A capability
//! that came to name another frame after that was filled is thus found if its frame is asked:
//! always in a strict system, else only of some.
//!
//! Whether slots are occupied is asked by calls that change nothing, because all are refused:
//!
//! | asked of | a call | occupied | empty |
//! |---|---|---|---|
//! | one slot | moves it onto itself | `DeleteFirst` | `FailedLookup`: no source |
//! | several slots | makes what is larger than any memory | `DeleteFirst` | `NotEnoughMemory` |

mod addresses;
mod contents;

pub use addresses::Depth;

use core::ops::Range;

use libsys::object::SlotRange;
use libsys::{Error, ObjectType, SlotPath};
use packed::Cell;

use super::stop::Difference;
use super::threads::{REGISTERS, registers};
use super::{Loader, Stop};

/// `log2` of the bytes of an object that no memory has room for.
const TOO_LARGE: u32 = 47;
/// What a refusal of a question is about.
const LOOKING: &str = "looking into slots";

impl Loader {
    /// Reads the system again.
    ///
    /// # Errors
    /// The first difference from the image.
    #[inline(never)]
    pub fn verify(&mut self, depth: Depth) -> Result<(), Stop> {
        self.verify_addresses(depth)?;
        self.verify_slots()?;
        self.verify_registers()?;
        self.verify_contents()
    }

    fn verify_slots(&self) -> Result<(), Stop> {
        let objects = self.image.layout.objects;
        // Only this much of a row is kept until its node comes.
        let slots = self.image.layout.slots.rows().map(|row| (row.node, u64::from(row.slot)));
        let mut rows = (0..).zip(slots).peekable();
        for run in objects.iter().filter(|run| run.object == ObjectType::CNode) {
            for node in super::cells(run.first, run.count) {
                let own = core::iter::from_fn(|| rows.next_if(|(_, (of, _))| *of == node))
                    .map(|(row, (_, slot))| (row, slot));
                self.verify_node(node, run.size, own)?;
            }
        }
        Ok(())
    }

    /// Compares the slots of a CNode with these rows and their slots: all of it, ascending.
    fn verify_node(
        &self,
        node: Cell,
        bits: u8,
        rows: impl Iterator<Item = (u64, u64)>,
    ) -> Result<(), Stop> {
        let (mut next, root) = (0, self.cap(node));
        for (row, occupied) in rows {
            if next < occupied {
                self.verify_empty(node, bits, next..occupied)?;
            }
            let path = SlotPath::with_depth(root, occupied, bits);
            if !self.is_occupied(node, path)? {
                return Err(Stop::SlotEmpty { row });
            }
            next = occupied + 1;
        }
        self.verify_empty(node, bits, next..1 << bits)
    }

    fn verify_empty(&self, node: Cell, bits: u8, slots: Range<u64>) -> Result<(), Stop> {
        let Range { start: mut from, end: to } = slots;
        while from < to {
            let count = (to - from).min(abi::object::RETYPE_FAN_OUT);
            let is_occupied = match count {
                1 => self.is_occupied(node, SlotPath::with_depth(self.cap(node), from, bits))?,
                _ => self.is_any_occupied(node, from, count)?,
            };
            if is_occupied {
                let what = Difference::Occupied { from, to: from + count };
                return Err(Stop::Differs { what, cell: node });
            }
            from += count;
        }
        Ok(())
    }

    /// Whether this slot of a CNode is occupied.
    pub(super) fn is_occupied(&self, node: Cell, slot: SlotPath) -> Result<bool, Stop> {
        slot.is_occupied().map_err(self.refused(LOOKING, node))
    }

    /// Whether one of so many slots is occupied.
    fn is_any_occupied(&self, node: Cell, offset: u64, count: u64) -> Result<bool, Stop> {
        let slots = SlotRange::within(self.cap(node), offset, count);
        // Any memory will do that is not the system's: that may have been moved away.
        let memory = self.sources.first().copied().unwrap_or(libsys::Cap::NULL);
        match memory.retype(ObjectType::Untyped, TOO_LARGE, slots) {
            Err(Error::NotEnoughMemory(_)) => Ok(false),
            // The second is not possible: nothing is so large.
            Err(Error::DeleteFirst) | Ok(()) => Ok(true),
            Err(error) => Err(self.refused(LOOKING, node)(error)),
        }
    }

    fn verify_registers(&self) -> Result<(), Stop> {
        let mut rows = self.image.layout.threads.rows();
        while let Some(row) = &rows.next() {
            let thread = self.thread(row.thread);
            let read = thread.read_first_registers::<REGISTERS>(false);
            let read = read.map_err(self.refused("reading registers", row.thread))?;
            let pairs = registers(row).into_iter().zip(read);
            // The third register is the flags, of which the kernel has a part.
            for (index, (planned, found)) in pairs.enumerate().filter(|(index, _)| *index != 2) {
                if planned != found {
                    let what = Difference::Register { index, planned, found };
                    return Err(Stop::Differs { what, cell: row.thread });
                }
            }
        }
        Ok(())
    }
}
