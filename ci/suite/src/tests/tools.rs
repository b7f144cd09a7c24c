//! What the tests of several modules do with objects.

use crate::framework::prelude::*;
use heapless::Vec;
use libsys::object::{ChosenSize, FixedSize};
use libsys::window::{MemoryKind, Window};

/// Calls with any label, words and capabilities; the reply, taken for a result.
pub(super) fn call<T>(
    cap: Cap<T>,
    label: u64,
    words: &[u64],
    caps: &[u64],
) -> Result<Received, Error> {
    let message = Message::new(label, words).with_caps(caps);
    libsys::invoke::check(syscall::call(cap.pointer(), message))
}

/// [`call`] with the label of an invocation.
pub(super) fn invoke<T>(
    cap: Cap<T>,
    invocation: Invocation,
    words: &[u64],
    caps: &[u64],
) -> Result<Received, Error> {
    call(cap, invocation.label(), words, caps)
}

/// Whether there is a capability in a slot: moving it onto itself is refused with `DeleteFirst`
/// then, and with a failed lookup of the source otherwise.
pub(super) fn occupied(path: SlotPath) -> bool {
    path.move_from(path) == Err(Error::DeleteFirst)
}

/// A failed lookup of a destination that ends at an unsuitable capability.
pub(super) const fn missing(bits_left: u64) -> Error {
    Error::destination(LookupFailure::MissingCapability { bits_left })
}

/// A failed lookup of a source that ends at an unsuitable capability.
pub(super) const fn source_missing(bits_left: u64) -> Error {
    Error::source(LookupFailure::MissingCapability { bits_left })
}

impl World {
    /// Whether there is a capability in a slot of the initial CNode.
    pub(super) fn holds<T>(&self, cap: Cap<T>) -> bool {
        !self.is_empty(cap)
    }

    /// Objects made of a given untyped, at most 16.
    pub(super) fn retype<T: FixedSize>(
        &mut self,
        memory: Cap<Untyped>,
        count: u64,
    ) -> Outcome<Vec<Cap<T>, 16>> {
        let slots = self.allocator.slots(count)?;
        let range = SlotRange::within(initial::CNODE, slots.start, count);
        memory.retype(T::TYPE, 0, range)?;
        Ok(slots.map(Cap::at).collect())
    }

    /// One object of a chosen size, made of a given untyped.
    pub(super) fn retype_sized<T: ChosenSize>(
        &mut self,
        memory: Cap<Untyped>,
        size: u32,
    ) -> Outcome<Cap<T>> {
        let cap = self.slot::<T>()?;
        memory.retype(T::TYPE, size, SlotRange::within(initial::CNODE, cap.pointer(), 1))?;
        Ok(cap)
    }

    /// Device memory of `1 << bits` bytes that nothing else uses.
    pub(super) fn device(&mut self, bits: u32) -> Outcome<Cap<Untyped>> {
        let (block, _, _) = self.device_untyped()?;
        self.retype_sized(block, bits)
    }

    /// Maps a page of RAM to be looked at.
    pub(super) fn map(&mut self, page: Cap<Page>) -> Outcome<Window> {
        Ok(Window::map(&mut self.allocator, page, MemoryKind::Ram)?)
    }

    /// A new address space with an identifier of the initial pool.
    pub(super) fn vspace(&mut self) -> Outcome<Cap<VSpace>> {
        let space = self.create::<VSpace>()?;
        initial::ASID_POOL.assign(space)?;
        Ok(space)
    }

    /// A cap with this badge to a new endpoint.
    pub(super) fn mint_new_endpoint(&mut self, badge: u64) -> Outcome<Cap<Endpoint>> {
        let endpoint = self.create::<Endpoint>()?;
        self.mint(endpoint, Rights::ALL, badge)
    }
}
