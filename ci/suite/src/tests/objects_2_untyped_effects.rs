//! Making objects of untyped memory: what it does (objects.md §2, the effect).

use super::retype::Retype;
use super::tools::{missing, occupied};
use crate::framework::prelude::*;
use abi::registers::{Register, SPSR_DEBUG, SPSR_RELEASE};

/// Time slice of threads whose time does not matter.
const SLICE: Duration = Duration::from_millis(10);

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(objects_lie_side_by_side),
    test!(the_watermark_is_aligned_to_the_object),
    test!(memory_is_used_to_the_last_byte),
    test!(caps_go_to_consecutive_slots),
    test!(the_destination_is_found_through_the_root),
    test!(retyping_takes_256_objects_at_once),
    test!(objects_are_children_of_the_memory),
    test!(deleting_the_last_child_resets_the_watermark),
    test!(one_child_keeps_the_watermark),
    test!(revoking_resets_the_watermark),
    test!(a_reset_clears_the_memory),
    test!(a_reset_clears_only_what_was_used),
    test!(child_untypeds_start_empty),
    test!(child_untypeds_are_retyped_apart),
    test!(copying_fills_the_source),
    test!(deleting_the_copy_frees_the_source),
    test!(clearing_is_preemptible),
    test!(device_memory_is_retyped_from_its_start),
    test!(new_endpoints_are_idle),
    test!(new_notifications_are_idle),
    test!(new_threads_are_inactive_with_zero_registers),
    test!(new_threads_have_priority_zero),
    test!(new_threads_have_no_address_space),
    test!(new_scheduling_contexts_are_unconfigured),
    test!(new_cnodes_are_empty_and_without_guard),
    test!(new_page_tables_are_empty),
    test!(new_pages_are_not_mapped),
    test!(new_endpoint_caps_have_all_rights_and_no_badge),
    test!(new_notification_caps_have_both_rights_and_no_badge),
];

/// "objects are laid out contiguously".
fn objects_lie_side_by_side(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let pages = w.retype::<Page>(memory, 4)?;
    let first = pages[0].address()?;
    check!(first.is_multiple_of(1 << 14));
    for (index, page) in (0..).zip(&pages) {
        check_eq!(page.address()?, first + (index << 12));
    }
    PASSED
}

/// "the watermark is aligned up to the object size ... watermark advances past the last one".
fn the_watermark_is_aligned_to_the_object(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let first = w.retype::<Page>(memory, 1)?[0].address()?;
    w.retype::<Endpoint>(memory, 1)?;
    let second = w.retype::<Page>(memory, 1)?[0].address()?;
    check_eq!(second, first + 0x2000);
    PASSED
}

/// The whole range becomes objects: no bytes are set aside.
fn memory_is_used_to_the_last_byte(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(9)?;
    let one = Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 0);
    check_eq!(Retype { count: 255, ..one }.send(memory), Ok(()));
    check_eq!(one.within(node, 255).send(memory), Ok(()));
    check_eq!(one.within(node, 256).send(memory), Err(Error::NotEnoughMemory(0)));
    PASSED
}

/// "one cap per object is placed in consecutive slots".
fn caps_go_to_consecutive_slots(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.create_sized::<CNode>(4)?;
    let three = Retype { count: 3, ..Retype::one(w, ObjectType::Endpoint, 0)?.within(node, 6) };
    check_eq!(three.send(memory), Ok(()));
    for slot in 0..16 {
        check_eq!(occupied(node.slot_at(slot, 4)), (6..9).contains(&slot));
    }
    PASSED
}

/// The destination is the cap in the slot that (root, nodeIndex, nodeDepth) names.
fn the_destination_is_found_through_the_root(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let outer = w.create_sized::<CNode>(4)?;
    let inner = w.create_sized::<CNode>(3)?;
    outer.slot_at(9, 4).copy_from(w.path(inner), Rights::ALL)?;
    let one = Retype::one(w, ObjectType::Endpoint, 0)?;
    let message = Retype { index: 9, depth: 4, ..one.within(outer, 5) };
    check_eq!(message.send(memory), Ok(()));
    check!(occupied(inner.slot_at(5, 3)));
    let absolute = Retype { index: inner.pointer(), depth: 64, offset: 6, ..one };
    check_eq!(absolute.send(memory), Ok(()));
    check!(occupied(inner.slot_at(6, 3)));
    PASSED
}

/// "Retype fan-out limit 256" (abi.md §12).
fn retyping_takes_256_objects_at_once(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let node = w.create_sized::<CNode>(8)?;
    let one = Retype::one(w, ObjectType::Notification, 0)?.within(node, 0);
    check_eq!(Retype { count: 256, ..one }.send(memory), Ok(()));
    check!(occupied(node.slot_at(0, 8)) && occupied(node.slot_at(255, 8)));
    PASSED
}

/// "placed in consecutive slots as children of the untyped cap".
fn objects_are_children_of_the_memory(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    let page = w.retype::<Page>(memory, 1)?[0];
    w.path(memory).revoke()?;
    check!(w.is_empty(endpoint) && w.is_empty(page));
    check!(w.holds(memory));
    PASSED
}

/// "watermark taken as 0 if the untyped has no children".
fn deleting_the_last_child_resets_the_watermark(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let pages = w.retype::<Page>(memory, 2)?;
    let first = pages[0].address()?;
    for page in &pages {
        w.path(*page).delete()?;
    }
    check_eq!(w.retype::<Page>(memory, 2)?[0].address()?, first);
    PASSED
}

/// "free bytes = size - watermark": memory of deleted children is not free as long as one lives.
fn one_child_keeps_the_watermark(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let pages = w.retype::<Page>(memory, 2)?;
    w.path(pages[1]).delete()?;
    let again = Retype::one(w, ObjectType::SmallPage, 0)?;
    check_eq!(again.send(memory), Err(Error::NotEnoughMemory(0)));
    w.path(pages[0]).delete()?;
    check_eq!(again.send(memory), Ok(()));
    PASSED
}

/// After a revoke there are no children.
fn revoking_resets_the_watermark(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let first = w.retype::<Page>(memory, 2)?[0].address()?;
    w.path(memory).revoke()?;
    check_eq!(w.retype::<Page>(memory, 2)?[0].address()?, first);
    PASSED
}

/// "the part below the old watermark is zeroed".
fn a_reset_clears_the_memory(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let pages = w.retype::<Page>(memory, 2)?;
    let windows = [w.map(pages[0])?, w.map(pages[1])?];
    for window in &windows {
        for offset in (0..4096).step_by(8) {
            window.write_word(offset, !offset);
        }
    }
    w.path(memory).revoke()?;
    let again = w.retype::<Page>(memory, 2)?;
    for page in &again {
        let window = w.map(*page)?;
        for offset in (0..4096).step_by(8) {
            check_eq!(window.read_word(offset), 0);
        }
    }
    PASSED
}

/// What lies above the watermark is clean already: it stays zero.
fn a_reset_clears_only_what_was_used(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let used = w.retype::<Page>(memory, 1)?[0];
    w.map(used)?.write_word(4088, 0x5555);
    w.path(memory).revoke()?;
    for page in w.retype::<Page>(memory, 4)? {
        let window = w.map(page)?;
        check_eq!([window.read_word(0), window.read_word(4088)], [0, 0]);
    }
    PASSED
}

/// "child untypeds start with watermark 0 and already-clean memory".
fn child_untypeds_start_empty(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let child = w.retype_sized::<Untyped>(memory, 13)?;
    let pages = w.retype::<Page>(child, 2)?;
    for page in pages {
        let window = w.map(page)?;
        check!((0..4096).step_by(8).all(|offset| window.read_word(offset) == 0));
    }
    PASSED
}

/// Each child has a watermark of its own, and its children do not end with its siblings.
fn child_untypeds_are_retyped_apart(w: &mut World) -> Outcome {
    let memory = w.untyped(14)?;
    let one = w.retype_sized::<Untyped>(memory, 13)?;
    let other = w.retype_sized::<Untyped>(memory, 13)?;
    let pages = w.retype::<Page>(one, 2)?;
    let sibling = w.retype::<Page>(other, 1)?[0];
    w.path(one).revoke()?;
    check!(w.is_empty(pages[0]) && w.is_empty(pages[1]));
    check!(w.holds(sibling) && w.holds(one));
    w.path(memory).revoke()?;
    check!(w.is_empty(sibling) && w.is_empty(other));
    PASSED
}

/// "A plain Copy/Mint of an Untyped makes the source full".
fn copying_fills_the_source(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let copy = w.copy(memory, Rights::ALL)?;
    let page = Retype::one(w, ObjectType::SmallPage, 0)?;
    check_eq!(page.send(memory), Err(Error::NotEnoughMemory(0)));
    check_eq!(page.send(copy), Ok(()));
    PASSED
}

/// "only the copy can be retyped until it is deleted/revoked".
fn deleting_the_copy_frees_the_source(w: &mut World) -> Outcome {
    let memory = w.untyped(13)?;
    let copy = w.copy(memory, Rights::ALL)?;
    let used = w.retype::<Page>(copy, 1)?[0];
    w.map(used)?.write_word(0, 7);
    w.path(used).delete()?;
    w.path(copy).delete()?;
    let pages = w.retype::<Page>(memory, 2)?;
    check_eq!(w.map(pages[0])?.read_word(0), 0);
    w.path(memory).revoke()?;
    let copy = w.copy(memory, Rights::ALL)?;
    w.retype::<Page>(copy, 2)?;
    w.path(memory).revoke()?;
    check!(w.is_empty(copy));
    w.retype::<Page>(memory, 2)?;
    PASSED
}

/// "preemptible while clearing": other threads run during a long reset.
fn clearing_is_preemptible(w: &mut World) -> Outcome {
    let memory = w.untyped(22)?;
    let used = w.retype_sized::<Untyped>(memory, 22)?;
    w.delete(used)?;
    let board = w.board();
    // The equal of the root thread runs when the root thread's time slice is over.
    w.spawn(abi::MAX_PRIORITY, move || {
        while board.get(0) == 0 {
            board.add(1, 1);
        }
    })?;
    let fresh = w.slot::<Untyped>()?;
    let range = SlotRange::within(initial::CNODE, fresh.pointer(), 1);
    syscall::yield_now();
    let mut rounds = 0;
    loop {
        let before = board.get(1);
        memory.retype(ObjectType::Untyped, 22, range)?;
        if board.get(1) > before {
            break;
        }
        // The slice may have been long enough; with enough rounds it never is.
        rounds += 1;
        check!(rounds < 50, "a reset of 4 MiB never let anybody run");
        w.delete(fresh)?;
    }
    board.set(0, 1);
    PASSED
}

/// "Device memory is never written", but objects lie in it as in other memory.
fn device_memory_is_retyped_from_its_start(w: &mut World) -> Outcome {
    let device = w.device(14)?;
    let pages = w.retype::<Page>(device, 3)?;
    let first = pages[0].address()?;
    check_eq!([pages[1].address()?, pages[2].address()?], [first + 0x1000, first + 0x2000]);
    w.path(device).revoke()?;
    let half = w.retype_sized::<Untyped>(device, 13)?;
    check_eq!(w.retype::<Page>(half, 1)?[0].address()?, first);
    PASSED
}

/// "EP, ntfn idle".
fn new_endpoints_are_idle(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let nothing = endpoint.nb_wait();
    check_eq!(nothing.badge, 0);
    PASSED
}

/// "EP, ntfn idle".
fn new_notifications_are_idle(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    check_eq!(bell.poll(), 0);
    PASSED
}

/// "TCB Inactive ... registers 0 (SPSR see abi §8.4)".
fn new_threads_are_inactive_with_zero_registers(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let registers = thread.read_registers(false, 36)?;
    let fresh = if w.image() == Image::Debug { SPSR_DEBUG } else { SPSR_RELEASE };
    let expected = UserContext::default().with(Register::Spsr, fresh);
    check_eq!(registers, expected);
    PASSED
}

/// "priority 0, MCP 0": as authority it grants nothing above.
fn new_threads_have_priority_zero(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let other = w.create::<Thread>()?;
    let refused = Err(Error::Range { min: 0, max: 0 });
    check_eq!(other.set_priority(thread, 1), refused);
    check_eq!(other.set_max_priority(thread, 1), refused);
    check_eq!(other.set_priority(thread, 0), Ok(()));
    PASSED
}

/// "no caps": without an address space the first instruction cannot be fetched.
fn new_threads_have_no_address_space(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let (context, handler) = (w.context(0)?, w.create::<Endpoint>()?);
    thread.set_sched_params(initial::THREAD, 10, 10, context, handler)?;
    thread.write_registers(true, &UserContext::starting_at(0x20_0000, 0))?;
    let fault = handler.wait().fault();
    check!(matches!(fault, Some(Fault::Vm { prefetch: true, address: 0x20_0000, .. })));
    PASSED
}

/// "SC unconfigured (no refills)": it has no time to give, and none was used.
fn new_scheduling_contexts_are_unconfigured(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    check_eq!(context.consumed(), Ok(Duration::ZERO));
    let board = w.board();
    let helper = w.spawn_with(w.passive(100), move || board.set(0, 1))?;
    context.bind(helper.thread())?;
    w.settle()?;
    check!(!helper.has_finished());
    w.sched_control(0).configure(context, Budget::round_robin(SLICE))?;
    helper.join();
    check_eq!(board.get(0), 1);
    PASSED
}

/// "CNode slots empty", "CNode guard 0/size 0": `radix` bits name a slot.
fn new_cnodes_are_empty_and_without_guard(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(6)?;
    for slot in 0..64 {
        check!(!occupied(node.slot_at(slot, 6)));
    }
    node.slot_at(63, 6).copy_from(w.path(node), Rights::ALL)?;
    check!(occupied(node.slot_at(63, 6)));
    PASSED
}

/// "page tables zero": nothing is mapped through a new table.
fn new_page_tables_are_empty(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let [first, second] = [w.create::<PageTable>()?, w.create::<PageTable>()?];
    first.map(space, 0)?;
    let page = w.create::<Page>()?;
    let attributes = VmAttributes::DEFAULT;
    check_eq!(page.map(space, 0, Rights::READ, attributes), Err(missing(30)));
    second.map(space, 0)?;
    check_eq!(page.map(space, 0, Rights::READ, attributes), Err(missing(21)));
    PASSED
}

/// "page caps read-write, unmapped".
fn new_pages_are_not_mapped(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    check_eq!(page.clean_data(0..8), Err(Error::IllegalOperation));
    let window = w.map(page)?;
    window.write_word(0, 1);
    check_eq!(page.invalidate_data(0..8), Ok(()));
    PASSED
}

/// "new caps: EP all rights badge 0": such a cap may cancel sends, and a badge may be minted.
fn new_endpoint_caps_have_all_rights_and_no_badge(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    check_eq!(w.path(endpoint).cancel_badged_sends(), Ok(()));
    let minted = w.slot::<Endpoint>()?;
    check_eq!(w.path(minted).mint_from(w.path(endpoint), Rights::ALL, Badge(5)), Ok(()));
    PASSED
}

/// "ntfn read+write badge 0".
fn new_notification_caps_have_both_rights_and_no_badge(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let minted = w.mint(bell, Rights::ALL, 5)?;
    minted.signal();
    bell.signal();
    check_eq!(bell.poll(), 5);
    PASSED
}
