//! Objects that belong together.

use abi::ObjectType;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Memory, Objects};
use crate::bootstrap::AllocationError;
use crate::cap::Cap;
use crate::object::CNode;

/// Objects that were made one after the other, and are freed by one call.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Memory, Objects};
/// use libsys::object::{Endpoint, Reply};
///
/// fn there_and_back(memory: &mut Memory) -> Result<(), AllocationError> {
///     let (_, made) = memory.all_or_nothing(|objects| {
///         Ok((objects.create::<Endpoint>()?, objects.create::<Reply>()?))
///     })?;
///     made.free(memory)
/// }
/// ```
#[derive(Debug, Default)]
#[must_use = "dropped, the objects can no longer be freed together"]
pub struct Made {
    /// By their first slots, oldest first.
    objects: Vec<u64>,
}

impl Made {
    /// Makes objects that belong to these.
    pub fn more<'a>(&'a mut self, memory: &'a mut Memory) -> Maker<'a> {
        Maker { memory, made: self }
    }

    /// Adds the objects of another.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.objects.append(&mut other.objects);
    }

    /// Frees them, the newest first.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn free(mut self, memory: &mut Memory) -> Result<(), AllocationError> {
        while let Some(first) = self.objects.pop() {
            memory.free(Cap::<()>::at(first))?;
        }
        Ok(())
    }
}

/// Makes objects of a [`Memory`], and remembers them in a [`Made`].
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Made, Memory, Objects};
/// use libsys::object::Endpoint;
///
/// fn endpoint(memory: &mut Memory, made: &mut Made) -> Result<(), AllocationError> {
///     made.more(memory).create::<Endpoint>().map(|_| ())
/// }
/// ```
#[derive(Debug)]
pub struct Maker<'a> {
    memory: &'a mut Memory,
    made: &'a mut Made,
}

impl Objects for Maker<'_> {
    fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        let slots = self.memory.make(object, size, count)?;
        self.made.objects.push(slots.start);
        Ok(slots)
    }

    fn cspace(&self) -> Cap<CNode> {
        self.memory.cspace()
    }
}

impl Memory {
    /// Makes several objects, and does with them what may fail: after an error none is left.
    ///
    /// # Errors
    /// Those of the work.
    pub fn all_or_nothing<R>(
        &mut self,
        work: impl FnOnce(&mut Maker<'_>) -> Result<R, AllocationError>,
    ) -> Result<(R, Made), AllocationError> {
        let mut made = Made::default();
        match work(&mut made.more(self)) {
            Ok(result) => Ok((result, made)),
            Err(reason) => {
                made.free(self)?;
                Err(reason)
            }
        }
    }
}
