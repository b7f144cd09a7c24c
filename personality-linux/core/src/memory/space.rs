//! The address space of a program.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::ops::Range;

use super::area::{Area, Backing, page_behind};
use super::frames::Frames;
use super::table::{Entry, Table};
use super::{page_of, page_up};
use crate::abi::errno::{EEXIST, EINVAL, ENOMEM, Errno};
use crate::machine::{Exhausted, Frame, Machine, PAGE, Protection, SpaceHandle, USER_END};

/// Nothing is ever mapped below.
const LOWEST: u64 = 0x1_0000;
/// Between the stack and what `mmap` places, at least.
const GAP: u64 = 1 << 20;
/// Where the stack ends.
pub(crate) const STACK_END: u64 = USER_END - (1 << 20);
/// How far it may grow.
pub(crate) const STACK_LIMIT: u64 = 8 << 20;
/// Pages behind one that was read that are mapped with it if they are there.
const AROUND: u64 = 16;

/// Why memory cannot be accessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Nothing is there.
    Unmapped,
    /// Not in this way.
    Protected,
    /// It is behind the end of a file.
    BehindEnd,
    /// There is no memory left.
    NoMemory,
}

impl From<Exhausted> for Refused {
    fn from(_: Exhausted) -> Self {
        Self::NoMemory
    }
}

/// How memory is accessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
    Execute,
}

/// Where something is to be mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Where there is room, here if possible.
    Anywhere(u64),
    /// Here, instead of what is there.
    Exactly(u64),
    /// Here, if nothing is there.
    IfFree(u64),
}

/// Areas, and the pages in them that have frames.
#[derive(Debug)]
pub(crate) struct AddressSpace {
    pub(crate) handle: SpaceHandle,
    pub(super) areas: BTreeMap<u64, Area>,
    pub(super) table: Table,
    /// The heap: where it began, and where it ends.
    pub(crate) heap: Range<u64>,
}

impl AddressSpace {
    pub(crate) fn new<M: Machine>(frames: &mut Frames<M>) -> Result<Self, Exhausted> {
        Ok(Self::over(frames.machine.create_space()?))
    }

    pub(super) fn over(handle: SpaceHandle) -> Self {
        Self { handle, areas: BTreeMap::new(), table: Table::default(), heap: 0..0 }
    }

    /// The areas, ascending.
    pub(crate) fn areas(&self) -> impl Iterator<Item = (Range<u64>, &Area)> {
        self.areas.iter().map(|(start, area)| (*start..area.end, area))
    }

    /// Gives everything back.
    pub(crate) fn destroy<M: Machine>(mut self, frames: &mut Frames<M>) {
        frames.machine.destroy_space(self.handle);
        self.drop_pages(frames, &(0..USER_END));
        self.areas.clear();
        frames.sweep();
    }

    /// The area that an address is in.
    pub(super) fn area(&self, address: u64) -> Option<(Range<u64>, &Area)> {
        let (start, area) = self.areas.range(..=address).next_back()?;
        (address < area.end).then_some((*start..area.end, area))
    }

    /// Lets the stack grow down to an address, if it is the stack's.
    pub(super) fn grow(&mut self, address: u64) -> Option<()> {
        let page = page_of(address);
        let (start, area) = self.areas.range(page..).next()?;
        let start = *start;
        let lowest = area.end.checked_sub(STACK_LIMIT)?;
        let below = self.areas.range(..page).next_back().map_or(0, |(_, area)| area.end);
        if !area.grows_down || page < lowest || page < below.saturating_add(PAGE) {
            return None;
        }
        let area = self.areas.remove(&start)?;
        self.areas.insert(page, area);
        Some(())
    }

    /// The frame at an address, for an access of this kind by the program or on its behalf. The
    /// page has one from then on, of its own if it is written and private.
    pub(crate) fn frame<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        address: u64,
        access: Access,
    ) -> Result<Frame, Refused> {
        if self.area(address).is_none() {
            self.grow(address).ok_or(Refused::Unmapped)?;
        }
        let (range, area) = self.area(address).ok_or(Refused::Unmapped)?;
        let permits = match access {
            Access::Read => area.protection.read,
            Access::Write => area.protection.write,
            Access::Execute => area.protection.execute,
        };
        if !permits {
            return Err(Refused::Protected);
        }
        let page = page_of(address);
        let is_written = access == Access::Write;
        if let (true, true, Backing::Object { object, first }) =
            (is_written, area.is_shared, &area.backing)
        {
            object.mapped_to_write(page_behind(&range, *first, page));
        }
        if let Some(entry) = self.table.get(page) {
            let is_own = area.is_shared || frames.users(entry.frame) == 1;
            if !is_written || is_own {
                return Ok(entry.frame);
            }
            let frame = frames.duplicate(entry.frame)?;
            self.replace(frames, page, frame);
            return Ok(frame);
        }
        if frames.machine.is_short() {
            return Err(Refused::NoMemory);
        }
        let frame = first_frame(frames, &range, area, page, is_written)?;
        self.replace(frames, page, frame);
        Ok(frame)
    }

    /// Puts a frame at a page, whose user the page is from now on.
    fn replace<M: Machine>(&mut self, frames: &mut Frames<M>, page: u64, frame: Frame) {
        if let Some(before) = self.table.insert(page, Entry { frame, mapped: None }) {
            discard(frames, before);
        }
    }

    /// Lets the program make an access that has faulted.
    pub(crate) fn fault<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        address: u64,
        access: Access,
    ) -> Result<(), Refused> {
        self.frame(frames, address, access)?;
        self.install(frames, page_of(address))?;
        if access != Access::Write {
            self.map_around(frames, page_of(address));
        }
        Ok(())
    }

    /// Lets the machine map a page that has a frame, with all that is permitted.
    fn install<M: Machine>(&mut self, frames: &mut Frames<M>, page: u64) -> Result<(), Refused> {
        let entry = self.table.get(page).ok_or(Refused::Unmapped)?;
        let (_, area) = self.area(page).ok_or(Refused::Unmapped)?;
        let is_own = area.is_shared || frames.users(entry.frame) == 1;
        let write = area.protection.write && is_own;
        let protection = Protection { write, ..area.protection };
        let mapping = match entry.mapped {
            Some((_, permitted)) if permitted == protection => return Ok(()),
            Some((mapping, _)) => {
                frames.machine.protect(mapping, self.handle, page, protection);
                mapping
            }
            None => frames.machine.map(self.handle, page, entry.frame, protection)?,
        };
        self.table.insert(page, Entry { mapped: Some((mapping, protection)), ..entry });
        Ok(())
    }

    /// Maps pages of the same object behind a page that was just mapped, as long as they need no
    /// memory.
    fn map_around<M: Machine>(&mut self, frames: &mut Frames<M>, page: u64) {
        let Some((range, area)) = self.area(page) else { return };
        let Backing::Object { object, first } = &area.backing else { return };
        let (object, first) = (Rc::clone(object), *first);
        let end = range.end.min(page + AROUND * PAGE);
        let mut next = page + PAGE;
        while next < end && self.table.get(next).is_none() {
            let behind = page_behind(&range, first, next);
            let Some(frame) = object.present(behind) else { return };
            frames.share(frame);
            self.replace(frames, next, frame);
            if self.install(frames, next).is_err() {
                return;
            }
            next += PAGE;
        }
    }

    /// Forgets the pages in a range.
    pub(super) fn drop_pages<M: Machine>(&mut self, frames: &mut Frames<M>, range: &Range<u64>) {
        for page in self.table.pages(range) {
            if let Some(entry) = self.table.remove(page) {
                discard(frames, entry);
            }
        }
    }

    /// Makes areas begin and end at both ends of a range.
    fn cut(&mut self, range: &Range<u64>) {
        for at in [range.start, range.end] {
            let Some((whole, _)) = self.area(at).filter(|(whole, _)| whole.start < at) else {
                continue;
            };
            if let Some(area) = self.areas.get_mut(&whole.start) {
                let rest = area.from(at - whole.start);
                area.end = at;
                self.areas.insert(at, rest);
            }
        }
    }

    /// Ends what is mapped in a range of whole pages.
    pub(crate) fn unmap<M: Machine>(&mut self, frames: &mut Frames<M>, range: &Range<u64>) {
        self.cut(range);
        self.drop_pages(frames, range);
        let starts: alloc::vec::Vec<u64> =
            self.areas.range(range.clone()).map(|(start, _)| *start).collect();
        for start in starts {
            self.areas.remove(&start);
        }
    }

    /// Maps an area of so many bytes, of whole pages; answers where.
    pub(crate) fn map<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        place: Place,
        bytes: u64,
        mut area: Area,
    ) -> Result<u64, Errno> {
        let range = |start: u64| {
            let end = start.checked_add(bytes).filter(|end| *end <= USER_END)?;
            (start >= LOWEST && start.is_multiple_of(PAGE) && bytes > 0).then_some(start..end)
        };
        let range = match place {
            Place::Exactly(start) => {
                let range = range(start).ok_or(EINVAL)?;
                self.unmap(frames, &range);
                range
            }
            Place::IfFree(start) => {
                let range = range(start).ok_or(EINVAL)?;
                if !self.is_free(&range) {
                    return Err(EEXIST);
                }
                range
            }
            Place::Anywhere(wish) => {
                let wished = range(page_of(wish)).filter(|range| self.is_free(range));
                wished.or_else(|| self.room(bytes)).ok_or(ENOMEM)?
            }
        };
        area.end = range.end;
        self.areas.insert(range.start, area);
        self.join(range.start);
        self.join(range.end);
        Ok(range.start)
    }

    /// Makes one of the area that begins here and the one before, if nothing tells them apart.
    fn join(&mut self, start: u64) {
        let Some(next) = self.areas.get(&start) else { return };
        let Some((begin, before)) = self.areas.range(..start).next_back() else { return };
        if before.end != start || !before.continues_as(*begin, next) {
            return;
        }
        let (begin, end) = (*begin, next.end);
        self.areas.remove(&start);
        if let Some(before) = self.areas.get_mut(&begin) {
            before.end = end;
        }
    }

    /// Whether nothing is mapped in a range.
    fn is_free(&self, range: &Range<u64>) -> bool {
        let before = self.areas.range(..range.end).next_back();
        before.is_none_or(|(_, area)| area.end <= range.start)
    }

    /// The highest free addresses below the stack for so many bytes.
    fn room(&self, bytes: u64) -> Option<Range<u64>> {
        let mut end = STACK_END - STACK_LIMIT - GAP;
        for (start, area) in self.areas.range(..end).rev() {
            if area.end <= end && end - area.end >= bytes {
                break;
            }
            end = end.min(*start);
        }
        let start = end.checked_sub(bytes).filter(|start| *start >= LOWEST)?;
        Some(start..end)
    }

    /// Changes what is permitted in a range of whole pages.
    pub(crate) fn protect<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        range: &Range<u64>,
        protection: Protection,
    ) -> Result<(), Errno> {
        if !self.is_covered(range) {
            return Err(ENOMEM);
        }
        self.cut(range);
        for (_, area) in self.areas.range_mut(range.clone()) {
            area.protection = protection;
        }
        for page in self.table.pages(range) {
            // What was mapped faults again, and is mapped then as is permitted.
            let Some(entry) = self.table.get(page) else { continue };
            if let Some((mapping, _)) = entry.mapped {
                frames.machine.unmap(mapping);
                self.table.insert(page, Entry { mapped: None, ..entry });
            }
        }
        Ok(())
    }

    /// Whether every page of a range is in an area.
    pub(crate) fn is_covered(&self, range: &Range<u64>) -> bool {
        let mut next = range.start;
        while next < range.end {
            match self.area(next) {
                Some((area, _)) => next = area.end,
                None => return false,
            }
        }
        true
    }

    /// Whether a range is in one area.
    pub(crate) fn is_one_area(&self, range: &Range<u64>) -> bool {
        self.area(range.start).is_some_and(|(area, _)| range.end <= area.end)
    }

    /// Makes a range of one area longer where it is, if there is room behind it.
    pub(crate) fn extend<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        range: &Range<u64>,
        length: u64,
    ) -> Result<(), Errno> {
        let (whole, area) = self.area(range.start).ok_or(ENOMEM)?;
        if whole.end != range.end {
            return Err(ENOMEM);
        }
        let more = area.from(range.end - whole.start);
        let bytes = length - (range.end - range.start);
        self.map(frames, Place::IfFree(range.end), bytes, more).map(drop)
    }

    /// Moves a range of one area to where there is room for it to be longer; answers where.
    pub(crate) fn relocate<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        range: &Range<u64>,
        length: u64,
    ) -> Result<u64, Errno> {
        let (whole, area) = self.area(range.start).ok_or(ENOMEM)?;
        let area = area.from(range.start - whole.start);
        let start = self.map(frames, Place::Anywhere(0), length, area)?;
        for page in self.table.pages(range) {
            let Some(entry) = self.table.remove(page) else { continue };
            if let Some((mapping, _)) = entry.mapped {
                frames.machine.unmap(mapping);
            }
            self.table.insert(page - range.start + start, Entry { mapped: None, ..entry });
        }
        self.unmap(frames, range);
        Ok(start)
    }

    /// Forgets the content of private pages in a range.
    pub(crate) fn forget<M: Machine>(&mut self, frames: &mut Frames<M>, range: &Range<u64>) {
        self.drop_pages(frames, range);
    }

    /// Moves the end of the heap; answers where it is then.
    pub(crate) fn set_heap_end<M: Machine>(&mut self, frames: &mut Frames<M>, wish: u64) -> u64 {
        if wish < self.heap.start {
            return self.heap.end;
        }
        let (Some(old), Some(new)) = (page_up(self.heap.end), page_up(wish)) else {
            return self.heap.end;
        };
        if new > old {
            let backing = Backing::Anonymous;
            let protection = Protection::DATA;
            let (is_shared, grows_down) = (false, false);
            let area = Area { end: new, protection, is_shared, grows_down, backing };
            if self.map(frames, Place::IfFree(old), new - old, area).is_err() {
                return self.heap.end;
            }
        } else if new < old {
            self.unmap(frames, &(new..old));
        }
        self.heap.end = wish;
        wish
    }
}

/// The frame of a page that has none yet, with one more user.
fn first_frame<M: Machine>(
    frames: &mut Frames<M>,
    range: &Range<u64>,
    area: &Area,
    page: u64,
    is_written: bool,
) -> Result<Frame, Refused> {
    let Backing::Object { object, first } = &area.backing else {
        return Ok(frames.allocate()?);
    };
    let behind = page_behind(range, *first, page);
    if !object.contains(behind) {
        return Err(Refused::BehindEnd);
    }
    let frame = object.page(frames, behind)?;
    if is_written && !area.is_shared {
        return Ok(frames.duplicate(frame)?);
    }
    frames.share(frame);
    Ok(frame)
}

/// Takes a page out of the machine's tables, and gives its frame back.
fn discard<M: Machine>(frames: &mut Frames<M>, entry: Entry) {
    if let Some((mapping, _)) = entry.mapped {
        frames.machine.unmap(mapping);
    }
    frames.release(entry.frame);
}
