//! What `libsys::memory` hands out, and that it comes back.

use crate::framework::prelude::*;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Frame, Memory, Objects, Place, Request, Sizes, Space};

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(what_is_freed_is_there_again),
    test!(small_objects_share_a_page),
    test!(memory_is_used_to_the_end),
    test!(freeing_takes_derived_capabilities_along),
    test!(frames_are_exact_and_groups_of_them_contiguous),
    test!(a_refused_allocation_changes_nothing),
    test!(large_pages_are_mapped_where_they_fit),
    test!(guard_pages_are_not_mapped),
    test!(memory_is_fresh_after_it_was_freed),
    test!(frames_can_be_mapped_twice),
    test!(a_space_gives_everything_back),
];

/// 8 MiB and 900 slots.
fn memory(world: &mut World) -> Outcome<Memory> {
    Ok(Memory::over(world.allocator.subset(23, 900)?))
}

/// Addresses of the root thread that only this module uses.
fn space() -> Space {
    const START: u64 = 300 << 30;
    Space::new(libsys::bootstrap::AddressSpace::initial(), START..START + (1 << 30))
}

fn what_is_freed_is_there_again(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let before = memory.usage();
    check_eq!((before.total, before.used, before.slots), (8 << 20, 0, 900));
    let endpoint = memory.create::<Endpoint>()?;
    let thread = memory.create::<Thread>()?;
    let cnode = memory.create_sized::<CNode>(6)?;
    let page = memory.create::<Page>()?;
    check!(memory.usage().used > 0 && memory.usage().slots < 896);
    memory.free(page)?;
    memory.free(cnode)?;
    memory.free(endpoint)?;
    memory.free(thread)?;
    check_eq!(memory.usage(), before);
    check_eq!(memory.free(page), Err(AllocationError::NotOurs(page.pointer())));
    PASSED
}

fn small_objects_share_a_page(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let first = memory.create::<Endpoint>()?;
    let used = memory.usage().used;
    check_eq!((used, memory.usage().slack), (4096, 4096 - 16));
    let slots = memory.usage().slots;
    let mut last = first;
    for _ in 1..256 {
        last = memory.create::<Endpoint>()?;
    }
    let usage = memory.usage();
    check_eq!((usage.used, usage.slack, usage.slots), (used, 0, slots - 255));
    check_eq!(memory.create::<Endpoint>().map(|_| ()), Ok(()));
    check_eq!(memory.usage().used, 2 * used);
    memory.free(last)?;
    check_eq!(memory.usage().slack, 4096 - 16 + 16);
    PASSED
}

fn memory_is_used_to_the_end(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut blocks = heapless::Vec::<Cap<Untyped>, 32>::new();
    for bits in [22, 21, 20, 19, 18, 17, 17] {
        // Room for all.
        let _ = blocks.push(memory.create_sized(bits)?);
    }
    check_eq!((memory.usage().used, memory.largest_bits()), (8 << 20, None));
    let refused = memory.create::<Page>();
    check_eq!(refused, Err(AllocationError::NoMemory { bits: 12, count: 1 }));
    for block in blocks {
        memory.free(block)?;
    }
    check_eq!((memory.usage().used, memory.largest_bits()), (0, Some(23)));
    check_eq!(memory.usage().slots, 900);
    PASSED
}

fn freeing_takes_derived_capabilities_along(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let bell = memory.create::<Notification>()?;
    let keeps_the_page = memory.create::<Notification>()?;
    let copy = world.mint(bell, Rights::ALL, 7)?;
    check!(!world.is_empty(copy));
    memory.free(bell)?;
    check!(world.is_empty(copy));
    keeps_the_page.signal();
    memory.free(keeps_the_page)?;
    check_eq!(memory.usage().used, 0);
    PASSED
}

fn frames_are_exact_and_groups_of_them_contiguous(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let groups = memory.frames(13)?;
    let sizes = groups.iter().map(|group| group.end - group.start);
    check!(sizes.eq([8, 4, 1]));
    check_eq!(memory.usage().used, 13 * 4096);
    let buffer = memory.contiguous(5 * 4096 + 1)?;
    check_eq!(buffer.frames.end - buffer.frames.start, 6);
    for (frame, address) in buffer.iter().zip((buffer.address..).step_by(4096)) {
        check_eq!(frame.address()?, address);
    }
    memory.free(Cap::<Page>::at(buffer.frames.start))?;
    for group in groups {
        memory.free(Cap::<Page>::at(group.start))?;
    }
    check_eq!((memory.usage().used, memory.usage().slots), (0, 900));
    PASSED
}

fn a_refused_allocation_changes_nothing(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut space = space();
    let (usage, free) = (memory.usage(), space.free());
    for request in [
        Request::bytes(9 << 20),
        Request { sizes: Sizes::Small, ..Request::bytes(6 << 20) },
        Request::bytes(1 << 40),
        Request::bytes(u64::MAX),
        Request { place: Place::At(0x1001), ..Request::bytes(1) },
        Request { place: Place::At(0x1000), ..Request::bytes(1) },
        Request { guard_pages: u64::MAX, ..Request::bytes(1) },
    ] {
        check!(space.allocate(&mut memory, request).is_err());
    }
    // Tables that were made stay for the next.
    space.clear(&mut memory)?;
    check_eq!((memory.usage(), space.free()), (usage, free));
    check_eq!(space.unmap(&mut memory, 0x1000), Err(AllocationError::NotOurs(0x1000)));
    PASSED
}

fn large_pages_are_mapped_where_they_fit(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut space = space();
    let range = space.allocate(&mut memory, Request::bytes((4 << 20) + 4096))?;
    let at = |offset: u64| space.lookup(range.start + offset);
    check!(matches!(at(0), Some((_, Frame::Large(_)))));
    let second = range.start + (2 << 20);
    check!(matches!(at((4 << 20) - 1), Some((start, Frame::Large(_))) if start == second));
    check!(matches!(at(4 << 20), Some((_, Frame::Small(_)))));
    check_eq!(at((4 << 20) + 4096), None);
    let window = space.window(range.start).ok_or(Ending::Skipped("another space"))?;
    window.write_word(4 << 20, 5);
    window.write_word((4 << 20) - 8, 6);
    check_eq!((window.read_word(4 << 20), window.read_word((4 << 20) - 8)), (5, 6));
    space.unmap(&mut memory, range.start)?;
    check!(space.window(range.start).is_none());
    space.clear(&mut memory)?;
    check_eq!(memory.usage().used, 0);
    PASSED
}

fn guard_pages_are_not_mapped(world: &mut World) -> Outcome {
    // The threads below are made of what is left.
    let mut memory = Memory::over(world.allocator.subset(20, 200)?);
    let mut space = space();
    let request = Request { guard_pages: 2, sizes: Sizes::Small, ..Request::bytes(3 * 4096) };
    let range = space.allocate(&mut memory, request)?;
    for guard in [range.start - 8192, range.start - 1, range.end, range.end + 8191] {
        check_eq!(space.lookup(guard), None);
        let load = world.bare(&[code::load(0, 1), code::svc(0)])?;
        let fault = load.run(&load.with_arguments(&[0, guard & !7]))?.fault();
        check!(matches!(fault, Some(Fault::Vm { address, .. }) if address == guard & !7));
    }
    let place = Place::At(range.end + 4096);
    let inside = Request { place, guard_pages: 0, ..Request::bytes(1) };
    check_eq!(space.allocate(&mut memory, inside), Err(AllocationError::NoAddresses));
    space.clear(&mut memory)?;
    PASSED
}

fn memory_is_fresh_after_it_was_freed(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut space = space();
    for _ in 0..3 {
        let range = space.allocate(&mut memory, Request::bytes(64 << 10))?;
        let window = space.window(range.start).ok_or(Ending::Skipped("another space"))?;
        for offset in (0..64 << 10).step_by(512) {
            check_eq!(window.read_word(offset), 0);
            window.write_word(offset, u64::MAX);
        }
        space.unmap(&mut memory, range.start)?;
    }
    space.clear(&mut memory)?;
    check_eq!(memory.usage().used, 0);
    PASSED
}

fn frames_can_be_mapped_twice(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut space = space();
    let page = memory.create::<Page>()?;
    let again = memory.slot::<Page>()?;
    memory.path(again).copy_from(memory.path(page), Rights::ALL)?;
    let first = space.map(&mut memory, &[Frame::Small(page)], Request::bytes(0))?;
    let second = space.map(&mut memory, &[Frame::Small(again)], Request::bytes(0))?;
    let windows = space.window(first.start).zip(space.window(second.start));
    let (one, other) = windows.ok_or(Ending::Skipped("another space"))?;
    one.write_word(8, 77);
    check_eq!(other.read_word(8), 77);
    space.protect(&mut memory, second.start, Rights::READ, VmAttributes::DEFAULT)?;
    check!(space.window(second.start).is_none());
    space.clear(&mut memory)?;
    // The frames are not the space's: they are still there.
    check_eq!(page.address().is_ok(), true);
    memory.free_slot(again)?;
    memory.free(page)?;
    check_eq!((memory.usage().used, memory.usage().slots), (0, 900));
    PASSED
}

fn a_space_gives_everything_back(world: &mut World) -> Outcome {
    let mut memory = memory(world)?;
    let mut space = space();
    let (usage, free) = (memory.usage(), space.free());
    for pages in 1..=12 {
        let range = space.allocate(&mut memory, Request::bytes(pages * 4096))?;
        if pages % 3 == 0 {
            space.unmap(&mut memory, range.start)?;
        }
    }
    check_eq!(space.mapped().count(), 8);
    space.clear(&mut memory)?;
    check_eq!((memory.usage(), space.free()), (usage, free));
    PASSED
}
