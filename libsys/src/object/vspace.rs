//! Address spaces: the top-level translation table, and cache operations by virtual address.

use abi::{Error, Invocation, ObjectType};
use core::ops::Range;

use super::{FixedSize, Object};
use crate::cap::Cap;
use crate::invoke::perform;

/// An address space.
///
/// ```no_run
/// use libsys::Error;
/// use libsys::initial::VSPACE;
///
/// /// Makes code that was written just now visible to instruction fetches.
/// fn publish(code: u64, bytes: u64) -> Result<(), Error> {
///     VSPACE.unify_instruction(code..code + bytes)
/// }
/// # fn main() {}
/// ```
pub enum VSpace {}

impl Object for VSpace {
    const TYPE: ObjectType = ObjectType::VSpace;
}

impl FixedSize for VSpace {}

/// Cache operations on a range of virtual addresses within one page. Where no page is mapped at
/// the start they do nothing. Common errors, in order: `InvalidArgument(1)`: the range is empty;
/// `IllegalOperation`: it leaves user space; `InvalidCapability(0)`: the address space has no
/// identifier, or it is another's now; `FailedLookup(InvalidRoot)`: the identifier is gone;
/// `Range`: the range leaves the page, whose last byte is the maximum.
impl Cap<VSpace> {
    #[inline]
    fn maintain(self, invocation: Invocation, addresses: Range<u64>) -> Result<(), Error> {
        perform(self.pointer(), invocation, &[addresses.start, addresses.end], &[])
    }

    /// Writes data back to memory.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn clean_data(self, addresses: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::VSpaceCleanData, addresses)
    }

    /// Forgets cached data.
    ///
    /// # Errors
    /// The common ones; `IllegalOperation` when the page is not writable.
    #[inline]
    pub fn invalidate_data(self, addresses: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::VSpaceInvalidateData, addresses)
    }

    /// Writes data back to memory and forgets it.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn clean_invalidate_data(self, addresses: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::VSpaceCleanInvalidateData, addresses)
    }

    /// Makes written data visible to instruction fetches.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn unify_instruction(self, addresses: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::VSpaceUnifyInstruction, addresses)
    }
}
