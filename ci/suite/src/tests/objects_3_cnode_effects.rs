//! Operations on slots: what they do (objects.md §3).

use super::threads::{keep, kept};
use super::tools::{call, occupied};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(revoking_deletes_descendants_only),
    test!(revoking_an_empty_slot_is_fine),
    test!(deleting_empties_the_slot),
    test!(deleting_an_empty_slot_is_fine),
    test!(deleting_spares_the_descendants),
    test!(copies_name_the_same_object),
    test!(moves_empty_the_source),
    test!(moves_keep_badge_and_rights),
    test!(moves_keep_the_place_in_the_tree),
    test!(mutating_sets_the_guard),
    test!(mutating_ignores_data_of_other_types),
    test!(mutating_refuses_endpoints_and_notifications),
    test!(minting_sets_the_guard),
    test!(guards_and_slots_are_64_bits_at_most),
    test!(guards_keep_their_low_bits),
    test!(minting_sets_a_badge),
    test!(minting_zero_leaves_the_cap_unbadged),
    test!(badges_are_set_once),
    test!(badges_have_64_bits),
    test!(other_types_ignore_data),
    test!(copies_keep_the_badge),
    test!(controls_pools_and_handlers_are_copied),
    test!(interrupt_control_can_be_moved),
    test!(unmapped_tables_can_be_moved),
    test!(page_copies_are_not_mapped),
    test!(table_copies_are_mapped),
    test!(minting_masks_rights_too),
];

/// The guard word of a CNode without guard.
const NO_GUARD: GuardWord = GuardWord { bits: 0, guard: 0 };

/// Revoke "deletes all descendants": not the cap itself, not its siblings.
fn revoking_deletes_descendants_only(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let other = w.create::<Endpoint>()?;
    let one = w.mint(endpoint, Rights::ALL, 1)?;
    let two = w.mint(endpoint, Rights::ALL, 2)?;
    let below = w.copy(one, Rights::ALL)?;
    w.revoke(one)?;
    check!(w.holds(one) && w.holds(two) && w.holds(endpoint));
    check!(w.is_empty(below));
    w.revoke(endpoint)?;
    check!(w.is_empty(one) && w.is_empty(two));
    check!(w.holds(endpoint) && w.holds(other));
    PASSED
}

/// Revoke: "OK on empty slot".
fn revoking_an_empty_slot_is_fine(w: &mut World) -> Outcome {
    let empty = w.slot::<Endpoint>()?;
    check_eq!(w.path(empty).revoke(), Ok(()));
    check!(w.is_empty(empty));
    PASSED
}

/// Delete "empties the slot".
fn deleting_empties_the_slot(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    check_eq!(w.path(bell).delete(), Ok(()));
    check!(w.is_empty(bell));
    check_err!(call(bell, 0, &[], &[]), Error::InvalidCapability(0));
    PASSED
}

/// Delete: "OK on empty slot".
fn deleting_an_empty_slot_is_fine(w: &mut World) -> Outcome {
    let empty = w.slot::<Endpoint>()?;
    check_eq!(w.path(empty).delete(), Ok(()));
    PASSED
}

/// Deleting a cap deletes none of the caps derived from it.
fn deleting_spares_the_descendants(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 6)?;
    w.delete(bell)?;
    badged.signal();
    check_eq!(badged.poll(), 6);
    PASSED
}

/// Copy: "insert derived cap".
fn copies_name_the_same_object(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 3)?;
    let copy = w.copy(bell, Rights::ALL)?;
    badged.signal();
    check_eq!(copy.poll(), 3);
    check_eq!(bell.poll(), 0);
    PASSED
}

/// Move "moves cap".
fn moves_empty_the_source(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let moved = w.slot::<Notification>()?;
    check_eq!(w.path(moved).move_from(w.path(bell)), Ok(()));
    check!(w.is_empty(bell) && w.holds(moved));
    moved.signal();
    check_err!(call(bell, 0, &[], &[]), Error::InvalidCapability(0));
    PASSED
}

/// "Move/Mutate/Rotate never mask", and keep the badge.
fn moves_keep_badge_and_rights(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::WRITE, 0x77)?;
    let moved = w.slot::<Notification>()?;
    w.path(moved).move_from(w.path(badged))?;
    moved.signal();
    check_eq!(bell.poll(), 0x77);
    // A Move has no rights word: a fifth word is not looked at.
    let back = w.slot::<Notification>()?;
    let words = [back.pointer(), 64, moved.pointer(), 64, 0];
    let label = Invocation::CNodeMove.label();
    check!(call(initial::CNODE, label, &words, &[initial::CNODE.pointer()]).is_ok());
    back.signal();
    check_eq!(bell.poll(), 0x77);
    PASSED
}

/// Move "keeps tree position": the moved original is still the parent, a moved child a child.
fn moves_keep_the_place_in_the_tree(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let child = w.mint(bell, Rights::ALL, 1)?;
    let below = w.copy(child, Rights::ALL)?;
    let parent = w.slot::<Notification>()?;
    let moved = w.slot::<Notification>()?;
    w.path(parent).move_from(w.path(bell))?;
    w.path(moved).move_from(w.path(child))?;
    w.revoke(moved)?;
    check!(w.is_empty(below) && w.holds(moved));
    w.revoke(parent)?;
    check!(w.is_empty(moved) && w.holds(parent));
    PASSED
}

/// Mutate: "move + set CNode guard".
fn mutating_sets_the_guard(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let guarded = w.slot::<CNode>()?;
    let guard = GuardWord { bits: 8, guard: 0x5a };
    check_eq!(w.path(guarded).mutate_from(w.path(node), guard), Ok(()));
    check!(w.is_empty(node));
    let failure = LookupFailure::GuardMismatch { bits_left: 12, guard: 0x5a, guard_bits: 8 };
    check_eq!(guarded.slot_at(0, 12).delete(), Err(Error::destination(failure)));
    check_eq!(guarded.slot_at(0x5a0, 12).delete(), Ok(()));
    // Again, with another guard: nothing of the old one stays.
    let second = w.slot::<CNode>()?;
    w.path(second).mutate_from(w.path(guarded), NO_GUARD)?;
    check_eq!(second.slot_at(0, 4).delete(), Ok(()));
    PASSED
}

/// "All other cap types ignore data."
fn mutating_ignores_data_of_other_types(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let moved = w.slot::<Thread>()?;
    let words = [moved.pointer(), 64, thread.pointer(), 64, u64::MAX];
    let root = [initial::CNODE.pointer()];
    check!(call(initial::CNODE, Invocation::CNodeMutate.label(), &words, &root).is_ok());
    check!(w.is_empty(thread));
    check_eq!(moved.resume(), Ok(()));
    PASSED
}

/// "Mutate and Rotate on an EP or ntfn cap are always Illegal".
fn mutating_refuses_endpoints_and_notifications(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let bell = w.create::<Notification>()?;
    let empty = w.slot::<CNode>()?;
    for source in [w.path(endpoint), w.path(bell)] {
        for guard in [NO_GUARD, GuardWord { bits: 4, guard: 1 }] {
            let refused = w.path(empty).mutate_from(source, guard);
            check_eq!(refused, Err(Error::IllegalOperation));
        }
        check!(occupied(source));
    }
    PASSED
}

/// Mint, "CNode: sets guard (all three ops)".
fn minting_sets_the_guard(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let minted = w.slot::<CNode>()?;
    let guard = GuardWord { bits: 60, guard: 0x0012_3456_789a_bcde };
    w.path(minted).mint_from(w.path(node), Rights::ALL, guard)?;
    check_eq!(minted.slot_at(0x0123_4567_89ab_cdef, 64).delete(), Ok(()));
    // The source keeps its own.
    check_eq!(node.slot_at(0xf, 4).delete(), Ok(()));
    PASSED
}

/// "guardSize+radix > 64 -> Illegal".
fn guards_and_slots_are_64_bits_at_most(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let target = w.slot::<CNode>()?;
    for bits in [61, 62, 63] {
        let guard = GuardWord { bits, guard: 0 };
        let minted = w.path(target).mint_from(w.path(node), Rights::ALL, guard);
        check_eq!(minted, Err(Error::IllegalOperation));
        let mutated = w.path(target).mutate_from(w.path(node), guard);
        check_eq!(mutated, Err(Error::IllegalOperation));
    }
    check!(w.is_empty(target) && w.holds(node));
    let guard = GuardWord { bits: 60, guard: 0 };
    check_eq!(w.path(target).mutate_from(w.path(node), guard), Ok(()));
    PASSED
}

/// "bits 6-63 guard value (only the low guard-size bits are kept)" (abi.md §5).
fn guards_keep_their_low_bits(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let minted = w.slot::<CNode>()?;
    let guard = 0xffff_ffff_ffff_ffc0 | 8;
    w.path(minted).mint_from(w.path(node), Rights::ALL, Badge(guard))?;
    let failure = LookupFailure::GuardMismatch { bits_left: 12, guard: 0xff, guard_bits: 8 };
    check_eq!(minted.slot_at(0, 12).delete(), Err(Error::destination(failure)));
    check_eq!(minted.slot_at(0xff0, 12).delete(), Ok(()));
    PASSED
}

/// Mint: "apply data", for endpoints and notifications.
fn minting_sets_a_badge(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    w.mint(bell, Rights::ALL, 0x5000)?.signal();
    check_eq!(bell.poll(), 0x5000);
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 0x6000)?;
    w.spawn(10, move || badged.send(Message::EMPTY))?;
    check_eq!(endpoint.wait().badge, 0x6000);
    PASSED
}

/// Badge 0 leaves a cap that can be badged later.
fn minting_zero_leaves_the_cap_unbadged(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let zero = w.mint(bell, Rights::ALL, 0)?;
    let five = w.mint(zero, Rights::ALL, 5)?;
    five.signal();
    check_eq!(zero.poll(), 5);
    PASSED
}

/// "only if the current badge is 0, else invalid -> Illegal — also when asked to set 0 or the
/// same value".
fn badges_are_set_once(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let bell = w.mint(bell, Rights::ALL, 5)?;
    let endpoint = w.mint_new_endpoint(5)?;
    let empty = w.slot::<CNode>()?;
    for badge in [0, 5, 6] {
        for source in [w.path(bell), w.path(endpoint)] {
            let refused = w.path(empty).mint_from(source, Rights::ALL, Badge(badge));
            check_eq!(refused, Err(Error::IllegalOperation));
        }
    }
    PASSED
}

/// "badge: full 64 bits" (abi.md §5).
fn badges_have_64_bits(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    for badge in [u64::MAX, 1 << 63, 0x0123_4567_89ab_cdef] {
        w.mint(bell, Rights::ALL, badge)?.signal();
        check_eq!(bell.poll(), badge);
    }
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, u64::MAX)?;
    w.spawn(10, move || badged.send(Message::EMPTY))?;
    check_eq!(endpoint.wait().badge, u64::MAX);
    PASSED
}

/// "All other cap types ignore data."
fn other_types_ignore_data(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let page = w.create::<Page>()?;
    let context = w.create_sized::<SchedContext>(7)?;
    let reply = w.create::<Reply>()?;
    let memory = w.untyped(12)?;
    for source in [w.path(thread), w.path(page), w.path(context), w.path(reply), w.path(memory)] {
        let target = w.slot::<CNode>()?;
        check_eq!(w.path(target).mint_from(source, Rights::ALL, Badge(u64::MAX)), Ok(()));
        // A second time as well: there is no badge that could have been set.
        let target = w.slot::<CNode>()?;
        if source != w.path(memory) {
            check_eq!(w.path(target).mint_from(source, Rights::ALL, Badge(1)), Ok(()));
        }
    }
    PASSED
}

/// A copy of a badged cap has that badge.
fn copies_keep_the_badge(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 0x88)?;
    w.copy(badged, Rights::WRITE)?.signal();
    check_eq!(bell.poll(), 0x88);
    PASSED
}

/// "everything else (... SchedControl ... IRQ handler, Domain, ASID control/pool ...) copies as
/// is".
fn controls_pools_and_handlers_are_copied(w: &mut World) -> Outcome {
    let core = w.copy(w.sched_control(0), Rights::NONE)?;
    let context = w.create_sized::<SchedContext>(7)?;
    check_eq!(core.configure(context, Budget::round_robin(Duration::from_millis(1))), Ok(()));
    let (thread, domain) = (w.create::<Thread>()?, w.copy(initial::DOMAIN, Rights::NONE)?);
    check_eq!(domain.set(0, thread), Ok(()));
    let (pool, space) = (w.copy(initial::ASID_POOL, Rights::NONE)?, w.create::<VSpace>()?);
    check_eq!(pool.assign(space), Ok(()));
    let handler = w.slot::<IrqHandler>()?;
    initial::IRQ_CONTROL.issue(100, w.path(handler))?;
    check_eq!(w.copy(handler, Rights::NONE)?.acknowledge(), Ok(()));
    PASSED
}

/// "IRQControl cannot be copied (Illegal) but can be moved" (objects.md §10).
fn interrupt_control_can_be_moved(w: &mut World) -> Outcome {
    let away = w.slot::<IrqControl>()?;
    check_eq!(w.path(away).move_from(w.path(initial::IRQ_CONTROL)), Ok(()));
    let emptied = w.is_empty(initial::IRQ_CONTROL);
    let handler = w.slot::<IrqHandler>()?;
    let issued = away.issue(50, w.path(handler));
    w.path(initial::IRQ_CONTROL).move_from(w.path(away))?;
    check!(emptied);
    check_eq!(issued, Ok(()));
    PASSED
}

/// "Move: same, no derive": what cannot be copied can be moved.
fn unmapped_tables_can_be_moved(w: &mut World) -> Outcome {
    let table = w.create::<PageTable>()?;
    let space = w.create::<VSpace>()?;
    let (moved_table, moved_space) = (w.slot::<PageTable>()?, w.slot::<VSpace>()?);
    check_eq!(w.path(moved_table).move_from(w.path(table)), Ok(()));
    check_eq!(w.path(moved_space).move_from(w.path(space)), Ok(()));
    check_eq!(initial::ASID_POOL.assign(moved_space), Ok(()));
    check_eq!(moved_table.map(moved_space, 0), Ok(()));
    PASSED
}

/// "page cap -> copy is *unmapped*"; a moved one stays mapped.
fn page_copies_are_not_mapped(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    w.map(page)?;
    let copy = w.copy(page, Rights::ALL)?;
    check_eq!(page.clean_data(0..64), Ok(()));
    check_eq!(copy.clean_data(0..64), Err(Error::IllegalOperation));
    let moved = w.slot::<Page>()?;
    w.path(moved).move_from(w.path(page))?;
    check_eq!(moved.clean_data(0..64), Ok(()));
    PASSED
}

/// "mapped PT/VSpace copies remember the mapping".
fn table_copies_are_mapped(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let table = w.create::<PageTable>()?;
    table.map(space, 0)?;
    let copy = w.copy(table, Rights::ALL)?;
    check_eq!(copy.map(space, 1 << 39), Err(Error::InvalidCapability(0)));
    let copy = w.copy(space, Rights::ALL)?;
    let second = w.create::<PageTable>()?;
    check_eq!(second.map(copy, 1 << 39), Ok(()));
    PASSED
}

/// Mint: "mask rights, apply data, derive, insert".
fn minting_masks_rights_too(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let listener = w.mint(bell, Rights::READ, 4)?;
    check_err!(call(listener, 0, &[], &[]), Error::InvalidCapability(0));
    bell.signal();
    w.spawn(10, move || keep(1, syscall::wait(listener.pointer())))?.join();
    check_eq!(kept(1).badge, 0);
    PASSED
}
