//! Regions: ranges of a client's pages, and what is behind them.

use core::ops::Range;
use libsys::pager::{Protection, Purpose};

use super::object::ObjectId;

/// What the pages of a region are before the client writes to them.
///
/// ```
/// use root_task::pager::{Backing, ObjectId};
///
/// /// A file from its third page on, with changes that nobody else sees.
/// fn from_the_third(file: ObjectId) -> Backing {
///     Backing::Private(file, 2)
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// Zeros.
    Zeros,
    /// Those of an object, from this page of it on. A write makes a private copy of the page.
    Private(ObjectId, u64),
    /// Those of an object, from this page of it on, shared with everybody who has it.
    Shared(ObjectId, u64),
}

impl Backing {
    /// What is behind the pages from number `pages` of the region on.
    pub(super) const fn advanced(self, pages: u64) -> Self {
        match self {
            Self::Zeros => Self::Zeros,
            Self::Private(object, first) => Self::Private(object, first + pages),
            Self::Shared(object, first) => Self::Shared(object, first + pages),
        }
    }

    /// The object.
    pub(super) const fn object(self) -> Option<ObjectId> {
        match self {
            Self::Zeros => None,
            Self::Private(object, _) | Self::Shared(object, _) => Some(object),
        }
    }
}

/// How many pages one fault brings.
///
/// ```
/// use root_task::pager::Reach;
///
/// let sixteen = Reach { around: 4, large: false };
/// assert_ne!(sixteen, Reach::ONE);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// `log2` of the pages of an aligned block that comes with the page touched, as far as the
    /// quota allows.
    pub around: u32,
    /// Whether a large page comes where its whole place is in the region, and empty.
    pub large: bool,
}

impl Reach {
    /// Only the page touched.
    pub const ONE: Self = Self { around: 0, large: false };
    /// The block of 64 KiB around it.
    pub const BLOCK: Self = Self { around: 4, large: false };
    /// Large pages where they fit, else the block.
    pub const LARGE: Self = Self { around: 4, large: true };
}

/// A range of a client's pages.
///
/// ```
/// use libsys::pager::{Protection, Purpose};
/// use root_task::pager::{Reach, Region};
///
/// let stack = Region::zeros(0x700..0x800, Purpose::Stack).with_reach(Reach::ONE);
/// assert_eq!(stack.protection, Protection::ReadWrite);
/// assert!(stack.guard, "the page below is never there");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The pages, by number.
    pub pages: Range<u64>,
    /// Whether the page below them is kept empty.
    pub guard: bool,
    /// What it is for.
    pub purpose: Purpose,
    /// What may be done.
    pub protection: Protection,
    /// What is behind it.
    pub backing: Backing,
    /// How many pages one fault brings.
    pub reach: Reach,
}

impl Region {
    /// Writable zeros: for a stack a page at a time, for a heap in large pages, else in blocks.
    #[must_use]
    pub fn zeros(pages: Range<u64>, purpose: Purpose) -> Self {
        let is_stack = purpose == Purpose::Stack;
        let reach = match purpose {
            Purpose::Stack => Reach::ONE,
            Purpose::Heap => Reach::LARGE,
            _ => Reach::BLOCK,
        };
        Self {
            pages,
            guard: is_stack,
            purpose,
            protection: Protection::ReadWrite,
            backing: Backing::Zeros,
            reach,
        }
    }

    /// Pages of an object.
    #[must_use]
    pub fn of(
        backing: Backing,
        pages: Range<u64>,
        purpose: Purpose,
        protection: Protection,
    ) -> Self {
        Self { pages, guard: false, purpose, protection, backing, reach: Reach::BLOCK }
    }

    /// The same with another reach.
    #[must_use]
    pub fn with_reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// The pages that nothing else may have, with the guard.
    pub(super) fn reserved(&self) -> Range<u64> {
        self.pages.start - u64::from(self.guard)..self.pages.end
    }

    /// Its part in these pages, which are inside of it.
    pub(super) fn part(&self, pages: Range<u64>) -> Self {
        let guard = self.guard && pages.start == self.pages.start;
        let backing = self.backing.advanced(pages.start - self.pages.start);
        Self { pages, guard, backing, ..self.clone() }
    }

    /// The same region at another place, as a copy.
    pub(super) fn moved(&self, start: u64) -> Self {
        let end = start + (self.pages.end - self.pages.start);
        Self { pages: start..end, guard: false, ..self.clone() }
    }

    /// The block of `1 << around` pages around a page, cut to the region.
    pub(super) fn around(&self, page: u64, around: u32) -> Range<u64> {
        let size = 1_u64 << around.min(16);
        let start = page & !(size - 1);
        start.max(self.pages.start)..(start + size).min(self.pages.end)
    }

    /// The addresses.
    pub(super) fn addresses(&self) -> Range<u64> {
        self.pages.start << abi::PAGE_BITS..self.pages.end << abi::PAGE_BITS
    }

    /// The object's page behind one of its pages.
    pub(super) fn index(&self, page: u64) -> Option<(ObjectId, u64)> {
        match self.backing.advanced(page - self.pages.start) {
            Backing::Zeros => None,
            Backing::Private(object, index) | Backing::Shared(object, index) => {
                Some((object, index))
            }
        }
    }

    /// What a mapping may allow of a page that so many have: a private page is writable only
    /// if nobody else has it.
    pub(super) const fn allowed(&self, users: u32) -> Protection {
        match (self.protection, self.backing) {
            (Protection::ReadWrite, Backing::Zeros | Backing::Private(..)) if users > 1 => {
                Protection::Read
            }
            (protection, _) => protection,
        }
    }
}
