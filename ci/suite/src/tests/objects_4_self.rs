//! Threads that delete what they stand on (objects.md §4, "Deleting the final cap destroys").

use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(a_thread_deletes_itself),
    test!(a_thread_revokes_its_own_memory),
    test!(a_thread_deletes_its_scheduling_context),
    test!(a_thread_deletes_its_ipc_buffer),
    test!(a_thread_revokes_its_cspace),
    test!(a_thread_deletes_its_address_space),
    test!(a_receiver_deletes_its_callers_reply),
];

/// The registers of a thread that starts with an `svc` at `start`: it revokes a capability of the
/// initial CNode, through the pointer `root`.
fn revoking<T>(start: u64, root: u64, cap: Cap<T>) -> UserContext {
    let info = MessageInfo::new(Invocation::CNodeRevoke.label(), 0, 2);
    UserContext::starting_at(start, 0)
        .with(Register::X(0), root)
        .with(Register::X(1), info.0)
        .with(Register::X(2), cap.pointer())
        .with(Register::X(3), 64)
        .with(Register::X(7), Syscall::Call.number())
}

/// The thread is gone: nothing of it runs any more, and everything else goes on.
fn a_thread_deletes_itself(w: &mut World) -> Outcome {
    let board = w.board();
    let helper = w.helper(w.options(10))?;
    let own = w.path(helper.thread());
    helper.start(move || {
        board.set(1, 1);
        // Nobody is left to look at the answer.
        let _ = own.delete();
        board.set(1, 2);
    })?;
    w.settle()?;
    check_eq!(board.get(1), 1);
    check!(w.is_empty(helper.thread()));
    let other = w.spawn(10, move || board.set(1, 3))?;
    other.join();
    check_eq!(board.get(1), 3);
    PASSED
}

/// The same through the memory that the thread is made of, which then is memory again.
fn a_thread_revokes_its_own_memory(w: &mut World) -> Outcome {
    let board = w.board();
    let memory = w.untyped(14)?;
    let thread = w.retype::<Thread>(memory, 1)?[0];
    let context = w.context(0)?;
    let helper = w.helper(w.passive(10))?;
    let start = w.code(&[code::svc(0), code::mov(7, 0), code::svc(0)])?;
    thread.configure(Space::new(initial::CNODE, initial::VSPACE), 0, Cap::<Page>::NULL)?;
    thread.set_sched_params(initial::THREAD, 10, 10, context, Cap::NULL)?;
    thread.write_registers(true, &revoking(start, initial::CNODE.pointer(), memory))?;
    w.settle()?;
    check!(w.is_empty(thread) && w.holds(memory));
    // All of it can be used, and the scheduling context is free for another.
    w.retype_sized::<Untyped>(memory, 14)?;
    context.bind(helper.thread())?;
    helper.start(move || board.set(1, 1))?;
    helper.join();
    check_eq!(board.get(1), 1);
    PASSED
}

/// "SchedContext: bound TCB loses it": the thread stops behind its system call.
fn a_thread_deletes_its_scheduling_context(w: &mut World) -> Outcome {
    let board = w.board();
    let helper = w.helper(w.options(10))?;
    let own = w.path(helper.context());
    helper.start(move || {
        let deleted = own.delete();
        board.set(1, 1 + u64::from(deleted.is_ok()));
    })?;
    w.settle()?;
    check_eq!(board.get(1), 0);
    check!(w.is_empty(helper.context()));
    w.context(0)?.bind(helper.thread())?;
    helper.join();
    check_eq!(board.get(1), 2);
    PASSED
}

/// The thread goes on without buffer: four words move.
fn a_thread_deletes_its_ipc_buffer(w: &mut World) -> Outcome {
    let helper = w.helper(w.options(10))?;
    let page = w.create::<Page>()?;
    let endpoint = w.create::<Endpoint>()?;
    helper.thread().set_ipc_buffer(0x1000, page)?;
    let own = w.path(page);
    helper.start(move || {
        // With a failure the message below would be too long.
        let _ = own.revoke();
        endpoint.send(Message::new(0x77, &[1, 2, 3, 4, 5]));
    })?;
    let message = endpoint.wait();
    check_eq!((message.info.label(), message.info.length()), (0x77, 4));
    PASSED
}

/// Without CSpace no pointer resolves: "Root not a CNode -> InvalidRoot" (abi.md §8.2).
fn a_thread_revokes_its_cspace(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    node.slot_at(1, 4).copy_from(w.path(initial::CNODE), Rights::ALL)?;
    let handler = w.create::<Endpoint>()?;
    let start = w.code(&[code::svc(0), code::svc(0)])?;
    let thread = w.helper(w.options(10))?.thread();
    let guard = Some(GuardWord { bits: 60, guard: 0 });
    thread.set_space(handler, Space { cspace: node, guard, vspace: initial::VSPACE })?;
    thread.write_registers(true, &revoking(start, 1, node))?;
    let message = handler.wait();
    // The revocation was answered (x0 = 0); what follows is the fault of the second call.
    let failure = LookupFailure::InvalidRoot;
    check_eq!(message.fault(), Some(Fault::Cap { address: 0, receiving: false, failure }));
    check_eq!(message.word(0), start + 4);
    PASSED
}

/// Without address space the next instruction cannot be fetched.
fn a_thread_deletes_its_address_space(w: &mut World) -> Outcome {
    const PLACE: u64 = 0x40_0000_0000;
    let memory = w.untyped(12)?;
    let space = w.retype::<VSpace>(memory, 1)?[0];
    initial::ASID_POOL.assign(space)?;
    for _ in 0..3 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    window.write_bytes(0, &code::svc(0).to_le_bytes());
    window.write_bytes(4, &code::SPIN.to_le_bytes());
    page.unify_instruction(0..4096)?;
    page.unmap()?;
    page.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT)?;
    let handler = w.create::<Endpoint>()?;
    let thread = w.helper(w.options(10))?.thread();
    thread.set_space(handler, Space::new(initial::CNODE, space))?;
    thread.write_registers(true, &revoking(PLACE, initial::CNODE.pointer(), memory))?;
    let message = handler.wait();
    let fault = message.fault();
    check!(matches!(fault, Some(Fault::Vm { prefetch: true, .. })), "found {fault:x?}");
    check_eq!(message.word(0), PLACE + 4);
    PASSED
}

/// A server may throw away the reply object of the caller that it serves, and go on on the
/// caller's time only until then.
fn a_receiver_deletes_its_callers_reply(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let (own, board) = (w.path(reply), w.board());
    let server = w.spawn(20, move || {
        endpoint.recv(reply);
        let deleted = own.delete();
        board.set(1, 1 + u64::from(deleted.is_ok()));
    })?;
    w.settle()?;
    server.context().unbind()?;
    let client = w.spawn(10, move || {
        endpoint.call(Message::EMPTY);
    })?;
    w.settle()?;
    // The time has gone back to the caller, which is inactive: nobody runs.
    check!(board.get(1) == 0 && !client.has_finished());
    w.context(0)?.bind(server.thread())?;
    server.join();
    check_eq!(board.get(1), 2);
    PASSED
}
