//! What the pager needs of the kernel.

use core::fmt::Debug;

use libsys::bootstrap::AllocationError;
use libsys::pager::Protection;

/// The size of a page of physical memory.
///
/// ```
/// use root_task::pager::Size;
///
/// assert_ne!(Size::Small, Size::Large);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// 4 KiB.
    Small,
    /// [`Machine::LARGE`] small ones.
    Large,
}

/// Frames, and what is mapped where. Host tests have one that is bytes.
///
/// Pages of address spaces have numbers: their addresses in units of 4 KiB.
///
/// ```
/// use libsys::bootstrap::AllocationError;
/// use root_task::pager::{Machine, Size};
///
/// /// Zeros in several spaces, at the same page.
/// fn share<M: Machine>(
///     machine: &mut M,
///     spaces: &mut [M::Space],
///     page: u64,
/// ) -> Result<Vec<M::Mapping>, AllocationError> {
///     use libsys::pager::Protection;
///     let frame = machine.create(Size::Small)?;
///     let spaces = spaces.iter_mut();
///     spaces.map(|space| machine.map(space, frame, page, Protection::Read)).collect()
/// }
/// # fn main() {}
/// ```
pub trait Machine {
    /// A page of memory.
    type Frame: Copy + Debug;
    /// An address space.
    type Space: Debug;
    /// One mapping of one frame.
    type Mapping: Debug;

    /// Small pages in a large one, a power of two.
    const LARGE: u64;

    /// A frame full of zeros.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    fn create(&mut self, size: Size) -> Result<Self::Frame, AllocationError>;

    /// Gives back a frame, which is mapped nowhere.
    ///
    /// # Errors
    /// What the kernel refuses.
    fn destroy(&mut self, frame: Self::Frame) -> Result<(), AllocationError>;

    /// Copies what is in a frame, from small page `part` on, into all of another.
    ///
    /// # Errors
    /// Too little memory for a look at them, or what the kernel refuses.
    fn copy(
        &mut self,
        from: Self::Frame,
        part: u64,
        to: Self::Frame,
    ) -> Result<(), AllocationError>;

    /// Maps a frame, with the tables that are missing.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    fn map(
        &mut self,
        space: &mut Self::Space,
        frame: Self::Frame,
        page: u64,
        protection: Protection,
    ) -> Result<Self::Mapping, AllocationError>;

    /// Changes what may be done with what is mapped.
    ///
    /// # Errors
    /// What the kernel refuses.
    fn protect(
        &mut self,
        space: &mut Self::Space,
        mapping: &Self::Mapping,
        page: u64,
        protection: Protection,
    ) -> Result<(), AllocationError>;

    /// Takes a mapping away.
    ///
    /// # Errors
    /// What the kernel refuses.
    fn unmap(&mut self, mapping: &Self::Mapping) -> Result<(), AllocationError>;
}

/// Whether less would do: the reason is a lack of memory.
pub(super) const fn is_lack(reason: AllocationError) -> bool {
    matches!(
        reason,
        AllocationError::NoMemory { .. } | AllocationError::NoSlots | AllocationError::NoAddresses
    )
}
