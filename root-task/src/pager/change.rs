//! What clients, and those who make them, ask for: regions that come, change and go.

use alloc::vec::Vec;
use core::ops::Range;

use libsys::bootstrap::AllocationError;
use libsys::pager::{Protection, Purpose, Refusal, Usage};

use super::Pager;
use super::client::{Client, ClientId};
use super::machine::{Machine, Size, is_lack};
use super::object::{ObjectId, Page, Source};
use super::region::{Backing, Region};
use super::regions::Found;

/// How a client that asked learns of a failure.
fn refusal(reason: AllocationError) -> Refusal {
    if is_lack(reason) { Refusal::Memory } else { Refusal::Kernel }
}

impl<M: Machine> Pager<M> {
    /// Adds a client with an empty address space, of which the pager manages `room` (page
    /// numbers), and a quota in pages.
    pub fn add_client(&mut self, space: M::Space, room: Range<u64>, quota: u64) -> ClientId {
        self.last_client += 1;
        let id = ClientId::of(self.last_client);
        self.clients.insert(id, Client::new(space, room, quota));
        id
    }

    /// Forgets a client, whose threads have stopped: everything that it had is free again, but
    /// what others have too. The address space comes back, with nothing in it but tables.
    ///
    /// # Errors
    /// `Stranger`; `Kernel`.
    pub fn remove_client(&mut self, id: ClientId) -> Result<M::Space, Refusal> {
        let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
        let everything: Vec<_> = client.regions.iter().map(|region| region.pages.clone()).collect();
        for pages in everything {
            self.forget(id, &pages).map_err(refusal)?;
        }
        let client = self.clients.remove(&id).ok_or(Refusal::Stranger)?;
        Ok(client.space)
    }

    /// Adds an object. It stays until it is [forgotten](Self::forget_object) and no region
    /// refers to it.
    pub fn add_object(&mut self, source: Source) -> ObjectId {
        self.objects.insert(source)
    }

    /// Lets go of an object.
    ///
    /// # Errors
    /// `Kernel`.
    pub fn forget_object(&mut self, id: ObjectId) -> Result<(), Refusal> {
        self.release_object(Some(id)).map_err(refusal)
    }

    /// What a client has.
    #[must_use]
    pub fn usage(&self, id: ClientId) -> Option<Usage> {
        self.clients.get(&id).map(Client::usage)
    }

    /// How many frames there are, by size: small, large.
    #[must_use]
    pub fn frames(&self) -> (u64, u64) {
        self.frames.count()
    }

    /// Adds a region.
    ///
    /// # Errors
    /// - `Stranger`; `Alignment`: it is empty, or has no room for its guard page.
    /// - `Addresses`: something is there, or it leaves the room.
    /// - `Quota`: the client has very many regions.
    /// - `Protection`: it shares the pages of a file, which nobody may write.
    pub fn add_region(&mut self, id: ClientId, region: Region) -> Result<(), Refusal> {
        let client = self.clients.get_mut(&id).ok_or(Refusal::Stranger)?;
        client.regions.check(&region)?;
        if !client.regions.has_room(1) {
            return Err(Refusal::Quota);
        }
        if let Some(object) = region.backing.object() {
            let source = self.objects.get(object).ok_or(Refusal::File)?.source;
            if !is_possible(region.backing, region.protection, source) {
                return Err(Refusal::Protection);
            }
        }
        self.objects.share(region.backing.object());
        client.regions.insert(region);
        Ok(())
    }

    /// The lowest place in a client for so many pages with a free one on both sides; for many,
    /// aligned to large pages.
    ///
    /// # Errors
    /// `Stranger`; `Alignment`: none are wanted; `Addresses`.
    pub fn place(&self, id: ClientId, pages: u64) -> Result<Range<u64>, Refusal> {
        let modulus = if pages >= M::LARGE { M::LARGE } else { 1 };
        self.place_like(id, pages, (0, modulus))
    }

    fn place_like(
        &self,
        id: ClientId,
        pages: u64,
        alignment: (u64, u64),
    ) -> Result<Range<u64>, Refusal> {
        let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
        if pages == 0 {
            return Err(Refusal::Alignment);
        }
        let start = client.regions.place(pages, alignment).ok_or(Refusal::Addresses)?;
        Ok(start..start + pages)
    }

    /// Adds a region of zeros where there is room: its pages.
    ///
    /// # Errors
    /// Those of [`place`](Self::place).
    pub fn allocate(
        &mut self,
        id: ClientId,
        pages: u64,
        purpose: Purpose,
    ) -> Result<Range<u64>, Refusal> {
        let place = self.place(id, pages)?;
        let region = Region::zeros(place.clone(), purpose);
        self.add_region(id, region)?;
        Ok(place)
    }

    /// Takes memory away from a client.
    ///
    /// # Errors
    /// `Stranger`; `Nothing`: no region is there; `Memory`: a large page cannot be divided;
    /// `Quota`: the client has very many regions, and there would be more.
    /// `Kernel`: then a part may be gone.
    pub fn unmap(&mut self, id: ClientId, pages: Range<u64>) -> Result<(), Refusal> {
        self.prepare(id, &pages)?;
        self.forget(id, &pages).map_err(refusal)
    }

    /// Changes what a client may do with memory.
    ///
    /// # Errors
    /// Those of [`unmap`](Self::unmap), and `Protection`: pages of a file that are shared cannot
    /// be writable.
    pub fn protect(
        &mut self,
        id: ClientId,
        pages: Range<u64>,
        protection: Protection,
    ) -> Result<(), Refusal> {
        let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
        let is_possible = client.regions.parts(&pages).iter().all(|region| {
            let object = region.backing.object().and_then(|id| self.objects.get(id));
            object.is_none_or(|object| is_possible(region.backing, protection, object.source))
        });
        if !is_possible {
            return Err(Refusal::Protection);
        }
        self.prepare(id, &pages)?;
        self.restrict(id, &pages, protection).map_err(refusal)?;
        let Some(client) = self.clients.get_mut(&id) else { return Err(Refusal::Stranger) };
        let (taken, rests) = client.regions.take(&pages);
        for region in &taken {
            client.regions.insert(Region { protection, ..region.clone() });
        }
        self.count_rests(&rests);
        self.widen(id, pages);
        Ok(())
    }

    /// Gives a client a copy of its own memory, at a new place: those pages. What is there is
    /// shared until one side writes.
    ///
    /// # Errors
    /// `Stranger`, `Nothing`, `Addresses`, `Memory`, `Kernel`; `Quota`: it could not have all
    /// pages that are there twice.
    pub fn duplicate(&mut self, id: ClientId, pages: Range<u64>) -> Result<Range<u64>, Refusal> {
        self.prepare(id, &pages)?;
        // Large pages fit only where the copy is aligned as the original is.
        let offset = pages.start & (M::LARGE - 1);
        let place = self.place_like(id, pages.end - pages.start, (offset, M::LARGE))?;
        let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
        let moved = |page: u64| place.start + (page - pages.start);
        let residents = client.residents.within(pages.clone());
        let wanted = client.wants(residents.map(|(start, it)| (moved(start), it.pages)));
        let parts = client.regions.parts(&pages).len();
        if wanted > client.usage().left() || !client.regions.has_room(parts) {
            return Err(Refusal::Quota);
        }
        self.seal(id, pages.clone()).map_err(refusal)?;
        let Some(client) = self.clients.get_mut(&id) else { return Err(Refusal::Stranger) };
        for region in client.regions.parts(&pages) {
            self.objects.share(region.backing.object());
            client.regions.insert(region.moved(moved(region.pages.start)));
        }
        let residents = client.residents.within(pages.clone());
        let residents: Vec<_> = residents.map(|(start, it)| (start, it.frame, it.pages)).collect();
        for (start, frame, pages) in residents {
            self.frames.share(frame);
            client.residents.insert(moved(start), frame, pages);
        }
        Ok(place)
    }

    /// Gives a client that has nothing yet all that another has: what is there is shared until
    /// one side writes.
    ///
    /// # Errors
    /// `Stranger`; `Addresses`: it has something; `Quota`: it may not have so much; `Kernel`.
    pub fn clone_client(&mut self, from: ClientId, to: ClientId) -> Result<(), Refusal> {
        let client = self.clients.get(&from).ok_or(Refusal::Stranger)?;
        let residents = client.residents.within(0..u64::MAX).map(|(start, it)| (start, it.pages));
        let clone = self.clients.get(&to).ok_or(Refusal::Stranger)?;
        if clone.regions.iter().next().is_some() {
            return Err(Refusal::Addresses);
        }
        if clone.wants(residents) > clone.usage().left() {
            return Err(Refusal::Quota);
        }
        self.seal(from, 0..u64::MAX).map_err(refusal)?;
        let client = self.clients.get(&from).ok_or(Refusal::Stranger)?;
        let regions = client.regions.clone();
        let residents = client.residents.within(0..u64::MAX);
        let residents: Vec<_> = residents.map(|(start, it)| (start, it.frame, it.pages)).collect();
        let clone = self.clients.get_mut(&to).ok_or(Refusal::Stranger)?;
        for region in regions.iter() {
            self.objects.share(region.backing.object());
        }
        clone.regions = regions;
        for (start, frame, pages) in residents {
            self.frames.share(frame);
            clone.residents.insert(start, frame, pages);
        }
        Ok(())
    }

    /// Checks that regions cover these pages, and divides the large pages at their ends.
    fn prepare(&mut self, id: ClientId, pages: &Range<u64>) -> Result<(), Refusal> {
        let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
        if pages.is_empty() {
            return Err(Refusal::Alignment);
        }
        if !client.regions.cover(pages) {
            return Err(Refusal::Nothing);
        }
        if !client.regions.has_room(client.regions.cuts(pages)) {
            return Err(Refusal::Quota);
        }
        let divided = [pages.start, pages.end]
            .into_iter()
            .filter(|edge| client.residents.at(*edge).is_some_and(|(start, _)| start < *edge));
        if client.tables.missing_for(divided.map(|edge| (edge, Size::Small)))
            > client.usage().left()
        {
            return Err(Refusal::Quota);
        }
        for edge in [pages.start, pages.end] {
            let client = self.clients.get(&id).ok_or(Refusal::Stranger)?;
            if let Some((start, _)) = client.residents.at(edge).filter(|(start, _)| *start < edge) {
                self.making_room(|pager| pager.divide(id, start)).map_err(refusal)?;
            }
        }
        Ok(())
    }

    /// Takes regions' parts away, with all that is resident there.
    /// What the kernel does not take back does not keep the rest.
    fn forget(&mut self, id: ClientId, pages: &Range<u64>) -> Result<(), AllocationError> {
        let mut all = Ok(());
        loop {
            let Some(client) = self.clients.get(&id) else { return Ok(()) };
            let first = client.residents.within(pages.clone()).next();
            let Some((start, resident)) = first else { break };
            let frame = resident.frame;
            self.unmap_resident(id, start)?;
            if let Some(client) = self.clients.get_mut(&id) {
                client.residents.remove(start);
            }
            all = all.and(self.release(frame));
        }
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        let (taken, rests) = client.regions.take(pages);
        self.count_rests(&rests);
        for region in taken {
            all = all.and(self.release_object(region.backing.object()));
        }
        all
    }

    /// Counts the new regions that are what remains of others.
    fn count_rests(&mut self, rests: &[Region]) {
        for rest in rests {
            self.objects.share(rest.backing.object());
        }
    }

    /// One less refers to an object; the last one takes its pages with it.
    fn release_object(&mut self, id: Option<ObjectId>) -> Result<(), AllocationError> {
        let Some(object) = self.objects.release(id) else { return Ok(()) };
        self.release_all(object.pages.into_values().filter_map(|page| match page {
            Page::Present(frame) => Some(frame),
            Page::Coming | Page::Failed(_) => None,
        }))
    }

    /// Takes from mappings what regions with this protection would not allow. The next fault
    /// gives back what the regions that are there do.
    fn restrict(
        &mut self,
        id: ClientId,
        pages: &Range<u64>,
        protection: Protection,
    ) -> Result<(), AllocationError> {
        let Some(client) = self.clients.get(&id) else { return Ok(()) };
        let residents = client.residents.within(pages.clone());
        for start in residents.map(|(start, _)| start).collect::<Vec<_>>() {
            if protection == Protection::None {
                self.unmap_resident(id, start)?;
                continue;
            }
            let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
            let Some(resident) = client.residents.get_mut(start) else { continue };
            let Some((mapping, has)) = &mut resident.mapping else { continue };
            if *has != protection && *has != Protection::Read {
                self.machine.protect(&mut client.space, mapping, start, Protection::Read)?;
                *has = Protection::Read;
            }
        }
        Ok(())
    }

    /// Gives mappings what their regions allow now. Where that fails, the next fault does it.
    fn widen(&mut self, id: ClientId, pages: Range<u64>) {
        let Some(client) = self.clients.get(&id) else { return };
        let mapped = client.residents.within(pages).filter(|(_, it)| it.mapping.is_some());
        for start in mapped.map(|(start, _)| start).collect::<Vec<_>>() {
            let _ = self.map_one(id, start);
        }
    }

    /// Makes private pages read-only, before others get them too.
    pub(super) fn seal(&mut self, id: ClientId, pages: Range<u64>) -> Result<(), AllocationError> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        let starts = client.residents.within(pages).map(|(start, _)| start);
        for start in starts.collect::<Vec<_>>() {
            let Found::Inside(region) = client.regions.find(start) else { continue };
            let is_shared = matches!(region.backing, Backing::Shared(..));
            let Some(resident) = client.residents.get_mut(start) else { continue };
            let Some((mapping, has)) = &mut resident.mapping else { continue };
            if !is_shared && *has == Protection::ReadWrite {
                self.machine.protect(&mut client.space, mapping, start, Protection::Read)?;
                *has = Protection::Read;
            }
        }
        Ok(())
    }
}

/// Whether pages of a source can be had with a protection: a server does not take pages back,
/// so nobody writes to what it has given.
fn is_possible(backing: Backing, protection: Protection, source: Source) -> bool {
    let is_shared_file = matches!((backing, source), (Backing::Shared(..), Source::File { .. }));
    !(is_shared_file && protection == Protection::ReadWrite)
}
