//! Making objects of untyped memory: what is refused (objects.md §2, the table of checks).

use super::retype::Retype;
use super::tools::{call, missing, occupied};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(short_messages_are_truncated),
    test!(a_missing_root_is_truncated),
    test!(types_end_at_eleven),
    test!(sizes_end_at_47_bits),
    test!(sizes_of_64_are_refused_for_all_types),
    test!(fixed_sizes_ignore_the_size),
    test!(cnodes_have_two_slots_at_least),
    test!(untypeds_have_16_bytes_at_least),
    test!(scheduling_contexts_have_128_bytes_at_least),
    test!(node_depth_ends_at_64),
    test!(node_lookup_failures_are_reported),
    test!(the_node_root_must_be_a_cnode),
    test!(the_destination_must_be_a_cnode),
    test!(the_offset_stays_in_the_node),
    test!(counts_are_1_to_256),
    test!(the_count_stays_in_the_node),
    test!(occupied_slots_are_refused),
    test!(memory_runs_out),
    test!(a_partial_fit_makes_nothing),
    test!(device_memory_makes_no_kernel_objects),
    test!(the_first_failing_check_counts),
    test!(a_refused_retype_changes_nothing),
];

/// "label != 1: Illegal", before the length is looked at.
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for label in [0, 2, 18, 57, 0xf_ffff_ffff_ffff] {
        check_err!(call(memory, label, &[], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// "len<6: Trunc".
fn short_messages_are_truncated(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let message = Retype::one(w, ObjectType::Endpoint, 0)?;
    for length in 0..6 {
        let refused = message.send_words(memory, length);
        check_eq!(refused, Err(Error::TruncatedMessage));
    }
    check_eq!(message.send(memory), Ok(()));
    PASSED
}

/// "no root: Trunc".
fn a_missing_root_is_truncated(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let message = Retype::one(w, ObjectType::Endpoint, 0)?;
    let refused = call(memory, Invocation::UntypedRetype.label(), &message.words(), &[]);
    check_err!(refused, Error::TruncatedMessage);
    PASSED
}

/// "type >= 12: InvArg 0".
fn types_end_at_eleven(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?;
    for object in [12, 13, 255, 1 << 32, u64::MAX] {
        let message = Retype { object, ..good };
        check_eq!(message.send(memory), Err(Error::InvalidArgument(0)));
    }
    PASSED
}

/// "resulting object size > 47 bits: Range(0,47)".
fn sizes_end_at_47_bits(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let range = Err(Error::Range { min: 0, max: 47 });
    for (object, size) in [
        (ObjectType::Untyped, 48),
        (ObjectType::SchedContext, 48),
        (ObjectType::CNode, 43),
        (ObjectType::Untyped, 63),
        (ObjectType::CNode, 63),
    ] {
        check_eq!(Retype::one(w, object, size)?.send(memory), range);
    }
    let memory_left = Err(Error::NotEnoughMemory(4096));
    for (object, size) in
        [(ObjectType::Untyped, 47), (ObjectType::SchedContext, 47), (ObjectType::CNode, 42)]
    {
        check_eq!(Retype::one(w, object, size)?.send(memory), memory_left);
    }
    PASSED
}

/// "sizeBits >= 64: Range(0,47)", whatever the type.
fn sizes_of_64_are_refused_for_all_types(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for object in 0..12 {
        for size in [64, 1 << 32, u64::MAX] {
            let message = Retype { object, ..Retype::one(w, ObjectType::Endpoint, size)? };
            check_eq!(message.send(memory), Err(Error::Range { min: 0, max: 47 }));
        }
    }
    PASSED
}

/// "fixed-size types ignore sizeBits otherwise".
fn fixed_sizes_ignore_the_size(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for size in [0, 1, 48, 63] {
        check_eq!(Retype::one(w, ObjectType::Endpoint, size)?.send(memory), Ok(()));
    }
    PASSED
}

/// "CapTable with sizeBits 0: InvArg 1".
fn cnodes_have_two_slots_at_least(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let none = Retype::one(w, ObjectType::CNode, 0)?;
    check_eq!(none.send(memory), Err(Error::InvalidArgument(1)));
    check_eq!(Retype::one(w, ObjectType::CNode, 1)?.send(memory), Ok(()));
    PASSED
}

/// "Untyped with sizeBits < 4: InvArg 1".
fn untypeds_have_16_bytes_at_least(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for size in 0..4 {
        let small = Retype::one(w, ObjectType::Untyped, size)?;
        check_eq!(small.send(memory), Err(Error::InvalidArgument(1)));
    }
    check_eq!(Retype::one(w, ObjectType::Untyped, 4)?.send(memory), Ok(()));
    PASSED
}

/// "SchedContext with sizeBits < 7: InvArg 1".
fn scheduling_contexts_have_128_bytes_at_least(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for size in [0, 6] {
        let small = Retype::one(w, ObjectType::SchedContext, size)?;
        check_eq!(small.send(memory), Err(Error::InvalidArgument(1)));
    }
    check_eq!(Retype::one(w, ObjectType::SchedContext, 7)?.send(memory), Ok(()));
    PASSED
}

/// "nodeDepth != 0: slot lookup fails: Range(1,64)".
fn node_depth_ends_at_64(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?;
    for depth in [65, 128, u64::MAX] {
        let refused = Retype { depth, ..good }.send(memory);
        check_eq!(refused, Err(Error::Range { min: 1, max: 64 }));
    }
    PASSED
}

/// "slot lookup (root, nodeIndex, nodeDepth) fails: FailedLookup(src=0)".
fn node_lookup_failures_are_reported(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let good = Retype { root: node.pointer(), ..Retype::one(w, ObjectType::Endpoint, 0)? };
    let short = LookupFailure::DepthMismatch { bits_left: 3, bits_found: 4 };
    let message = Retype { index: 1, depth: 3, ..good };
    check_eq!(message.send(memory), Err(Error::destination(short)));
    let long = LookupFailure::DepthMismatch { bits_left: 2, bits_found: 0 };
    let message = Retype { index: 1, depth: 6, ..good };
    check_eq!(message.send(memory), Err(Error::destination(long)));
    let guarded = w.slot::<CNode>()?;
    w.path(guarded).mint_from(w.path(node), Rights::ALL, GuardWord { bits: 4, guard: 0xa })?;
    let guard = LookupFailure::GuardMismatch { bits_left: 8, guard: 0xa, guard_bits: 4 };
    let message = Retype { root: guarded.pointer(), index: 0xb1, depth: 8, ..good };
    check_eq!(message.send(memory), Err(Error::destination(guard)));
    PASSED
}

/// A root that is no CNode: lookup fails with InvalidRoot when a slot is to be looked up.
fn the_node_root_must_be_a_cnode(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?;
    for root in [memory.pointer(), 0] {
        let message = Retype { root, index: 1, depth: 64, ..good };
        let invalid = Error::destination(LookupFailure::InvalidRoot);
        check_eq!(message.send(memory), Err(invalid));
    }
    PASSED
}

/// "destination not a CNode: FailedLookup(0, Missing, bitsLeft=nodeDepth)".
fn the_destination_must_be_a_cnode(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?;
    for root in [memory.pointer(), 0] {
        check_eq!(Retype { root, depth: 0, ..good }.send(memory), Err(missing(0)));
    }
    let node = w.create_sized::<CNode>(4)?;
    for depth in [4, 64] {
        let root = if depth == 64 { initial::CNODE } else { node };
        let index = if depth == 64 { memory.pointer() } else { 3 };
        let message = Retype { root: root.pointer(), index, depth, ..good };
        check_eq!(message.send(memory), Err(missing(depth)));
    }
    PASSED
}

/// "nodeOffset > slots-1: Range(0, slots-1)".
fn the_offset_stays_in_the_node(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 15);
    for offset in [16, 17, u64::MAX] {
        let message = Retype { offset, ..good };
        check_eq!(message.send(memory), Err(Error::Range { min: 0, max: 15 }));
    }
    check_eq!(good.send(memory), Ok(()));
    PASSED
}

/// "numObjects < 1 or > 256: Range(1,256)", also where the node is smaller than that.
fn counts_are_1_to_256(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let node = w.create_sized::<CNode>(9)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 0);
    for count in [0, 257, 512, u64::MAX] {
        let message = Retype { count, ..good };
        check_eq!(message.send(memory), Err(Error::Range { min: 1, max: 256 }));
    }
    check_eq!(Retype { count: 256, ..good }.send(memory), Ok(()));
    let small = w.create_sized::<CNode>(2)?;
    let message = Retype { count: 257, ..good }.within(small, 0);
    check_eq!(message.send(memory), Err(Error::Range { min: 1, max: 256 }));
    PASSED
}

/// "numObjects > slots - nodeOffset: Range(1, slots-nodeOffset)".
fn the_count_stays_in_the_node(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let good = Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 10);
    let message = Retype { count: 7, ..good };
    check_eq!(message.send(memory), Err(Error::Range { min: 1, max: 6 }));
    check_eq!(Retype { count: 6, ..good }.send(memory), Ok(()));
    PASSED
}

/// "any slot in [nodeOffset, nodeOffset+num) occupied: DeleteFirst".
fn occupied_slots_are_refused(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let one = Retype::one(w, ObjectType::Endpoint, 0)?;
    check_eq!(one.within(node, 5).send(memory), Ok(()));
    for (offset, count) in [(5, 1), (2, 4), (5, 3), (0, 16)] {
        let message = Retype { count, ..one.within(node, offset) };
        check_eq!(message.send(memory), Err(Error::DeleteFirst));
    }
    for (offset, count) in [(0, 5), (6, 10)] {
        check_eq!(Retype { count, ..one.within(node, offset) }.send(memory), Ok(()));
    }
    PASSED
}

/// "(free bytes >> objectBits) < num: NotEnoughMemory(free bytes)".
fn memory_runs_out(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let large = Retype::one(w, ObjectType::Untyped, 14)?;
    check_eq!(large.send(memory), Err(Error::NotEnoughMemory(8192)));
    check_eq!(Retype::one(w, ObjectType::SmallPage, 0)?.send(memory), Ok(()));
    check_eq!(Retype::one(w, ObjectType::Endpoint, 0)?.send(memory), Ok(()));
    let page = Retype::one(w, ObjectType::SmallPage, 0)?;
    check_eq!(page.send(memory), Err(Error::NotEnoughMemory(4080)));
    PASSED
}

/// All objects of one retype are made, or none.
fn a_partial_fit_makes_nothing(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let node = w.create_sized::<CNode>(4)?;
    let pages = Retype { count: 3, ..Retype::one(w, ObjectType::SmallPage, 0)?.within(node, 0) };
    check_eq!(pages.send(memory), Err(Error::NotEnoughMemory(8192)));
    for slot in 0..3 {
        check!(!occupied(node.slot_at(slot, 4)));
    }
    check_eq!(Retype { count: 2, ..pages }.send(memory), Ok(()));
    PASSED
}

/// "device untyped and type is neither a page nor Untyped: InvArg 1", the last of the checks.
fn device_memory_makes_no_kernel_objects(w: &mut World) -> Outcome {
    let device = w.device(12)?;
    for (object, size) in [
        (ObjectType::Thread, 0),
        (ObjectType::Endpoint, 0),
        (ObjectType::Notification, 0),
        (ObjectType::CNode, 4),
        (ObjectType::SchedContext, 7),
        (ObjectType::Reply, 0),
        (ObjectType::VSpace, 0),
        (ObjectType::PageTable, 0),
    ] {
        let message = Retype::one(w, object, size)?;
        check_eq!(message.send(device), Err(Error::InvalidArgument(1)));
    }
    let too_many = Retype { count: 2, ..Retype::one(w, ObjectType::VSpace, 0)? };
    let node = w.create_sized::<CNode>(4)?;
    let message = too_many.within(node, 0);
    check_eq!(message.send(device), Err(Error::NotEnoughMemory(4096)));
    check_eq!(Retype::one(w, ObjectType::SmallPage, 0)?.send(device), Ok(()));
    PASSED
}

/// "Checks are listed in the order they are made": a message that is wrong in all ways is
/// mended one way after the other.
fn the_first_failing_check_counts(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(2)?;
    check_eq!(Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 3).send(memory), Ok(()));
    let root = memory.pointer();
    let (offset, count) = (4, 0);
    let mut bad = Retype { object: 12, size: 64, root, index: 1, depth: 65, offset, count };
    check_eq!(bad.send_words(memory, 5), Err(Error::TruncatedMessage));
    check_eq!(bad.send(memory), Err(Error::InvalidArgument(0)));
    bad.object = ObjectType::Untyped.word();
    check_eq!(bad.send(memory), Err(Error::Range { min: 0, max: 47 }));
    bad.size = 3;
    check_eq!(bad.send(memory), Err(Error::InvalidArgument(1)));
    bad.size = 13;
    // Which of root and depth is looked at first is not a matter of this table.
    bad.depth = 0;
    check_eq!(bad.send(memory), Err(missing(0)));
    bad.root = node.pointer();
    check_eq!(bad.send(memory), Err(Error::Range { min: 0, max: 3 }));
    bad.offset = 3;
    check_eq!(bad.send(memory), Err(Error::Range { min: 1, max: 256 }));
    bad.count = 2;
    check_eq!(bad.send(memory), Err(Error::Range { min: 1, max: 1 }));
    bad.count = 1;
    check_eq!(bad.send(memory), Err(Error::DeleteFirst));
    bad.offset = 0;
    check_eq!(bad.send(memory), Err(Error::NotEnoughMemory(4080)));
    bad.size = 4;
    check_eq!(bad.send(memory), Ok(()));
    PASSED
}

/// "Every check error leaves all state unchanged": the watermark stays where it was.
fn a_refused_retype_changes_nothing(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let node = w.create_sized::<CNode>(4)?;
    let page = Retype::one(w, ObjectType::SmallPage, 0)?.within(node, 0);
    check_eq!(page.send(memory), Ok(()));
    check_eq!(page.send(memory), Err(Error::DeleteFirst));
    check_eq!(Retype { offset: 16, ..page }.send(memory), Err(Error::Range { min: 0, max: 15 }));
    check_eq!(Retype { offset: 1, ..page }.send(memory), Ok(()));
    PASSED
}
