//! The boot information: what the root task finds at the address in x0. (abi.md §10)

use abi::bootinfo::{
    BootInfo, EXTRA_DEVICE_TREE, ExtraHeader, MAX_UNTYPEDS, SlotRegion, UntypedDescriptor,
};
use platform::address::PhysicalAddress;

use super::layout::{Addresses, Objects, PAGE, Slots};
use super::memory::Block;
use super::untypeds::List;
use crate::kernel::Kernel;

/// Fills the frames of the extra boot information in `block`: a header, then the device tree as
/// it is.
pub(super) fn write_extra(
    kernel: &mut Kernel,
    block: &mut Block,
    objects: &Objects,
    addresses: &Addresses,
    device_tree: &[u8],
) {
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

/// What the boot information says.
pub(super) fn describe(
    kernel: &Kernel,
    addresses: &Addresses,
    slots: &Slots,
    cnode_bits: u32,
    untyped: SlotRegion,
    list: &List,
) -> BootInfo {
    let mut untyped_list = [UntypedDescriptor::default(); MAX_UNTYPEDS];
    untyped_list.iter_mut().zip(list).for_each(|(entry, known)| *entry = *known);
    BootInfo {
        extra_length: addresses.extra_length,
        node_id: 0,
        node_count: kernel.core_count as u64,
        io_page_table_levels: 0,
        ipc_buffer: addresses.ipc_buffer,
        empty: SlotRegion { start: untyped.end, end: slots.rest.end },
        shared_frames: SlotRegion::default(),
        image_frames: slots.image_frames,
        image_paging: slots.paging,
        io_space_caps: SlotRegion::default(),
        extra_pages: slots.extra_pages,
        cnode_bits: cnode_bits.into(),
        domain: 0,
        sched_control: slots.sched_control,
        untyped,
        untyped_list,
    }
}

/// Writes the boot information to its frame, word by word, in the order of the structure.
pub(super) fn write(kernel: &mut Kernel, frame: PhysicalAddress, info: &BootInfo) {
    let region = |region: SlotRegion| [region.start, region.end];
    let numbers = [
        info.extra_length,
        info.node_id,
        info.node_count,
        info.io_page_table_levels,
        info.ipc_buffer,
    ];
    let regions = [
        region(info.empty),
        region(info.shared_frames),
        region(info.image_frames),
        region(info.image_paging),
        region(info.io_space_caps),
        region(info.extra_pages),
        [info.cnode_bits, info.domain],
        region(info.sched_control),
        region(info.untyped),
    ];
    let untyped = info
        .untyped_list
        .iter()
        .map(|entry| [entry.address, u64::from(entry.size_bits) | u64::from(entry.is_device) << 8]);
    let words = numbers.into_iter().chain(regions.into_iter().chain(untyped).flatten());
    for (offset, word) in (0..).step_by(8).zip(words) {
        kernel.mem.write_user(PhysicalAddress(frame.0 + offset), word);
    }
}
