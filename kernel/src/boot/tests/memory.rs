//! Tests of where physical memory ends up.

extern crate std;
use std::string::ToString;
use std::vec::Vec;

use abi::bootinfo::slot;
use platform::address::PhysicalRange;
use proptest::prelude::*;

use super::elf::Elf;
use super::machine::{Booted, MIB, RAM, Sketch, program, range};
use crate::boot::ranges::Ranges;
use crate::boot::{BootFailure, ImageError, Program, Surroundings, forecast};

/// Checks that every byte of usable RAM has exactly one owner: the kernel's image, the block of
/// the first objects, a frame of the image, or one untyped capability; and that every other
/// address has at most one.
fn check_owners(sketch: &Sketch, booted: &Booted) {
    check_forecast(sketch, booted);
    let board = &booted.board;
    let mut left = Ranges::new(&board.memory);
    left.remove_all(board.reserved.iter().copied());
    left.remove(sketch.kernel_image);
    let mut take = |range: PhysicalRange, what: &str| {
        assert!(left.contains(range), "{what} {range:x?} has another owner too");
        left.remove(range);
    };
    take(objects(booted), "objects");
    for number in booted.region(72) {
        take(range(booted.frame(number).0, 4096), "frame");
    }
    let (devices, ram): (Vec<_>, Vec<_>) =
        booted.untyped_list().into_iter().partition(|(_, _, device)| *device);
    for (address, bits, _) in ram {
        take(range(address, 1 << bits), "untyped memory");
    }
    assert_eq!(left.iter().collect::<Vec<_>>(), [], "lost");
    let mut end = 0;
    let unavailable = sketch.memory.iter().chain(&sketch.reserved).chain(&sketch.device_ranges);
    for (address, bits, _) in devices {
        let device = range(address, 1 << bits);
        assert!(end <= device.start && device.end <= 1 << sketch.address_bits);
        assert!(unavailable.clone().all(|other| !other.overlaps(device)), "{device:x?}");
        end = device.end;
    }
}

/// Checks that the boot information could be known before.
fn check_forecast(sketch: &Sketch, booted: &Booted) {
    let board = &booted.board;
    let (_, file) = sketch.ramdisk.as_ref().expect("it has booted");
    let length = booted.device_tree.len() as u64;
    let surroundings = Surroundings {
        memory: &board.memory,
        reserved: [&board.reserved, &board.hidden],
        kernel_image: sketch.kernel_image,
        device_ranges: &sketch.device_ranges,
        address_bits: sketch.address_bits,
        ramdisk: board.initrd.expect("it has booted"),
        device_tree: range(sketch.device_tree.0, length).outwards(4096),
    };
    let program = Program {
        extent: Program::extent_of(file).expect("it has booted"),
        root_cnode_bits: board.options.root_cnode_bits,
        cores: board.cores.len(),
        domains: board.options.domains,
        device_tree_bytes: length,
    };
    let forecast = forecast(&surroundings, &program).expect("it has booted");
    let entry = |entry: &abi::bootinfo::UntypedDescriptor| {
        (entry.address, u32::from(entry.size_bits), entry.is_device != 0)
    };
    assert_eq!(forecast.untyped.iter().map(entry).collect::<Vec<_>>(), booted.untyped_list());
    assert_eq!(forecast.empty.slots(), booted.region(40));
}

/// The block of the root task's kernel objects.
fn objects(booted: &Booted) -> PhysicalRange {
    let places = [slot::CNODE, slot::ASID_POOL, slot::THREAD, slot::SCHED_CONTEXT];
    let extents = places.map(|number| booted.kernel.extent(&booted.cap(number)).expect("memory"));
    let start = extents[0].start;
    // Behind the last object comes what the kernel keeps for itself, up to the end of a page.
    let (sets, cores) = (booted.kernel.queue_sets(), booted.kernel.core_count);
    let end = (extents[3].end + crate::boot::private_bytes(sets, cores)).next_multiple_of(4096);
    assert!(extents.iter().all(|extent| PhysicalRange::new(start, end).contains(*extent)));
    let extra = booted.region(120);
    if !extra.is_empty() {
        assert_eq!(booted.frame(extra.start).0, end);
    }
    PhysicalRange::new(start, end + 4096 * (extra.end - extra.start))
}

#[test]
fn every_byte_has_one_owner() {
    let sketch = Sketch::default();
    check_owners(&sketch, &sketch.boot());
}

/// The reference of boot.md §2: 1 GiB, two pages of interrupt controller, 40 bits.
#[test]
fn devices_are_those_of_the_reference() {
    let sketch = Sketch { memory: [range(RAM, 1 << 30)].into(), ..Sketch::default() };
    let booted = sketch.boot();
    let devices: Vec<_> = booted.untyped_list().into_iter().filter(|entry| entry.2).collect();
    let below = [
        (0, 27),
        (0x800_1000, 12),
        (0x800_2000, 13),
        (0x800_4000, 14),
        (0x800_8000, 15),
        (0x801_1000, 12),
        (0x801_2000, 13),
        (0x801_4000, 14),
        (0x801_8000, 15),
        (0x802_0000, 17),
        (0x804_0000, 18),
        (0x808_0000, 19),
        (0x810_0000, 20),
        (0x820_0000, 21),
        (0x840_0000, 22),
        (0x880_0000, 23),
        (0x900_0000, 24),
        (0xa00_0000, 25),
        (0xc00_0000, 26),
        (0x1000_0000, 28),
        (0x2000_0000, 29),
    ];
    let above = (31..40).map(|bits| (1 << bits, bits));
    let expected: Vec<_> =
        below.into_iter().chain(above).map(|(address, bits)| (address, bits, true)).collect();
    assert_eq!(expected.len(), 30);
    assert_eq!(devices, expected);
    check_owners(&sketch, &booted);
}

#[test]
fn devices_come_first_and_the_rest_ascends() {
    let booted = Sketch { address_bits: 44, ..Sketch::default() }.boot();
    let list = booted.untyped_list();
    assert!(list.is_sorted_by_key(|(address, _, device)| (!device, *address)));
    let last_device = list.iter().rfind(|entry| entry.2).expect("devices");
    assert_eq!(*last_device, (1 << 43, 43, true));
}

#[test]
fn objects_are_at_the_top_and_the_image_in_one_piece() {
    let booted = Sketch::default().boot();
    let objects = objects(&booted);
    // The largest object, the CNode, is aligned to its size, as high as that allows.
    assert_eq!(objects.start % (256 << 10), 0);
    assert!(RAM + 16 * MIB - objects.end < 256 << 10);
    let frames: Vec<_> = booted.region(72).map(|number| booted.frame(number).0).collect();
    assert!(frames.windows(2).all(|pair| pair[1] == pair[0] + 4096));
    // The first page of the window is nobody's: its objects would have no name.
    assert_eq!(frames[0], RAM + 4096);
}

#[test]
fn memory_of_the_boot_loaders_files_becomes_free() {
    let booted = Sketch::default().boot();
    let free = |address: u64| {
        booted.untyped_list().iter().any(|(start, bits, device)| {
            !device && range(*start, 1 << bits).contains(range(address, 4096))
        })
    };
    assert!(free(RAM + 8 * MIB) && free(RAM + 12 * MIB));
    assert!(!free(RAM) && !free(RAM + 2 * MIB));
}

#[test]
fn reserved_memory_is_neither_ram_nor_device() {
    let reserved = [range(RAM + 5 * MIB, 0x3000), range(0x3000_0000, 0x1000)].into();
    let sketch = Sketch { reserved, ..Sketch::default() };
    let booted = sketch.boot();
    check_owners(&sketch, &booted);
}

/// As U-Boot does it.
#[test]
fn a_reserved_ramdisk_is_ours() {
    let reserved = [range(RAM + 8 * MIB, 0x4000), range(RAM + 5 * MIB, 0x1000)].into();
    let ramdisk = Some((RAM + 8 * MIB, program().file()));
    let mut sketch = Sketch { reserved, ramdisk, ..Sketch::default() };
    sketch.reserved[0].end = sketch.reserved[0].start + program().file().len() as u64;
    let booted = sketch.boot();
    assert_eq!(booted.board.reserved, sketch.reserved[1..]);
    check_owners(&sketch, &booted);
}

#[test]
fn an_image_without_room_in_one_piece_is_spread() {
    let hole = |at: u64| range(RAM + at * MIB, 0x1000);
    let mut elf = Elf::new(0x20_0000);
    elf.load(0x20_0000, &[0x5a; 3 * MIB as usize], 9 * MIB, true);
    let sketch = Sketch {
        reserved: [hole(4), hole(9), hole(14)].into(),
        ramdisk: Some((RAM + 10 * MIB, elf.file())),
        device_tree: (RAM + 15 * MIB, 0),
        ..Sketch::default()
    };
    let booted = sketch.boot();
    check_owners(&sketch, &booted);
    for (page, number) in (0..).zip(booted.region(72)) {
        let expected = if page < 3 * 256 { 0x5a } else { 0 };
        for offset in [0, 1, 0xfff] {
            assert_eq!(booted.byte(booted.frame(number), offset), expected, "page {page}");
        }
    }
}

#[test]
fn too_little_ram_is_said_with_figures() {
    let mut elf = Elf::new(0x20_0000);
    elf.load(0x20_0000, b"x", 31 * MIB / 2, true);
    let sketch = Sketch { ramdisk: Some((RAM + 8 * MIB, elf.file())), ..Sketch::default() };
    let Err(failure) = sketch.try_boot() else { panic!("there is no room") };
    let BootFailure::TooLittleRam { needed, available } = failure else { panic!("{failure}") };
    // 16 MiB without the window's first page, the kernel, and one page and three pages of files.
    assert_eq!(available, 16 * MIB - 0x1000 - 0x5_3000 - 0x1000 - 0x3000);
    assert!(needed > 31 * MIB / 2 + (256 << 10) && needed < 16 * MIB);
    let line =
        std::format!("too little RAM: the root task needs {needed} bytes, {available} are free");
    assert_eq!(failure.to_string(), line);
}

#[test]
fn every_other_failure_has_its_reason() {
    let fails = |sketch: Sketch| sketch.try_boot().err().expect("it cannot boot");
    let without = Sketch { ramdisk: None, ..Sketch::default() };
    assert_eq!(fails(without), BootFailure::NoRamdisk);
    let at = |start: u64| Sketch { ramdisk: Some((start, program().file())), ..Sketch::default() };
    for outside in [0x1000, RAM - 0x1000, RAM, RAM + 2 * MIB, RAM + 16 * MIB - 0x1000] {
        let failure = fails(at(outside));
        assert!(matches!(failure, BootFailure::RamdiskOutsideRam(_)), "{outside:#x}: {failure}");
    }
    let ramdisk = Some((RAM + 8 * MIB, b"#!/bin/sh".to_vec()));
    let rubbish = Sketch { ramdisk, ..Sketch::default() };
    assert_eq!(fails(rubbish), BootFailure::Image(ImageError::NotElf));
    let mut elf = Elf::new(0x20_0000);
    elf.load(0x20_0000, b"x", MIB, true);
    let small = Sketch {
        ramdisk: Some((RAM + 8 * MIB, elf.file())),
        options: "tessera.root_cnode_bits=8".into(),
        ..Sketch::default()
    };
    let failure = BootFailure::TooFewSlots { needed: 16 + 3 + 3 + 1 + 256, available: 256 };
    assert_eq!(fails(small), failure);
}

#[test]
fn a_full_cnode_drops_untyped_memory() {
    let mut elf = Elf::new(0x20_0000);
    elf.load(0x20_0000, b"x", 200 << 12, true);
    let sketch = Sketch {
        ramdisk: Some((RAM + 8 * MIB, elf.file())),
        options: "tessera.root_cnode_bits=8".into(),
        ..Sketch::default()
    };
    let booted = sketch.boot();
    assert_eq!(booted.region(168).end, 256);
    assert_eq!(booted.region(40), 256..256);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_byte_has_one_owner_on_every_board(
        gaps in proptest::collection::vec((1u64..200, 0u64..40), 1..6),
        areas in proptest::collection::vec((0u64..4096, 1u64..20), 0..8),
        kernel in 0u64..1000, ramdisk in 0u64..1000, tree in 0u64..1000,
        bits in 8u32..15,
    ) {
        let page = |page: u64, pages: u64| range(RAM + page * 4096, pages * 4096);
        let (mut memory, mut next) = (Vec::new(), 0);
        for (pages, gap) in gaps {
            memory.push(page(next, pages + 400));
            next += pages + 400 + gap;
        }
        let files = [page(kernel, 64), page(ramdisk, 4), page(tree, 4)];
        prop_assume!(!files[1].overlaps(files[2]));
        let reserved: Vec<_> = areas
            .into_iter()
            .map(|(start, pages)| page(start, pages))
            .filter(|area| files.iter().all(|file| !file.overlaps(*area)))
            .collect();
        let sketch = Sketch {
            memory,
            reserved,
            kernel_image: files[0],
            ramdisk: Some((files[1].start, program().file())),
            device_tree: (files[2].start, 0),
            options: std::format!("tessera.root_cnode_bits={bits}"),
            ..Sketch::default()
        };
        match sketch.try_boot() {
            Ok(booted) if bits > 8 => check_owners(&sketch, &booted),
            Ok(_) | Err(BootFailure::RamdiskOutsideRam(_) | BootFailure::TooLittleRam { .. }) => {}
            Err(failure) => prop_assert!(false, "{failure}"),
        }
    }

    #[test]
    fn any_change_of_a_ramdisk_boots_or_has_a_reason(
        changes in proptest::collection::vec((0usize..0xb0, any::<u8>()), 1..6),
        length in 0usize..0x4000,
    ) {
        let mut file = program().file();
        for (place, value) in changes {
            file[place] = value;
        }
        file.truncate(length);
        let ramdisk = Some((RAM + 8 * MIB, file));
        let sketch = Sketch { ramdisk, ..Sketch::default() };
        match sketch.try_boot() {
            Ok(booted) => check_owners(&sketch, &booted),
            Err(failure) => prop_assert!(!failure.to_string().contains('\n')),
        }
    }
}
