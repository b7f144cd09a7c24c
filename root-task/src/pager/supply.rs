//! Fetched pages: how they get into their object.

use libsys::bootstrap::AllocationError;

use super::Pager;
use super::client::ClientId;
use super::frames::FrameId;
use super::machine::{Machine, Size};
use super::object::{Failure, ObjectId, Page, Source};
use super::resolve::Fetch;

impl<M: Machine> Pager<M> {
    /// Fills the pages of a fetch: each gets a fresh frame, which `fill` puts its content into,
    /// told its number in the fetch. Then look again at the faults that wait.
    ///
    /// The first page, which was touched, may cost pages of files that nobody has. The others
    /// were to spare faults: with too little memory they stay away.
    ///
    /// # Errors
    /// The first of what the kernel refuses. All pages have come or failed all the same.
    pub fn supply(
        &mut self,
        fetch: &Fetch,
        mut fill: impl FnMut(&mut M, M::Frame, u64) -> Result<(), AllocationError>,
    ) -> Result<(), AllocationError> {
        let mut all = Ok(());
        for (number, index) in (0..).zip(fetch.pages.clone()) {
            if !self.is_coming(fetch.object, index) {
                continue;
            }
            let fresh = if number == 0 {
                self.making_room(|pager| pager.machine.create(Size::Small))
            } else {
                self.machine.create(Size::Small)
            };
            let filled = fresh.and_then(|frame| match fill(&mut self.machine, frame, number) {
                Ok(()) => Ok(self.frames.insert(frame, Size::Small)),
                Err(reason) => {
                    all = all.and(self.machine.destroy(frame));
                    Err(reason)
                }
            });
            self.arrive(fetch, index, filled.map_err(Failure::of));
        }
        all
    }

    /// Takes the pages of a fetch out of a client's memory, from page `first` of it on: both have
    /// them from then on, and the client gets a copy when it writes. What is not resident there
    /// counts as not provided.
    ///
    /// # Errors
    /// The first of what the kernel refuses. All pages have come or failed all the same.
    pub fn supply_from(
        &mut self,
        fetch: &Fetch,
        server: ClientId,
        first: u64,
    ) -> Result<(), AllocationError> {
        let mut all = Ok(());
        for (number, index) in (0..).zip(fetch.pages.clone()) {
            if !self.is_coming(fetch.object, index) {
                continue;
            }
            let taken = match first.checked_add(number) {
                Some(page) => self.taken_from(server, page),
                None => Ok(None),
            };
            let taken = match taken {
                Ok(frame) => frame.ok_or(Failure::NotProvided),
                Err(reason) => {
                    all = all.and(Err(reason));
                    Err(Failure::of(reason))
                }
            };
            self.arrive(fetch, index, taken);
        }
        all
    }

    /// Notes that the pages of a fetch will not come: who waits for them is told so.
    pub fn give_up(&mut self, fetch: &Fetch) {
        for index in fetch.pages.clone() {
            if self.is_coming(fetch.object, index) {
                self.arrive(fetch, index, Err(Failure::NotProvided));
            }
        }
    }

    /// Notes that a server is gone: nothing that it was asked for will come. Who waits asks
    /// again, and learns that nobody answers.
    pub fn give_up_server(&mut self, number: u32) {
        for object in self.objects.objects.values_mut() {
            if matches!(object.source, Source::File { server, .. } if server == number) {
                object.pages.retain(|_, page| *page != Page::Coming);
            }
        }
    }

    /// Whether somebody still wants a page: its object may be gone, or the page here already.
    fn is_coming(&self, object: ObjectId, index: u64) -> bool {
        let object = self.objects.get(object);
        object.is_some_and(|object| matches!(object.pages.get(&index), Some(Page::Coming)))
    }

    /// Puts a page into its object. Of those that failed only the first, which was touched, has
    /// somebody to tell: who wants another one asks for it.
    fn arrive(&mut self, fetch: &Fetch, index: u64, page: Result<FrameId, Failure>) {
        let Some(object) = self.objects.get_mut(fetch.object) else { return };
        match page {
            Ok(frame) => object.pages.insert(index, Page::Present(frame)),
            Err(why) if index == fetch.pages.start => object.pages.insert(index, Page::Failed(why)),
            Err(_) => object.pages.remove(&index),
        };
    }

    /// A resident page of a client, which its object has too from now on; `None`: none is there.
    fn taken_from(
        &mut self,
        server: ClientId,
        page: u64,
    ) -> Result<Option<FrameId>, AllocationError> {
        let resident = |pager: &Self| {
            let (start, resident) = pager.clients.get(&server)?.residents.at(page)?;
            Some((start, resident.frame, resident.pages))
        };
        if let Some((start, _, pages)) = resident(self)
            && pages > 1
        {
            self.making_room(|pager| pager.divide(server, start))?;
        }
        let Some((_, frame, 1)) = resident(self) else { return Ok(None) };
        self.seal(server, page..page + 1)?;
        self.frames.share(frame);
        Ok(Some(frame))
    }
}
