//! Translation tables below the top level.

use abi::{Error, Invocation, ObjectType, VmAttributes};

use super::{FixedSize, Object, VSpace};
use crate::cap::Cap;
use crate::invoke::perform;

/// A translation table of any level below the top.
///
/// ```no_run
/// use libsys::initial::VSPACE;
/// use libsys::object::PageTable;
/// use libsys::{Cap, Error};
///
/// /// Makes room for pages at an address: a table for each level that is missing.
/// fn prepare(tables: [Cap<PageTable>; 3], address: u64) -> Result<(), Error> {
///     for table in tables {
///         match table.map(VSPACE, address) {
///             Err(Error::DeleteFirst) => break,
///             other => other?,
///         }
///     }
///     Ok(())
/// }
/// # fn main() {}
/// ```
pub enum PageTable {}

impl Object for PageTable {
    const TYPE: ObjectType = ObjectType::PageTable;
}

impl FixedSize for PageTable {}

impl Cap<PageTable> {
    /// Puts the table where the walk for `address` first finds none.
    ///
    /// # Errors
    /// - `InvalidCapability(0)`: the table is mapped.
    /// - `InvalidCapability(1)`: `space` is no address space with an identifier, or that
    ///   identifier is another's now.
    /// - `InvalidArgument(0)`: the address is not a user's.
    /// - `FailedLookup(InvalidRoot)`: the address space's identifier is gone.
    /// - `DeleteFirst`: all tables exist, or a page is in the place.
    #[inline]
    pub fn map(self, space: Cap<VSpace>, address: u64) -> Result<(), Error> {
        let words = [address, VmAttributes::DEFAULT.word()];
        perform(self.pointer(), Invocation::PageTableMap, &words, &[space.pointer()])
    }

    /// Takes the table out; the pages in it are unmapped. No error when it is not mapped.
    ///
    /// # Errors
    /// - `RevokeFirst`: there is another capability to the table.
    #[inline]
    pub fn unmap(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::PageTableUnmap, &[], &[])
    }
}
