//! Address-space identifiers: an address space needs one before it can be used.

use abi::{Error, Invocation};

use super::{Untyped, VSpace};
use crate::cap::{Cap, SlotPath};
use crate::invoke::perform;

/// Authority to make ASID pools.
///
/// ```no_run
/// use libsys::initial::{ASID_CONTROL, CNODE};
/// use libsys::object::Untyped;
/// use libsys::{Cap, Error};
///
/// /// Room for 512 more address spaces, in a page of memory.
/// fn more(memory: Cap<Untyped>, slot: u64) -> Result<(), Error> {
///     ASID_CONTROL.make_pool(memory, CNODE.slot(slot))
/// }
/// # fn main() {}
/// ```
pub enum AsidControl {}

/// 512 identifiers.
///
/// ```no_run
/// use libsys::initial::ASID_POOL;
/// use libsys::object::VSpace;
/// use libsys::{Cap, Error};
///
/// /// Makes an address space usable.
/// fn enable(space: Cap<VSpace>) -> Result<(), Error> {
///     ASID_POOL.assign(space)
/// }
/// # fn main() {}
/// ```
pub enum AsidPool {}

impl Cap<AsidControl> {
    /// Makes a pool of untyped memory of 4096 bytes, with its capability at `destination`.
    ///
    /// # Errors
    /// - `DeleteFirst`: all 128 pools exist.
    /// - `InvalidCapability(1)`: no untyped memory of exactly 4096 bytes, or a device's.
    /// - `RevokeFirst`: the memory has children.
    /// - `FailedLookup`, `Range(1, 64)`, `DeleteFirst`: of the destination.
    #[inline]
    pub fn make_pool(self, memory: Cap<Untyped>, destination: SlotPath) -> Result<(), Error> {
        let words = [destination.index, u64::from(destination.depth)];
        let caps = [memory.pointer(), destination.root.pointer()];
        perform(self.pointer(), Invocation::AsidControlMakePool, &words, &caps)
    }
}

impl Cap<AsidPool> {
    /// Gives an address space an identifier.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`: no address space, or one that has an identifier.
    /// - `FailedLookup(InvalidRoot)`: the pool is gone; `InvalidCapability(0)`: another took
    ///   its number.
    /// - `DeleteFirst`: the pool is full.
    #[inline]
    pub fn assign(self, space: Cap<VSpace>) -> Result<(), Error> {
        perform(self.pointer(), Invocation::AsidPoolAssign, &[], &[space.pointer()])
    }
}
