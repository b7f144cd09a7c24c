//! A slot: a capability and its place among all others.

use crate::cap::Cap;
use crate::mem::{Kind, MarkedLink, Obj, Object};

/// A capability with its links in the derivation list and, while it is a zombie, in its ring.
#[repr(C, align(32))]
#[derive(PartialEq, Debug)]
pub struct Slot {
    /// The capability. Changed together with the links only, by [`crate::derivation`].
    pub cap: Cap,
    /// Next slot of the derivation list; marked: the capability is revocable, that is, may have
    /// descendants.
    pub(crate) next: MarkedLink<Slot>,
    /// Previous slot; marked: first of the run that shares its badge.
    pub(crate) previous: MarkedLink<Slot>,
    /// Next zombie of the same deletion, see [`crate::finalise`].
    pub(crate) ring_next: Option<Obj<Slot>>,
    /// Previous zombie of the same deletion.
    pub(crate) ring_previous: Option<Obj<Slot>>,
}

const _: () = assert!(size_of::<Slot>() == 32);

impl Slot {
    /// A slot that holds nothing.
    pub const EMPTY: Self = Self {
        cap: Cap::Null,
        next: MarkedLink::NONE,
        previous: MarkedLink::NONE,
        ring_next: None,
        ring_previous: None,
    };
}

impl Object for Slot {
    const KIND: Kind = Kind::Slot;
}

impl Slot {
    /// Whether the slot holds no capability.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.cap, Cap::Null)
    }
}
