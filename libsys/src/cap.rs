//! Typed capability pointers, and paths to slots.

use core::fmt;
use core::marker::PhantomData;

use crate::object::CNode;

/// Names a slot of the program's CSpace that holds a capability to a `T`.
///
/// It is a number with a type, no owner: copying it copies no capability, and what the slot
/// really holds is checked by the kernel at each use.
///
/// ```
/// use libsys::Cap;
/// use libsys::object::{Endpoint, Thread};
///
/// let endpoint = Cap::<Endpoint>::at(0x20);
/// assert_eq!(endpoint.pointer(), 0x20);
/// // The number says nothing about what is there.
/// let _: Cap<Thread> = endpoint.cast();
/// ```
pub struct Cap<T> {
    pointer: u64,
    object: PhantomData<fn() -> T>,
}

impl<T> Cap<T> {
    /// Slot 0, which is always empty in an initial CSpace: how optional capabilities are omitted.
    pub const NULL: Self = Self::at(0);

    /// The capability at this pointer.
    #[inline(always)]
    #[must_use]
    pub const fn at(pointer: u64) -> Self {
        Self { pointer, object: PhantomData }
    }

    /// The pointer: a CSpace address of 64 bits.
    #[inline(always)]
    #[must_use]
    pub const fn pointer(self) -> u64 {
        self.pointer
    }

    /// The same slot, taken for another kind of capability.
    #[inline(always)]
    #[must_use]
    pub const fn cast<U>(self) -> Cap<U> {
        Cap::at(self.pointer)
    }
}

impl<T> Clone for Cap<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cap<T> {}

impl<T> PartialEq for Cap<T> {
    fn eq(&self, other: &Self) -> bool {
        self.pointer == other.pointer
    }
}

impl<T> Eq for Cap<T> {}

impl<T> fmt::Debug for Cap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cap({:#x})", self.pointer)
    }
}

/// A slot named for an operation on it: the CNode where the lookup starts, and the `depth` low
/// bits of `index` to resolve from there. The CNode capability's own guard counts.
///
/// ```no_run
/// use libsys::initial::CNODE;
/// use libsys::{Error, Rights};
///
/// /// Another capability to what is in slot `from`.
/// fn copy(from: u64, to: u64) -> Result<(), Error> {
///     CNODE.slot(to).copy_from(CNODE.slot(from), Rights::ALL)
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotPath {
    /// Where the lookup starts.
    pub root: Cap<CNode>,
    /// The address of the slot.
    pub index: u64,
    /// How many bits of the address count, 1 to 64.
    pub depth: u8,
}

impl SlotPath {
    /// The slot at full depth.
    #[inline(always)]
    #[must_use]
    pub const fn new(root: Cap<CNode>, index: u64) -> Self {
        Self { root, index, depth: 64 }
    }

    /// The slot at a chosen depth.
    #[inline(always)]
    #[must_use]
    pub const fn with_depth(root: Cap<CNode>, index: u64, depth: u8) -> Self {
        Self { root, index, depth }
    }
}

/// A badge: the number that a receiver finds with a message or in a notification.
///
/// ```no_run
/// use libsys::initial::CNODE;
/// use libsys::{Badge, Error, Rights};
///
/// /// A client's own capability to the endpoint in slot `from`: the server will know who calls.
/// fn for_client(from: u64, to: u64, client: u64) -> Result<(), Error> {
///     let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
///     CNODE.slot(to).mint_from(CNODE.slot(from), rights, Badge(client))
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Badge(pub u64);

/// The data word of a mint: a badge, or the guard of a CNode.
///
/// ```
/// use libsys::cap::CapData;
/// use libsys::{Badge, GuardWord};
///
/// assert_eq!(Badge(7).word(), 7);
/// assert_eq!(GuardWord { bits: 52, guard: 0 }.word(), 52);
/// ```
pub trait CapData: Copy {
    /// The word for the message.
    fn word(self) -> u64;
}

impl CapData for Badge {
    #[inline(always)]
    fn word(self) -> u64 {
        self.0
    }
}

impl CapData for abi::GuardWord {
    #[inline(always)]
    fn word(self) -> u64 {
        Self::word(self)
    }
}
