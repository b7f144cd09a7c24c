//! abi.md §6: object types and sizes.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(threads_have_2_to_the_11_bytes),
    test!(endpoints_have_2_to_the_4_bytes),
    test!(notifications_have_2_to_the_6_bytes),
    test!(cnodes_have_2_to_the_5_bytes_per_slot),
    test!(sched_contexts_have_the_size_asked_for),
    test!(replies_have_2_to_the_5_bytes),
    test!(vspaces_have_2_to_the_12_bytes),
    test!(small_pages_have_2_to_the_12_bytes),
    test!(large_pages_have_2_to_the_21_bytes),
    test!(huge_pages_have_2_to_the_30_bytes),
    test!(page_tables_have_2_to_the_12_bytes),
    test!(untyped_memory_has_the_size_asked_for),
    test!(types_from_12_up_are_invalid),
    test!(asid_pools_need_2_to_the_12_bytes),
    test!(refills_fill_a_sched_context),
    test!(user_addresses_end_at_47_bits),
    test!(a_message_has_three_extra_caps_at_most),
];

/// Checks that an object of this type takes exactly `1 << bits` bytes: one fits into memory of
/// this size, and none into half of it.
fn check_size(world: &mut World, object: ObjectType, size: u32, bits: u32) -> Outcome {
    let slot = world.slot::<()>()?;
    let range = SlotRange::within(initial::CNODE, slot.pointer(), 1);
    let second = world.slot::<()>()?;
    let second_range = SlotRange::within(initial::CNODE, second.pointer(), 1);
    if bits > 4 {
        let half = world.untyped(bits - 1)?;
        check_err!(half.retype(object, size, range), Error::NotEnoughMemory(1 << (bits - 1)));
    }
    let whole = world.untyped(bits)?;
    whole.retype(object, size, range)?;
    check_err!(whole.retype(object, size, second_range), Error::NotEnoughMemory(0));
    PASSED
}

/// "TCB 1: 11"
fn threads_have_2_to_the_11_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::Thread.word(), 1);
    check_size(world, ObjectType::Thread, 0, 11)
}

/// "Endpoint 2: 4"
fn endpoints_have_2_to_the_4_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::Endpoint.word(), 2);
    check_size(world, ObjectType::Endpoint, 0, 4)
}

/// "Notification 3: 6"
fn notifications_have_2_to_the_6_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::Notification.word(), 3);
    check_size(world, ObjectType::Notification, 0, 6)
}

/// "CapTable 4: user radix + 5 (slot = 32 bytes), radix >= 1"
fn cnodes_have_2_to_the_5_bytes_per_slot(world: &mut World) -> Outcome {
    check_eq!(ObjectType::CNode.word(), 4);
    [1, 2, 5, 10]
        .into_iter()
        .try_for_each(|radix| check_size(world, ObjectType::CNode, radix, radix + 5))
}

/// "SchedContext 5: user, >= 7"
fn sched_contexts_have_the_size_asked_for(world: &mut World) -> Outcome {
    check_eq!(ObjectType::SchedContext.word(), 5);
    [7, 8, 12]
        .into_iter()
        .try_for_each(|bits| check_size(world, ObjectType::SchedContext, bits, bits))
}

/// "Reply 6: 5"
fn replies_have_2_to_the_5_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::Reply.word(), 6);
    check_size(world, ObjectType::Reply, 0, 5)
}

/// "VSpace (top level table) 8: 12"
fn vspaces_have_2_to_the_12_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::VSpace.word(), 8);
    check_size(world, ObjectType::VSpace, 0, 12)
}

/// "SmallPage (4 KiB) 9: 12"
fn small_pages_have_2_to_the_12_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::SmallPage.word(), 9);
    check_size(world, ObjectType::SmallPage, 0, 12)
}

/// "LargePage (2 MiB) 10: 21"
fn large_pages_have_2_to_the_21_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::LargePage.word(), 10);
    check_size(world, ObjectType::LargePage, 0, 21)
}

/// "HugePage (1 GiB) 7: 30", of device memory, because the suite has too little RAM.
fn huge_pages_have_2_to_the_30_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::HugePage.word(), 7);
    let (device, _, bits) = world.device_untyped()?;
    skip_if!(bits < 30, "device memory is too small");
    let slots = world.allocator.slots(4)?;
    let at = |index: u64| SlotRange::within(initial::CNODE, slots.start + index, 1);
    device.retype(ObjectType::Untyped, 30, at(0))?;
    let whole = Cap::<Untyped>::at(slots.start);
    whole.retype(ObjectType::HugePage, 0, at(1))?;
    check_err!(whole.retype(ObjectType::HugePage, 0, at(2)), Error::NotEnoughMemory(0));
    device.retype(ObjectType::Untyped, 29, at(2))?;
    let half = Cap::<Untyped>::at(slots.start + 2);
    check_err!(half.retype(ObjectType::HugePage, 0, at(3)), Error::NotEnoughMemory(1 << 29));
    PASSED
}

/// "PageTable (any lower level) 11: 12"
fn page_tables_have_2_to_the_12_bytes(world: &mut World) -> Outcome {
    check_eq!(ObjectType::PageTable.word(), 11);
    check_size(world, ObjectType::PageTable, 0, 12)
}

/// "Untyped 0: user, 4..47"
fn untyped_memory_has_the_size_asked_for(world: &mut World) -> Outcome {
    check_eq!(ObjectType::Untyped.word(), 0);
    [4, 5, 12, 20]
        .into_iter()
        .try_for_each(|bits| check_size(world, ObjectType::Untyped, bits, bits))
}

/// "12 and up invalid."
fn types_from_12_up_are_invalid(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    let slot = world.slot::<()>()?;
    let caps = [initial::CNODE.pointer()];
    for object in [12, 13, 63, 64, 1 << 32, u64::MAX] {
        let words = [object, 12, 0, 0, slot.pointer(), 1];
        let label = Invocation::UntypedRetype.label();
        let (info, answer) = libsys::invoke::raw(memory.pointer(), label, &words, &caps);
        check_eq!((info.label(), answer[0]), (Error::InvalidArgument(0).code(), 0));
    }
    PASSED
}

/// "ASID pool: 12 (made from a 4 KiB untyped by ASIDControl_MakePool)"
fn asid_pools_need_2_to_the_12_bytes(world: &mut World) -> Outcome {
    for bits in [11, 13] {
        let memory = world.untyped(bits)?;
        let slot = world.slot::<AsidPool>()?;
        let path = world.path(slot);
        check_err!(initial::ASID_CONTROL.make_pool(memory, path), Error::InvalidCapability(1));
    }
    let memory = world.untyped(12)?;
    let slot = world.slot::<AsidPool>()?;
    initial::ASID_CONTROL.make_pool(memory, world.path(slot))?;
    PASSED
}

/// "SchedContext refill capacity = (2^size - 96)/16, i.e. size 7 -> 2 refills"; "kernel accepts up
/// to (2^size-96)/16 - 2" extra refills.
fn refills_fill_a_sched_context(world: &mut World) -> Outcome {
    for (bits, most) in [(7, 0), (8, 8), (9, 24), (12, 248)] {
        let context = world.create_sized::<SchedContext>(bits)?;
        let configure = |extra_refills| {
            let time = Budget::periodic(Duration::from_millis(1), Duration::from_millis(10));
            world.sched_control(0).configure(context, Budget { extra_refills, ..time })
        };
        check_err!(configure(most + 1), Error::Range { min: 0, max: most });
        configure(most)?;
    }
    PASSED
}

/// "User address space: 0..0x7fff_ffff_ffff inclusive (USER_TOP)."
fn user_addresses_end_at_47_bits(world: &mut World) -> Outcome {
    let page = world.create::<Page>()?;
    let top = 0x7fff_ffff_f000;
    let space = libsys::bootstrap::AddressSpace::initial();
    space.map(&mut world.allocator, page, top, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    let other = world.create::<Page>()?;
    check_err!(
        other.map(initial::VSPACE, top + 0x1000, Rights::READ_WRITE, VmAttributes::DEFAULT),
        Error::InvalidArgument(0)
    );
    PASSED
}

/// "MsgMaxExtraCaps 3": the field has two bits, and all three move.
fn a_message_has_three_extra_caps_at_most(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let caps = [endpoint.pointer(); 3];
    let helper = world.spawn(50, move || endpoint.send(Message::EMPTY.with_caps(&caps)))?;
    check_eq!(endpoint.wait().info.extra_caps(), 3);
    helper.join();
    PASSED
}
