//! Suspending, resuming, bound notifications and own spaces of threads (objects.md §5).

use super::tools::invoke;
use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;
use libsys::worker::Options;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(suspending_stops_a_thread),
    test!(suspending_cancels_a_send),
    test!(suspending_cancels_a_fault),
    test!(suspending_oneself_is_allowed),
    test!(resuming_repeats_a_blocked_call),
    test!(resuming_a_running_thread_does_nothing),
    test!(resuming_oneself_does_nothing),
    test!(resuming_an_inactive_thread_starts_it),
    test!(binding_needs_a_cap),
    test!(only_notifications_are_bound),
    test!(binding_needs_read),
    test!(a_thread_has_one_notification),
    test!(a_notification_has_one_thread),
    test!(a_notification_with_waiters_is_not_bound),
    test!(an_active_notification_is_bound),
    test!(a_running_thread_is_bound),
    test!(unbinding_needs_a_bound_notification),
    test!(unbinding_frees_both),
    test!(a_thread_changes_its_own_spaces),
];

/// Suspend: "Inactive".
fn suspending_stops_a_thread(w: &mut World) -> Outcome {
    let (request, board) = (w.create::<Notification>()?, w.board());
    let helper = w.spawn(10, move || {
        loop {
            request.wait();
            board.add(1, 1);
        }
    })?;
    request.signal();
    w.settle()?;
    helper.thread().suspend()?;
    request.signal();
    w.settle()?;
    check_eq!(board.get(1), 1);
    helper.thread().resume()?;
    w.settle()?;
    check_eq!(board.get(1), 2);
    PASSED
}

/// Suspend: "cancels IPC": the thread is in no queue any more.
fn suspending_cancels_a_send(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 4)?;
    let helper = w.spawn(10, move || badged.send(Message::EMPTY))?;
    w.settle()?;
    helper.thread().suspend()?;
    check_eq!(endpoint.nb_wait().badge, 0);
    helper.thread().resume()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().badge, 4);
    PASSED
}

/// Suspend: "cancels ... fault": the fault message is gone.
fn suspending_cancels_a_fault(w: &mut World) -> Outcome {
    let handler = w.mint_new_endpoint(4)?;
    let options = Options { fault_handler: handler, ..w.options(10) };
    let helper = w.spawn_with(options, || Cap::<Endpoint>::at(1 << 40).send(Message::EMPTY))?;
    w.settle()?;
    helper.thread().suspend()?;
    check_eq!(handler.nb_wait().badge, 0);
    PASSED
}

/// Suspend: "self allowed".
fn suspending_oneself_is_allowed(w: &mut World) -> Outcome {
    let board = w.board();
    let helper = w.spawn(10, move || {
        board.set(1, 1);
        // A refusal would let the thread go on to the next line as well.
        let _ = libsys::current_thread().suspend();
        board.set(1, 2);
    })?;
    w.settle()?;
    check_eq!(board.get(1), 1);
    helper.thread().resume()?;
    helper.join();
    check_eq!(board.get(1), 2);
    PASSED
}

/// Resume: "if Inactive or blocked: cancel IPC and pending fault, state Restart".
fn resuming_repeats_a_blocked_call(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let (one, two) = (w.mint(endpoint, Rights::ALL, 1)?, w.mint(endpoint, Rights::ALL, 2)?);
    let first = w.spawn(10, move || one.send(Message::new(7, &[])))?;
    w.settle()?;
    w.spawn(10, move || two.send(Message::EMPTY))?;
    w.settle()?;
    first.thread().resume()?;
    w.settle()?;
    // Sent again, it waits behind its equal.
    check_eq!(endpoint.nb_wait().badge, 2);
    let again = endpoint.nb_wait();
    check_eq!((again.badge, again.info.label()), (1, 7));
    PASSED
}

/// Resume: "otherwise no-op".
fn resuming_a_running_thread_does_nothing(w: &mut World) -> Outcome {
    let board = w.board();
    let helper = w.spawn(10, move || {
        board.add(1, 1);
    })?;
    helper.thread().resume()?;
    helper.thread().resume()?;
    helper.join();
    w.settle()?;
    check_eq!(board.get(1), 1);
    PASSED
}

/// Resume: "(self: no-op)".
fn resuming_oneself_does_nothing(_: &mut World) -> Outcome {
    check_eq!(initial::THREAD.resume(), Ok(()));
    PASSED
}

/// Resume starts a thread that was never started, from the registers that it has.
fn resuming_an_inactive_thread_starts_it(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    helper.thread().suspend()?;
    check_eq!(helper.thread().resume(), Ok(()));
    helper.join();
    PASSED
}

/// BindNotification: "Trunc".
fn binding_needs_a_cap(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let refused = invoke(thread, Invocation::ThreadBindNotification, &[], &[]);
    check_err!(refused, Error::TruncatedMessage);
    PASSED
}

/// BindNotification: "not a ntfn ... -> Illegal".
fn only_notifications_are_bound(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let endpoint = w.create::<Endpoint>()?;
    for other in [endpoint.cast(), thread.cast(), Cap::NULL] {
        check_eq!(thread.bind_notification(other), Err(Error::IllegalOperation));
    }
    PASSED
}

/// BindNotification: "no Read right -> Illegal".
fn binding_needs_read(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    let deaf = w.copy(bell, Rights::WRITE)?;
    check_eq!(thread.bind_notification(deaf), Err(Error::IllegalOperation));
    let listener = w.copy(bell, Rights::READ)?;
    check_eq!(thread.bind_notification(listener), Ok(()));
    PASSED
}

/// BindNotification: "TCB already bound -> Illegal".
fn a_thread_has_one_notification(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bells = [w.create::<Notification>()?, w.create::<Notification>()?];
    check_eq!(thread.bind_notification(bells[0]), Ok(()));
    for bell in bells {
        check_eq!(thread.bind_notification(bell), Err(Error::IllegalOperation));
    }
    PASSED
}

/// BindNotification: "ntfn has ... a bound TCB -> Illegal".
fn a_notification_has_one_thread(w: &mut World) -> Outcome {
    let [one, other] = [w.create::<Thread>()?, w.create::<Thread>()?];
    let bell = w.create::<Notification>()?;
    check_eq!(one.bind_notification(bell), Ok(()));
    check_eq!(other.bind_notification(bell), Err(Error::IllegalOperation));
    PASSED
}

/// BindNotification: "ntfn has waiters -> Illegal".
fn a_notification_with_waiters_is_not_bound(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || {
        bell.wait();
    })?;
    w.settle()?;
    check_eq!(thread.bind_notification(bell), Err(Error::IllegalOperation));
    bell.signal();
    helper.join();
    check_eq!(thread.bind_notification(bell), Ok(()));
    PASSED
}

/// "a ntfn already active is fine", and its signal is then delivered by a receive.
fn an_active_notification_is_bound(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let endpoint = w.create::<Endpoint>()?;
    w.mint(bell, Rights::ALL, 6)?.signal();
    let board = w.board();
    let helper = w.helper(w.options(10))?;
    check_eq!(helper.thread().bind_notification(bell), Ok(()));
    helper.start(move || board.set(1, endpoint.wait().badge))?;
    helper.join();
    check_eq!(board.get(1), 6);
    PASSED
}

/// "BindNotification works on a TCB in any state": here one that is blocked.
fn a_running_thread_is_bound(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 6)?;
    let endpoint = w.create::<Endpoint>()?;
    let board = w.board();
    let helper = w.spawn(10, move || board.set(1, endpoint.wait().badge))?;
    w.settle()?;
    check_eq!(helper.thread().bind_notification(bell), Ok(()));
    badged.signal();
    helper.join();
    check_eq!(board.get(1), 6);
    check_eq!(initial::THREAD.bind_notification(bell), Err(Error::IllegalOperation));
    PASSED
}

/// UnbindNotification: "nothing bound -> Illegal".
fn unbinding_needs_a_bound_notification(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    check_eq!(thread.unbind_notification(), Err(Error::IllegalOperation));
    PASSED
}

/// UnbindNotification: both can be bound again.
fn unbinding_frees_both(w: &mut World) -> Outcome {
    let [one, other] = [w.create::<Thread>()?, w.create::<Thread>()?];
    let [first, second] = [w.create::<Notification>()?, w.create::<Notification>()?];
    one.bind_notification(first)?;
    check_eq!(one.unbind_notification(), Ok(()));
    check_eq!(one.unbind_notification(), Err(Error::IllegalOperation));
    check_eq!(other.bind_notification(first), Ok(()));
    check_eq!(one.bind_notification(second), Ok(()));
    PASSED
}

/// Configure and SetSpace have no check against the caller: a thread may replace its own spaces,
/// and goes on in the new ones at once.
fn a_thread_changes_its_own_spaces(w: &mut World) -> Outcome {
    const PLACE: u64 = 0x7300_0000_0000;
    let handler = w.create::<Endpoint>()?;
    let thread = w.helper(w.options(10))?.thread();
    let spaces = [w.space_with_tables(PLACE)?, w.space_with_tables(PLACE)?];
    // The same address holds the system call in one space, and what follows it in the other.
    let nop = code::mov(9, 1);
    let programs =
        [[code::svc(0), code::mov(7, 1), code::svc(0)], [nop, code::mov(7, 2), code::svc(0)]];
    for (space, program) in spaces.into_iter().zip(programs) {
        let page = w.create::<Page>()?;
        let window = w.map(page)?;
        for (offset, instruction) in (0..).step_by(4).zip(program) {
            window.write_bytes(offset, &instruction.to_le_bytes());
        }
        page.unify_instruction(0..4096)?;
        page.unmap()?;
        page.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT)?;
    }
    thread.set_space(handler, Space::new(initial::CNODE, spaces[0]))?;
    // The caps of the message are in the thread's own buffer.
    let buffer = w.create::<Page>()?;
    let window = w.map(buffer)?;
    let caps = [handler.pointer(), initial::CNODE.pointer(), spaces[1].pointer()];
    for (index, cap) in (0..).zip(caps) {
        window.write_word(abi::buffer::CAPS_OR_BADGES + 8 * index, cap);
    }
    thread.set_ipc_buffer(0x1000, buffer)?;
    let info = MessageInfo::new(Invocation::ThreadSetSpace.label(), 3, 2);
    let registers = UserContext::starting_at(PLACE, 0)
        .with(Register::X(0), thread.pointer())
        .with(Register::X(1), info.0)
        .with(Register::X(7), Syscall::Call.number());
    thread.write_registers(true, &registers)?;
    check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number: 2 }));
    PASSED
}
