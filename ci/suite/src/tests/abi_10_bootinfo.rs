//! abi.md §10: boot information.

use crate::framework::prelude::*;
use abi::bootinfo::{BootInfo, SlotRegion, UntypedDescriptor, slot};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(the_frame_is_aligned),
    test!(unused_fields_are_zero),
    test!(the_initial_core_is_0),
    test!(the_initial_domain_is_0),
    test!(the_ipc_buffer_is_where_it_says),
    test!(the_regions_follow_each_other),
    test!(the_paging_region_starts_the_dynamic_slots),
    test!(image_frames_cover_the_image),
    test!(extra_pages_cover_the_extra_information),
    test!(there_is_one_sched_control_for_each_core),
    test!(the_untyped_list_fits_its_region),
    test!(the_untyped_list_ends_with_zeroes),
    test!(untyped_padding_is_zero),
    test!(the_empty_region_ends_with_the_cnode),
    test!(every_empty_slot_is_empty),
    test!(the_extra_information_is_one_device_tree),
    test!(the_extra_information_follows_the_frame),
];

/// The entries of the untyped list that are used.
fn untypeds(boot: &BootInfo) -> &[UntypedDescriptor] {
    &boot.untyped_list[..boot.untyped.len() as usize]
}

/// "one 4 KiB frame"; boot §3: "BootInfo pointer 4 KiB aligned".
fn the_frame_is_aligned(world: &mut World) -> Outcome {
    let boot: *const BootInfo = world.boot;
    check_eq!(boot.addr() % 4096, 0);
    PASSED
}

/// "24 numIOPTLevels (0)", "56 sharedFrames {0,0}", "104 ioSpaceCaps {0,0}"
fn unused_fields_are_zero(world: &mut World) -> Outcome {
    check_eq!(world.boot.io_page_table_levels, 0);
    check_eq!(world.boot.shared_frames, SlotRegion::default());
    check_eq!(world.boot.io_space_caps, SlotRegion::default());
    PASSED
}

/// "8 nodeID (0)"; "16 numNodes (= configured core count)": there is at least the one.
fn the_initial_core_is_0(world: &mut World) -> Outcome {
    check_eq!(world.boot.node_id, 0);
    check!(world.boot.node_count >= 1);
    PASSED
}

/// "144 initThreadDomain (0)"
fn the_initial_domain_is_0(world: &mut World) -> Outcome {
    check_eq!(world.boot.domain, 0);
    PASSED
}

/// "32 ipcBuffer (user VA)": a helper with the initial thread's buffer frame finds the words
/// there, because the frame is mapped at this address.
fn the_ipc_buffer_is_where_it_says(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::load(1, 0), code::UDF])?;
    ipc_buffer::set_user_data(0x1bc0_ffee);
    bare.run(&bare.with_arguments(&[world.boot.ipc_buffer + abi::buffer::USER_DATA]))?;
    check_eq!(bare.read()?.register(Register::X(1)), 0x1bc0_ffee);
    check_eq!(world.boot.ipc_buffer % 4096, 0);
    PASSED
}

/// §11: "Dynamic caps in slot order: userImagePaging, extraBIPages, schedcontrol,
/// userImageFrames, untypeds; `empty` = everything after."
fn the_regions_follow_each_other(world: &mut World) -> Outcome {
    let boot = world.boot;
    check_eq!(boot.extra_pages.start, boot.image_paging.end);
    check_eq!(boot.sched_control.start, boot.extra_pages.end);
    check_eq!(boot.image_frames.start, boot.sched_control.end);
    check_eq!(boot.untyped.start, boot.image_frames.end);
    check_eq!(boot.empty.start, boot.untyped.end);
    PASSED
}

/// §11: "16.. dynamic caps": tables of three levels below the top one.
fn the_paging_region_starts_the_dynamic_slots(world: &mut World) -> Outcome {
    check_eq!(world.boot.image_paging.start, slot::FIRST_DYNAMIC);
    check!(world.boot.image_paging.len() >= 3);
    PASSED
}

/// "72 userImageFrames": one of 4 KiB for each page of the image, whose last one holds this test's
/// static data or comes behind it.
fn image_frames_cover_the_image(world: &mut World) -> Outcome {
    let bytes = world.boot.image_frames.len() * 4096;
    let start = world.boot.ipc_buffer - bytes;
    for address in [the_frame_is_aligned as *const () as usize as u64, world.board().address(0)] {
        check!((start..world.boot.ipc_buffer).contains(&address));
    }
    PASSED
}

/// "extraBIPages covers ceil(extraLen/4096) frames."
fn extra_pages_cover_the_extra_information(world: &mut World) -> Outcome {
    check_eq!(world.boot.extra_pages.len(), world.boot.extra_length.div_ceil(4096));
    PASSED
}

/// "152 schedcontrol": one per core (§11).
fn there_is_one_sched_control_for_each_core(world: &mut World) -> Outcome {
    check_eq!(world.boot.sched_control.len(), world.boot.node_count);
    PASSED
}

/// "184 `untypedList[230]`"; "entry i describes slot untyped.start+i".
fn the_untyped_list_fits_its_region(world: &mut World) -> Outcome {
    check!((1..=230).contains(&world.boot.untyped.len()));
    for entry in untypeds(world.boot) {
        check!((4..=47).contains(&entry.size_bits), "an entry of 2^{} bytes", entry.size_bits);
        check!(entry.is_device <= 1);
        check!(entry.address.is_multiple_of(1 << entry.size_bits), "at {:#x}", entry.address);
    }
    PASSED
}

/// Entries behind the last are not used.
fn the_untyped_list_ends_with_zeroes(world: &mut World) -> Outcome {
    let used = untypeds(world.boot).len();
    let rest = &world.boot.untyped_list[used..];
    check!(rest.iter().all(|entry| *entry == UntypedDescriptor::default()));
    PASSED
}

/// "paddr u64, sizeBits u8, isDevice u8, 6 pad bytes"
fn untyped_padding_is_zero(world: &mut World) -> Outcome {
    check!(untypeds(world.boot).iter().all(|entry| entry.padding == [0; 6]));
    PASSED
}

/// "136 initThreadCNodeSizeBits"; §11: "`empty` = everything after".
fn the_empty_region_ends_with_the_cnode(world: &mut World) -> Outcome {
    check_eq!(world.boot.empty.end, 1 << world.boot.cnode_bits);
    PASSED
}

/// boot §3: "bi.empty region really empty", as far as this suite has not used it: moving an empty
/// slot onto itself fails with a missing source.
fn every_empty_slot_is_empty(world: &mut World) -> Outcome {
    let beyond_the_suite = world.slot::<()>()?.pointer() + 2500;
    for pointer in (beyond_the_suite..world.boot.empty.end).step_by(17) {
        check!(world.is_empty(Cap::<()>::at(pointer)), "slot {pointer} is occupied");
    }
    PASSED
}

/// "Extra chunks: header {id u64, len u64 including header}; ids: 6 device tree blob (raw FDT
/// follows the header). extraLen = 16 + dtb size exactly (no padding chunk)".
fn the_extra_information_is_one_device_tree(world: &mut World) -> Outcome {
    let extra = libsys::extra_boot_info();
    skip_if!(extra.is_empty(), "no device tree was passed");
    let word = |at: usize| u64::from_le_bytes(core::array::from_fn(|index| extra[at + index]));
    check_eq!((word(0), word(8)), (6, world.boot.extra_length));
    check_eq!(&extra[16..20], &[0xd0, 0x0d, 0xfe, 0xed]);
    let size = u32::from_be_bytes(core::array::from_fn(|index| extra[20 + index]));
    check_eq!(u64::from(size) + 16, world.boot.extra_length);
    PASSED
}

/// "the extra boot info starts at BootInfo+4096."
fn the_extra_information_follows_the_frame(world: &mut World) -> Outcome {
    skip_if!(world.boot.extra_length == 0, "no device tree was passed");
    let boot: *const BootInfo = world.boot;
    check_eq!(libsys::extra_boot_info().as_ptr().addr(), boot.addr() + 4096);
    check_eq!(boot.addr() as u64, world.boot.ipc_buffer + 4096);
    PASSED
}
