//! Copies on write: a client gets a page of its own.

use libsys::bootstrap::AllocationError;

use super::Pager;
use super::client::ClientId;
use super::frames::FrameId;
use super::machine::{Machine, Size, is_lack};

impl<M: Machine> Pager<M> {
    /// Gives a client a copy of the resident that begins at `start`, which others have too. Of
    /// a large page it becomes small ones if there is no other large one.
    pub(super) fn own(&mut self, id: ClientId, start: u64) -> Result<(), AllocationError> {
        let Some(resident) = self.clients.get(&id).and_then(|client| client.residents.at(start))
        else {
            return Ok(());
        };
        let (frame, pages) = (resident.1.frame, resident.1.pages);
        match self.copy_of(frame) {
            Ok(copy) => self.replace(id, start, &[copy], self.frames.size(copy))?,
            Err(reason) if is_lack(reason) && pages > 1 => self.divide(id, start)?,
            Err(reason) => return Err(reason),
        }
        if let Some(client) = self.clients.get_mut(&id) {
            client.copies += pages;
        }
        Ok(())
    }

    /// A copy of a frame that nobody has yet.
    fn copy_of(&mut self, frame: FrameId) -> Result<FrameId, AllocationError> {
        let (from, size) = (self.frames.handle(frame), self.frames.size(frame));
        self.part_of(from, 0, size)
    }

    /// A frame with what is in another from a page of it on.
    fn part_of(
        &mut self,
        from: M::Frame,
        part: u64,
        size: Size,
    ) -> Result<FrameId, AllocationError> {
        let copy = self.machine.create(size)?;
        if let Err(reason) = self.machine.copy(from, part, copy) {
            self.machine.destroy(copy)?;
            return Err(reason);
        }
        Ok(self.frames.insert(copy, size))
    }

    /// Puts small pages in the place of the large one that begins at `start`, with the same
    /// contents. They are the client's own, whoever else had the large one.
    pub(super) fn divide(&mut self, id: ClientId, start: u64) -> Result<(), AllocationError> {
        let Some((_, resident)) =
            self.clients.get(&id).and_then(|client| client.residents.at(start))
        else {
            return Ok(());
        };
        let from = self.frames.handle(resident.frame);
        let mut copies = alloc::vec::Vec::new();
        let mut made = Ok(());
        for part in 0..M::LARGE {
            match self.part_of(from, part, Size::Small) {
                Ok(copy) => copies.push(copy),
                Err(reason) => {
                    made = Err(reason);
                    break;
                }
            }
        }
        match made {
            Ok(()) => self.replace(id, start, &copies, Size::Small),
            Err(reason) => self.release_all(copies).and(Err(reason)),
        }
    }

    /// Puts frames in the place of one resident, and gives that one's frame back; or gives them
    /// back, if that one cannot go.
    fn replace(
        &mut self,
        id: ClientId,
        start: u64,
        frames: &[FrameId],
        size: Size,
    ) -> Result<(), AllocationError> {
        if let Err(reason) = self.unmap_resident(id, start) {
            return self.release_all(frames.iter().copied()).and(Err(reason));
        }
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        let Some(resident) = client.residents.remove(start) else { return Ok(()) };
        let pages = match size {
            Size::Small => 1,
            Size::Large => M::LARGE,
        };
        for (start, frame) in (start..).step_by(pages as usize).zip(frames) {
            client.residents.insert(start, *frame, pages);
        }
        self.release(resident.frame)
    }

    /// Takes the mapping of a resident away, if it has one.
    pub(super) fn unmap_resident(
        &mut self,
        id: ClientId,
        start: u64,
    ) -> Result<(), AllocationError> {
        let client = self.clients.get_mut(&id);
        let Some(resident) = client.and_then(|client| client.residents.get_mut(start)) else {
            return Ok(());
        };
        if let Some((mapping, _)) = &resident.mapping {
            self.machine.unmap(mapping)?;
            resident.mapping = None;
        }
        Ok(())
    }

    /// One less has each of these frames. Answers the first refusal, after all of them.
    pub(super) fn release_all(
        &mut self,
        frames: impl IntoIterator<Item = FrameId>,
    ) -> Result<(), AllocationError> {
        let mut all = Ok(());
        for frame in frames {
            all = all.and(self.release(frame));
        }
        all
    }

    /// One less has a frame; the last one gives it back.
    pub(super) fn release(&mut self, frame: FrameId) -> Result<(), AllocationError> {
        match self.frames.release(frame) {
            Some(handle) => self.machine.destroy(handle),
            None => Ok(()),
        }
    }
}
