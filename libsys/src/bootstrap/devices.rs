//! Device memory by physical address.
//!
//! The kernel offers devices in large blocks. A page in the middle of one is reached by cutting
//! the block into halves until the half is the page; the other halves stay for later pages.

use abi::bootinfo::{BootInfo, MAX_UNTYPEDS};
use abi::{ObjectType, PAGE_BITS};
use heapless::Vec;

use super::allocator::{AllocationError, Allocator};
use super::blocks::Block;
use crate::cap::Cap;
use crate::object::{Page, SlotRange, Untyped};

/// Blocks of device memory that are still whole.
///
/// ```no_run
/// use libsys::System;
/// use libsys::bootstrap::AllocationError;
/// use libsys::window::{MemoryKind, Window};
///
/// /// The registers of a device.
/// fn registers(system: &mut System, address: u64) -> Result<Window, AllocationError> {
///     let page = system.devices.page(&mut system.allocator, address)?;
///     Window::map(&mut system.allocator, page, MemoryKind::Device)
/// }
/// # fn main() {}
/// ```
pub struct Devices {
    blocks: Vec<Block, { 2 * MAX_UNTYPEDS }>,
}

impl Devices {
    /// All device memory of the boot information.
    #[must_use]
    pub fn new(boot: &BootInfo) -> Self {
        let mut blocks = Vec::new();
        for (slot, entry) in boot.untyped.slots().zip(&boot.untyped_list) {
            if entry.is_device != 0 {
                let block = Block::unused(Cap::at(slot), entry.address, entry.size_bits.into());
                // The list has fewer entries than the vector has room for.
                let _ = blocks.push(block);
            }
        }
        Self { blocks }
    }

    /// The blocks: capability, physical address, and `log2` of the bytes.
    pub(crate) fn into_blocks(self) -> impl Iterator<Item = (Cap<Untyped>, u64, u32)> {
        self.blocks.into_iter().map(|block| (block.cap, block.address, block.bits))
    }

    /// The page at a physical address. Each page is handed out once. Takes up to two slots for
    /// each halving.
    ///
    /// # Errors
    /// - `NoDevice`: no such device memory, or handed out already.
    /// - `NoSlots`, or what the kernel refuses.
    pub fn page(
        &mut self,
        allocator: &mut Allocator,
        address: u64,
    ) -> Result<Cap<Page>, AllocationError> {
        let missing = AllocationError::NoDevice(address);
        if !address.is_multiple_of(1 << PAGE_BITS) {
            return Err(missing);
        }
        let wanted = |block: &Block| block.contains(address) && block.bits >= PAGE_BITS;
        let index = self.blocks.iter().position(wanted).ok_or(missing)?;
        let mut block = self.blocks.swap_remove(index);
        while block.bits > PAGE_BITS {
            let (kept, rest) = halve(allocator, block, address)?;
            // Without room for the other half its memory is lost, which harms nobody else.
            let _ = self.blocks.push(rest);
            block = kept;
        }
        let page = allocator.slot::<Page>()?;
        let slots = SlotRange::within(allocator.cnode(), page.pointer(), 1);
        block.cap.retype(ObjectType::SmallPage, 0, slots)?;
        Ok(page)
    }
}

/// Cuts a block into the half with `address` and the other one.
fn halve(
    allocator: &mut Allocator,
    block: Block,
    address: u64,
) -> Result<(Block, Block), AllocationError> {
    let slots = allocator.slots(2)?;
    let range = SlotRange::within(allocator.cnode(), slots.start, 2);
    block.cap.retype(ObjectType::Untyped, block.bits - 1, range)?;
    Ok(halves(block, slots.start, address))
}

/// The halves of `block`, whose capabilities are in two slots from `slot`: first the one that
/// contains `address`.
fn halves(block: Block, slot: u64, address: u64) -> (Block, Block) {
    let bits = block.bits - 1;
    let lower = Block::unused(Cap::at(slot), block.address, bits);
    let upper = Block::unused(Cap::at(slot + 1), block.address + (1 << bits), bits);
    if lower.contains(address) { (lower, upper) } else { (upper, lower) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_leads_to_the_page_and_loses_nothing() {
        let address = 0x0903_0000;
        let mut block = Block::unused(Cap::at(1), 0x0900_0000, 24);
        let mut bytes = 0;
        let mut slot = 100;
        while block.bits > PAGE_BITS {
            let (kept, rest) = halves(block, slot, address);
            assert!(kept.contains(address) && !rest.contains(address));
            assert!(block.contains(rest.address) && block.contains(kept.address));
            assert!(kept.address.is_multiple_of(1 << kept.bits));
            bytes += rest.free();
            block = kept;
            slot += 2;
        }
        assert_eq!((block.address, bytes + block.free()), (address, 1 << 24));
    }
}
