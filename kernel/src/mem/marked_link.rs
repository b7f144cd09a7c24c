//! Links between objects that carry one bit more.

use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU32;

use super::{GRANULE_BITS, Obj, Object};

/// Where a link of a list leads, with one mark beside it. Takes the room of the name alone: the
/// objects that use it are aligned to 32 bytes, so that the lowest bit of their granule is free.
#[repr(transparent)]
pub struct MarkedLink<T>(u32, PhantomData<fn() -> T>);

impl<T> Clone for MarkedLink<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for MarkedLink<T> {}

impl<T> PartialEq for MarkedLink<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> fmt::Debug for MarkedLink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:#x}{}", self.0 & !1, if self.0 & 1 != 0 { " marked" } else { "" })
    }
}

impl<T: Object> MarkedLink<T> {
    /// Leads nowhere, unmarked; as in zeroed memory.
    pub const NONE: Self = Self(0, PhantomData);

    /// Where the link leads.
    #[must_use]
    pub fn target(self) -> Option<Obj<T>> {
        NonZeroU32::new(self.0 & !1).map(|granule| Obj(granule, PhantomData))
    }

    /// The mark.
    #[must_use]
    pub const fn is_marked(self) -> bool {
        self.0 & 1 != 0
    }

    /// The same mark on a link that leads to `target`.
    #[must_use]
    pub fn with_target(self, target: Option<Obj<T>>) -> Self {
        const { assert!(size_of::<T>() >= 2 << GRANULE_BITS) };
        Self(self.0 & 1 | target.map_or(0, Obj::granule), PhantomData)
    }

    /// The same target with this mark.
    #[must_use]
    pub fn with_mark(self, mark: bool) -> Self {
        Self(self.0 & !1 | u32::from(mark), PhantomData)
    }
}
