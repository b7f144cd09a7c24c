//! Operations on slots: what is refused (objects.md §3, the columns of checks).

use super::tools::{call, invoke, occupied, source_missing};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(two_words_are_needed),
    test!(depths_are_1_to_64),
    test!(short_depths_are_a_mismatch),
    test!(leftover_bits_are_a_mismatch),
    test!(guards_must_match),
    test!(guards_longer_than_the_address_do_not_match),
    test!(the_invoked_caps_own_guard_counts),
    test!(lookups_go_through_nested_cnodes),
    test!(lookups_stop_at_other_caps),
    test!(copying_needs_four_words_and_a_root),
    test!(copying_needs_rights),
    test!(minting_needs_data),
    test!(moving_needs_four_words_and_a_root),
    test!(mutating_needs_data),
    test!(occupied_destinations_come_before_the_source),
    test!(sources_are_looked_up),
    test!(source_roots_must_be_cnodes),
    test!(empty_sources_are_missing),
    test!(moving_onto_itself_probes_a_slot),
    test!(missing_rights_come_after_the_source),
    test!(unmapped_tables_cannot_be_copied),
    test!(interrupt_control_cannot_be_copied),
    test!(untypeds_with_children_cannot_be_copied),
    test!(refused_copies_leave_the_slot_empty),
];

/// A CNode of 16 slots, without guard: slot `i` is at depth 4.
fn node(w: &mut World) -> Outcome<Cap<CNode>> {
    w.create_sized::<CNode>(4)
}

/// "label outside 18..25 -> Illegal", before the length is looked at.
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let node = node(w)?;
    for label in [0, 1, 17, 26, 57, 0xf_ffff_ffff_ffff] {
        check_err!(call(node, label, &[], &[]), Error::IllegalOperation);
        check_err!(
            call(node, label, &[1, 4, 1, 4, 15], &[node.pointer()]),
            Error::IllegalOperation
        );
    }
    PASSED
}

/// "len<2 -> Trunc", for every operation.
fn two_words_are_needed(w: &mut World) -> Outcome {
    let node = node(w)?;
    for label in 18..=25 {
        let caps = [node.pointer(), node.pointer()];
        check_err!(call(node, label, &[], &caps), Error::TruncatedMessage);
        check_err!(call(node, label, &[99], &caps), Error::TruncatedMessage);
    }
    PASSED
}

/// "depth outside 1..64 -> Range(1,64)" (abi.md §8.2).
fn depths_are_1_to_64(w: &mut World) -> Outcome {
    let node = node(w)?;
    let range = Error::Range { min: 1, max: 64 };
    for depth in [0, 65, 255, 256, u64::MAX] {
        for label in 18..=25 {
            let words = [3, depth, 1, 4, 15, 0, 2, 4];
            let caps = [node.pointer(), node.pointer()];
            check_err!(call(node, label, &words, &caps), range);
        }
    }
    PASSED
}

/// "s+r > n -> DepthMismatch(bitsLeft=n, bitsFound=s+r)".
fn short_depths_are_a_mismatch(w: &mut World) -> Outcome {
    let node = node(w)?;
    for depth in 1..4 {
        let bits_left = u64::from(depth);
        let failure = LookupFailure::DepthMismatch { bits_left, bits_found: 4 };
        check_eq!(node.slot_at(0, depth).delete(), Err(Error::destination(failure)));
    }
    check_eq!(node.slot_at(0, 4).delete(), Ok(()));
    PASSED
}

/// "leftover bits != 0 -> FailedLookup(DepthMismatch, bitsLeft=leftover, bitsFound=0)".
fn leftover_bits_are_a_mismatch(w: &mut World) -> Outcome {
    let node = node(w)?;
    for depth in [5_u8, 8, 64] {
        let bits_left = u64::from(depth) - 4;
        let failure = LookupFailure::DepthMismatch { bits_left, bits_found: 0 };
        check_eq!(node.slot_at(0, depth).delete(), Err(Error::destination(failure)));
        check_eq!(node.slot_at(0, depth).revoke(), Err(Error::destination(failure)));
    }
    PASSED
}

/// A cap to `node` with a guard.
fn guarded(w: &mut World, node: Cap<CNode>, bits: u8, guard: u64) -> Outcome<Cap<CNode>> {
    let copy = w.slot::<CNode>()?;
    w.path(copy).mint_from(w.path(node), Rights::ALL, GuardWord { bits, guard })?;
    Ok(copy)
}

/// "the top s of the n bits differ from g -> GuardMismatch(bitsLeft=n, guardFound=g, count=s)".
fn guards_must_match(w: &mut World) -> Outcome {
    let plain = node(w)?;
    let node = guarded(w, plain, 12, 0xabc)?;
    let failure = LookupFailure::GuardMismatch { bits_left: 16, guard: 0xabc, guard_bits: 12 };
    for index in [0xabd5, 0x0005, 0x2bc5] {
        check_eq!(node.slot_at(index, 16).delete(), Err(Error::destination(failure)));
    }
    check_eq!(node.slot_at(0xabc5, 16).delete(), Ok(()));
    // Bits above the depth are no part of the address.
    check_eq!(node.slot_at(0xffff_abc5, 16).delete(), Ok(()));
    PASSED
}

/// "if s > n ... -> GuardMismatch".
fn guards_longer_than_the_address_do_not_match(w: &mut World) -> Outcome {
    let plain = node(w)?;
    let node = guarded(w, plain, 8, 0)?;
    let failure = LookupFailure::GuardMismatch { bits_left: 7, guard: 0, guard_bits: 8 };
    check_eq!(node.slot_at(0, 7).delete(), Err(Error::destination(failure)));
    // A guard that fits, with too few bits for the slot, is a depth mismatch.
    let failure = LookupFailure::DepthMismatch { bits_left: 8, bits_found: 12 };
    check_eq!(node.slot_at(0, 8).delete(), Err(Error::destination(failure)));
    PASSED
}

/// "slot arguments are resolved starting at that cap (its own guard counts)".
fn the_invoked_caps_own_guard_counts(w: &mut World) -> Outcome {
    let plain = node(w)?;
    let node = guarded(w, plain, 4, 0x9)?;
    let endpoint = w.create::<Endpoint>()?;
    node.slot_at(0x9b, 8).copy_from(w.path(endpoint), Rights::ALL)?;
    check!(occupied(plain.slot_at(0xb, 4)));
    PASSED
}

/// "otherwise continue with n-(s+r) if the slot holds a CNode".
fn lookups_go_through_nested_cnodes(w: &mut World) -> Outcome {
    let outer = node(w)?;
    let inner = w.create_sized::<CNode>(3)?;
    let endpoint = w.create::<Endpoint>()?;
    let guard = GuardWord { bits: 5, guard: 0b10101 };
    outer.slot_at(0xa, 4).mint_from(w.path(inner), Rights::ALL, guard)?;
    let through = outer.slot_at(0xa << 8 | 0b10101 << 3 | 6, 12);
    through.copy_from(w.path(endpoint), Rights::ALL)?;
    check!(occupied(inner.slot_at(6, 3)));
    let failure = LookupFailure::GuardMismatch { bits_left: 8, guard: 0b10101, guard_bits: 5 };
    check_eq!(outer.slot_at(0xa << 8, 12).delete(), Err(Error::destination(failure)));
    let failure = LookupFailure::DepthMismatch { bits_left: 7, bits_found: 8 };
    let short = outer.slot_at(0xa << 7 | 0b10101 << 2, 11);
    check_eq!(short.delete(), Err(Error::destination(failure)));
    // The slot of the inner CNode itself is at the depth of the outer one.
    check!(occupied(outer.slot_at(0xa, 4)));
    PASSED
}

/// "else stop with leftover bits": a slot without CNode ends the lookup.
fn lookups_stop_at_other_caps(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    node.slot_at(2, 4).copy_from(w.path(endpoint), Rights::ALL)?;
    let failure = LookupFailure::DepthMismatch { bits_left: 6, bits_found: 0 };
    check_eq!(node.slot_at(2 << 6, 10).delete(), Err(Error::destination(failure)));
    let refused = node.slot_at(3, 4).copy_from(node.slot_at(2 << 6, 10), Rights::ALL);
    check_eq!(refused, Err(Error::source(failure)));
    PASSED
}

/// Copy: "len<4 or no cap -> Trunc".
fn copying_needs_four_words_and_a_root(w: &mut World) -> Outcome {
    let node = node(w)?;
    let source = initial::SCHED_CONTEXT.pointer();
    let root = initial::CNODE.pointer();
    for invocation in [Invocation::CNodeCopy, Invocation::CNodeMint] {
        let words = [0, 4, source, 64, 15, 0];
        for length in 2..4 {
            let refused = invoke(node, invocation, &words[..length], &[root]);
            check_err!(refused, Error::TruncatedMessage);
        }
        check_err!(invoke(node, invocation, &words, &[]), Error::TruncatedMessage);
    }
    PASSED
}

/// Copy: "len<5 -> Trunc", and five are enough.
fn copying_needs_rights(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let words = [0, 4, endpoint.pointer(), 64, 15];
    let root = [initial::CNODE.pointer()];
    let refused = invoke(node, Invocation::CNodeCopy, &words[..4], &root);
    check_err!(refused, Error::TruncatedMessage);
    check!(invoke(node, Invocation::CNodeCopy, &words, &root).is_ok());
    PASSED
}

/// Mint: "same with len<6".
fn minting_needs_data(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let words = [0, 4, endpoint.pointer(), 64, 15, 7];
    let root = [initial::CNODE.pointer()];
    let refused = invoke(node, Invocation::CNodeMint, &words[..5], &root);
    check_err!(refused, Error::TruncatedMessage);
    check!(invoke(node, Invocation::CNodeMint, &words, &root).is_ok());
    PASSED
}

/// Move: "(len 4)".
fn moving_needs_four_words_and_a_root(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let words = [0, 4, endpoint.pointer(), 64];
    let root = [initial::CNODE.pointer()];
    for length in 2..4 {
        let refused = invoke(node, Invocation::CNodeMove, &words[..length], &root);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(node, Invocation::CNodeMove, &words, &[]), Error::TruncatedMessage);
    check!(invoke(node, Invocation::CNodeMove, &words, &root).is_ok());
    PASSED
}

/// Mutate: "same with len<5", after the source was found.
fn mutating_needs_data(w: &mut World) -> Outcome {
    let target = node(w)?;
    let source = node(w)?;
    let words = [0, 4, source.pointer(), 64, 0];
    let root = [initial::CNODE.pointer()];
    for length in 2..5 {
        let refused = invoke(target, Invocation::CNodeMutate, &words[..length], &root);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(target, Invocation::CNodeMutate, &words, &[]), Error::TruncatedMessage);
    check!(invoke(target, Invocation::CNodeMutate, &words, &root).is_ok());
    PASSED
}

/// "DeleteFirst is decided before the source is even looked up".
fn occupied_destinations_come_before_the_source(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let full = node.slot_at(1, 4);
    full.copy_from(w.path(endpoint), Rights::ALL)?;
    for source in [node.slot_at(1, 99), node.slot_at(2, 4), endpoint.cast::<CNode>().slot_at(0, 4)]
    {
        check_eq!(full.copy_from(source, Rights::ALL), Err(Error::DeleteFirst));
        check_eq!(full.mint_from(source, Rights::ALL, Badge(1)), Err(Error::DeleteFirst));
        check_eq!(full.move_from(source), Err(Error::DeleteFirst));
        let guard = GuardWord { bits: 0, guard: 0 };
        check_eq!(full.mutate_from(source, guard), Err(Error::DeleteFirst));
    }
    PASSED
}

/// "source lookup -> FailedLookup(1)/Range".
fn sources_are_looked_up(w: &mut World) -> Outcome {
    let node = node(w)?;
    let target = node.slot_at(0, 4);
    let guard = GuardWord { bits: 0, guard: 0 };
    for depth in [0, 65] {
        let source = node.slot_at(1, depth);
        let range = Err(Error::Range { min: 1, max: 64 });
        check_eq!(target.copy_from(source, Rights::ALL), range);
        check_eq!(target.mint_from(source, Rights::ALL, Badge(1)), range);
        check_eq!(target.move_from(source), range);
        check_eq!(target.mutate_from(source, guard), range);
    }
    let source = node.slot_at(1, 2);
    let failure = LookupFailure::DepthMismatch { bits_left: 2, bits_found: 4 };
    let failed = Err(Error::source(failure));
    check_eq!(target.copy_from(source, Rights::ALL), failed);
    check_eq!(target.mint_from(source, Rights::ALL, Badge(1)), failed);
    check_eq!(target.move_from(source), failed);
    check_eq!(target.mutate_from(source, guard), failed);
    PASSED
}

/// "Root not a CNode -> InvalidRoot" (abi.md §8.2).
fn source_roots_must_be_cnodes(w: &mut World) -> Outcome {
    let node = node(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let empty = w.slot::<CNode>()?;
    for root in [endpoint.cast::<CNode>(), empty] {
        let refused = node.slot_at(0, 4).copy_from(root.slot_at(0, 4), Rights::ALL);
        check_eq!(refused, Err(Error::source(LookupFailure::InvalidRoot)));
    }
    PASSED
}

/// "source empty -> FailedLookup(1, Missing, bitsLeft=srcDepth)".
fn empty_sources_are_missing(w: &mut World) -> Outcome {
    let node = node(w)?;
    let guard = GuardWord { bits: 0, guard: 0 };
    let target = node.slot_at(0, 4);
    let empty = w.slot::<Endpoint>()?;
    for source in [node.slot_at(1, 4), w.path(empty)] {
        let failed = Err(source_missing(source.depth.into()));
        check_eq!(target.copy_from(source, Rights::ALL), failed);
        check_eq!(target.mint_from(source, Rights::ALL, Badge(1)), failed);
        check_eq!(target.move_from(source), failed);
        check_eq!(target.mutate_from(source, guard), failed);
    }
    PASSED
}

/// "tests move a slot onto itself to probe emptiness: occupied -> DeleteFirst, empty ->
/// FailedLookup".
fn moving_onto_itself_probes_a_slot(w: &mut World) -> Outcome {
    let node = node(w)?;
    let slot = node.slot_at(3, 4);
    check_eq!(slot.move_from(slot), Err(source_missing(4)));
    let endpoint = w.create::<Endpoint>()?;
    slot.copy_from(w.path(endpoint), Rights::ALL)?;
    check_eq!(slot.move_from(slot), Err(Error::DeleteFirst));
    PASSED
}

/// The length for the rights is checked after the source: "source empty ... ; len<5 -> Trunc".
fn missing_rights_come_after_the_source(w: &mut World) -> Outcome {
    let node = node(w)?;
    let words = [0, 4, 1, 4];
    let root = [node.pointer()];
    for invocation in [Invocation::CNodeCopy, Invocation::CNodeMint, Invocation::CNodeMutate] {
        check_err!(invoke(node, invocation, &words, &root), source_missing(4));
    }
    PASSED
}

/// "unmapped page table or VSpace without ASID -> Illegal"; with a mapping they are copied.
fn unmapped_tables_cannot_be_copied(w: &mut World) -> Outcome {
    let node = node(w)?;
    let table = w.create::<PageTable>()?;
    let space = w.create::<VSpace>()?;
    let (first, second) = (node.slot_at(0, 4), node.slot_at(1, 4));
    let illegal = Err(Error::IllegalOperation);
    check_eq!(first.copy_from(w.path(table), Rights::ALL), illegal);
    check_eq!(first.mint_from(w.path(table), Rights::ALL, Badge(0)), illegal);
    check_eq!(second.copy_from(w.path(space), Rights::ALL), illegal);
    initial::ASID_POOL.assign(space)?;
    table.map(space, 0)?;
    check_eq!(first.copy_from(w.path(table), Rights::ALL), Ok(()));
    check_eq!(second.copy_from(w.path(space), Rights::ALL), Ok(()));
    PASSED
}

/// "IRQControl -> null -> Illegal".
fn interrupt_control_cannot_be_copied(w: &mut World) -> Outcome {
    let node = node(w)?;
    let source = w.path(initial::IRQ_CONTROL);
    let illegal = Err(Error::IllegalOperation);
    check_eq!(node.slot_at(0, 4).copy_from(source, Rights::ALL), illegal);
    check_eq!(node.slot_at(0, 4).mint_from(source, Rights::ALL, Badge(0)), illegal);
    PASSED
}

/// "Untyped with children -> RevokeFirst".
fn untypeds_with_children_cannot_be_copied(w: &mut World) -> Outcome {
    let node = node(w)?;
    let memory = w.untyped(12)?;
    w.retype::<Endpoint>(memory, 1)?;
    let target = node.slot_at(0, 4);
    check_eq!(target.copy_from(w.path(memory), Rights::ALL), Err(Error::RevokeFirst));
    let minted = target.mint_from(w.path(memory), Rights::ALL, Badge(0));
    check_eq!(minted, Err(Error::RevokeFirst));
    w.revoke(memory)?;
    check_eq!(target.copy_from(w.path(memory), Rights::ALL), Ok(()));
    PASSED
}

/// "Every check error leaves all state unchanged".
fn refused_copies_leave_the_slot_empty(w: &mut World) -> Outcome {
    let node = node(w)?;
    let target = node.slot_at(0, 4);
    let table = w.create::<PageTable>()?;
    let endpoint = w.mint_new_endpoint(5)?;
    check!(target.copy_from(w.path(table), Rights::ALL).is_err());
    check!(!occupied(target));
    check!(target.mint_from(w.path(endpoint), Rights::ALL, Badge(6)).is_err());
    check!(!occupied(target));
    check!(target.mutate_from(w.path(endpoint), GuardWord { bits: 0, guard: 0 }).is_err());
    check!(!occupied(target) && w.holds(endpoint));
    PASSED
}
