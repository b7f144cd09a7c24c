//! Slots and objects.

use abi::bootinfo::{BootInfo, MAX_UNTYPEDS};
use abi::object::RETYPE_FAN_OUT;
use abi::{Error, ObjectType};
use core::fmt;
use core::ops::Range;
use heapless::Vec;

use super::addresses::Addresses;
use super::blocks::{Block, best};
use crate::cap::{Cap, SlotPath};
use crate::initial;
use crate::object::{CNode, ChosenSize, FixedSize, Object, SlotRange, Untyped};

/// Why there is no object.
///
/// ```
/// use libsys::Error;
/// use libsys::bootstrap::AllocationError;
///
/// let refused = AllocationError::from(Error::DeleteFirst);
/// assert_eq!(refused, AllocationError::Refused(Error::DeleteFirst));
/// let large = AllocationError::NoMemory { bits: 21, count: 8 };
/// assert_eq!(large.to_string(), "no memory for 8 objects of 2^21 bytes");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AllocationError {
    /// The CNode has too few empty slots.
    NoSlots,
    /// No block of memory has room for so many objects of `1 << bits` bytes.
    NoMemory {
        /// `log2` of the bytes of one object.
        bits: u32,
        /// Number of objects.
        count: u64,
    },
    /// The addresses that windows may use are used up.
    NoAddresses,
    /// No device memory at this physical address, or it is in use.
    NoDevice(u64),
    /// What is to be freed or unmapped, named by a slot or an address, was not taken here.
    NotOurs(u64),
    /// The kernel refused.
    Refused(Error),
}

impl From<Error> for AllocationError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for AllocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlots => write!(f, "too few capability slots"),
            Self::NoMemory { bits, count } => {
                write!(f, "no memory for {count} objects of 2^{bits} bytes")
            }
            Self::NoAddresses => write!(f, "too few virtual addresses"),
            Self::NoDevice(address) => write!(f, "no device memory at {address:#x}"),
            Self::NotOurs(number) => write!(f, "{number:#x} was not taken here"),
            Self::Refused(error) => write!(f, "the kernel refused: {error:?}"),
        }
    }
}

/// Hands out slots of one CNode and objects made of the memory that it holds. Single objects
/// are not freed; [`reclaim`](Self::reclaim) takes everything back at once.
///
/// ```no_run
/// use libsys::bootstrap::{AllocationError, Allocator};
/// use libsys::object::{Endpoint, Reply};
///
/// /// Work that gives back everything that it took.
/// fn meet(allocator: &mut Allocator) -> Result<(), AllocationError> {
///     let mut own = allocator.subset(16, 32)?;
///     let (endpoint, reply) = (own.create::<Endpoint>()?, own.create::<Reply>()?);
///     libsys::println!("{:?}", endpoint.nb_recv(reply));
///     own.reclaim()
/// }
/// # fn main() {}
/// ```
pub struct Allocator {
    cnode: Cap<CNode>,
    slots: Range<u64>,
    next_slot: u64,
    blocks: Vec<Block, MAX_UNTYPEDS>,
    addresses: Addresses,
}

impl Allocator {
    /// All RAM and all empty slots of the initial thread.
    #[must_use]
    pub fn new(boot: &BootInfo) -> Self {
        let mut blocks = Vec::new();
        for (slot, entry) in boot.untyped.slots().zip(&boot.untyped_list) {
            if entry.is_device == 0 {
                let block = Block::unused(Cap::at(slot), entry.address, entry.size_bits.into());
                // The list has as many entries as the vector has room for.
                let _ = blocks.push(block);
            }
        }
        Self {
            cnode: initial::CNODE,
            slots: boot.empty.slots(),
            next_slot: boot.empty.start,
            blocks,
            addresses: Addresses::new(),
        }
    }

    /// An allocator of its own over `1 << bits` bytes of this one's memory and `slots` of its
    /// slots, to be reclaimed as a whole.
    ///
    /// # Errors
    /// Too little memory or too few slots.
    pub fn subset(&mut self, bits: u32, slots: u64) -> Result<Self, AllocationError> {
        // One more slot is that of the memory.
        if slots >= self.slots_left() {
            return Err(AllocationError::NoSlots);
        }
        let memory = self.create_sized::<Untyped>(bits)?;
        let slots = self.slots(slots)?;
        Ok(Self::over(self.cnode, memory, bits, slots))
    }

    /// An allocator over `memory`, unused and of `1 << bits` bytes, and empty slots of `cnode`.
    #[must_use]
    pub fn over(cnode: Cap<CNode>, memory: Cap<Untyped>, bits: u32, slots: Range<u64>) -> Self {
        let mut blocks = Vec::new();
        // One block fits into the vector.
        let _ = blocks.push(Block::unused(memory, 0, bits));
        Self { cnode, next_slot: slots.start, slots, blocks, addresses: Addresses::new() }
    }

    /// Takes back all memory and all slots, and with them every window: revokes the memory, and
    /// empties the slots that were handed out (some may hold capabilities to objects of others).
    ///
    /// # Errors
    /// `Refused` cannot happen unless the CNode is gone.
    pub fn reclaim(&mut self) -> Result<(), AllocationError> {
        for block in &mut self.blocks {
            self.cnode.slot(block.cap.pointer()).revoke()?;
            block.used = 0;
        }
        for slot in self.slots.start..self.next_slot {
            self.cnode.slot(slot).delete()?;
        }
        self.next_slot = self.slots.start;
        Ok(())
    }

    /// Takes the next piece of the memory that is left: the largest at the watermark of a block.
    /// `None` when what is left is smaller than a page, or there are no slots.
    pub(crate) fn next_block(&mut self) -> Option<(Cap<Untyped>, u64, u32)> {
        let index = self.blocks.iter().position(|block| block.next_piece().is_some())?;
        let block = self.blocks[index];
        if block.used == 0 {
            self.blocks.swap_remove(index);
            return Some((block.cap, block.address, block.bits));
        }
        let (start, bits) = block.next_piece()?;
        let slot = self.slots(1).ok()?;
        let slots = SlotRange::within(self.cnode, slot.start, 1);
        let made = block.cap.retype(ObjectType::Untyped, bits, slots);
        let address = block.address + start;
        self.blocks[index].used = start + (1 << bits);
        made.ok().map(|()| (Cap::at(slot.start), address, bits))
    }

    /// The slots that are left.
    pub(crate) fn into_slots(self) -> Range<u64> {
        self.next_slot..self.slots.end
    }

    /// The CNode with the slots that are handed out.
    #[must_use]
    pub const fn cnode(&self) -> Cap<CNode> {
        self.cnode
    }

    /// Slots not yet handed out.
    #[must_use]
    pub const fn slots_left(&self) -> u64 {
        self.slots.end - self.next_slot
    }

    /// Bytes not yet handed out, in all blocks together.
    #[must_use]
    pub fn bytes_left(&self) -> u64 {
        self.blocks.iter().map(Block::free).sum()
    }

    /// `log2` of the largest object that can still be made.
    #[must_use]
    pub fn largest_bits(&self) -> Option<u32> {
        self.blocks.iter().filter_map(Block::largest).max()
    }

    /// The path to a slot of this allocator's CNode.
    #[must_use]
    pub const fn path<T>(&self, cap: Cap<T>) -> SlotPath {
        SlotPath::new(self.cnode, cap.pointer())
    }

    /// One empty slot, as the pointer of what will be in it.
    ///
    /// # Errors
    /// `NoSlots`.
    pub fn slot<T>(&mut self) -> Result<Cap<T>, AllocationError> {
        self.slots(1).map(|slots| Cap::at(slots.start))
    }

    /// Consecutive empty slots.
    ///
    /// # Errors
    /// `NoSlots`.
    pub fn slots(&mut self, count: u64) -> Result<Range<u64>, AllocationError> {
        if count > self.slots_left() {
            return Err(AllocationError::NoSlots);
        }
        let start = self.next_slot;
        self.next_slot += count;
        Ok(start..self.next_slot)
    }

    /// Addresses for a window of the initial thread: the first of so many bytes. They are never
    /// handed out again, and the pages below and above are in no window.
    pub(crate) fn reserve_addresses(&mut self, bytes: u64) -> Result<u64, AllocationError> {
        self.addresses.reserve(bytes).ok_or(AllocationError::NoAddresses)
    }

    /// An object of a type with one size.
    ///
    /// # Errors
    /// Too little memory, no slot, or the kernel refuses.
    pub fn create<T: FixedSize>(&mut self) -> Result<Cap<T>, AllocationError> {
        self.make(T::TYPE, 0, 1).map(|slots| Cap::at(slots.start))
    }

    /// An object of a chosen size: `log2` of its bytes for untyped memory and scheduling
    /// contexts, `log2` of its slots for CNodes.
    ///
    /// # Errors
    /// Too little memory, no slot, or the kernel refuses.
    pub fn create_sized<T: ChosenSize>(&mut self, size: u32) -> Result<Cap<T>, AllocationError> {
        self.make(T::TYPE, size, 1).map(|slots| Cap::at(slots.start))
    }

    /// Several objects in consecutive slots, made by as few invocations as possible.
    ///
    /// # Errors
    /// Too little memory in one block, too few slots, or the kernel refuses. Objects already
    /// made then stay, without use, until the allocator is reclaimed.
    pub fn create_many<T: FixedSize>(
        &mut self,
        count: u64,
    ) -> Result<impl Iterator<Item = Cap<T>> + use<T>, AllocationError> {
        self.make(T::TYPE, 0, count).map(|slots| slots.map(Cap::at))
    }

    /// Objects of a type known only at run time, in consecutive slots.
    ///
    /// # Errors
    /// Those of [`create_many`](Self::create_many).
    pub fn make(
        &mut self,
        object: ObjectType,
        size: u32,
        count: u64,
    ) -> Result<Range<u64>, AllocationError> {
        let slots = self.slots(count)?;
        let mut next = slots.start;
        while next < slots.end {
            let batch = (slots.end - next).min(RETYPE_FAN_OUT);
            let made = self.retype(object, size, SlotRange::within(self.cnode, next, batch));
            if let Err(reason) = made {
                // The slots without an object are still empty, and the last handed out.
                self.next_slot = next;
                return Err(reason);
            }
            next += batch;
        }
        Ok(slots)
    }

    /// Makes one batch in the tightest block.
    fn retype(
        &mut self,
        object: ObjectType,
        size: u32,
        slots: SlotRange,
    ) -> Result<(), AllocationError> {
        let (bits, count) = (object.size_bits(size), slots.count);
        let missing = AllocationError::NoMemory { bits, count };
        let block = best(&mut self.blocks, bits, count).ok_or(missing)?;
        block.cap.retype(object, size, slots)?;
        block.used = block.after(bits, count).ok_or(missing)?;
        Ok(())
    }
}

impl<T: Object> Cap<T> {
    /// The type of the object, for allocators.
    pub const TYPE: ObjectType = T::TYPE;
}
