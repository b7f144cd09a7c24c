//! Tests of the layout.

extern crate std;

use proptest::prelude::*;

use super::super::tests::elf::Elf;
use super::*;

fn image(start: u64, length: u64) -> Image {
    let mut elf = Elf::new(start);
    elf.load(start, &[], length, true);
    Image::parse(&elf.file()).expect("a good file")
}

#[test]
fn addresses_follow_the_image() {
    let addresses = Addresses::new(&image(0x40_0123, 0x2000), 0x1000).expect("it fits");
    assert_eq!(addresses.image, 0x40_0000..0x40_3000);
    assert_eq!((addresses.ipc_buffer, addresses.boot_info), (0x40_3000, 0x40_4000));
    assert_eq!(addresses.extra, 0x40_5000..0x40_7000);
    assert_eq!(addresses.extra_length, 0x1010);
}

#[test]
fn without_a_device_tree_there_is_no_extra_information() {
    let addresses = Addresses::new(&image(0x1000, 1), 0).expect("it fits");
    assert_eq!((addresses.extra_length, pages(&addresses.extra)), (0, 0));
}

#[test]
fn tables_cover_every_page() {
    let addresses = Addresses::new(&image(0x3fff_f000, 0x20_0000), 1).expect("it fits");
    assert_eq!(addresses.tables(1), Tables { first: 0, bits: 39, count: 1 });
    assert_eq!(addresses.tables(2), Tables { first: 0, bits: 30, count: 2 });
    assert_eq!(addresses.tables(3), Tables { first: 0x3fe0_0000, bits: 21, count: 3 });
    assert_eq!(addresses.tables(3).index_of(0x4020_0000), 2);
    assert_eq!(addresses.table_count(), 6);
}

/// The reference of abi.md §11: paging 16-20, extra 21-22, control 23, frames 24-1069, rest 1070.
#[test]
fn slots_are_those_of_the_reference() {
    let image = image(0x40_0000, 1046 * PAGE);
    let addresses = Addresses::new(&image, PAGE + 1).expect("it fits");
    let slots = Slots::new(&addresses, 1, 13).expect("there are enough");
    let region = |start, end| SlotRegion { start, end };
    assert_eq!(slots.paging, region(16, 21));
    assert_eq!(slots.extra_pages, region(21, 23));
    assert_eq!(slots.sched_control, region(23, 24));
    assert_eq!(slots.image_frames, region(24, 1070));
    assert_eq!(slots.rest, region(1070, 8192));
    let failure = Slots::new(&addresses, 1, 10).expect_err("too few");
    assert_eq!(failure, BootFailure::TooFewSlots { needed: 1070, available: 1024 });
}

#[test]
fn the_end_of_user_space_is_the_end() {
    let end = abi::USER_END;
    assert!(Addresses::new(&image(end - 4 * PAGE, PAGE), 1).is_ok());
    let failure = Addresses::new(&image(end - 4 * PAGE, PAGE), PAGE);
    assert_eq!(failure, Err(ImageError::OutsideUserSpace { address: end - 3 * PAGE }));
    assert!(Addresses::new(&image(end - PAGE, PAGE), 0).is_err());
}

proptest! {
    #[test]
    fn objects_are_aligned_to_their_size(
        start in 0u64..1 << 46, length in 1u64..1 << 34, tree in 0u64..1 << 21,
        radix in 8u32..=20, private in 0u64..100_000,
    ) {
        let addresses = Addresses::new(&image(start, length), tree).expect("it fits");
        let objects = Objects::new(&addresses, radix, private);
        let places = [
            (0, 1 << (radix + 5), 1 << (radix + 5)),
            (objects.vspace, 0x1000, 0x1000),
            (objects.tables, 0x1000, 0x1000 * addresses.table_count()),
            (objects.asid_pool, 0x1000, 0x1000),
            (objects.ipc_buffer, 0x1000, 0x1000),
            (objects.boot_info, 0x1000, 0x1000),
            (objects.thread, 0x800, 0x800),
            (objects.sched_context, 0x80, 0x80),
            (objects.private, 0x20, private),
            (objects.extra, 0x1000, 0x1000 * pages(&addresses.extra)),
        ];
        let mut end = 0;
        for (place, alignment, bytes) in places {
            prop_assert!(place >= end && place.is_multiple_of(alignment));
            prop_assert!(alignment <= objects.alignment());
            end = place + bytes;
        }
        prop_assert!(objects.bytes == end && end % PAGE == 0);
    }
}
