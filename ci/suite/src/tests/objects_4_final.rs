//! What deleting the last capability to an object does (objects.md §4, the table).

use super::tools::{missing, occupied};
use crate::framework::prelude::*;
use libsys::worker::Options;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(a_copy_keeps_the_object),
    test!(senders_of_a_deleted_endpoint_go_on),
    test!(callers_of_a_deleted_endpoint_get_an_error),
    test!(receivers_of_a_deleted_endpoint_fault),
    test!(faulted_senders_of_a_deleted_endpoint_stop),
    test!(a_deleted_endpoint_releases_reply_objects),
    test!(a_deleted_notification_releases_its_scheduling_context),
    test!(a_deleted_notification_releases_its_thread),
    test!(waiters_of_a_deleted_notification_fault),
    test!(a_caller_of_a_deleted_reply_stops),
    test!(a_deleted_reply_returns_the_scheduling_context),
    test!(a_receiver_with_a_deleted_reply_stops),
    test!(a_deleted_thread_leaves_its_queue),
    test!(a_deleted_thread_releases_its_notification),
    test!(a_deleted_thread_releases_its_scheduling_context),
    test!(a_deleted_thread_gives_up_its_caps),
    test!(a_deleted_scheduling_context_leaves_its_thread),
    test!(a_deleted_scheduling_context_leaves_its_notification),
    test!(a_deleted_cnode_deletes_its_caps),
    test!(deleted_cnodes_are_deleted_recursively),
    test!(a_cnode_that_holds_itself_can_be_revoked),
    test!(large_cnodes_are_deleted),
    test!(a_deleted_interrupt_handler_frees_the_interrupt),
    test!(a_deleted_table_is_unmapped),
    test!(a_deleted_page_is_unmapped),
    test!(a_deleted_page_copy_removes_its_own_mapping_only),
    test!(a_replaced_page_removes_nothing),
];

/// A pointer that leads nowhere.
const NOWHERE: Cap<Endpoint> = Cap::at(1 << 40);

/// Options with a new endpoint for faults.
fn handled(w: &mut World, priority: u8) -> Outcome<(Options, Cap<Endpoint>)> {
    let fault_handler = w.create::<Endpoint>()?;
    Ok((Options { fault_handler, ..w.options(priority) }, fault_handler))
}

/// The fault that waits at a handler.
fn fault(handler: Cap<Endpoint>) -> Option<Fault> {
    handler.nb_wait().fault()
}

/// Only the last cap counts: while a copy lives, nothing happens to the object.
fn a_copy_keeps_the_object(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let copy = w.mint(endpoint, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || copy.send(Message::EMPTY))?;
    w.settle()?;
    let kept = w.copy(endpoint, Rights::ALL)?;
    w.delete(endpoint)?;
    w.delete(copy)?;
    w.settle()?;
    check!(!helper.has_finished());
    check_eq!(kept.wait().badge, 5);
    PASSED
}

/// Endpoint: "without a pending fault -> Restart (their syscall repeats and will now hit an
/// empty slot)"; a Send to an empty slot is ignored.
fn senders_of_a_deleted_endpoint_go_on(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = [
        w.spawn(10, move || endpoint.send(Message::EMPTY))?,
        w.spawn(11, move || endpoint.send(Message::EMPTY))?,
    ];
    w.settle()?;
    w.delete(endpoint)?;
    w.settle()?;
    check!(helpers.iter().all(Helper::has_finished));
    PASSED
}

/// The same for a Call: it is answered with InvalidCapability(0).
fn callers_of_a_deleted_endpoint_get_an_error(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let board = w.board();
    w.spawn(10, move || board.set(1, endpoint.call(Message::EMPTY).info.label()))?;
    w.settle()?;
    w.delete(endpoint)?;
    w.settle()?;
    check_eq!(board.get(1), Error::InvalidCapability(0).code());
    PASSED
}

/// The same for a receiver: the repeated receive is a capability fault.
fn receivers_of_a_deleted_endpoint_fault(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let (options, handler) = handled(w, 10)?;
    w.spawn_with(options, move || {
        endpoint.wait();
    })?;
    w.settle()?;
    w.delete(endpoint)?;
    w.settle()?;
    let failure = LookupFailure::MissingCapability { bits_left: 0 };
    let expected = Fault::Cap { address: endpoint.pointer(), receiving: true, failure };
    check_eq!(fault(handler), Some(expected));
    PASSED
}

/// Endpoint: "with a fault -> Inactive".
fn faulted_senders_of_a_deleted_endpoint_stop(w: &mut World) -> Outcome {
    let (options, handler) = handled(w, 10)?;
    let (later, board) = (w.create::<Endpoint>()?, w.board());
    let helper = w.spawn_with(options, move || {
        board.set(1, 1);
        NOWHERE.send(Message::EMPTY);
    })?;
    w.settle()?;
    w.delete(handler)?;
    w.settle()?;
    check!(board.get(1) == 1 && !helper.has_finished());
    // The handler in the thread is gone too, as its cap was revocable with the object: set a
    // new one, and the thread goes on where it was.
    let space = Space::new(initial::CNODE, initial::VSPACE);
    helper.thread().set_space(later, space)?;
    check_eq!(fault(later), None);
    helper.thread().resume()?;
    w.settle()?;
    check!(fault(later).is_some());
    PASSED
}

/// Endpoint: "reply objects they waited with are unlinked".
fn a_deleted_endpoint_releases_reply_objects(w: &mut World) -> Outcome {
    let [gone, other] = [w.create::<Endpoint>()?, w.create::<Endpoint>()?];
    let reply = w.create::<Reply>()?;
    let (options, handler) = handled(w, 10)?;
    w.spawn_with(options, move || {
        gone.recv(reply);
    })?;
    w.settle()?;
    w.delete(gone)?;
    w.settle()?;
    check!(fault(handler).is_some());
    let helper = w.spawn(10, move || {
        other.call(Message::EMPTY);
    })?;
    other.recv(reply);
    reply.send(Message::EMPTY);
    helper.join();
    PASSED
}

/// Notification: "SC unbound".
fn a_deleted_notification_releases_its_scheduling_context(w: &mut World) -> Outcome {
    let [first, second] = [w.create::<Notification>()?, w.create::<Notification>()?];
    let context = w.create_sized::<SchedContext>(7)?;
    context.bind(first)?;
    check_eq!(context.bind(second), Err(Error::IllegalOperation));
    w.delete(first)?;
    check_eq!(context.bind(second), Ok(()));
    PASSED
}

/// Notification: "bound TCB unbound".
fn a_deleted_notification_releases_its_thread(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let [first, second] = [w.create::<Notification>()?, w.create::<Notification>()?];
    thread.bind_notification(first)?;
    w.delete(first)?;
    check_eq!(thread.unbind_notification(), Err(Error::IllegalOperation));
    check_eq!(thread.bind_notification(second), Ok(()));
    PASSED
}

/// Notification: "waiters -> Restart": the repeated wait is a capability fault.
fn waiters_of_a_deleted_notification_fault(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let (options, handler) = handled(w, 10)?;
    w.spawn_with(options, move || {
        bell.wait();
    })?;
    w.settle()?;
    w.delete(bell)?;
    w.settle()?;
    let address = bell.pointer();
    let fault = fault(handler);
    check!(matches!(fault, Some(Fault::Cap { address: a, receiving: true, .. }) if a == address));
    PASSED
}

/// Reply: "caller waiting on it: becomes Inactive".
fn a_caller_of_a_deleted_reply_stops(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let helper = w.spawn(10, move || {
        endpoint.call(Message::EMPTY);
    })?;
    endpoint.recv(reply);
    w.delete(reply)?;
    w.settle()?;
    check!(!helper.has_finished());
    check_eq!(endpoint.nb_wait().info.length(), 0);
    // Resumed, it calls again: it had stopped within the call.
    helper.thread().resume()?;
    let reply = w.create::<Reply>()?;
    endpoint.recv(reply);
    reply.send(Message::EMPTY);
    helper.join();
    PASSED
}

/// Reply: "if the reply heads an SC call stack the SC goes back to the caller".
fn a_deleted_reply_returns_the_scheduling_context(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let never = w.create::<Notification>()?;
    let server = w.spawn(20, move || {
        endpoint.recv(reply);
        never.wait();
    })?;
    w.settle()?;
    server.context().unbind()?;
    let client = w.spawn(10, move || {
        endpoint.call(Message::EMPTY);
    })?;
    w.settle()?;
    let context = client.context();
    check_eq!(context.unbind_object(client.thread()), Err(Error::IllegalOperation));
    w.delete(reply)?;
    check_eq!(context.unbind_object(server.thread()), Err(Error::IllegalOperation));
    check_eq!(context.unbind_object(client.thread()), Ok(()));
    PASSED
}

/// Reply: "A receiver waiting with it: receive cancelled, Inactive".
fn a_receiver_with_a_deleted_reply_stops(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let (options, handler) = handled(w, 10)?;
    let helper = w.spawn_with(options, move || {
        endpoint.recv(reply);
    })?;
    w.settle()?;
    w.delete(reply)?;
    endpoint.nb_send(Message::EMPTY);
    w.settle()?;
    check!(!helper.has_finished());
    check_eq!(fault(handler), None);
    helper.thread().resume()?;
    w.settle()?;
    check!(matches!(fault(handler), Some(Fault::Cap { .. })) || helper.has_finished());
    PASSED
}

/// TCB: "IPC cancelled".
fn a_deleted_thread_leaves_its_queue(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 3)?;
    let helper = w.spawn(10, move || badged.send(Message::EMPTY))?;
    w.settle()?;
    w.delete(helper.thread())?;
    check_eq!(endpoint.nb_wait().badge, 0);
    PASSED
}

/// TCB: "unbind ntfn".
fn a_deleted_thread_releases_its_notification(w: &mut World) -> Outcome {
    let [first, second] = [w.create::<Thread>()?, w.create::<Thread>()?];
    let bell = w.create::<Notification>()?;
    first.bind_notification(bell)?;
    check_eq!(second.bind_notification(bell), Err(Error::IllegalOperation));
    w.delete(first)?;
    check_eq!(second.bind_notification(bell), Ok(()));
    PASSED
}

/// TCB: "unbind SC (SC becomes free)".
fn a_deleted_thread_releases_its_scheduling_context(w: &mut World) -> Outcome {
    let [first, second] = [w.create::<Thread>()?, w.create::<Thread>()?];
    let context = w.context(0)?;
    context.bind(first)?;
    check_eq!(context.bind(second), Err(Error::IllegalOperation));
    w.delete(first)?;
    check_eq!(context.bind(second), Ok(()));
    PASSED
}

/// TCB: "then its five cap slots ... are deleted": the last caps to its CNode and its IPC buffer
/// go with it.
fn a_deleted_thread_gives_up_its_caps(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let other_memory = w.untyped(12)?;
    let (space, thread) = (w.vspace()?, w.create::<Thread>()?);
    let node = w.retype_sized::<CNode>(memory, 4)?;
    let page = w.retype::<Page>(other_memory, 1)?[0];
    thread.configure(Space::new(node, space), 0, Cap::<Page>::NULL)?;
    thread.set_ipc_buffer(0x1000, page)?;
    w.delete(node)?;
    w.delete(page)?;
    let probe = w.slot::<Untyped>()?;
    for source in [memory, other_memory] {
        let attempt = w.path(probe).copy_from(w.path(source), Rights::ALL);
        check_eq!(attempt, Err(Error::RevokeFirst));
    }
    w.delete(thread)?;
    for source in [memory, other_memory] {
        check_eq!(w.path(probe).copy_from(w.path(source), Rights::ALL), Ok(()));
        w.delete(probe)?;
    }
    PASSED
}

/// SchedContext: "bound TCB loses it": the thread stops until it gets another.
fn a_deleted_scheduling_context_leaves_its_thread(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || {
        bell.wait();
    })?;
    w.settle()?;
    w.delete(helper.context())?;
    bell.signal();
    w.settle()?;
    check!(!helper.has_finished());
    let context = w.context(0)?;
    check_eq!(context.bind(helper.thread()), Ok(()));
    helper.join();
    PASSED
}

/// SchedContext: "ntfn ... unlinked".
fn a_deleted_scheduling_context_leaves_its_notification(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let (first, second) = (w.context(0)?, w.context(0)?);
    first.bind(bell)?;
    check_eq!(second.bind(bell), Err(Error::IllegalOperation));
    w.delete(first)?;
    check_eq!(second.bind(bell), Ok(()));
    PASSED
}

/// CNode: "all slots deleted".
fn a_deleted_cnode_deletes_its_caps(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let memory = w.untyped(12)?;
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    node.slot_at(7, 4).move_from(w.path(endpoint))?;
    w.delete(node)?;
    // Nothing is left of the memory's children.
    w.copy(memory, Rights::ALL)?;
    PASSED
}

/// CNode: "(recursively)".
fn deleted_cnodes_are_deleted_recursively(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    let nodes =
        [w.create_sized::<CNode>(2)?, w.create_sized::<CNode>(2)?, w.create_sized::<CNode>(2)?];
    nodes[2].slot_at(3, 2).move_from(w.path(endpoint))?;
    nodes[1].slot_at(2, 2).move_from(w.path(nodes[2]))?;
    nodes[0].slot_at(1, 2).move_from(w.path(nodes[1]))?;
    check!(occupied(nodes[0].slot_at(0b01_10_11, 6)));
    w.delete(nodes[0])?;
    w.copy(memory, Rights::ALL)?;
    PASSED
}

/// A CNode whose last cap is in one of its own slots is unreachable, but not undeletable.
fn a_cnode_that_holds_itself_can_be_revoked(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let node = w.retype_sized::<CNode>(memory, 3)?;
    let other = w.retype_sized::<CNode>(memory, 3)?;
    other.slot_at(1, 3).copy_from(w.path(other), Rights::ALL)?;
    w.delete(other)?;
    node.slot_at(5, 3).move_from(w.path(node))?;
    w.revoke(memory)?;
    w.retype_sized::<CNode>(memory, 7)?;
    PASSED
}

/// "Long deletions run in pieces of up to 100 units; on preemption the syscall restarts
/// transparently."
fn large_cnodes_are_deleted(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(11)?;
    let memory = w.untyped(15)?;
    for first in (0..2048).step_by(256) {
        memory.retype(ObjectType::Endpoint, 0, SlotRange::within(node, first, 256))?;
    }
    let board = w.board();
    w.spawn(abi::MAX_PRIORITY, move || {
        while board.get(1) == 0 {
            board.add(2, 1);
        }
    })?;
    w.delete(node)?;
    board.set(1, 1);
    w.copy(memory, Rights::ALL)?;
    PASSED
}

/// IRQ handler: "IRQ masked and free again".
fn a_deleted_interrupt_handler_frees_the_interrupt(w: &mut World) -> Outcome {
    let (first, second) = (w.slot::<IrqHandler>()?, w.slot::<IrqHandler>()?);
    initial::IRQ_CONTROL.issue(60, w.path(first))?;
    let again = initial::IRQ_CONTROL.issue(60, w.path(second));
    check_eq!(again, Err(Error::RevokeFirst));
    w.delete(first)?;
    check_eq!(initial::IRQ_CONTROL.issue(60, w.path(second)), Ok(()));
    PASSED
}

/// PageTable: "unmapped if still referenced by its VSpace".
fn a_deleted_table_is_unmapped(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let page = w.create::<Page>()?;
    let tables = [w.create::<PageTable>()?, w.create::<PageTable>()?, w.create::<PageTable>()?];
    for table in tables {
        table.map(space, 0)?;
    }
    let attributes = VmAttributes::DEFAULT;
    page.map(space, 0, Rights::READ, attributes)?;
    w.delete(tables[1])?;
    page.unmap()?;
    check_eq!(page.map(space, 0, Rights::READ, attributes), Err(missing(30)));
    PASSED
}

/// "page (any cap, final or not): the mapping recorded in that cap is removed".
fn a_deleted_page_is_unmapped(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    check!(w.fault_of_load(window.address())?.is_none());
    w.delete(page)?;
    check!(w.fault_of_load(window.address())?.is_some());
    PASSED
}

/// The same, where another cap to the page stays mapped elsewhere.
fn a_deleted_page_copy_removes_its_own_mapping_only(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let copy = w.copy(page, Rights::ALL)?;
    let (first, second) = (w.map(page)?, w.map(copy)?);
    first.write_word(8, 77);
    check_eq!(second.read_word(8), 77);
    w.delete(page)?;
    check!(w.fault_of_load(first.address())?.is_some());
    check_eq!(second.read_word(8), 77);
    PASSED
}

/// "... if the PTE still points at the frame": a page that took the place stays.
fn a_replaced_page_removes_nothing(w: &mut World) -> Outcome {
    let (old, new) = (w.create::<Page>()?, w.create::<Page>()?);
    let window = w.map(old)?;
    let attributes = VmAttributes { cacheable: true, execute_never: true };
    new.map(initial::VSPACE, window.address(), Rights::READ_WRITE, attributes)?;
    w.delete(old)?;
    check_eq!(window.read_word(0), 0);
    PASSED
}
