//! Long operations, done in pieces (objects.md §4, "Long deletions run in pieces").
//!
//! A helper with a small budget starts the operation. When the budget is used up, in the middle
//! of the operation, the helper waits for its next period, and the root thread can look.

use super::threads::{Clock, ms};
use super::tools::{call, occupied};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(long_deletions_are_resumed),
    test!(long_revocations_are_resumed),
    test!(long_resets_are_resumed),
    test!(zombies_are_no_capabilities),
    test!(a_zombie_may_be_deleted_by_another),
    test!(a_cnode_becomes_unusable_at_once),
];

/// Caps in the CNode that is deleted: some hundred times the work of one piece.
const CAPS: u64 = 8192;

/// A helper that gets very little time, but often enough.
fn slow_helper(w: &mut World) -> Outcome<Helper> {
    let budget = Budget::periodic(Duration::from_micros(400), ms(8));
    w.helper(libsys::worker::Options { time: Some(budget), ..w.options(10) })
}

/// A CNode with copies of a notification's cap in all of its slots.
fn full_node(w: &mut World) -> Outcome<Cap<CNode>> {
    let node = w.create_sized::<CNode>(13)?;
    let bell = w.create::<Notification>()?;
    for slot in 0..CAPS {
        node.slot_at(slot, 13).copy_from(w.path(bell), Rights::ALL)?;
    }
    Ok(node)
}

/// "on preemption the syscall restarts transparently".
fn long_deletions_are_resumed(w: &mut World) -> Outcome {
    let node = full_node(w)?;
    let (path, board) = (w.path(node), w.board());
    let helper = slow_helper(w)?;
    helper.start(move || board.set(1, 1 + u64::from(path.delete() == Ok(()))))?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.join();
    check_eq!(board.get(1), 2);
    check!(w.is_empty(node));
    PASSED
}

/// Revoke: "deletes all descendants; *preemptible*" (§3).
fn long_revocations_are_resumed(w: &mut World) -> Outcome {
    let memory = w.untyped(17)?;
    let node = w.create_sized::<CNode>(13)?;
    for first in (0..CAPS).step_by(256) {
        memory.retype(ObjectType::Endpoint, 0, SlotRange::within(node, first, 256))?;
    }
    let (path, board) = (w.path(memory), w.board());
    let helper = slow_helper(w)?;
    helper.start(move || board.set(1, 1 + u64::from(path.revoke() == Ok(()))))?;
    w.settle()?;
    check!(!helper.has_finished());
    // Some are gone, some are left, and the memory has children still.
    check!(w.copy(memory, Rights::ALL).is_err());
    helper.join();
    check_eq!(board.get(1), 2);
    check!((0..CAPS).all(|slot| !occupied(node.slot_at(slot, 13))));
    w.copy(memory, Rights::ALL)?;
    PASSED
}

/// Retype: "from the top in 256-byte steps with preemption points; restart continues" (§2).
fn long_resets_are_resumed(w: &mut World) -> Outcome {
    let memory = w.untyped(22)?;
    let used = w.retype_sized::<Untyped>(memory, 22)?;
    let page = w.retype::<Page>(used, 1)?[0];
    w.map(page)?.write_word(0, 0x99);
    w.revoke(memory)?;
    let pages = w.slot::<Page>()?;
    let (range, board) = (SlotRange::within(initial::CNODE, pages.pointer(), 1), w.board());
    let helper = slow_helper(w)?;
    helper.start(move || {
        let made = memory.retype(ObjectType::SmallPage, 0, range);
        board.set(1, 1 + u64::from(made == Ok(())));
    })?;
    w.settle()?;
    check!(!helper.has_finished() && w.is_empty(pages));
    helper.join();
    check_eq!(board.get(1), 2);
    check_eq!(w.map(pages)?.read_word(0), 0);
    PASSED
}

/// Lets a helper begin to delete a full CNode: its slot then holds a zombie.
fn zombie(w: &mut World) -> Outcome<(Cap<CNode>, Helper)> {
    let node = full_node(w)?;
    let (path, probe) = (w.path(node), w.slot::<CNode>()?);
    let probe = w.path(probe);
    let helper = slow_helper(w)?;
    helper.start(move || {
        // What becomes of the slot is looked at by the others.
        let _ = path.delete();
    })?;
    let has_begun = || probe.copy_from(path, Rights::ALL) == Err(Error::IllegalOperation);
    let seen = Clock::new(w)?.until(|| helper.has_finished() || !path_is_node(path, probe))?;
    check!(seen && has_begun() && !helper.has_finished());
    Ok((node, helper))
}

/// Whether a slot still holds a capability that can be copied.
fn path_is_node(path: SlotPath, probe: SlotPath) -> bool {
    let is_node = probe.copy_from(path, Rights::ALL).is_ok();
    // Without a copy there is nothing to delete.
    let _ = probe.delete();
    is_node
}

/// "*zombie* caps may be visible (invoke -> InvCap 0, copy -> Illegal, delete ok)".
fn zombies_are_no_capabilities(w: &mut World) -> Outcome {
    let (node, helper) = zombie(w)?;
    // The helper may not run between the checks: it has the rest of its period to wait.
    let invoked = call(node, Invocation::CNodeDelete.label(), &[0, 13], &[]).map(|_| ());
    let copied = w.copy(node, Rights::ALL).is_ok();
    check!(!helper.has_finished(), "the deletion ended too early");
    check_eq!(invoked, Err(Error::InvalidCapability(0)));
    check!(!copied);
    let target = w.slot::<CNode>()?;
    let copied = w.path(target).copy_from(w.path(node), Rights::ALL);
    check_eq!(copied, Err(Error::IllegalOperation));
    helper.join();
    PASSED
}

/// "delete ok": another thread ends what the first has begun.
fn a_zombie_may_be_deleted_by_another(w: &mut World) -> Outcome {
    let (node, helper) = zombie(w)?;
    check_eq!(w.path(node).delete(), Ok(()));
    check!(w.is_empty(node));
    helper.join();
    check!(w.is_empty(node));
    PASSED
}

/// From the first piece on nobody finds the CNode's slots any more.
fn a_cnode_becomes_unusable_at_once(w: &mut World) -> Outcome {
    let (node, helper) = zombie(w)?;
    let target = w.slot::<Notification>()?;
    let refused = w.path(target).copy_from(node.slot_at(0, 13), Rights::ALL);
    check_eq!(refused, Err(Error::source(LookupFailure::InvalidRoot)));
    helper.join();
    PASSED
}
