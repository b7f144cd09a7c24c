//! Fetched pages: how they get into their object.

use libsys::bootstrap::AllocationError;

use super::Pager;
use super::client::ClientId;
use super::machine::{Machine, Size, is_lack};
use super::object::{ObjectId, Page};
use super::resolve::Fetch;

impl<M: Machine> Pager<M> {
    /// Fills the pages of a fetch: each gets a fresh frame, which `fill` puts its content into,
    /// told its number in the fetch. Then look again at the faults that wait.
    ///
    /// # Errors
    /// What the kernel refuses. Pages that are missing afterwards count as not provided.
    pub fn supply(
        &mut self,
        fetch: &Fetch,
        mut fill: impl FnMut(&mut M, M::Frame, u64) -> Result<(), AllocationError>,
    ) -> Result<(), AllocationError> {
        for (number, index) in (0..).zip(fetch.pages.clone()) {
            if !self.is_coming(fetch.object, index) {
                continue;
            }
            let page = match self.create_small() {
                Ok(handle) => match fill(&mut self.machine, handle, number) {
                    Ok(()) => Page::Present(self.frames.insert(handle, Size::Small)),
                    Err(_) => {
                        self.machine.destroy(handle)?;
                        Page::Failed
                    }
                },
                Err(_) => Page::Failed,
            };
            self.arrive(fetch.object, index, page);
        }
        Ok(())
    }

    /// Takes the pages of a fetch out of a client's memory, from page `first` of it on: both have
    /// them from then on, and the client gets a copy when it writes. What is not resident there
    /// counts as not provided.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn supply_from(
        &mut self,
        fetch: &Fetch,
        server: ClientId,
        first: u64,
    ) -> Result<(), AllocationError> {
        for (number, index) in (0..).zip(fetch.pages.clone()) {
            if !self.is_coming(fetch.object, index) {
                continue;
            }
            let page = match first.checked_add(number) {
                Some(page) => self.taken_from(server, page)?,
                None => Page::Failed,
            };
            self.arrive(fetch.object, index, page);
        }
        Ok(())
    }

    /// Notes that the pages of a fetch will not come: who waits for them is told so.
    ///
    /// # Errors
    /// None.
    pub fn give_up(&mut self, fetch: &Fetch) -> Result<(), AllocationError> {
        for index in fetch.pages.clone() {
            if self.is_coming(fetch.object, index) {
                self.arrive(fetch.object, index, Page::Failed);
            }
        }
        Ok(())
    }

    /// Whether somebody still wants a page: its object may be gone, or the page here already.
    fn is_coming(&self, object: ObjectId, index: u64) -> bool {
        let object = self.objects.get(object);
        object.is_some_and(|object| matches!(object.pages.get(&index), Some(Page::Coming)))
    }

    fn arrive(&mut self, object: ObjectId, index: u64, page: Page) {
        if let Some(object) = self.objects.get_mut(object) {
            object.pages.insert(index, page);
        }
    }

    /// A resident page of a client, which its object has too from now on.
    fn taken_from(&mut self, server: ClientId, page: u64) -> Result<Page, AllocationError> {
        let resident = |pager: &Self| {
            let (start, resident) = pager.clients.get(&server)?.residents.at(page)?;
            Some((start, resident.frame, resident.pages))
        };
        let Some((start, frame, pages)) = resident(self) else { return Ok(Page::Failed) };
        if pages > 1 {
            self.divide(server, start)?;
            return match resident(self) {
                Some((_, frame, 1)) => Ok(self.shared(frame)),
                _ => Ok(Page::Failed),
            };
        }
        self.seal(server, page..page + 1)?;
        Ok(self.shared(frame))
    }

    fn shared(&mut self, frame: super::frames::FrameId) -> Page {
        self.frames.share(frame);
        Page::Present(frame)
    }

    /// A small frame, if need be in exchange for a page of an object that nobody has.
    fn create_small(&mut self) -> Result<M::Frame, AllocationError> {
        match self.machine.create(Size::Small) {
            Err(reason) if is_lack(reason) && self.evict()? => self.machine.create(Size::Small),
            other => other,
        }
    }
}
