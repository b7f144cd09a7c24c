//! boot.md §1 and §2: the physical map and the untyped list.

use crate::framework::prelude::*;
use abi::bootinfo::UntypedDescriptor;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(devices_come_first_and_ascend),
    test!(ram_ascends_behind_the_recycled_boot_code),
    test!(no_two_entries_overlap),
    test!(devices_are_not_ram),
    test!(the_interrupt_controller_is_not_offered),
    test!(devices_are_offered),
    test!(flash_and_pcie_windows_are_offered),
    test!(the_space_above_ram_is_offered),
    test!(each_region_is_cut_greedily),
    test!(most_of_ram_is_offered),
    test!(the_first_device_page_can_be_taken),
    test!(a_device_page_is_no_ipc_buffer),
    test!(all_ram_reads_as_zero_when_retyped),
];

/// The entries of the untyped list.
fn entries(world: &World) -> &'static [UntypedDescriptor] {
    &world.boot.untyped_list[..world.boot.untyped.len() as usize]
}

/// Devices, then RAM.
fn parts(world: &World) -> (&'static [UntypedDescriptor], &'static [UntypedDescriptor]) {
    let entries = entries(world);
    let ram = entries.iter().position(|entry| entry.is_device == 0).unwrap_or(entries.len());
    entries.split_at(ram)
}

/// One past the last address of an entry.
fn end(entry: &UntypedDescriptor) -> u64 {
    entry.address + (1 << entry.size_bits)
}

/// Whether an entry with this flag contains all of these bytes' pages.
fn is_device(world: &World, address: u64) -> bool {
    let mut devices = parts(world).0.iter();
    devices.any(|entry| (entry.address..end(entry)).contains(&address))
}

/// "all device untypeds first, in ascending physical order"
fn devices_come_first_and_ascend(world: &mut World) -> Outcome {
    let (devices, ram) = parts(world);
    check!(ram.iter().all(|entry| entry.is_device == 0));
    check!(devices.iter().is_sorted_by_key(|entry| entry.address));
    check!(!devices.is_empty() && !ram.is_empty());
    PASSED
}

/// "then the memory of the kernel's boot-only code; then free RAM in ascending order": at most one
/// place where the addresses go back.
fn ram_ascends_behind_the_recycled_boot_code(world: &mut World) -> Outcome {
    let (_, ram) = parts(world);
    let descents = ram.windows(2).filter(|pair| pair[1].address < pair[0].address).count();
    check!(descents <= 1, "{descents} descents");
    PASSED
}

/// Memory is offered once.
fn no_two_entries_overlap(world: &mut World) -> Outcome {
    let entries = entries(world);
    for (index, one) in entries.iter().enumerate() {
        for other in &entries[index + 1..] {
            check!(end(one) <= other.address || end(other) <= one.address);
        }
    }
    PASSED
}

/// "0x4000_0000-…: RAM": no device entry lies in the RAM that the frames of this image are in.
fn devices_are_not_ram(world: &mut World) -> Outcome {
    for slot in world.boot.image_frames.slots().step_by(16) {
        check!(!is_device(world, Cap::<Page>::at(slot).address()?));
    }
    let (devices, ram) = parts(world);
    let lowest = ram.iter().map(|entry| entry.address).min().unwrap_or(0);
    let highest = ram.iter().map(end).max().unwrap_or(0);
    check!(devices.iter().all(|entry| end(entry) <= lowest || highest <= entry.address));
    PASSED
}

/// "0x0800_0000 + 4 KiB: GIC distributor: not offered (kernel)"
fn the_interrupt_controller_is_not_offered(world: &mut World) -> Outcome {
    check!(!is_device(world, 0x0800_0000));
    PASSED
}

/// "0x0900_0000 PL011 UART, 0x0901_0000 PL031 RTC, 0x0902_0000 fw-cfg, 0x0903_0000 PL061 GPIO,
/// 0x0a00_0000 + n*0x200 virtio-mmio: device untyped"
fn devices_are_offered(world: &mut World) -> Outcome {
    for address in [0x0900_0000, 0x0901_0000, 0x0902_0000, 0x0903_0000, 0x0a00_0000, 0x0a00_3e00] {
        check!(is_device(world, address), "{address:#x} is not offered");
    }
    PASSED
}

/// "0x0000_0000-0x0800_0000 flash etc.", "0x1000_0000-0x4000_0000 PCIe windows: device untyped"
fn flash_and_pcie_windows_are_offered(world: &mut World) -> Outcome {
    for address in [0, 0x0400_0000, 0x07ff_f000, 0x1000_0000, 0x3eff_f000, 0x3fff_f000] {
        check!(is_device(world, address), "{address:#x} is not offered");
    }
    PASSED
}

/// "everything above RAM up to the 40-bit limit (44-bit for cortex-a57/a72): device untyped"
fn the_space_above_ram_is_offered(world: &mut World) -> Outcome {
    let (_, ram) = parts(world);
    let highest = ram.iter().map(end).max().unwrap_or(0).next_multiple_of(1 << 27);
    for address in [highest, 1 << 39, (1 << 40) - 4096] {
        check!(is_device(world, address), "{address:#x} is not offered");
    }
    PASSED
}

/// "Each free region is cut greedily into naturally aligned power-of-two blocks": of two device
/// entries that touch, no aligned block of both would be possible.
fn each_region_is_cut_greedily(world: &mut World) -> Outcome {
    for pair in entries(world).windows(2) {
        let (one, next) = (pair[0], pair[1]);
        let twins = end(&one) == next.address && one.size_bits == next.size_bits;
        let mergeable = one.address.is_multiple_of(2 << one.size_bits) && one.size_bits < 47;
        let same_kind = one.is_device == next.is_device;
        check!(!(twins && mergeable && same_kind), "{one:x?} and {next:x?} are halves");
    }
    PASSED
}

/// "kernel, image, free memory": three quarters of the RAM in the device tree are free.
fn most_of_ram_is_offered(world: &mut World) -> Outcome {
    let tree = libsys::device_tree::blob().and_then(libsys::device_tree::DeviceTree::new);
    let total = tree.map_or(0, |tree| tree.memory_bytes());
    skip_if!(total == 0, "no device tree was passed");
    let (_, ram) = parts(world);
    let offered: u64 = ram.iter().map(|entry| 1 << entry.size_bits).sum();
    check!(offered < total && offered > total / 4 * 3, "{offered:#x} of {total:#x} bytes");
    PASSED
}

/// §3: "at least one device untyped whose first page can be retyped (it takes a 4 KiB frame at the
/// start of the first device untyped, physical 0 here)".
fn the_first_device_page_can_be_taken(world: &mut World) -> Outcome {
    let first = Cap::<Untyped>::at(world.boot.untyped.start);
    let page = world.slot::<Page>()?;
    first.retype(ObjectType::SmallPage, 0, SlotRange::within(initial::CNODE, page.pointer(), 1))?;
    let found = page.address()?;
    world.revoke(first)?;
    check_eq!(found, entries(world)[0].address);
    PASSED
}

/// §3: "copies it to test processes, and expects IPC-buffer use of it to be refused".
fn a_device_page_is_no_ipc_buffer(world: &mut World) -> Outcome {
    let (device, ..) = world.device_untyped()?;
    let page = world.slot::<Page>()?;
    device.retype(
        ObjectType::SmallPage,
        0,
        SlotRange::within(initial::CNODE, page.pointer(), 1),
    )?;
    let copy = world.copy(page, Rights::ALL)?;
    let thread = world.thread()?;
    check_err!(thread.set_ipc_buffer(0x1000_0000, copy), Error::IllegalOperation);
    PASSED
}

/// "All untypeds read as zero after their first retype (boot memory is not pre-zeroed)": a page at
/// the start of each block of RAM that is not in use.
fn all_ram_reads_as_zero_when_retyped(world: &mut World) -> Outcome {
    let blocks = world.boot.untyped.slots().zip(entries(world));
    for (slot, entry) in blocks.filter(|(_, e)| e.is_device == 0 && (12..21).contains(&e.size_bits))
    {
        let memory = Cap::<Untyped>::at(slot);
        let probe = world.slot::<Untyped>()?;
        if world.path(probe).copy_from(world.path(memory), Rights::ALL).is_err() {
            continue;
        }
        world.delete(probe)?;
        let page = world.slot::<Page>()?;
        let range = SlotRange::within(initial::CNODE, page.pointer(), 1);
        memory.retype(ObjectType::SmallPage, 0, range)?;
        let kind = libsys::window::MemoryKind::Ram;
        let window = libsys::window::Window::map(&mut world.allocator, page, kind)?;
        let dirt = (0..512).find(|index| window.read_word(8 * index) != 0);
        world.revoke(memory)?;
        check_eq!((entry.address, dirt), (entry.address, None));
    }
    PASSED
}
