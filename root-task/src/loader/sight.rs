//! Frames in sight of the loader, to be filled and to be compared.
//!
//! A frame has to be mapped to be filled, and to be compared with the image when everything is
//! made. Mapping it twice would take most of the time of verification. So pages of 4 KiB are mapped
//! once, by copies of their capabilities, and stay so; the slots for that are given back before any
//! thread runs. The memory of the tables is not: 4 KiB for each 2 MiB of such pages stay used, and
//! no check before the boot counts them. Other frames, and pages that find no room, are mapped each
//! time.

use core::ops::Range;

use libsys::object::{Large, Page, PageSize, PageTable, Small};
use libsys::window::{MemoryKind, Viewer, Window};
use libsys::{Cap, Error, ObjectType, Rights, SlotPath, initial};
use packed::Cell;
use packed::record::Fill;
use plan::Run;

use super::{Loader, Stop};

/// Slots that are left for others.
const RESERVED: u64 = 64;

/// What pages are kept in sight by.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Slots of tables and copies.
    slots: Range<u64>,
    /// Whether a page found no room: then no further one is kept, so that those that are can be
    /// told by their number.
    is_full: bool,
}

impl Loader {
    /// Maps the frame of a row for the first time, and keeps it in sight if it can. Answers by
    /// which capability, as if it were of a page of 4 KiB.
    pub(super) fn see(&mut self, row: &Fill) -> Result<(Window, Cap<Page>), Error> {
        if u32::from(row.bits) == Small::BITS && !self.kept.is_full {
            match self.keep(row.frame) {
                Some(window) => return Ok((window, Cap::at(self.kept.slots.end - 1))),
                None => self.kept.is_full = true,
            }
        }
        Ok((self.look(row.frame, row.bits)?, Cap::at(self.scratch)))
    }

    /// The next frame of this size, if it was kept in sight; `pages` counts those of 4 KiB.
    #[inline(always)]
    pub(super) fn kept(&self, bits: u8, pages: &mut u64) -> Option<Window> {
        if u32::from(bits) != Small::BITS {
            return None;
        }
        *pages += 1;
        self.viewer.kept(*pages - 1)
    }

    /// Maps a frame by a copy of its capability, which [`Self::look_away`] deletes.
    #[inline(never)]
    pub(super) fn look(&mut self, frame: Cell, bits: u8) -> Result<Window, Error> {
        let slot = self.scratch();
        slot.copy_from(self.path(frame), Rights::ALL)?;
        let page: Cap<Page> = Cap::at(slot.index);
        match u32::from(bits) {
            Small::BITS => self.viewer.look(page, MemoryKind::Ram),
            Large::BITS => self.viewer.look::<Large>(page.cast(), MemoryKind::Ram),
            _ => Err(Error::Alignment),
        }
    }

    /// Ends what [`Self::look`] began, if anything.
    #[inline(never)]
    pub(super) fn look_away(&self) -> Result<(), Error> {
        self.scratch().delete()
    }

    /// Works with a copy of a frame's capability, since by the first one the frame may be mapped
    /// elsewhere. The copy is deleted whatever comes of the work: the next needs the slot.
    ///
    /// # Errors
    /// What the kernel refuses, and those of the work; `NotEnoughMemory` if there is no slot.
    pub(super) fn with_copy<S: PageSize, T>(
        &mut self,
        frame: Cell,
        work: impl FnOnce(&mut Viewer, Cap<Page<S>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.next_slot >= self.boot.empty.end {
            return Err(Error::NotEnoughMemory(0));
        }
        let path = SlotPath::new(initial::CNODE, self.next_slot);
        path.copy_from(self.path(frame), Rights::ALL)?;
        let worked = work(&mut self.viewer, Cap::at(path.index));
        path.delete()?;
        worked
    }

    fn scratch(&self) -> SlotPath {
        SlotPath::new(initial::CNODE, self.scratch)
    }

    /// Maps a page for good. None: there is no room.
    fn keep(&mut self, frame: Cell) -> Option<Window> {
        if self.kept.slots.is_empty() {
            self.kept.slots = self.next_slot..self.next_slot;
        }
        if !self.viewer.has_room() {
            let slot = self.slot_of_kept()?;
            self.make_at(Run::one(ObjectType::PageTable, 0), slot).ok()?;
            let table: Cap<PageTable> = Cap::at(slot);
            self.viewer.widen(table).ok()?;
        }
        let slot = self.slot_of_kept()?;
        let path = SlotPath::new(initial::CNODE, slot);
        path.copy_from(self.path(frame), Rights::ALL).ok()?;
        self.viewer.keep(Cap::at(slot)).ok()
    }

    /// A slot behind those that are taken for this already.
    fn slot_of_kept(&mut self) -> Option<u64> {
        if self.boot.empty.end - self.next_slot <= RESERVED {
            return None;
        }
        let slot = self.spare_slot().ok()?;
        self.kept.slots.end = slot + 1;
        Some(slot)
    }

    /// Gives back what pages were kept in sight by: to be verified again, each is mapped again.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn let_out_of_sight(&mut self) -> Result<(), Stop> {
        self.viewer.release();
        let slots = core::mem::take(&mut self.kept).slots;
        if slots.end == self.next_slot {
            self.next_slot = slots.start;
        }
        for slot in slots {
            let deleted = SlotPath::new(initial::CNODE, slot).delete();
            deleted.map_err(self.refused("giving back a page", Cell(u32::MAX)))?;
        }
        Ok(())
    }
}
