//! Memory, slots and addresses that are given back: for programs that run for long.
//!
//! [`bootstrap`](crate::bootstrap) hands out what the kernel gave the initial thread, once. A
//! [`Memory`] takes over what is left of that, and from then on every object can be freed.
//!
//! | type | hands out |
//! |---|---|
//! | [`Memory`] | objects, frames by count or by physical address |
//! | [`Made`] | objects that are freed together |
//! | [`Space`] | mapped memory, with guard pages, in an address space |
//!
//! ```no_run
//! use libsys::memory::{Memory, Objects, Request};
//! use libsys::bootstrap::AllocationError;
//! use libsys::object::Endpoint;
//! use libsys::{System, println};
//!
//! #[libsys::main]
//! fn program(system: System) -> Result<(), AllocationError> {
//!     let mut space = libsys::memory::Space::initial();
//!     let mut memory = Memory::new(system);
//!     let buffer = space.allocate(&mut memory, Request::bytes(4 << 20))?;
//!     let endpoint = memory.create::<Endpoint>()?;
//!     println!("{:?} is mapped; {:?}", buffer, memory.usage());
//!     memory.free(endpoint)?;
//!     space.unmap(&mut memory, buffer.start)
//! }
//! # fn main() {}
//! ```

mod blocks;
mod carver;
mod deep;
mod made;
mod objects;
mod pages;
mod ranges;
#[cfg(test)]
pub(crate) mod rehearsal;
mod slabs;
mod slots;
mod space;

use abi::object::RETYPE_FAN_OUT;
use abi::{ObjectType, PAGE_BITS, Rights};
use alloc::collections::BTreeMap;
use core::ops::Range;

use crate::bootstrap::{AllocationError, Allocator, System};
use crate::cap::{Badge, Cap, SlotPath};
use crate::object::{CNode, Page, SlotRange};
use blocks::{BlockId, Blocks};
use carver::Carver;
use deep::Deep;
use slabs::{SLAB_BITS, Slabs};
use slots::Slots;

pub use made::{Made, Maker};
pub use objects::Objects;
pub use pages::{Frame, Sizes};
pub use slots::SlotRegion;
pub use space::{Place, Request, Space};

/// Memory by the byte.
///
/// ```
/// use libsys::memory::Usage;
///
/// let usage = Usage { total: 8 << 20, used: 4096, slack: 4080, slots: 900 };
/// assert_eq!(usage.used - usage.slack, 16, "one endpoint");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// All of it.
    pub total: u64,
    /// What is in blocks that objects were made of.
    pub used: u64,
    /// What of `used` no object is in: room for small objects in pages begun.
    pub slack: u64,
    /// Slots that nobody has.
    pub slots: u64,
}

/// Where an object, or several made at once, came from.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// With others of its size in a page.
    Slab(BlockId),
    /// In a block of RAM of their own, `slots` many.
    Block(BlockId, u64),
    /// A block of device memory.
    Device(BlockId),
}

/// Frames of which the physical memory is in one piece.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Frame, Memory, Request, Space};
///
/// /// A buffer for a device: where we see it, and where the device does.
/// fn buffer(memory: &mut Memory, space: &mut Space) -> Result<(u64, u64), AllocationError> {
///     let pages = memory.contiguous(64 << 10)?;
///     let frames: Vec<Frame> = pages.iter().map(Frame::Small).collect();
///     Ok((space.map(memory, &frames, Request::bytes(0))?.start, pages.address))
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contiguous {
    /// Slots of the frames, of 4 KiB each, by ascending address.
    pub frames: Range<u64>,
    /// The physical address of the first byte.
    pub address: u64,
}

impl Contiguous {
    /// The frames.
    pub fn iter(&self) -> impl Iterator<Item = Cap<Page>> + use<> {
        self.frames.clone().map(Cap::at)
    }
}

/// Hands out objects and takes them back.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Memory, Objects};
/// use libsys::object::Notification;
/// use libsys::{Badge, Rights};
///
/// /// Everything that is taken can be given back.
/// fn balanced(memory: &mut Memory) -> Result<bool, AllocationError> {
///     let before = memory.usage();
///     let bell = memory.create::<Notification>()?;
///     let badged = memory.mint(bell, Rights::WRITE, Badge(1))?;
///     badged.signal();
///     memory.free_slot(badged)?;
///     memory.free(bell)?;
///     Ok(memory.usage() == before)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Memory {
    slots: Slots,
    ram: Blocks,
    devices: Blocks,
    slabs: Slabs,
    /// By the slot of the first object.
    origins: BTreeMap<u64, Origin>,
    /// The CNodes below the root, if there may be more of them.
    deep: Option<Deep>,
}

impl Memory {
    /// Takes over everything that is left to the initial thread.
    #[must_use]
    pub fn new(system: System) -> Self {
        let System { allocator, devices, .. } = system;
        let mut memory = Self::over(allocator);
        for (cap, address, bits) in devices.into_blocks() {
            memory.devices.add(cap, address, bits);
        }
        memory
    }

    /// Takes over an allocator's memory and slots, without devices. Nothing that it has handed
    /// out comes back.
    #[must_use]
    pub fn over(mut allocator: Allocator) -> Self {
        let mut ram = Blocks::default();
        while let Some((cap, address, bits)) = allocator.next_block() {
            ram.add(cap, address, bits);
        }
        let root = allocator.cnode();
        let pointers = allocator.into_slots();
        let mut slots = Slots::new(root);
        let node = SlotPath::with_depth(root, 0, 0);
        slots.add(SlotRegion { first: pointers.start, pointers, node });
        let (devices, slabs, origins) = (Blocks::default(), Slabs::default(), BTreeMap::new());
        Self { slots, ram, devices, slabs, origins, deep: None }
    }

    /// What there is and what is in use.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            total: self.ram.total(),
            used: self.ram.used(),
            slack: self.slabs.slack(),
            slots: self.slots.left(),
        }
    }

    /// `log2` of the bytes of the largest object that can be made.
    #[must_use]
    pub fn largest_bits(&self) -> Option<u32> {
        self.ram.largest()
    }

    /// Adds empty slots, of a CNode at any depth of this CSpace.
    pub fn add_slots(&mut self, region: SlotRegion) {
        self.slots.add(region);
    }

    /// The path to a slot.
    #[must_use]
    pub fn path<T>(&self, cap: Cap<T>) -> SlotPath {
        self.slots.path(cap.pointer())
    }

    /// An empty slot, for a capability that comes from elsewhere.
    ///
    /// # Errors
    /// `NoSlots`.
    pub fn slot<T>(&mut self) -> Result<Cap<T>, AllocationError> {
        self.keep_slots(1)?;
        Ok(Cap::at(self.slots.take(1)?.start))
    }

    /// Another capability to an object, with at most these rights and this badge. Its slot is
    /// in use until [`free_slot`](Self::free_slot), also when the object has gone before.
    ///
    /// # Errors
    /// `NoSlots`, or what the kernel refuses: see [`SlotPath::mint_from`].
    pub fn mint<T>(
        &mut self,
        object: Cap<T>,
        rights: Rights,
        badge: Badge,
    ) -> Result<Cap<T>, AllocationError> {
        let minted = self.slot::<T>()?;
        match self.path(minted).mint_from(self.path(object), rights, badge) {
            Ok(()) => Ok(minted),
            Err(reason) => {
                self.free_slot(minted)?;
                Err(reason.into())
            }
        }
    }

    /// Empties a slot that [`slot`](Self::slot) or [`mint`](Self::mint) handed out, and takes it
    /// back.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn free_slot<T>(&mut self, cap: Cap<T>) -> Result<(), AllocationError> {
        self.path(cap).delete()?;
        self.slots.give_back(cap.pointer()..cap.pointer() + 1);
        Ok(())
    }

    /// Frees an object, with all capabilities derived from it, and others that were made by the
    /// same call. It is an error of the program if it has none of this capability.
    ///
    /// # Errors
    /// `NotOurs`, or what the kernel refuses.
    pub fn free<T>(&mut self, object: Cap<T>) -> Result<(), AllocationError> {
        let first = object.pointer();
        let missing = AllocationError::NotOurs(first);
        let origin = self.origins.get(&first).copied().ok_or(missing)?;
        let mut carver = Carver { slots: &mut self.slots };
        let slots = match origin {
            Origin::Slab(block) => {
                let path = carver.slots.path(first);
                path.revoke()?;
                path.delete()?;
                if self.slabs.gone(block) {
                    self.ram.give_back(&mut carver, block)?;
                }
                1
            }
            Origin::Block(block, slots) => {
                self.ram.give_back(&mut carver, block)?;
                slots
            }
            Origin::Device(block) => {
                self.devices.give_back(&mut carver, block)?;
                1
            }
        };
        self.origins.remove(&first);
        self.slots.give_back(first..first + slots);
        Ok(())
    }

    /// So many frames of 4 KiB, in groups of powers of two: each item is the slots of one group,
    /// which [`free`](Self::free) takes back by its first. Uses exactly as much memory.
    ///
    /// # Errors
    /// Too little memory or too few slots; nothing is taken then.
    pub fn frames(&mut self, count: u64) -> Result<alloc::vec::Vec<Range<u64>>, AllocationError> {
        self.groups(ObjectType::SmallPage, PAGE_BITS, count)
    }

    /// [`frames`](Self::frames) for pages of any size.
    fn groups(
        &mut self,
        object: ObjectType,
        bits: u32,
        count: u64,
    ) -> Result<alloc::vec::Vec<Range<u64>>, AllocationError> {
        let mut groups = alloc::vec::Vec::new();
        let mut left = count;
        while left > 0 {
            // Not more than the largest block has room for, nor than one retype makes.
            let room = self.ram.largest().unwrap_or(0).saturating_sub(bits).min(8);
            let group = (1 << left.ilog2()).min(1 << room);
            match self.make(object, 0, group) {
                Ok(slots) => groups.push(slots),
                Err(reason) => {
                    for group in groups {
                        self.free(Cap::<()>::at(group.start))?;
                    }
                    return Err(reason);
                }
            }
            left -= group;
        }
        Ok(groups)
    }

    /// Frames for at least so many bytes, in one piece of physical memory: for devices that do
    /// not translate addresses. The first frame frees them all.
    ///
    /// # Errors
    /// Too little memory in one piece, or too few slots.
    pub fn contiguous(&mut self, bytes: u64) -> Result<Contiguous, AllocationError> {
        let pages = bytes.div_ceil(1 << PAGE_BITS).max(1);
        let frames = self.make(ObjectType::SmallPage, 0, pages)?;
        match Cap::<Page>::at(frames.start).address() {
            Ok(address) => Ok(Contiguous { frames, address }),
            Err(reason) => {
                self.free(Cap::<Page>::at(frames.start))?;
                Err(reason.into())
            }
        }
    }

    /// The page of device memory at a physical address.
    ///
    /// # Errors
    /// `NoDevice`: there is none, or somebody has it. `NoSlots`, or what the kernel refuses.
    pub fn device(&mut self, address: u64) -> Result<Cap<Page>, AllocationError> {
        let mut carver = Carver { slots: &mut self.slots };
        let block = self.devices.take_at(&mut carver, address, PAGE_BITS)?;
        let untyped = self.devices.cap(block);
        match carver.fill(untyped, ObjectType::SmallPage, 0, 1) {
            Ok(slots) => {
                self.origins.insert(slots.start, Origin::Device(block));
                Ok(Cap::at(slots.start))
            }
            Err(reason) => {
                self.devices.give_back(&mut carver, block)?;
                Err(reason)
            }
        }
    }

    /// A small object, in a page with others of its size.
    fn make_small(&mut self, object: ObjectType, size: u32) -> Result<Range<u64>, AllocationError> {
        let bits = object.size_bits(size);
        let mut carver = Carver { slots: &mut self.slots };
        let block = match self.slabs.with_room(bits) {
            Some(block) => block,
            None => {
                let block = self.ram.take(&mut carver, SLAB_BITS)?;
                self.slabs.add(block, bits);
                block
            }
        };
        self.slabs.made(block);
        match carver.fill(self.ram.cap(block), object, size, 1) {
            Ok(slots) => {
                self.origins.insert(slots.start, Origin::Slab(block));
                Ok(slots)
            }
            Err(reason) => {
                if self.slabs.gone(block) {
                    self.ram.give_back(&mut carver, block)?;
                }
                Err(reason)
            }
        }
    }

    /// Objects in a block of their own.
    fn make_block(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        let missing = AllocationError::NoMemory { bits: object.size_bits(size), count };
        let more = count.checked_next_power_of_two().ok_or(missing)?.ilog2();
        let mut carver = Carver { slots: &mut self.slots };
        let block = self.ram.take(&mut carver, object.size_bits(size) + more)?;
        match carver.fill(self.ram.cap(block), object, size, count) {
            Ok(slots) => {
                self.origins.insert(slots.start, Origin::Block(block, count));
                Ok(slots)
            }
            Err(reason) => {
                self.ram.give_back(&mut carver, block)?;
                Err(reason)
            }
        }
    }
}

impl Objects for Memory {
    fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        self.keep_slots(count)?;
        match object.size_bits(size) {
            bits if count == 1 && bits < SLAB_BITS => self.make_small(object, size),
            _ if count == 0 => Err(AllocationError::NoSlots),
            _ => self.make_block(object, size, count),
        }
    }

    fn cspace(&self) -> Cap<CNode> {
        self.slots.root()
    }
}

/// The parts of a run of slots that one retype can fill.
fn batches(slots: &Range<u64>) -> impl Iterator<Item = Range<u64>> + use<> {
    let end = slots.end;
    let starts = slots.clone().step_by(usize::try_from(RETYPE_FAN_OUT).unwrap_or(1));
    starts.map(move |start| start..end.min(start + RETYPE_FAN_OUT))
}

/// A destination as the kernel wants it, for a part of it.
fn part(whole: SlotRange, slots: &Range<u64>, batch: &Range<u64>) -> SlotRange {
    let offset = whole.offset + (batch.start - slots.start);
    SlotRange { offset, count: batch.end - batch.start, ..whole }
}
