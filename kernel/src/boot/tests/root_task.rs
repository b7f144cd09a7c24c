//! Tests of what the root task finds: capabilities, memory, boot information, registers.

extern crate std;
use std::vec::Vec;

use abi::Rights;
use abi::bootinfo::slot;
use platform::contract::Platform;
use platform::host::Event;

use super::machine::{Booted, MIB, RAM, Sketch, program};
use crate::cap::{Asid, Cap};
use crate::mem::Obj;
use crate::page::{PageMapping, PageSize};
use crate::table::Table;
use crate::thread::{Holds, State};

/// The address that the root task's address space has for a user address, and whether EL0 may
/// write.
fn translate(booted: &Booted, address: u64) -> Option<(u64, bool)> {
    let walk = booted.kernel.walk(root(booted), address);
    walk.page.map(|leaf| (leaf.frame().0 + address % 4096, leaf.is_writable()))
}

fn root(booted: &Booted) -> Obj<Table> {
    match booted.cap(slot::VSPACE) {
        Cap::VSpace { asid: Some(Asid::MIN), table } => table,
        other => panic!("not an address space with the first ASID: {other:?}"),
    }
}

#[test]
fn fixed_slots_hold_what_the_abi_says() {
    let booted = Sketch::default().boot();
    for empty in [0, 7, 8, 12, 13, slot::SMC] {
        assert_eq!(booted.cap(empty), Cap::Null, "slot {empty}");
    }
    assert_eq!(booted.cap(slot::THREAD), Cap::Thread { thread: booted.thread });
    let slots = booted.slot(0);
    let cnode = Cap::CNode { radix: 13, guard_bits: 51, slots, guard: 0 };
    assert_eq!(booted.cap(slot::CNODE), cnode);
    assert_eq!(booted.cap(slot::IRQ_CONTROL), Cap::IrqControl);
    assert_eq!(booted.cap(slot::ASID_CONTROL), Cap::AsidControl);
    assert!(matches!(booted.cap(slot::ASID_POOL), Cap::AsidPool { index: 0, .. }));
    assert_eq!(booted.cap(slot::DOMAIN), Cap::Domain);
    let Cap::SchedContext { bits: 7, .. } = booted.cap(slot::SCHED_CONTEXT) else {
        panic!("no scheduling context of 128 bytes");
    };
    assert_eq!(booted.kernel.space(Asid::MIN), Some(root(&booted)));
}

#[test]
fn every_capability_is_an_original_without_relatives() {
    let booted = Sketch::default().boot();
    for number in 1..booted.info(168 + 8) {
        let slot = &booted.kernel[booted.slot(number)];
        if slot.is_empty() || matches!(number, slot::CNODE | slot::VSPACE | slot::IPC_BUFFER_FRAME)
        {
            continue;
        }
        assert!(slot.next.is_marked() && slot.previous.is_marked(), "slot {number}");
        assert!(slot.next.target().is_none() && slot.previous.target().is_none());
    }
    // What the thread holds are copies, hence gone with the originals.
    for (number, held) in [
        (slot::CNODE, Holds::CSpace),
        (slot::VSPACE, Holds::VSpace),
        (slot::IPC_BUFFER_FRAME, Holds::IpcBuffer),
    ] {
        let held = booted.kernel.thread_slot(booted.thread, held);
        assert_eq!(booted.kernel.first_child(booted.slot(number)), Some(held));
    }
}

#[test]
fn boot_information_is_complete() {
    let mut sketch = Sketch { cores: 4, ..Sketch::default() };
    sketch.options = "console=ttyAMA0 tessera.root_cnode_bits=12".into();
    let booted = sketch.boot();
    let tree = booted.device_tree.len() as u64;
    assert_eq!(booted.info(0), 16 + tree);
    assert_eq!([8, 16, 24].map(|offset| booted.info(offset)), [0, 4, 0]);
    assert_eq!(booted.info(32), 0x40_9000);
    assert_eq!([booted.region(56), booted.region(104)], [0..0, 0..0]);
    assert_eq!([booted.info(136), booted.info(144)], [12, 0]);
    // Tables of levels 1, 2 and 3; three pages of device tree; four cores; nine pages of image.
    assert_eq!(booted.region(88), 16..19);
    assert_eq!(booted.region(120), 19..22);
    assert_eq!(booted.region(152), 22..26);
    assert_eq!(booted.region(72), 26..35);
    let untyped = booted.region(168);
    assert_eq!(untyped.start, 35);
    assert_eq!(booted.region(40), untyped.end..4096);
    for (core, number) in (0..).zip(22..26) {
        assert_eq!(booted.cap(number), Cap::SchedControl { core });
    }
    for number in booted.region(40) {
        assert_eq!(booted.cap(number), Cap::Null);
    }
    // Behind the list there is nothing.
    let count = untyped.end - untyped.start;
    for offset in (184 + 16 * count..4096).step_by(8) {
        assert_eq!(booted.info(offset), 0);
    }
}

#[test]
fn the_untyped_list_describes_the_untyped_capabilities() {
    let booted = Sketch::default().boot();
    let list = booted.untyped_list();
    assert!(list.len() > 30);
    for (number, (address, size, is_device)) in booted.region(168).zip(list) {
        let Cap::Untyped { bits, device, full, .. } = booted.cap(number) else {
            panic!("slot {number} holds {:?}", booted.cap(number));
        };
        assert_eq!((u32::from(bits), device, full), (size, is_device, true));
        let extent = booted.kernel.extent(&booted.cap(number)).expect("memory");
        assert_eq!((extent.start, extent.len()), (address, 1 << size));
    }
}

#[test]
fn the_image_is_in_its_frames() {
    let booted = Sketch::default().boot();
    let frames = booted.region(72);
    let text = |offset: u64| (offset as u32).wrapping_mul(7) as u8;
    for (index, number) in (0..).zip(frames) {
        let frame = booted.frame(number);
        for offset in 0..4096 {
            let expected = match index * 4096 + offset {
                place @ 0..0x2468 => text(place),
                place @ 0x3a33..0x3a3c => b"some data"[(place - 0x3a33) as usize],
                _ => 0,
            };
            assert_eq!(booted.byte(frame, offset), expected, "page {index}, offset {offset:#x}");
        }
    }
    let unified = booted.kernel.machine.events().iter().any(|event| {
        matches!(event, Event::MaintainCache { operation, start, length: 0x2468 }
            if *operation == platform::contract::CacheOperation::Unify
                && *start == booted.frame(booted.info(72)))
    });
    assert!(unified, "instructions reach the instruction cache");
}

#[test]
fn an_unaligned_ramdisk_is_loaded_too() {
    let file = program().file();
    for shift in [1, 8, 0x10, 0xfff] {
        let ramdisk = Some((RAM + 8 * MIB + shift, file.clone()));
        let booted = Sketch { ramdisk, ..Sketch::default() }.boot();
        let frame = booted.frame(booted.info(72));
        for offset in 0..0x1000 {
            assert_eq!(booted.byte(frame, offset), (offset as u32).wrapping_mul(7) as u8);
        }
    }
}

#[test]
fn frames_are_mapped_and_say_so() {
    let booted = Sketch::default().boot();
    let image = (0x40_0000u64..0x40_9000).step_by(4096).zip(booted.region(72));
    let fixed = [(0x40_9000, slot::IPC_BUFFER_FRAME), (0x40_a000, slot::BOOT_INFO_FRAME)];
    let extra = (0x40_b000..).step_by(4096).zip(booted.region(120));
    for (address, number) in image.chain(fixed).chain(extra) {
        let Cap::Page(page) = booted.cap(number) else { panic!("slot {number} is no page") };
        assert_eq!(translate(&booted, address), Some((page.start().0, true)), "{address:#x}");
        assert_eq!(page.mapping(), Some(PageMapping { asid: Asid::MIN, address }));
        assert_eq!((page.size(), page.is_device()), (PageSize::Small, false));
        assert_eq!(page.rights(), Rights::READ_WRITE);
    }
    for outside in [0x3f_f000, 0x40_e000, 0] {
        assert_eq!(translate(&booted, outside), None);
    }
}

#[test]
fn tables_are_listed_upper_levels_first() {
    let mut elf = crate::boot::tests::elf::Elf::new(0x3fff_f000);
    elf.load(0x3fff_f000, &[1; 16], 0x1000, true);
    let ramdisk = Some((RAM + 8 * MIB, elf.file()));
    let booted = Sketch { ramdisk, ..Sketch::default() }.boot();
    let mapped: Vec<_> = booted
        .region(88)
        .map(|number| match booted.cap(number) {
            Cap::PageTable { asid: Some(Asid::MIN), address, .. } => address,
            other => panic!("slot {number} holds {other:?}"),
        })
        .collect();
    assert_eq!(mapped, [0, 0, 0x4000_0000, 0x3fe0_0000, 0x4000_0000]);
    assert!(translate(&booted, 0x3fff_f000).is_some());
    assert!(translate(&booted, 0x4000_0000).is_some());
}

#[test]
fn the_device_tree_is_handed_on() {
    let booted = Sketch::default().boot();
    let pages = booted.region(120);
    let byte = |offset: u64| booted.byte(booted.frame(pages.start + offset / 4096), offset % 4096);
    let word = |offset| u64::from_le_bytes(core::array::from_fn(|i| byte(offset + i as u64)));
    assert_eq!((word(0), word(8)), (6, booted.info(0)));
    for (offset, expected) in (16..).zip(booted.device_tree) {
        assert_eq!(byte(offset), *expected, "offset {offset}");
    }
    for offset in booted.info(0)..(pages.end - pages.start) * 4096 {
        assert_eq!(byte(offset), 0);
    }
}

#[test]
fn the_thread_can_run() {
    let mut booted = Sketch::default().boot();
    let thread = booted.thread;
    let registers = booted.kernel.registers(thread).clone();
    assert_eq!(registers.x[0], 0x40_a000);
    assert_eq!(registers.x[1..], [0; 30]);
    assert_eq!((registers.next_pc, registers.restart_pc), (0x40_0040, 0x40_0040));
    assert_eq!((registers.sp, registers.tpidr, registers.tpidrro), (0, 0, 0));
    assert_eq!(registers.spsr, crate::options::FRESH_SPSR);
    assert!(registers.fpu.q.iter().all(|q| *q == 0));
    let state = &booted.kernel[thread];
    assert_eq!((state.priority, state.max_priority, state.domain), (255, 255, 0));
    assert_eq!((state.state, state.core, state.fpu_disabled), (State::Running, 0, false));
    assert_eq!(state.buffer, 0x40_9000);
    for handler in [Holds::FaultHandler, Holds::TimeoutHandler] {
        assert!(booted.kernel[booted.kernel.thread_slot(thread, handler)].is_empty());
    }
    let buffer = booted.kernel.ipc_buffer(thread, true);
    assert_eq!(buffer, Some(booted.frame(slot::IPC_BUFFER_FRAME)));
    assert_eq!(booted.kernel.schedule(), Some(thread));
    let space = booted.kernel.machine.core_state(0).space;
    let root = booted.kernel.mem.address(root(&booted));
    assert_eq!(space, Some((root, 1)));
}

#[test]
fn the_budget_is_five_milliseconds_round_robin() {
    let mut booted = Sketch::default().boot();
    let Cap::SchedContext { context, .. } = booted.cap(slot::SCHED_CONTEXT) else {
        panic!("no scheduling context");
    };
    let header = &booted.kernel[context];
    assert!(header.is_round_robin() && header.is_constant_bandwidth());
    assert_eq!((header.thread, header.core), (Some(booted.thread), 0));
    assert_eq!(header.budget, 312_500);
    assert_eq!(booted.kernel.head_refill(context).amount, 312_500);
    booted.kernel.schedule();
    let deadline = booted.kernel.machine.core_state(0).deadline;
    assert_eq!(deadline, booted.kernel.machine.now() + 312_500);
}
