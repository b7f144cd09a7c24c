//! Where objects come from.

use abi::ObjectType;
use core::ops::Range;

use crate::bootstrap::{AllocationError, Allocator};
use crate::cap::Cap;
use crate::object::{CNode, ChosenSize, FixedSize};

/// Who makes objects: the [`Allocator`] at first, a [`Memory`](super::Memory) from then on.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::Objects;
/// use libsys::object::{Endpoint, Reply};
///
/// fn server(objects: &mut impl Objects) -> Result<(Cap<Endpoint>, Cap<Reply>), AllocationError> {
///     Ok((objects.create()?, objects.create()?))
/// }
/// ```
pub trait Objects {
    /// Makes objects in consecutive slots.
    ///
    /// # Errors
    /// Too little memory in one block, too few slots, or the kernel refuses.
    fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError>;

    /// The root of the CSpace in which the objects' capabilities are.
    fn cspace(&self) -> Cap<CNode>;

    /// An object of a type with one size.
    ///
    /// # Errors
    /// Those of [`make`](Self::make).
    fn create<T: FixedSize>(&mut self) -> Result<Cap<T>, AllocationError> {
        Ok(Cap::at(self.make(T::TYPE, 0, 1)?.start))
    }

    /// An object of a chosen size: `log2` of its bytes for untyped memory and scheduling
    /// contexts, `log2` of its slots for CNodes.
    ///
    /// # Errors
    /// Those of [`make`](Self::make).
    fn create_sized<T: ChosenSize>(&mut self, size: u32) -> Result<Cap<T>, AllocationError> {
        Ok(Cap::at(self.make(T::TYPE, size, 1)?.start))
    }
}

impl Objects for Allocator {
    fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        Self::make(self, object, size, count)
    }

    fn cspace(&self) -> Cap<CNode> {
        self.cnode()
    }
}
