//! The one pass over all rows, before anything is made: every row can be read, and names what it
//! should.

use abi::ObjectType;

use crate::cell::{Cell, Origin};
use crate::damage::Damage;
use crate::image::Header;
use crate::layout::{Layout, Stream};
use crate::objects::{ObjectRun, Objects};
use crate::record::{
    Answered, Copies, CoreSignal, Derived, Dropped, Fill, Heartbeat, How, Interrupt, Memory, Pages,
    Passive, Pool, Quiesce, Recipe, Renewed, Resume, Slot, Source, Spaces, Supervisor, Tables,
    Thread, Time, Told, Turn,
};
use crate::rows::Row;

/// What a check finds: `None` is that all is well.
type Finding = Option<&'static str>;

/// Checks all rows.
pub(crate) fn check(header: &Header, layout: &Layout<'_>, contents: usize) -> Result<(), Damage> {
    let mut pass = Pass {
        objects: layout.objects,
        cells: header.cells,
        contents: contents as u64,
        last_run: None,
        next_cell: header.objects,
        last_slot: None,
    };
    pass.all(layout.memory)?;
    pass.all(layout.pools)?;
    pass.all(layout.spaces)?;
    pass.all(layout.copies)?;
    pass.all(layout.interrupts)?;
    pass.all(layout.core_signals)?;
    if pass.next_cell != header.cells {
        return Err(Damage::of("header", "cells without content"));
    }
    pass.all(layout.fills)?;
    pass.all(layout.tables)?;
    pass.all(layout.pages)?;
    pass.all(layout.times)?;
    pass.all(layout.threads)?;
    pass.all(layout.slots)?;
    pass.all(layout.derived)?;
    pass.all(layout.turns)?;
    pass.all(layout.resumes)?;
    pass.all(layout.dropped)?;
    pass.all(layout.recipes)?;
    pass.all(layout.renewed)?;
    pass.all(layout.answered)?;
    pass.all(layout.told)?;
    pass.all(layout.supervisor)?;
    pass.all(layout.heartbeats)?;
    pass.all(layout.passive)?;
    pass.all(layout.quiesce)
}

/// A kind of row that can be checked.
trait Checked: Row {
    /// What is wrong with it.
    fn finding(&self, pass: &mut Pass<'_>) -> Finding;
}

/// What is known while the rows pass by.
struct Pass<'a> {
    objects: Objects<'a>,
    /// The run that was looked up last: the next row often names another of its objects.
    last_run: Option<ObjectRun>,
    cells: u32,
    contents: u64,
    /// The first cell that nothing was said about yet.
    next_cell: u32,
    /// The last slot that was named.
    last_slot: Option<(Cell, u32)>,
}

impl Pass<'_> {
    fn all<R: Checked>(&mut self, stream: Stream<'_, R>) -> Result<(), Damage> {
        let mut rows = stream.rows();
        let mut number = 0;
        while let Some(row) = rows.read()? {
            if let Some(reason) = row.finding(self) {
                return Err(Damage::at(R::PART, number, reason));
            }
            number += 1;
        }
        Ok(())
    }

    /// Whether all of so many cells are objects of one run, of this type.
    fn are(&mut self, first: Cell, count: u32, object: ObjectType) -> bool {
        self.run(first, count).is_some_and(|run| run.object == object)
    }

    /// The run of so many objects.
    fn run(&mut self, first: Cell, count: u32) -> Option<ObjectRun> {
        let holds = |run: &ObjectRun| run.first <= first && first.0 - run.first.0 < run.count;
        let run = match self.last_run.filter(holds) {
            Some(run) => run,
            None => self.objects.of(first)?,
        };
        self.last_run = Some(run);
        (count > 0 && count <= run.count - (first.0 - run.first.0)).then_some(run)
    }

    fn is(&mut self, cell: Cell, object: ObjectType) -> bool {
        self.are(cell, 1, object)
    }

    /// Whether a cell is there, and if it is an object's, of this type. What a copy is of is seen
    /// when it is used: the kernel refuses the wrong kind.
    fn may_be(&mut self, cell: Option<Cell>, object: ObjectType) -> bool {
        cell.is_none_or(|cell| {
            cell.0 < self.cells && (!self.is_object(cell) || self.is(cell, object))
        })
    }

    const fn is_object(&self, cell: Cell) -> bool {
        cell.0 < self.objects.total()
    }

    /// Whether these are the next cells that nothing was said about; then something was.
    fn fills(&mut self, first: Cell, count: u32) -> bool {
        let end = first.0.checked_add(count).filter(|end| *end <= self.cells && count > 0);
        let fits = first.0 == self.next_cell && end.is_some();
        self.next_cell = end.unwrap_or(self.next_cell);
        fits
    }

    /// Whether a CNode has such a slot.
    fn has_slot(&mut self, node: Cell, slot: u32) -> bool {
        let run = self.run(node, 1).filter(|run| run.object == ObjectType::CNode);
        run.is_some_and(|run| u64::from(slot) >> run.size == 0)
    }

    /// Whether this is the number of a frame's cell.
    fn is_frame(&mut self, cell: u64) -> bool {
        let cell = u32::try_from(cell).ok().map(Cell);
        let run = cell.and_then(|cell| self.run(cell, 1));
        run.is_some_and(|run| {
            let page = [ObjectType::SmallPage, ObjectType::LargePage, ObjectType::HugePage];
            page.contains(&run.object)
        })
    }

    /// Whether so many frames of a size begin here, which may be copies.
    fn are_frames(&mut self, first: Cell, count: u32, bits: u8) -> bool {
        let Some(object) = frame(bits) else { return false };
        match self.is_object(first) {
            true => self.are(first, count, object),
            false => first.0.checked_add(count).is_some_and(|end| count > 0 && end <= self.cells),
        }
    }
}

/// The frame of so many bytes, as a power of two.
const fn frame(bits: u8) -> Option<ObjectType> {
    match bits {
        12 => Some(ObjectType::SmallPage),
        21 => Some(ObjectType::LargePage),
        30 => Some(ObjectType::HugePage),
        _ => None,
    }
}

/// `log2` of the bytes of the largest frames that the loader looks into.
const LARGEST_VIEW: u8 = 21;

/// `reason`, unless something holds.
const fn unless(holds: bool, reason: &'static str) -> Finding {
    if holds { None } else { Some(reason) }
}

/// Whether so many pieces of `1 << bits` bytes from an address on are a user's.
fn are_user_addresses(address: u64, count: u32, bits: u32) -> bool {
    let end = address.checked_add(u64::from(count) << bits);
    address.is_multiple_of(1 << bits) && end.is_some_and(|end| end <= abi::USER_END)
}

impl Checked for Memory {
    fn finding(&self, _: &mut Pass<'_>) -> Finding {
        unless(self.bits < 48, "larger than any memory")
    }
}

impl Checked for Pool {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let memory = pass.run(self.memory, 1).filter(|run| run.object == ObjectType::Untyped);
        let fits = memory.is_some_and(|run| run.bits() == abi::object::ASID_POOL_BITS);
        unless(fits && pass.fills(self.pool, 1), "no memory for a pool, or not the next cell")
    }
}

impl Checked for Spaces {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        // Until the copies come, only pools have been put behind the objects.
        let is_pool = |pool: Cell| !pass.is_object(pool) && pool.0 < pass.next_cell;
        let has_pool = self.pool.is_none_or(is_pool);
        unless(
            has_pool && pass.are(self.first, self.count, ObjectType::VSpace),
            "no address spaces",
        )
    }
}

impl Checked for Copies {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let sources = pass.run(self.source, self.count).is_some();
        unless(sources && pass.fills(self.first, self.count), "no objects, or not the next cells")
    }
}

impl Checked for Interrupt {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let told = pass.may_be(self.notification, ObjectType::Notification);
        unless(told && pass.fills(self.handler, 1), "no notification, or not the next cell")
    }
}

impl Checked for CoreSignal {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(self.number < 16 && pass.fills(self.cell, 1), "no such signal, or not the next cell")
    }
}

impl Checked for Fill {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let is_frame = pass.is_object(self.frame) && pass.are_frames(self.frame, 1, self.bits);
        let end = u64::from(self.at) + u64::from(self.length);
        let source_end = self.offset.checked_add(self.length.into());
        let has_source = match self.source {
            Source::Content => source_end.is_some_and(|end| end <= pass.contents),
            Source::Address => self.length == 8 && pass.is_frame(self.offset),
            _ => source_end.is_some(),
        };
        if self.bits > LARGEST_VIEW {
            return Some("of a frame that is too large to be looked into");
        }
        unless(is_frame && end <= 1 << self.bits && has_source, "outside of its frame or source")
    }
}

impl Checked for Tables {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let level = u32::from(self.level);
        let known = (1..=3).contains(&level) && pass.is(self.space, ObjectType::VSpace);
        // A table of level 3 spans 2^21 bytes, each level above it 2^9 times as many.
        let fits = known && are_user_addresses(self.address, self.count, 48 - 9 * level);
        unless(fits && pass.are(self.first, self.count, ObjectType::PageTable), "no page tables")
    }
}

impl Checked for Pages {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let frames = pass.are_frames(self.first, self.count, self.bits);
        let fits = frames && are_user_addresses(self.address, self.count, self.bits.into());
        unless(fits && pass.is(self.space, ObjectType::VSpace), "no frames, or no such addresses")
    }
}

impl Checked for Time {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(pass.is(self.context, ObjectType::SchedContext), "no scheduling context")
    }
}

impl Checked for Thread {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let small = pass.may_be(self.buffer, ObjectType::SmallPage);
        let fits = pass.is(self.thread, ObjectType::Thread)
            && pass.may_be(self.cspace, ObjectType::CNode)
            && pass.may_be(self.vspace, ObjectType::VSpace)
            && (small || pass.may_be(self.buffer, ObjectType::LargePage))
            && pass.may_be(self.context, ObjectType::SchedContext)
            && pass.may_be(self.fault_handler, ObjectType::Endpoint)
            && pass.may_be(self.timeout_handler, ObjectType::Endpoint)
            && pass.may_be(self.notification, ObjectType::Notification);
        unless(fits, "no thread, or a capability of the wrong kind")
    }
}

impl Checked for Slot {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let here = (self.node, self.slot);
        let ascends = pass.last_slot.is_none_or(|last| last < here);
        pass.last_slot = Some(here);
        let is_there = match self.origin {
            Origin::Cell(cell) => cell.0 < pass.cells,
            _ => true,
        };
        let may_be_copied = self.origin != Origin::IrqControl || self.how == How::Moved;
        let fits = ascends && is_there && may_be_copied && pass.has_slot(self.node, self.slot);
        unless(fits, "no such slot or capability, or not ascending")
    }
}

impl Checked for Derived {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let both = pass.has_slot(self.node, self.slot)
            && pass.has_slot(self.parent_node, self.parent_slot);
        unless(both, "no such slot")
    }
}

impl Checked for Turn {
    fn finding(&self, _: &mut Pass<'_>) -> Finding {
        unless(self.ticks < 1 << 56, "longer than any turn")
    }
}

impl Checked for Resume {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(pass.are(self.first, self.count, ObjectType::Thread), "no threads")
    }
}

impl Checked for Dropped {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let end = self.first.0.checked_add(self.count);
        unless(end.is_some_and(|end| end <= pass.cells), "no such cells")
    }
}

impl Checked for Recipe {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let fits =
            pass.is(self.thread, ObjectType::Thread) && pass.may_be(self.cspace, ObjectType::CNode);
        unless(fits, "no thread, or no CSpace")
    }
}

impl Checked for Renewed {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let frames =
            pass.is_object(self.first) && pass.are_frames(self.first, self.count, self.bits);
        unless(frames && self.bits <= LARGEST_VIEW, "no frames, or too large to be looked into")
    }
}

impl Checked for Answered {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(pass.is(self.reply, ObjectType::Reply), "no reply object")
    }
}

impl Checked for Supervisor {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let fits = pass.is(self.endpoint, ObjectType::Endpoint)
            && pass.is(self.reply, ObjectType::Reply)
            && pass.may_be(self.bell, ObjectType::Notification);
        if self.clock_period == 0 {
            return Some("a clock without a period");
        }
        unless(fits, "no endpoint, no reply object, or no notification")
    }
}

impl Checked for Heartbeat {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        let fits = pass.is(self.page, ObjectType::SmallPage)
            && pass.may_be(Some(self.asks), ObjectType::Notification);
        unless(fits, "no page, or no notification")
    }
}

impl Checked for Passive {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(pass.is(self.thread, ObjectType::Thread), "no thread")
    }
}

impl Checked for Quiesce {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        // All registers that silencing touches lie in the first 256 bytes of a device.
        let is_inside = self.at.is_multiple_of(4) && self.at <= (1 << 12) - 256;
        unless(pass.is(self.page, ObjectType::SmallPage) && is_inside, "no page of registers")
    }
}

impl Checked for Told {
    fn finding(&self, pass: &mut Pass<'_>) -> Finding {
        unless(pass.may_be(Some(self.notification), ObjectType::Notification), "no notification")
    }
}
