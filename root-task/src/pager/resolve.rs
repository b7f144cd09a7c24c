//! Faults: step by step, until the access will succeed.

use core::ops::Range;

use libsys::bootstrap::AllocationError;
use libsys::pager::File;

use super::Pager;
use super::access::Access;
use super::cause::Cause;
use super::client::ClientId;
use super::frames::FrameId;
use super::machine::{Machine, Size, is_lack};
use super::object::{ObjectId, Page, Source};
use super::plan::{Allowance, Plan, View};
use super::regions::Found;

/// Pages that a server is to be asked for.
///
/// ```
/// use libsys::pager::files;
/// use root_task::pager::Fetch;
///
/// /// The question to the server.
/// fn question(fetch: &Fetch) -> files::Read {
///     let count = fetch.pages.end - fetch.pages.start;
///     files::Read { file: fetch.file.number, first: fetch.pages.start, count }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// Of which object.
    pub object: ObjectId,
    /// Which server has it.
    pub server: u32,
    /// Which file.
    pub file: File,
    /// Which pages of the file.
    pub pages: Range<u64>,
}

/// What becomes of a thread whose fault was looked at.
///
/// ```
/// use root_task::pager::Outcome;
///
/// /// Whether the thread can go on at once.
/// fn goes_on(outcome: &Outcome) -> bool {
///     matches!(outcome, Outcome::Resume)
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "a thread waits"]
pub enum Outcome {
    /// It repeats its access, which will succeed.
    Resume,
    /// It waits until this has been fetched and [supplied](Pager::supply); then look again.
    Fetch(Fetch),
    /// It waits for what somebody else's fault has asked for; then look again.
    Wait,
}

/// What a step was.
enum Step {
    /// The last.
    Last(Outcome),
    /// One towards the next.
    Further,
}

/// Why a step failed.
enum Obstacle {
    /// Nothing has changed.
    Machine(AllocationError),
    /// The client has to know.
    Final(Cause),
}

impl From<AllocationError> for Obstacle {
    fn from(reason: AllocationError) -> Self {
        Self::Machine(reason)
    }
}

impl<M: Machine> Pager<M> {
    /// Resolves a fault.
    ///
    /// # Errors
    /// Why it cannot be resolved, which concerns nobody but this client.
    pub fn fault(&mut self, client: ClientId, access: Access) -> Result<Outcome, Cause> {
        // Each step brings the page closer, and each failure leaves less to try.
        let mut allowance = Allowance::Reach;
        loop {
            let plan = self.plan(client, access, allowance)?;
            match self.step(client, access, plan) {
                Ok(Step::Last(outcome)) => return Ok(outcome),
                Ok(Step::Further) => {}
                Err(Obstacle::Final(cause)) => return Err(cause),
                Err(Obstacle::Machine(reason)) if is_lack(reason) => {
                    allowance = match allowance {
                        Allowance::Reach => Allowance::Small,
                        Allowance::Small => Allowance::One,
                        Allowance::One if self.evict().map_err(Cause::Kernel)? => Allowance::One,
                        Allowance::One => return Err(Cause::Memory(access)),
                    };
                }
                Err(Obstacle::Machine(reason)) => return Err(Cause::Kernel(reason)),
            }
        }
    }

    fn plan(&self, client: ClientId, access: Access, allowance: Allowance) -> Result<Plan, Cause> {
        let client = self.clients.get(&client).ok_or(Cause::Stranger)?;
        View { client, frames: &self.frames, objects: &self.objects, allowance }.plan(access)
    }

    fn step(&mut self, id: ClientId, access: Access, plan: Plan) -> Result<Step, Obstacle> {
        match plan {
            Plan::Ready => return Ok(Step::Last(Outcome::Resume)),
            Plan::Wait => return Ok(Step::Last(Outcome::Wait)),
            Plan::Fetch(object, pages) => {
                return self
                    .ask(object, pages, access)
                    .map(|fetch| Step::Last(Outcome::Fetch(fetch)));
            }
            Plan::Map(pages) => {
                self.map(id, access.page(), pages)?;
                if let Some(client) = self.clients.get_mut(&id) {
                    client.faults += 1;
                }
                return Ok(Step::Last(Outcome::Resume));
            }
            Plan::Copy(start) => self.own(id, start)?,
            Plan::Fill(pages) => self.fill(id, access.page(), pages)?,
            Plan::FillLarge(start) => {
                let frame = self.machine.create(Size::Large)?;
                let frame = self.frames.insert(frame, Size::Large);
                self.settle(id, start, frame);
            }
            Plan::Share(pages) => self.share(id, pages),
            Plan::Provide(object, index) => {
                let frame = self.machine.create(Size::Small)?;
                let frame = self.frames.insert(frame, Size::Small);
                if let Some(object) = self.objects.get_mut(object) {
                    object.pages.insert(index, Page::Present(frame));
                }
            }
            Plan::GiveUp(object, index, why) => {
                // The next one who wants it asks again.
                if let Some(object) = self.objects.get_mut(object) {
                    object.pages.remove(&index);
                }
                return Err(Obstacle::Final(why.cause(access)));
            }
        }
        Ok(Step::Further)
    }

    /// Notes that pages are coming, and says what to ask for.
    fn ask(&mut self, id: ObjectId, pages: Range<u64>, access: Access) -> Result<Fetch, Obstacle> {
        let unavailable = || Obstacle::Final(Cause::Unavailable(access));
        let object = self.objects.get_mut(id).ok_or_else(unavailable)?;
        let Source::File { server, file } = object.source else { return Err(unavailable()) };
        object.pages.extend(pages.clone().map(|index| (index, Page::Coming)));
        Ok(Fetch { object: id, server, file, pages })
    }

    /// Puts fresh pages where none are. The page touched comes first, and must.
    fn fill(&mut self, id: ClientId, page: u64, pages: Range<u64>) -> Result<(), AllocationError> {
        let others = pages.filter(|other| *other != page);
        for (index, page) in core::iter::once(page).chain(others).enumerate() {
            match self.machine.create(Size::Small) {
                Ok(frame) => {
                    let frame = self.frames.insert(frame, Size::Small);
                    self.settle(id, page, frame);
                }
                Err(reason) if index == 0 => return Err(reason),
                // The rest was to spare faults.
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Makes a frame resident in a client, which is known.
    fn settle(&mut self, id: ClientId, start: u64, frame: FrameId) {
        let pages = match self.frames.size(frame) {
            Size::Small => 1,
            Size::Large => M::LARGE,
        };
        if let Some(client) = self.clients.get_mut(&id) {
            client.residents.insert(start, frame, pages);
        }
    }

    /// Makes pages of the object resident.
    fn share(&mut self, id: ClientId, pages: Range<u64>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let Found::Inside(region) = client.regions.find(pages.start) else { return };
        for page in pages {
            let object = region.index(page);
            let frame = object.and_then(|(id, index)| self.objects.get(id)?.frame(index));
            if let Some(frame) = frame {
                self.frames.share(frame);
                client.residents.insert(page, frame, 1);
            }
        }
    }

    /// Maps what is resident in a range and not mapped, or with less than is allowed. The page
    /// touched must be.
    fn map(&mut self, id: ClientId, page: u64, pages: Range<u64>) -> Result<(), AllocationError> {
        let start = |of: &Self, pages: Range<u64>| {
            let (start, resident) = of.clients.get(&id)?.residents.within(pages).next()?;
            Some((start, start + resident.pages))
        };
        if let Some((first, _)) = start(self, page..page + 1) {
            self.map_one(id, first)?;
        }
        let mut next = pages.start;
        while let Some((other, end)) = start(self, next..pages.end) {
            // The rest is to spare faults.
            if self.map_one(id, other).is_err() {
                break;
            }
            next = end;
        }
        Ok(())
    }

    pub(super) fn map_one(&mut self, id: ClientId, start: u64) -> Result<(), AllocationError> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(()) };
        let Found::Inside(region) = client.regions.find(start) else { return Ok(()) };
        let Some(resident) = client.residents.get_mut(start) else { return Ok(()) };
        let allowed = region.allowed(self.frames.users(resident.frame));
        match &mut resident.mapping {
            Some((_, has)) if *has == allowed => {}
            Some((mapping, has)) => {
                self.machine.protect(&mut client.space, mapping, start, allowed)?;
                *has = allowed;
            }
            None => {
                let handle = self.frames.handle(resident.frame);
                let mapping = self.machine.map(&mut client.space, handle, start, allowed)?;
                resident.mapping = Some((mapping, allowed));
                client.tables.add(start, self.frames.size(resident.frame));
            }
        }
        Ok(())
    }

    /// Does something that needs memory, if need be in exchange for pages of files that nobody
    /// has. What fails must leave nothing behind.
    ///
    /// # Errors
    /// What it fails with, when no such page is left.
    pub(super) fn making_room<R>(
        &mut self,
        mut attempt: impl FnMut(&mut Self) -> Result<R, AllocationError>,
    ) -> Result<R, AllocationError> {
        loop {
            match attempt(self) {
                Err(reason) if is_lack(reason) && self.evict()? => {}
                other => return other,
            }
        }
    }

    /// Gives up a page of a file that nobody has. `false`: there is none.
    pub(super) fn evict(&mut self) -> Result<bool, AllocationError> {
        let pages = self.objects.objects.iter().flat_map(|(id, object)| {
            let is_file = matches!(object.source, Source::File { .. });
            let pages = object.pages.iter().filter(move |_| is_file);
            pages.map(move |(index, page)| (*id, *index, *page))
        });
        let unused = pages.filter_map(|(id, index, page)| match page {
            Page::Present(frame) if self.frames.users(frame) == 1 => Some((id, index, frame)),
            _ => None,
        });
        let Some((id, index, frame)) = unused.into_iter().next() else { return Ok(false) };
        if let Some(object) = self.objects.get_mut(id) {
            object.pages.remove(&index);
        }
        self.release(frame)?;
        Ok(true)
    }
}
