//! What to do about an access. Nothing changes here.

use core::ops::Range;

use super::access::Access;
use super::cause::Cause;
use super::client::Client;
use super::frames::Frames;
use super::machine::{Machine, Size};
use super::object::{Failure, Object, ObjectId, Objects, Page, Source};
use super::region::{Backing, Region};
use super::regions::Found;
use libsys::pager::FETCH_PAGES;

/// The next step towards an access that succeeds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Plan {
    /// It will succeed: somebody else's fault has brought the page.
    Ready,
    /// Map the page, which is resident, and those of this range that are.
    Map(Range<u64>),
    /// Make a copy of the resident that begins here, which others have too.
    Copy(u64),
    /// Make zeros resident.
    Fill(Range<u64>),
    /// Make a large page of zeros resident, which begins here.
    FillLarge(u64),
    /// Make pages of the object behind the region resident, of those that are here.
    Share(Range<u64>),
    /// Make a page of zeros of an object.
    Provide(ObjectId, u64),
    /// Ask the server of the object for pages.
    Fetch(ObjectId, Range<u64>),
    /// Somebody has asked the server already.
    Wait,
    /// A page of the object did not come: tell the client.
    GiveUp(ObjectId, u64, Failure),
}

/// How much one fault may bring. With little memory, less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Allowance {
    /// What the region's reach says.
    Reach,
    /// That, in small pages.
    Small,
    /// One page.
    One,
}

/// What the plan looks at.
pub(super) struct View<'a, M: Machine> {
    pub(super) client: &'a Client<M>,
    pub(super) frames: &'a Frames<M::Frame>,
    pub(super) objects: &'a Objects,
    pub(super) allowance: Allowance,
}

impl<M: Machine> View<'_, M> {
    /// The next step.
    pub(super) fn plan(&self, access: Access) -> Result<Plan, Cause> {
        let page = access.page();
        let region = self.region(access)?;
        match self.client.residents.at(page) {
            Some((start, resident)) => {
                let allowed = region.allowed(self.frames.users(resident.frame));
                if !access.intent.is_allowed_by(allowed) {
                    return Ok(Plan::Copy(start));
                }
                match &resident.mapping {
                    Some((_, has)) if access.intent.is_allowed_by(*has) => Ok(Plan::Ready),
                    _ => self.map(access, region, start),
                }
            }
            None => self.bring(access, region),
        }
    }

    /// The region, if it allows the access.
    fn region(&self, access: Access) -> Result<&Region, Cause> {
        match self.client.regions.find(access.page()) {
            Found::Inside(region) if access.intent.is_allowed_by(region.protection) => Ok(region),
            Found::Inside(Region { purpose, protection, .. }) => {
                let (purpose, protection) = (*purpose, *protection);
                Err(Cause::Forbidden { access, purpose, protection })
            }
            Found::Guard(stack) => Err(Cause::Overflow { access, stack: stack.addresses() }),
            Found::Outside => Err(Cause::Outside(access)),
        }
    }

    /// How to map what is resident, with what is around it.
    fn map(&self, access: Access, region: &Region, start: u64) -> Result<Plan, Cause> {
        let size = match self.client.residents.at(start) {
            Some((_, resident)) if resident.pages > 1 => Size::Large,
            _ => Size::Small,
        };
        self.check_quota(access, self.client.tables.missing(start, size))?;
        Ok(Plan::Map(match (size, self.allowance) {
            (Size::Large, _) => start..start + M::LARGE,
            (Size::Small, Allowance::One) => start..start + 1,
            (Size::Small, _) => self.around(region, start),
        }))
    }

    /// The block around a page that comes with it. It stays within one table.
    fn around(&self, region: &Region, page: u64) -> Range<u64> {
        let around = match self.allowance {
            Allowance::One => 0,
            _ => region.reach.around.min(M::LARGE.ilog2()),
        };
        region.around(page, around)
    }

    /// How to make a page resident.
    fn bring(&self, access: Access, region: &Region) -> Result<Plan, Cause> {
        let page = access.page();
        let tables = self.client.tables.missing(page, Size::Small);
        let Some((id, index)) = region.index(page) else {
            return self.fill(access, region, tables);
        };
        let object = self.objects.get(id).ok_or(Cause::Unavailable(access))?;
        match object.pages.get(&index) {
            Some(Page::Present(_)) => {
                self.check_quota(access, tables + 1)?;
                Ok(Plan::Share(self.present(access, region, object, tables)))
            }
            Some(Page::Coming) => Ok(Plan::Wait),
            Some(Page::Failed(why)) => Ok(Plan::GiveUp(id, index, *why)),
            None if object.source.pages().is_some_and(|pages| index >= pages) => {
                Err(Cause::BeyondFile(access))
            }
            None => {
                self.check_quota(access, tables + 1)?;
                Ok(match object.source {
                    Source::Zeros => Plan::Provide(id, index),
                    Source::File { .. } => Plan::Fetch(id, self.missing(region, object, index)),
                })
            }
        }
    }

    /// Zeros: a large page, the absent pages around, or one.
    fn fill(&self, access: Access, region: &Region, tables: u64) -> Result<Plan, Cause> {
        let (page, client) = (access.page(), self.client);
        let left = client.usage().left();
        let block = page & !(M::LARGE - 1)..(page | (M::LARGE - 1)) + 1;
        let fits = region.pages.start <= block.start && block.end <= region.pages.end;
        let is_empty = client.residents.gap(page, block.clone()) == block;
        let is_large = self.allowance == Allowance::Reach && region.reach.large;
        let needs = M::LARGE + client.tables.missing(page, Size::Large);
        if is_large && fits && is_empty && !client.tables.is_divided(page) && needs <= left {
            return Ok(Plan::FillLarge(block.start));
        }
        self.check_quota(access, tables + 1)?;
        let gap = client.residents.gap(page, self.around(region, page));
        Ok(Plan::Fill(limited(gap, page, left - tables)))
    }

    /// The pages around that the object has and the client has not, in one run.
    fn present(&self, access: Access, region: &Region, object: &Object, tables: u64) -> Range<u64> {
        let page = access.page();
        let gap = self.client.residents.gap(page, self.around(region, page));
        let is_here = |page: &u64| {
            region.index(*page).is_some_and(|(_, index)| object.frame(index).is_some())
        };
        let below = (gap.start..page).rev().take_while(is_here).count() as u64;
        let above = (page + 1..gap.end).take_while(is_here).count() as u64;
        let run = page - below..page + 1 + above;
        limited(run, page, self.client.usage().left() - tables)
    }

    /// The pages of the object to ask for with one that is missing.
    fn missing(&self, region: &Region, object: &Object, index: u64) -> Range<u64> {
        let (Backing::Private(_, first) | Backing::Shared(_, first)) = region.backing else {
            return index..index + 1;
        };
        let page = region.pages.start + (index - first);
        let end = first + (self.around(region, page).end - region.pages.start);
        object.missing(index, end.min(index + FETCH_PAGES))
    }

    fn check_quota(&self, access: Access, pages: u64) -> Result<(), Cause> {
        let usage = self.client.usage();
        if pages <= usage.left() { Ok(()) } else { Err(Cause::Quota { access, usage }) }
    }
}

/// At most `count` pages of a range, with `page` among them.
fn limited(range: Range<u64>, page: u64, count: u64) -> Range<u64> {
    let start = range.start.max((page + 1).saturating_sub(count));
    start..range.end.min(start.saturating_add(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limited_range_has_its_page() {
        assert_eq!(limited(0..16, 5, 100), 0..16);
        assert_eq!(limited(0..16, 5, 3), 3..6);
        assert_eq!(limited(4..16, 5, 3), 4..7);
        assert_eq!(limited(0..16, 0, 1), 0..1);
    }
}
