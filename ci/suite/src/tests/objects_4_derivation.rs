//! The derivation tree: who is whose descendant (objects.md §4).

use super::tools::occupied;
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(revoking_the_original_deletes_all_copies),
    test!(revoking_a_plain_copy_deletes_nothing),
    test!(revoking_a_copy_of_any_type_deletes_nothing),
    test!(revoking_a_badged_cap_deletes_its_copies),
    test!(revoking_a_badged_cap_spares_siblings),
    test!(siblings_with_the_same_badge_are_apart),
    test!(minting_the_zero_badge_makes_no_parent),
    test!(minting_a_guard_makes_no_parent),
    test!(a_badged_copy_of_a_badged_cap_is_no_parent),
    test!(revoking_an_untyped_deletes_every_kind),
    test!(revoking_an_untyped_reaches_grandchildren),
    test!(revoking_an_untyped_reaches_other_cnodes),
    test!(untyped_copies_are_parents),
    test!(an_untyped_copys_children_are_the_sources_too),
    test!(siblings_survive_each_others_revocation),
    test!(the_original_may_be_deleted_first),
    test!(deleting_a_first_badged_cap_marks_the_next),
    test!(retyped_objects_are_revocable_originals),
    test!(page_copies_are_children_of_the_original),
    test!(initial_untypeds_do_not_own_initial_frames),
    test!(initial_caps_are_revocable_originals),
    test!(has_no_children_means_no_descendant_follows),
    test!(transferred_caps_are_children),
    test!(caps_installed_in_threads_are_copies),
];

/// "(1) revoking the original (Retype) cap of any object deletes every other cap to it,
/// including copies of copies".
fn revoking_the_original_deletes_all_copies(w: &mut World) -> Outcome {
    let originals = [
        w.create::<Endpoint>()?.cast::<()>(),
        w.create::<Notification>()?.cast(),
        w.create::<Thread>()?.cast(),
        w.create::<Reply>()?.cast(),
        w.create::<Page>()?.cast(),
        w.create_sized::<CNode>(4)?.cast(),
        w.create_sized::<SchedContext>(7)?.cast(),
    ];
    for original in originals {
        let copy = w.copy(original, Rights::ALL)?;
        let of_copy = w.copy(copy, Rights::READ)?;
        let third = w.copy(of_copy, Rights::NONE)?;
        let second = w.copy(original, Rights::WRITE)?;
        w.revoke(original)?;
        check!(w.holds(original));
        check!([copy, of_copy, third, second].iter().all(|cap| w.is_empty(*cap)));
    }
    PASSED
}

/// "(2) a plain copy (unbadged or same-badge) is not revocable: revoking it deletes nothing".
fn revoking_a_plain_copy_deletes_nothing(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let copy = w.copy(endpoint, Rights::ALL)?;
    let of_copy = w.copy(copy, Rights::ALL)?;
    w.revoke(copy)?;
    check!(w.holds(endpoint) && w.holds(copy) && w.holds(of_copy));
    PASSED
}

/// "(2)", for the other types.
fn revoking_a_copy_of_any_type_deletes_nothing(w: &mut World) -> Outcome {
    let originals = [
        w.create::<Notification>()?.cast::<()>(),
        w.create::<Thread>()?.cast(),
        w.create::<Reply>()?.cast(),
        w.create::<Page>()?.cast(),
        w.create_sized::<CNode>(4)?.cast(),
        w.create_sized::<SchedContext>(7)?.cast(),
        w.vspace()?.cast(),
    ];
    for original in originals {
        let copy = w.copy(original, Rights::ALL)?;
        let of_copy = w.copy(copy, Rights::ALL)?;
        w.revoke(copy)?;
        check!(w.holds(original) && w.holds(copy) && w.holds(of_copy));
    }
    PASSED
}

/// "(3) minting a badge makes a new revocable parent: revoking it deletes its copies".
fn revoking_a_badged_cap_deletes_its_copies(w: &mut World) -> Outcome {
    let originals = [w.create::<Endpoint>()?.cast::<()>(), w.create::<Notification>()?.cast()];
    for original in originals {
        let badged = w.mint(original, Rights::ALL, 4)?;
        let copy = w.copy(badged, Rights::ALL)?;
        let of_copy = w.copy(copy, Rights::READ)?;
        w.revoke(badged)?;
        check!(w.holds(original) && w.holds(badged));
        check!(w.is_empty(copy) && w.is_empty(of_copy));
    }
    PASSED
}

/// Siblings with other badges, and plain copies, are no descendants of a badged cap.
fn revoking_a_badged_cap_spares_siblings(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let plain = w.copy(endpoint, Rights::ALL)?;
    let other = w.mint(endpoint, Rights::ALL, 2)?;
    let badged = w.mint(endpoint, Rights::ALL, 1)?;
    let later = w.mint(endpoint, Rights::ALL, 3)?;
    w.revoke(badged)?;
    check!([plain, other, badged, later].iter().all(|cap| w.holds(*cap)));
    PASSED
}

/// "(3) ... but not siblings with the same badge minted separately".
fn siblings_with_the_same_badge_are_apart(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let first = w.mint(endpoint, Rights::ALL, 5)?;
    let second = w.mint(endpoint, Rights::ALL, 5)?;
    let copy = w.copy(second, Rights::ALL)?;
    w.revoke(first)?;
    check!(w.holds(second) && w.holds(copy));
    w.revoke(second)?;
    check!(w.holds(first) && w.is_empty(copy));
    PASSED
}

/// "true only when (EP/ntfn/SMC) the badge changed": from 0 to 0 it does not.
fn minting_the_zero_badge_makes_no_parent(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let zero = w.mint(endpoint, Rights::ALL, 0)?;
    let copy = w.copy(zero, Rights::ALL)?;
    w.revoke(zero)?;
    check!(w.holds(copy));
    PASSED
}

/// A guard is no badge: a minted CNode cap is a plain copy.
fn minting_a_guard_makes_no_parent(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let guarded = w.slot::<CNode>()?;
    let guard = GuardWord { bits: 4, guard: 3 };
    w.path(guarded).mint_from(w.path(node), Rights::ALL, guard)?;
    let copy = w.copy(guarded, Rights::ALL)?;
    w.revoke(guarded)?;
    check!(w.holds(copy));
    w.revoke(node)?;
    check!(w.is_empty(copy) && w.is_empty(guarded));
    PASSED
}

/// A same-badge copy is no parent of copies made of it.
fn a_badged_copy_of_a_badged_cap_is_no_parent(w: &mut World) -> Outcome {
    let badged = w.mint_new_endpoint(8)?;
    let copy = w.copy(badged, Rights::ALL)?;
    let of_copy = w.copy(copy, Rights::ALL)?;
    w.revoke(copy)?;
    check!(w.holds(of_copy));
    PASSED
}

/// "untyped covers any memory object (incl. other untypeds, pages ...) inside its range".
fn revoking_an_untyped_deletes_every_kind(w: &mut World) -> Outcome {
    let memory = w.untyped(16)?;
    let made = [
        w.retype::<Endpoint>(memory, 1)?[0].cast::<()>(),
        w.retype::<Notification>(memory, 1)?[0].cast(),
        w.retype::<Reply>(memory, 1)?[0].cast(),
        w.retype::<Thread>(memory, 1)?[0].cast(),
        w.retype::<Page>(memory, 1)?[0].cast(),
        w.retype::<PageTable>(memory, 1)?[0].cast(),
        w.retype::<VSpace>(memory, 1)?[0].cast(),
        w.retype_sized::<CNode>(memory, 3)?.cast(),
        w.retype_sized::<SchedContext>(memory, 8)?.cast(),
        w.retype_sized::<Untyped>(memory, 10)?.cast(),
    ];
    w.revoke(memory)?;
    check!(made.iter().all(|cap| w.is_empty(*cap)));
    check!(w.holds(memory));
    PASSED
}

/// Children of children, and copies and badged caps of them.
fn revoking_an_untyped_reaches_grandchildren(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let inner = w.retype_sized::<Untyped>(memory, 13)?;
    let innermost = w.retype_sized::<Untyped>(inner, 12)?;
    let endpoint = w.retype::<Endpoint>(innermost, 1)?[0];
    let copy = w.copy(endpoint, Rights::READ)?;
    let badged = w.mint(endpoint, Rights::ALL, 3)?;
    w.revoke(memory)?;
    check!(w.is_empty(inner) && w.is_empty(innermost));
    check!([endpoint, copy, badged].iter().all(|cap| w.is_empty(*cap)));
    PASSED
}

/// Descendants are found wherever they are.
fn revoking_an_untyped_reaches_other_cnodes(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    node.slot_at(3, 4).move_from(w.path(endpoint))?;
    node.slot_at(4, 4).mint_from(node.slot_at(3, 4), Rights::ALL, Badge(9))?;
    w.revoke(memory)?;
    check!(!occupied(node.slot_at(3, 4)) && !occupied(node.slot_at(4, 4)));
    PASSED
}

/// "revocable = ... (Untyped) always": a copy of an untyped owns what is made of it.
fn untyped_copies_are_parents(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let copy = w.copy(memory, Rights::ALL)?;
    let endpoint = w.retype::<Endpoint>(copy, 1)?[0];
    w.revoke(copy)?;
    check!(w.is_empty(endpoint) && w.holds(copy) && w.holds(memory));
    PASSED
}

/// What is made of the copy lies in the source's range, too.
fn an_untyped_copys_children_are_the_sources_too(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let copy = w.copy(memory, Rights::ALL)?;
    let endpoint = w.retype::<Endpoint>(copy, 1)?[0];
    w.delete(copy)?;
    check!(w.holds(endpoint));
    w.revoke(memory)?;
    check!(w.is_empty(endpoint));
    PASSED
}

/// Objects of one untyped are no descendants of each other.
fn siblings_survive_each_others_revocation(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let endpoints = w.retype::<Endpoint>(memory, 3)?;
    for endpoint in &endpoints {
        w.revoke(*endpoint)?;
        w.delete(*endpoint)?;
    }
    let memory = w.untyped(12)?;
    let endpoints = w.retype::<Endpoint>(memory, 3)?;
    w.revoke(endpoints[1])?;
    w.delete(endpoints[1])?;
    check!(w.holds(endpoints[0]) && w.holds(endpoints[2]));
    PASSED
}

/// A copy lives on without its original, and is still a child of the memory.
fn the_original_may_be_deleted_first(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let bell = w.retype::<Notification>(memory, 1)?[0];
    let copy = w.copy(bell, Rights::ALL)?;
    w.delete(bell)?;
    copy.signal();
    check!(w.holds(copy));
    w.revoke(memory)?;
    check!(w.is_empty(copy));
    PASSED
}

/// "When a slot is deleted from the list, its firstBadged flag is OR-ed into the following
/// slot": copies of a deleted badged cap do not become children of a sibling of that badge.
fn deleting_a_first_badged_cap_marks_the_next(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    // A mint goes right behind its source: the later one comes first in the list.
    let second = w.mint(endpoint, Rights::ALL, 5)?;
    let copy = w.copy(second, Rights::ALL)?;
    let first = w.mint(endpoint, Rights::ALL, 5)?;
    w.delete(second)?;
    w.revoke(first)?;
    check!(w.holds(copy));
    PASSED
}

/// "Retype children ...: both set": several objects in one retype are all revocable.
fn retyped_objects_are_revocable_originals(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    for endpoint in w.retype::<Endpoint>(memory, 3)? {
        let copy = w.copy(endpoint, Rights::ALL)?;
        w.revoke(endpoint)?;
        check!(w.is_empty(copy));
    }
    PASSED
}

/// "page covers pages within its physical range".
fn page_copies_are_children_of_the_original(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let neighbour = w.create::<Page>()?;
    let copy = w.copy(page, Rights::READ)?;
    let window = w.map(copy)?;
    w.revoke(page)?;
    check!(w.is_empty(copy) && w.holds(neighbour));
    check!(w.fault_of_load(window.address())?.is_some());
    PASSED
}

/// "revoking an initial untyped never touches initial frames" (abi.md §11): all RAM that this
/// test may revoke is that of its own; the frames of the image lie elsewhere.
fn initial_untypeds_do_not_own_initial_frames(w: &mut World) -> Outcome {
    let frames = w.boot.image_frames;
    check!(!frames.is_empty());
    let listed = || w.boot.untyped.slots().zip(&w.boot.untyped_list);
    for frame in frames.slots() {
        let address = Cap::<Page>::at(frame).address()?;
        let owner = listed().find(|(_, entry)| {
            let offset = address.checked_sub(entry.address);
            offset.is_some_and(|offset| offset >> entry.size_bits == 0)
        });
        check!(owner.is_none());
    }
    PASSED
}

/// "initial caps: both set": revoking one deletes its copies.
fn initial_caps_are_revocable_originals(w: &mut World) -> Outcome {
    let core = w.sched_control(0);
    let originals = [
        initial::DOMAIN.cast::<()>(),
        initial::ASID_CONTROL.cast(),
        initial::ASID_POOL.cast(),
        core.cast(),
    ];
    for original in originals {
        let copy = w.copy(original, Rights::ALL)?;
        let of_copy = w.copy(copy, Rights::ALL)?;
        w.revoke(copy)?;
        check!(w.holds(of_copy));
        w.revoke(original)?;
        check!(w.holds(original) && w.is_empty(copy) && w.is_empty(of_copy));
    }
    PASSED
}

/// "(4) 'has no children' for an untyped means the next list slot is not a descendant".
fn has_no_children_means_no_descendant_follows(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    let copy = w.slot::<Untyped>()?;
    let (target, source) = (w.path(copy), w.path(memory));
    let attempt = || target.copy_from(source, Rights::ALL);
    check_eq!(attempt(), Err(Error::RevokeFirst));
    // The last child may be a copy in the slot of a thread.
    let thread = w.create::<Thread>()?;
    thread.set_timeout_endpoint(endpoint)?;
    w.delete(endpoint)?;
    check_eq!(attempt(), Err(Error::RevokeFirst));
    thread.set_timeout_endpoint(Cap::NULL)?;
    check_eq!(attempt(), Ok(()));
    PASSED
}

/// "Copy/Mint/IPC transfer/TCB install: inserted right after the source".
fn transferred_caps_are_children(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let bell = w.create::<Notification>()?;
    let received = w.slot::<Notification>()?;
    ipc_buffer::set_receive_path(w.path(received));
    w.spawn(10, move || endpoint.send(Message::EMPTY.with_caps(&[bell.pointer()])))?;
    check_eq!(endpoint.wait().info.extra_caps(), 1);
    w.revoke(received)?;
    check!(w.holds(received) && w.holds(bell));
    w.revoke(bell)?;
    check!(w.is_empty(received));
    PASSED
}

/// "Caps stored in a TCB are real derived copies: revoking the original removes them" (§5).
fn caps_installed_in_threads_are_copies(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let nowhere = Cap::<Endpoint>::at(1 << 40);
    let helper = w.helper(options)?;
    w.revoke(handler)?;
    helper.start(move || nowhere.send(Message::EMPTY))?;
    w.settle()?;
    check_eq!(handler.nb_wait().info.label(), 0);
    check!(!helper.has_finished());
    PASSED
}
