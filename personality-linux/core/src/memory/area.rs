//! What a program has asked for: a range of addresses, and what is to be found there.

use alloc::rc::Rc;
use core::ops::Range;

use super::object::MemoryObject;
use crate::machine::{PAGE_BITS, Protection};

/// Where the pages of an area come from.
#[derive(Clone, Debug)]
pub(crate) enum Backing {
    /// Zeros, of its own.
    Anonymous,
    /// An object; the area begins at this page of it.
    Object { object: Rc<MemoryObject>, first: u64 },
}

/// Addresses with one protection and one backing. Its start is its key.
#[derive(Clone, Debug)]
pub(crate) struct Area {
    pub(crate) end: u64,
    pub(crate) protection: Protection,
    /// Whether others see what is written.
    pub(crate) is_shared: bool,
    /// Whether it grows when the page below it is touched.
    pub(crate) grows_down: bool,
    pub(crate) backing: Backing,
}

impl Area {
    /// The part of it that begins so many bytes later.
    pub(crate) fn from(&self, bytes: u64) -> Self {
        let backing = match &self.backing {
            Backing::Anonymous => Backing::Anonymous,
            Backing::Object { object, first } => {
                let first = first.saturating_add(bytes >> PAGE_BITS);
                Backing::Object { object: Rc::clone(object), first }
            }
        };
        Self { backing, ..self.clone() }
    }

    /// Whether another area that begins where this one ends continues it.
    pub(crate) fn continues_as(&self, start: u64, next: &Self) -> bool {
        let same = self.protection == next.protection
            && self.is_shared == next.is_shared
            && !self.grows_down
            && !next.grows_down;
        let backing = match (&self.backing, &next.backing) {
            (Backing::Anonymous, Backing::Anonymous) => true,
            (
                Backing::Object { object, first },
                Backing::Object { object: other, first: begin },
            ) => {
                Rc::ptr_eq(object, other)
                    && first.saturating_add((self.end - start) >> PAGE_BITS) == *begin
            }
            _ => false,
        };
        same && backing
    }
}

/// The page of the object behind an address of an area.
pub(crate) fn page_behind(area: &Range<u64>, first: u64, address: u64) -> u64 {
    first.saturating_add((address - area.start) >> PAGE_BITS)
}
