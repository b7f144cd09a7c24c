//! Objects as they come out of untyped memory: many of one kind at once, and their capabilities.
//!
//! Memory was cleared before, in steps that can be preempted, and every object is valid when it is
//! zero. So what is left for one object is to write its slot, in one short loop for each kind.

use abi::{ObjectType, Rights};
use platform::address::PhysicalAddress;

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::{Mem, Obj, Region, Row, ZeroValid};
use crate::page::{PageCap, PageSize};
use crate::slot::Slot;
use crate::{sched_context, thread, untyped};

/// Where the objects of one retype lie.
#[derive(Debug)]
pub(crate) enum Ground {
    /// Memory for what the kernel itself uses: zeroes, and just large enough.
    Kernel(Region),
    /// Memory that stays the user's.
    User {
        /// Where the first object begins.
        start: PhysicalAddress,
        /// Whether it is a device's.
        device: bool,
    },
}

/// Objects of one type.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Their type.
    pub(crate) object: ObjectType,
    /// Their size argument, for types that have one.
    pub(crate) size: u32,
    /// How many.
    pub(crate) count: u32,
    /// Where they lie.
    pub(crate) ground: Ground,
}

/// Where capabilities to new objects go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination {
    /// The untyped memory that they descend from.
    pub(crate) source: Obj<Slot>,
    /// The first of as many empty slots as there are objects.
    pub(crate) first: Obj<Slot>,
}

impl Kernel {
    /// Makes a batch of objects and their capabilities.
    pub(crate) fn create(&mut self, batch: &Batch, to: Destination) {
        match batch.ground {
            Ground::Kernel(ref region) => self.create_objects(batch, region, to),
            Ground::User { start, device } => self.create_memory(batch, start, device, to),
        }
    }

    fn create_memory(
        &mut self,
        batch: &Batch,
        start: PhysicalAddress,
        device: bool,
        to: Destination,
    ) {
        let bits = batch.object.size_bits(batch.size);
        let at = |index: u32| PhysicalAddress(start.0 + (u64::from(index) << bits));
        match PageSize::of(batch.object) {
            Some(size) => self.insert_originals(to, batch.count, |index| {
                Cap::Page(PageCap::new(at(index), size, device))
            }),
            None => self.insert_originals(to, batch.count, |index| {
                untyped::fresh(at(index), byte(bits), device)
            }),
        }
    }

    fn create_objects(&mut self, batch: &Batch, region: &Region, to: Destination) {
        let Batch { object, size, count, .. } = *batch;
        match object {
            ObjectType::Thread => self.create_threads(batch, region, to),
            ObjectType::Endpoint => {
                let rights = Rights::ALL;
                let cap = |endpoint| Cap::Endpoint { rights, endpoint, badge: 0 };
                self.create_row(batch, region, to, 1, cap);
            }
            ObjectType::Notification => {
                let rights = Rights::READ_WRITE;
                let cap = |notification| Cap::Notification { rights, notification, badge: 0 };
                self.create_row(batch, region, to, 1, cap);
            }
            ObjectType::Reply => {
                let cap = |reply| Cap::Reply { can_grant: true, reply };
                self.create_row(batch, region, to, 1, cap);
            }
            ObjectType::CNode => {
                let radix = byte(size);
                let cap = |slots| Cap::CNode { radix, guard_bits: 0, slots, guard: 0 };
                self.create_row(batch, region, to, 1 << radix, cap);
            }
            ObjectType::SchedContext => {
                let bits = byte(size);
                let cap = |context| Cap::SchedContext { bits, context };
                let row = self.create_row(batch, region, to, 1, cap);
                if Mem::SHADOWED {
                    let declare = |at| sched_context::declare(&mut self.mem, row.at(at), size);
                    (0..count).for_each(declare);
                }
            }
            ObjectType::VSpace => {
                self.create_row(batch, region, to, 1, |table| Cap::VSpace { asid: None, table });
            }
            ObjectType::PageTable => {
                let cap = |table| Cap::PageTable { asid: None, table, address: 0 };
                self.create_row(batch, region, to, 1, cap);
            }
            ObjectType::Untyped
            | ObjectType::SmallPage
            | ObjectType::LargePage
            | ObjectType::HugePage => {}
        }
    }

    fn create_threads(&mut self, batch: &Batch, region: &Region, to: Destination) {
        let row = self.create_row(batch, region, to, 1, |thread| Cap::Thread { thread });
        let domain = u8::try_from(self.domains.current()).unwrap_or(0);
        (0..batch.count).for_each(|index| thread::prepare(&mut self.mem, row.at(index), domain));
    }

    /// Makes objects that are fresh when zero, each an array of `length` `T`.
    fn create_row<T: ZeroValid>(
        &mut self,
        batch: &Batch,
        region: &Region,
        to: Destination,
        length: u32,
        cap: impl Fn(Obj<T>) -> Cap,
    ) -> Row<T> {
        let bits = batch.object.size_bits(batch.size);
        let row = self.mem.create_row(region, bits, (batch.count, length));
        self.insert_originals(to, batch.count, |index| cap(row.at(index)));
        row
    }
}

/// A size in bits, which fits a byte.
fn byte(bits: u32) -> u8 {
    u8::try_from(bits).unwrap_or(u8::MAX)
}
