//! What files and shared memory consist of. `read`, `write` and `mmap` all reach the same frames.
//!
//! The content of an object with a [`Source`] is there, and read when it is needed; what was
//! changed is remembered until somebody [takes it](MemoryObject::take_unwritten) to write it there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt::Debug;
use core::ops::Range;
use core::time::Duration;

use super::frames::{Discarded, Frames};
use crate::abi::errno::{ENOMEM, ENOSPC, Errno};
use crate::machine::{Exhausted, Frame, Machine, PAGE, PAGE_BITS, PAGE_BYTES};

/// Pages that are read together, if none of them is there.
const AHEAD: u64 = 32;

/// Where the content of an object is kept.
pub(crate) trait Source: Debug {
    /// Copies content out; answers how many bytes there are. What is behind is zero.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, Errno>;

    /// Forgets everything behind this length.
    ///
    /// # Errors
    /// It cannot be written.
    fn resize(&self, length: u64) -> Result<(), Errno>;

    /// The object has content that is to be written: since then, if a program wrote it.
    fn wrote(&self, modified: Option<Duration>);

    /// Whether so many more pages can be written.
    fn has_room(&self, pages: u64) -> bool;
}

/// Why a page has no memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unavailable {
    /// There is none.
    Memory,
    /// Its content cannot be read, or written.
    Source(Errno),
}

impl From<Exhausted> for Unavailable {
    fn from(_: Exhausted) -> Self {
        Self::Memory
    }
}

impl From<Unavailable> for Errno {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::Memory => ENOMEM,
            Unavailable::Source(errno) => errno,
        }
    }
}

/// Pages by their number, and a length in bytes. A page that is not there is that of the source, or
/// zero.
#[derive(Debug)]
pub(crate) struct MemoryObject {
    pages: RefCell<BTreeMap<u64, Frame>>,
    /// Pages that the source does not have.
    unwritten: RefCell<BTreeSet<u64>>,
    /// Pages that programs could have changed without a call.
    mapped: RefCell<BTreeSet<u64>>,
    length: Cell<u64>,
    source: Option<Rc<dyn Source>>,
    discarded: Discarded,
}

impl Drop for MemoryObject {
    fn drop(&mut self) {
        let mut pages = self.pages.borrow_mut();
        let pages = core::mem::take(&mut *pages);
        self.discarded.borrow_mut().extend(pages.into_values());
    }
}

impl MemoryObject {
    /// Zeros.
    pub(crate) fn new<M: Machine>(frames: &Frames<M>, length: u64) -> Rc<Self> {
        Self::anonymous(frames.discarded(), length)
    }

    /// The same, for who knows only where frames go that nobody uses any more.
    pub(crate) fn anonymous(discarded: Discarded, length: u64) -> Rc<Self> {
        Self::over(discarded, None, length)
    }

    /// The content of a source.
    pub(crate) fn of(discarded: Discarded, source: Rc<dyn Source>, length: u64) -> Rc<Self> {
        Self::over(discarded, Some(source), length)
    }

    fn over(discarded: Discarded, source: Option<Rc<dyn Source>>, length: u64) -> Rc<Self> {
        Rc::new(Self {
            pages: RefCell::default(),
            unwritten: RefCell::default(),
            mapped: RefCell::default(),
            length: Cell::new(length),
            source,
            discarded,
        })
    }

    /// Bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length.get()
    }

    /// A page that has memory.
    pub(crate) fn present(&self, page: u64) -> Option<Frame> {
        self.pages.borrow().get(&page).copied()
    }

    /// Whether any byte of a page is in the object.
    pub(crate) fn contains(&self, page: u64) -> bool {
        page < self.length.get().div_ceil(PAGE)
    }

    /// A page, with memory from now on.
    ///
    /// # Errors
    /// There is no memory, or the source cannot be read.
    pub(crate) fn page<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        page: u64,
    ) -> Result<Frame, Unavailable> {
        if let Some(frame) = self.present(page) {
            return Ok(frame);
        }
        match &self.source {
            Some(source) if self.contains(page) => self.fetch(frames, source.as_ref(), page),
            _ => {
                let frame = frames.allocate()?;
                self.pages.borrow_mut().insert(page, frame);
                Ok(frame)
            }
        }
    }

    /// Reads a page, and those behind it that are not there.
    fn fetch<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        source: &dyn Source,
        page: u64,
    ) -> Result<Frame, Unavailable> {
        let first = frames.allocate()?;
        let end = self.length.get().div_ceil(PAGE).min(page + AHEAD);
        let next = self.pages.borrow().range(page..end).next().map(|(page, _)| *page);
        let count = (next.unwrap_or(end) - page).max(1);
        let mut bytes = alloc::vec![0; count as usize * PAGE_BYTES];
        if let Err(errno) = source.read(page << PAGE_BITS, &mut bytes) {
            frames.release(first);
            return Err(Unavailable::Source(errno));
        }
        let (content, more) = bytes.split_at(PAGE_BYTES);
        frames.machine.write(first, 0, content);
        self.pages.borrow_mut().insert(page, first);
        for (content, page) in more.chunks_exact(PAGE_BYTES).zip(page + 1..) {
            // Only what was asked for must be there.
            let Ok(frame) = frames.allocate() else { break };
            frames.machine.write(frame, 0, content);
            self.pages.borrow_mut().insert(page, frame);
        }
        Ok(first)
    }

    /// Copies bytes out; answers how many there are.
    ///
    /// # Errors
    /// Nothing could be read, and not for the end.
    pub(crate) fn read<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        offset: u64,
        bytes: &mut [u8],
    ) -> Result<usize, Errno> {
        let left = self.length.get().saturating_sub(offset);
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < count {
            let (page, within) = split(offset + done as u64);
            let length = (PAGE_BYTES - within).min(count - done);
            let part = &mut bytes[done..done + length];
            let frame = match &self.source {
                None => Ok(self.present(page)),
                Some(_) => self.page(frames, page).map(Some),
            };
            match frame {
                Ok(Some(frame)) => frames.machine.read(frame, within, part),
                Ok(None) => part.fill(0),
                Err(unavailable) if done == 0 => return Err(unavailable.into()),
                Err(_) => return Ok(done),
            }
            done += length;
        }
        Ok(count)
    }

    /// Copies bytes in, making the object longer if need be; answers how many found memory.
    ///
    /// # Errors
    /// None did: there is no memory, no room, or the source cannot be read.
    pub(crate) fn write<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Unavailable> {
        let mut done = 0;
        while done < bytes.len() {
            let Some(at) = offset.checked_add(done as u64) else { break };
            let (page, within) = split(at);
            let length = (PAGE_BYTES - within).min(bytes.len() - done);
            match self.page_to_write(frames, page, length == PAGE_BYTES) {
                Ok(frame) => frames.machine.write(frame, within, &bytes[done..done + length]),
                Err(unavailable) if done == 0 => return Err(unavailable),
                Err(_) => break,
            }
            done += length;
            self.length.set(self.length.get().max(offset + done as u64));
        }
        Ok(done)
    }

    /// A page that is about to be written, perhaps all of it.
    fn page_to_write<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        page: u64,
        all: bool,
    ) -> Result<Frame, Unavailable> {
        let Some(source) = &self.source else { return self.page(frames, page) };
        if self.unwritten.borrow().contains(&page) {
            return self.page(frames, page);
        }
        if !source.has_room(1) {
            return Err(Unavailable::Source(ENOSPC));
        }
        let frame = match self.present(page) {
            None if all => {
                let frame = frames.allocate()?;
                self.pages.borrow_mut().insert(page, frame);
                frame
            }
            _ => self.page(frames, page)?,
        };
        self.mark_unwritten(page..page + 1);
        Ok(frame)
    }

    /// Sets the length; what is cut off is zero when the object grows again.
    ///
    /// # Errors
    /// The source cannot be written.
    pub(crate) fn resize<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        length: u64,
    ) -> Result<(), Errno> {
        if length < self.length.get() {
            if let Some(source) = &self.source {
                source.resize(length)?;
            }
            let behind = length.div_ceil(PAGE);
            let cut = self.pages.borrow_mut().split_off(&behind);
            self.unwritten.borrow_mut().split_off(&behind);
            self.mapped.borrow_mut().split_off(&behind);
            for frame in cut.into_values() {
                frames.release(frame);
            }
            let (page, within) = split(length);
            if let Some(frame) = self.present(page).filter(|_| within > 0) {
                frames.clear_from(frame, within);
            }
        }
        self.length.set(length);
        Ok(())
    }
}

/// What the source does not have.
impl MemoryObject {
    /// A program has written it.
    pub(crate) fn wrote(&self, when: Option<Duration>) {
        if let Some(source) = &self.source {
            source.wrote(when);
        }
    }

    /// A program may change a page from now on.
    pub(crate) fn mapped_to_write(&self, page: u64) {
        if self.source.is_some() && self.mapped.borrow_mut().insert(page) {
            self.mark_unwritten(page..page + 1);
        }
    }

    /// Somebody has set the time of the last change, which is not that of writing it to the source.
    pub(crate) fn dated(&self, when: Duration) {
        if self.unwritten() > 0 {
            self.wrote(Some(when));
        }
    }

    /// Pages that are to be written.
    pub(crate) fn mark_unwritten(&self, pages: Range<u64>) {
        self.unwritten.borrow_mut().extend(pages);
        self.wrote(None);
    }

    /// How many pages are to be written.
    pub(crate) fn unwritten(&self) -> u64 {
        self.unwritten.borrow().len() as u64
    }

    /// The first pages that are to be written and follow each other, which count as written now:
    /// number and content.
    pub(crate) fn take_unwritten<M: Machine>(
        &self,
        frames: &Frames<M>,
        most: usize,
    ) -> Option<(u64, Vec<u8>)> {
        let mut unwritten = self.unwritten.borrow_mut();
        let first = *unwritten.first()?;
        let mut bytes = Vec::new();
        for page in first..first + most as u64 {
            if !unwritten.remove(&page) {
                break;
            }
            let begin = bytes.len();
            bytes.resize(begin + PAGE_BYTES, 0);
            if let Some(frame) = self.present(page) {
                frames.machine.read(frame, 0, &mut bytes[begin..]);
            }
        }
        Some((first, bytes))
    }

    /// Pages that are still mapped anywhere may be changed again: they are to be written again.
    pub(crate) fn keep_mapped<M: Machine>(&self, frames: &Frames<M>) {
        let is_used = |page: &u64| self.present(*page).is_some_and(|frame| frames.users(frame) > 1);
        self.mapped.borrow_mut().retain(is_used);
        self.unwritten.borrow_mut().extend(self.mapped.borrow().iter());
    }

    /// Gives back memory whose content the source has and that is mapped nowhere.
    pub(crate) fn forget_clean<M: Machine>(&self, frames: &mut Frames<M>) {
        if self.source.is_none() {
            return;
        }
        let unwritten = self.unwritten.borrow();
        self.pages.borrow_mut().retain(|page, frame| {
            let keep = unwritten.contains(page) || frames.users(*frame) > 1;
            if !keep {
                frames.release(*frame);
            }
            keep
        });
    }
}

impl From<Unavailable> for super::Refused {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::Memory => Self::NoMemory,
            Unavailable::Source(ENOMEM) => Self::NoMemory,
            Unavailable::Source(_) => Self::BehindEnd,
        }
    }
}

/// The page of an offset, and the place in it.
fn split(offset: u64) -> (u64, usize) {
    (offset >> PAGE_BITS, (offset & (PAGE - 1)) as usize)
}
