//! Mapping pages, with the tables that they need.

use abi::{Error, LookupFailure, Rights, VmAttributes};

use super::allocator::AllocationError;
use crate::cap::Cap;
use crate::initial;
use crate::memory::Objects;
use crate::object::{Page, PageSize, PageTable, VSpace};

/// An address space.
///
/// ```no_run
/// use libsys::bootstrap::{AddressSpace, AllocationError};
/// use libsys::memory::Objects;
/// use libsys::object::Page;
/// use libsys::{Rights, VmAttributes};
///
/// /// A space of its own with one page in it.
/// fn tiny(objects: &mut impl Objects) -> Result<AddressSpace, AllocationError> {
///     let space = AddressSpace::create(objects)?;
///     let page = objects.create::<Page>()?;
///     space.map(objects, page, 0x40_0000, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
///     Ok(space)
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddressSpace {
    vspace: Cap<VSpace>,
}

impl AddressSpace {
    /// The initial thread's.
    #[must_use]
    pub const fn initial() -> Self {
        Self::new(initial::VSPACE)
    }

    /// One that has an identifier already.
    #[must_use]
    pub const fn new(vspace: Cap<VSpace>) -> Self {
        Self { vspace }
    }

    /// An empty one, with an identifier from the initial pool.
    ///
    /// # Errors
    /// Too little memory, or the pool is full.
    pub fn create(objects: &mut impl Objects) -> Result<Self, AllocationError> {
        let vspace = objects.create::<VSpace>()?;
        initial::ASID_POOL.assign(vspace)?;
        Ok(Self { vspace })
    }

    /// The top-level table.
    #[must_use]
    pub const fn vspace(&self) -> Cap<VSpace> {
        self.vspace
    }

    /// Maps a page, making the tables that are missing.
    ///
    /// # Errors
    /// Too little memory for tables, or what the kernel refuses; see
    /// [`Cap::<Page>::map`](Cap::map).
    pub fn map<S: PageSize>(
        &self,
        objects: &mut impl Objects,
        page: Cap<Page<S>>,
        address: u64,
        rights: Rights,
        attributes: VmAttributes,
    ) -> Result<(), AllocationError> {
        loop {
            match page.map(self.vspace, address, rights, attributes) {
                Err(error) if lacks_table(error, S::BITS) => {
                    let table = objects.create::<PageTable>()?;
                    table.map(self.vspace, address)?;
                }
                other => return Ok(other?),
            }
        }
    }
}

/// Whether mapping a page of `1 << bits` bytes failed because a table is missing. A smaller
/// level than that of the page means that there is a table in the place of the page.
fn lacks_table(error: Error, bits: u32) -> bool {
    let Error::FailedLookup { failure: LookupFailure::MissingCapability { bits_left }, .. } = error
    else {
        return false;
    };
    bits_left > u64::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_level_above_the_page_asks_for_a_table() {
        let missing =
            |bits_left| Error::destination(LookupFailure::MissingCapability { bits_left });
        assert!(lacks_table(missing(39), 12) && lacks_table(missing(21), 12));
        assert!(lacks_table(missing(30), 21) && !lacks_table(missing(12), 21));
        assert!(!lacks_table(Error::destination(LookupFailure::InvalidRoot), 12));
        assert!(!lacks_table(Error::Alignment, 12));
    }
}
