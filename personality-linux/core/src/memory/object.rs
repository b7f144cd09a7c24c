//! What files and shared memory consist of. `read`, `write` and `mmap` all reach the same frames.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use super::frames::{Discarded, Frames};
use crate::machine::{Exhausted, Frame, Machine, PAGE, PAGE_BITS, PAGE_BYTES};

/// Pages by their number, and a length in bytes. A page that is not there is zero.
#[derive(Debug)]
pub(crate) struct MemoryObject {
    pages: RefCell<BTreeMap<u64, Frame>>,
    length: Cell<u64>,
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
    pub(crate) fn new<M: Machine>(frames: &Frames<M>, length: u64) -> Rc<Self> {
        let pages = RefCell::default();
        Rc::new(Self { pages, length: Cell::new(length), discarded: frames.discarded() })
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
    pub(crate) fn page<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        page: u64,
    ) -> Result<Frame, Exhausted> {
        if let Some(frame) = self.present(page) {
            return Ok(frame);
        }
        let frame = frames.allocate()?;
        self.pages.borrow_mut().insert(page, frame);
        Ok(frame)
    }

    /// Copies bytes out; answers how many there are.
    pub(crate) fn read<M: Machine>(
        &self,
        frames: &Frames<M>,
        offset: u64,
        bytes: &mut [u8],
    ) -> usize {
        let left = self.length.get().saturating_sub(offset);
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < count {
            let (page, within) = split(offset + done as u64);
            let length = (PAGE_BYTES - within).min(count - done);
            let part = &mut bytes[done..done + length];
            match self.present(page) {
                Some(frame) => frames.machine.read(frame, within, part),
                None => part.fill(0),
            }
            done += length;
        }
        count
    }

    /// Copies bytes in, making the object longer if need be; answers how many found memory.
    pub(crate) fn write<M: Machine>(
        &self,
        frames: &mut Frames<M>,
        offset: u64,
        bytes: &[u8],
    ) -> Result<usize, Exhausted> {
        let mut done = 0;
        while done < bytes.len() {
            let Some(at) = offset.checked_add(done as u64) else { break };
            let (page, within) = split(at);
            let length = (PAGE_BYTES - within).min(bytes.len() - done);
            match self.page(frames, page) {
                Ok(frame) => frames.machine.write(frame, within, &bytes[done..done + length]),
                Err(exhausted) if done == 0 => return Err(exhausted),
                Err(_) => break,
            }
            done += length;
            self.length.set(self.length.get().max(offset + done as u64));
        }
        Ok(done)
    }

    /// Sets the length; what is cut off is zero when the object grows again.
    pub(crate) fn resize<M: Machine>(&self, frames: &mut Frames<M>, length: u64) {
        if length < self.length.get() {
            let cut = self.pages.borrow_mut().split_off(&length.div_ceil(PAGE));
            for frame in cut.into_values() {
                frames.release(frame);
            }
            let (page, within) = split(length);
            if let Some(frame) = self.present(page).filter(|_| within > 0) {
                frames.clear_from(frame, within);
            }
        }
        self.length.set(length);
    }
}

/// The page of an offset, and the place in it.
fn split(offset: u64) -> (u64, usize) {
    (offset >> PAGE_BITS, (offset & (PAGE - 1)) as usize)
}
