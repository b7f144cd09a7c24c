//! What is done to untyped memory: the invocations.

use abi::ObjectType;
use core::ops::Range;

use super::blocks::Carve;
use super::slots::Slots;
use super::{batches, part};
use crate::bootstrap::AllocationError;
use crate::cap::Cap;
use crate::object::Untyped;

/// Makes objects in slots that it takes.
pub(super) struct Carver<'a> {
    pub(super) slots: &'a mut Slots,
}

impl Carver<'_> {
    /// Makes objects of a block, in slots in a row.
    pub(super) fn fill(
        &mut self,
        block: Cap<Untyped>,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        let slots = self.slots.take(count)?;
        let whole = self.slots.destination(&slots).ok_or(AllocationError::NoSlots)?;
        for batch in batches(&slots) {
            if let Err(reason) = block.retype(object, size, part(whole, &slots, &batch)) {
                for made in slots.start..batch.start {
                    self.slots.path(made).delete()?;
                }
                self.slots.give_back(slots);
                return Err(reason.into());
            }
        }
        Ok(slots)
    }
}

impl Carve for Carver<'_> {
    fn cut(
        &mut self,
        block: Cap<Untyped>,
        bits: u32,
    ) -> Result<[Cap<Untyped>; 2], AllocationError> {
        let slots = self.fill(block, ObjectType::Untyped, bits, 2)?;
        Ok([slots.start, slots.start + 1].map(Cap::at))
    }

    fn clear(&mut self, block: Cap<Untyped>) -> Result<(), AllocationError> {
        Ok(self.slots.path(block.pointer()).revoke()?)
    }

    fn forget(&mut self, halves: [Cap<Untyped>; 2]) {
        for half in halves {
            self.slots.give_back(half.pointer()..half.pointer() + 1);
        }
    }
}
