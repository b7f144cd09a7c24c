//! The boot information: what the root task finds at the address in x0. (abi.md §10)

use core::mem::offset_of;

use abi::bootinfo::{BootInfo, EXTRA_DEVICE_TREE, ExtraHeader, SlotRegion};
use platform::address::PhysicalAddress;

use super::Plan;
use super::layout::PAGE;
use super::memory::Block;
use super::untypeds::List;
use crate::kernel::Kernel;

/// Fills the frames of the extra boot information in `block`: a header, then the device tree as
/// it is.
pub(super) fn write_extra(kernel: &mut Kernel, block: &mut Block, plan: &Plan, device_tree: &[u8]) {
    let Plan { addresses, objects, .. } = plan;
    if addresses.extra_length == 0 {
        return;
    }
    let header = ExtraHeader { id: EXTRA_DEVICE_TREE, length: addresses.extra_length };
    let mut bytes = [0; size_of::<ExtraHeader>()];
    let (id, length) = bytes.split_at_mut(8);
    id.copy_from_slice(&header.id.to_le_bytes());
    length.copy_from_slice(&header.length.to_le_bytes());
    block.write(kernel, objects.extra, &bytes);
    block.write(kernel, objects.extra + bytes.len() as u64, device_tree);
    let end = objects.extra + addresses.extra_length;
    block.clear(kernel, end, end.next_multiple_of(PAGE) - end);
}

/// Words of the boot information before the list of untyped memory.
const HEADER_WORDS: usize = 23;
const _: () = assert!(8 * HEADER_WORDS == offset_of!(BootInfo, untyped_list));

/// Writes the boot information to its frame, which holds zeroes: in the order of [`BootInfo`],
/// word by word, as far as there is something to say.
pub(super) fn write(
    kernel: &mut Kernel,
    frame: PhysicalAddress,
    plan: &Plan,
    untyped: SlotRegion,
    list: &List,
) {
    let Plan { addresses, slots, objects, .. } = plan;
    let header: [u64; HEADER_WORDS] = [
        addresses.extra_length,
        0, // This core.
        kernel.core_count as u64,
        0, // Levels of I/O page tables.
        addresses.ipc_buffer,
        untyped.end, // From here slots are empty.
        slots.rest.end,
        0, // No shared frames.
        0,
        slots.image_frames.start,
        slots.image_frames.end,
        slots.paging.start,
        slots.paging.end,
        0, // No I/O spaces.
        0,
        slots.extra_pages.start,
        slots.extra_pages.end,
        objects.cnode_radix.into(),
        0, // The domain.
        slots.sched_control.start,
        slots.sched_control.end,
        untyped.start,
        untyped.end,
    ];
    let mut at = frame;
    let mut put = |word| {
        kernel.mem.write_user(at, word);
        at.0 += 8;
    };
    header.into_iter().for_each(&mut put);
    for entry in list {
        put(entry.address);
        put(u64::from(entry.size_bits) | u64::from(entry.is_device) << 8);
    }
}
