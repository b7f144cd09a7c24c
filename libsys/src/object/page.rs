//! Pages: memory that can be mapped.

use abi::{Error, Invocation, ObjectType, Rights, VmAttributes};
use core::marker::PhantomData;
use core::ops::Range;

use super::{FixedSize, Object, VSpace};
use crate::cap::Cap;
use crate::invoke::{invoke, perform};

/// A page of physical memory, of 4 KiB unless said otherwise.
///
/// ```no_run
/// use libsys::initial::VSPACE;
/// use libsys::object::{Large, Page};
/// use libsys::{Cap, Error, Rights, VmAttributes};
///
/// /// Shows 2 MiB at an address, to be read only; answers where devices see them.
/// fn show(page: Cap<Page<Large>>, address: u64) -> Result<u64, Error> {
///     page.map(VSPACE, address, Rights::READ, VmAttributes::DEFAULT)?;
///     page.address()
/// }
/// # fn main() {}
/// ```
pub struct Page<S = Small>(PhantomData<S>);

/// 4 KiB.
///
/// ```
/// use libsys::object::{Small, PageSize};
///
/// assert_eq!(Small::BITS, 12);
/// ```
pub enum Small {}
/// 2 MiB.
///
/// ```
/// use libsys::object::{Large, PageSize};
///
/// assert_eq!(Large::BITS, 21);
/// ```
pub enum Large {}
/// 1 GiB.
///
/// ```
/// use libsys::object::{Huge, PageSize};
///
/// assert_eq!(Huge::BITS, 30);
/// ```
pub enum Huge {}

/// The size of a page.
///
/// ```
/// use libsys::object::{Large, PageSize, Small};
///
/// /// Pages that so many bytes take.
/// fn pages<S: PageSize>(bytes: u64) -> u64 {
///     bytes.div_ceil(1 << S::BITS)
/// }
/// assert_eq!((pages::<Small>(3 << 20), pages::<Large>(3 << 20)), (768, 2));
/// ```
pub trait PageSize {
    /// `log2` of its bytes.
    const BITS: u32;
    /// Its object type.
    const TYPE: ObjectType;
}

impl PageSize for Small {
    const BITS: u32 = 12;
    const TYPE: ObjectType = ObjectType::SmallPage;
}

impl PageSize for Large {
    const BITS: u32 = 21;
    const TYPE: ObjectType = ObjectType::LargePage;
}

impl PageSize for Huge {
    const BITS: u32 = 30;
    const TYPE: ObjectType = ObjectType::HugePage;
}

impl<S: PageSize> Object for Page<S> {
    const TYPE: ObjectType = S::TYPE;
}

impl<S: PageSize> FixedSize for Page<S> {}

/// One capability maps its page at one place; copy the capability to map it at another.
impl<S: PageSize> Cap<Page<S>> {
    /// Maps the page, or changes rights and attributes of its mapping at the same address. The
    /// rights are limited by the capability's. A page that was there before is replaced.
    ///
    /// # Errors
    /// - `InvalidCapability(1)`: `space` is no address space with an identifier, or that
    ///   identifier is another's now.
    /// - `FailedLookup(InvalidRoot)`: the identifier is gone.
    /// - `Alignment`: of the address, to the size of the page.
    /// - `InvalidCapability(1)`: the page is mapped in another address space;
    ///   `InvalidArgument(0)`: at another address, or the address is not a user's.
    /// - `FailedLookup(MissingCapability)`: a table of the level `bits_left` is missing (21, 30
    ///   or 39), or is in the place of this page.
    #[inline]
    pub fn map(
        self,
        space: Cap<VSpace>,
        address: u64,
        rights: Rights,
        attributes: VmAttributes,
    ) -> Result<(), Error> {
        let words = [address, rights.word(), attributes.word()];
        perform(self.pointer(), Invocation::PageMap, &words, &[space.pointer()])
    }

    /// Takes the page out of its address space, if it is in one.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn unmap(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::PageUnmap, &[], &[])
    }

    /// The physical address, for devices.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn address(self) -> Result<u64, Error> {
        Ok(invoke(self.pointer(), Invocation::PageAddress, &[], &[])?.word(0))
    }
}

/// Cache operations on a range of offsets within the page. Common errors, in order:
/// `IllegalOperation`: not mapped; `FailedLookup(InvalidRoot)`: the address space is gone;
/// `InvalidArgument(1)`: the range is empty; `InvalidArgument(0)`: it leaves the page;
/// `InvalidCapability(0)`: another page took the place.
impl<S: PageSize> Cap<Page<S>> {
    #[inline]
    fn maintain(self, invocation: Invocation, offsets: Range<u64>) -> Result<(), Error> {
        perform(self.pointer(), invocation, &[offsets.start, offsets.end], &[])
    }

    /// Writes data back to memory.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn clean_data(self, offsets: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::PageCleanData, offsets)
    }

    /// Forgets cached data.
    ///
    /// # Errors
    /// The common ones; `IllegalOperation` when the mapping is not writable.
    #[inline]
    pub fn invalidate_data(self, offsets: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::PageInvalidateData, offsets)
    }

    /// Writes data back to memory and forgets it.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn clean_invalidate_data(self, offsets: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::PageCleanInvalidateData, offsets)
    }

    /// Makes written data visible to instruction fetches.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn unify_instruction(self, offsets: Range<u64>) -> Result<(), Error> {
        self.maintain(Invocation::PageUnifyInstruction, offsets)
    }
}
