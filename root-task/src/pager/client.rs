//! A client: its regions, its pages, its account.

use core::ops::Range;
use libsys::pager::Usage;

use super::machine::{Machine, Size};
use super::regions::Regions;
use super::residents::Residents;
use super::tables::Tables;

/// Names a client. No number is given out twice.
///
/// ```
/// use libsys::server::Origin;
/// use root_task::pager::ClientId;
///
/// /// The badge of the fault handler of a client's threads.
/// fn badge(client: ClientId) -> libsys::Badge {
///     Origin::fault_badge(client.number())
/// }
/// assert_eq!(Origin::of(badge(ClientId::of(3))), Origin::Component(3));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ClientId(u64);

impl ClientId {
    /// The client with this number, which came with a message. There need not be one.
    #[must_use]
    pub const fn of(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A client.
#[derive(Debug)]
pub(super) struct Client<M: Machine> {
    pub(super) space: M::Space,
    pub(super) regions: Regions,
    pub(super) residents: Residents<M::Mapping>,
    pub(super) tables: Tables,
    quota: u64,
    pub(super) faults: u64,
    pub(super) copies: u64,
}

impl<M: Machine> Client<M> {
    /// A client without regions, with this room for them, by pages.
    pub(super) const fn new(space: M::Space, room: Range<u64>, quota: u64) -> Self {
        Self {
            space,
            regions: Regions::new(room),
            residents: Residents::new(),
            tables: Tables::new(M::LARGE),
            quota,
            faults: 0,
            copies: 0,
        }
    }

    /// What residents (first page, pages) would cost it: their pages, and tables that are missing.
    pub(super) fn wants(&self, residents: impl Iterator<Item = (u64, u64)> + Clone) -> u64 {
        let size = |pages| if pages == 1 { Size::Small } else { Size::Large };
        let places = residents.clone().map(|(start, pages)| (start, size(pages)));
        residents.map(|(_, pages)| pages).sum::<u64>() + self.tables.missing_for(places)
    }

    /// What it has.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            quota: self.quota,
            pages: self.residents.pages(),
            tables: self.tables.count(),
            faults: self.faults,
            copies: self.copies,
        }
    }
}
