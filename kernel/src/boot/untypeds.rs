//! Untyped memory: everything that is left of the physical address space. (boot.md §2)

use abi::bootinfo::{MAX_UNTYPEDS, SlotRegion, UntypedDescriptor};
use platform::address::PhysicalAddress;

use super::ranges::{Ranges, blocks};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::untyped;

/// Untyped memory in the order of the list: devices, then RAM, both ascending.
pub type List = heapless::Vec<UntypedDescriptor, MAX_UNTYPEDS>;

/// The list of the memory in `devices` and `ram`, as far as it has at most `most` entries; also
/// how many more there would be.
pub(super) fn list(devices: &Ranges, ram: &Ranges, most: u64) -> (List, usize) {
    let (mut list, mut dropped) = (List::new(), 0);
    for (ranges, is_device) in [(devices, 1), (ram, 0)] {
        for block in ranges.iter().flat_map(blocks) {
            let size_bits = u8::try_from(block.bits).unwrap_or(0);
            let entry = UntypedDescriptor {
                address: block.start,
                size_bits,
                is_device,
                ..UntypedDescriptor::default()
            };
            if list.len() as u64 >= most || list.push(entry).is_err() {
                dropped += 1;
            }
        }
    }
    (list, dropped)
}

/// Puts a capability for each entry of the list into the slots of `cnode` from `first`; returns
/// the slots. The memory has whatever the boot loader left in it: it counts as handed out, so
/// that its first retype clears it.
pub(super) fn install(
    kernel: &mut Kernel,
    cnode: Obj<Slot>,
    first: u64,
    list: &List,
) -> SlotRegion {
    let mut end = first;
    for entry in list {
        let start = PhysicalAddress(entry.address);
        let mut cap = untyped::fresh(start, entry.size_bits, entry.is_device != 0);
        untyped::mark_full(&mut cap);
        super::put(kernel, cnode, end, cap);
        end += 1;
    }
    SlotRegion { start: first, end }
}
