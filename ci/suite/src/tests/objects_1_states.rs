//! objects §1: thread states, and the two program counters.

use super::threads::{AGES, keep, kept, ms, unknown_syscall};
use crate::framework::prelude::*;
use abi::registers::Register;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_suspended_thread_does_not_run),
    test!(a_runnable_thread_waits_for_a_context),
    test!(a_context_without_refills_gives_no_time),
    test!(a_thread_in_the_release_queue_does_not_run),
    test!(resume_repeats_a_blocked_wait),
    test!(resume_repeats_a_blocked_send_with_its_registers),
    test!(resume_repeats_a_blocked_call),
    test!(a_thread_waiting_for_its_reply_calls_again),
    test!(suspend_of_a_blocked_thread_leaves_it_at_the_call),
    test!(suspend_of_a_running_thread_moves_on),
    test!(a_suspended_waiter_takes_no_signal),
    test!(the_program_counter_of_registers_is_the_restart_address),
    test!(write_registers_sets_both_program_counters),
    test!(copy_registers_of_the_frame_sets_both_program_counters),
    test!(a_fault_without_handler_stops_the_thread),
    test!(resume_of_a_faulted_thread_repeats_the_instruction),
    test!(resume_of_a_running_thread_changes_nothing),
];

/// "Inactive: never started, suspended, or stopped".
fn a_suspended_thread_does_not_run(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    helper.thread().suspend()?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.thread().resume()?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "A runnable thread without SC simply waits until it gets one."
fn a_runnable_thread_waits_for_a_context(w: &mut World) -> Outcome {
    let helper = w.spawn_with(w.passive(10), || ())?;
    w.settle()?;
    check!(!helper.has_finished());
    let context = w.context(0)?;
    context.bind(helper.thread())?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "Schedulable = ... and the SC is configured (max refills > 0)".
fn a_context_without_refills_gives_no_time(w: &mut World) -> Outcome {
    let helper = w.spawn_with(w.passive(10), || ())?;
    let context = w.create_sized::<SchedContext>(7)?;
    context.bind(helper.thread())?;
    w.settle()?;
    check!(!helper.has_finished());
    w.sched_control(0).configure(context, Budget::round_robin(ms(10)))?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "Schedulable = ... and not in the release queue".
fn a_thread_in_the_release_queue_does_not_run(w: &mut World) -> Outcome {
    let options = w.timed(10, Budget::periodic(ms(100), AGES));
    let helper = w.spawn_with(options, syscall::yield_now)?;
    w.settle()?;
    check!(!helper.has_finished());
    PASSED
}

/// "Suspending a blocked thread leaves FaultIP at the svc, so Resume repeats the system call":
/// so does a Resume alone.
fn resume_repeats_a_blocked_wait(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    helper.thread().resume()?;
    w.settle()?;
    check!(!helper.has_finished());
    badged.signal();
    w.settle()?;
    check!(helper.has_finished());
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "Restart: runnable; on dispatch the PC is set back to FaultIP": the call is made with the
/// registers of now.
fn resume_repeats_a_blocked_send_with_its_registers(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helper = w.spawn(10, move || endpoint.send(Message::new(7, &[1])))?;
    w.settle()?;
    let registers = helper.thread().read_registers(false, 36)?;
    check_eq!(registers.register(Register::X(2)), 1);
    helper.thread().write_registers(true, &registers.with(Register::X(2), 99))?;
    w.settle()?;
    let got = endpoint.nb_wait();
    check_eq!((got.info.label(), got.word(0)), (7, 99));
    PASSED
}

/// "Resume: if ... blocked: cancel IPC ..., state Restart": a queued caller queues again.
fn resume_repeats_a_blocked_call(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let helper = w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[1]))))?;
    w.settle()?;
    helper.thread().resume()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 0);
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    reply.send(Message::new(3, &[4]));
    w.settle()?;
    check!(helper.has_finished());
    check_eq!((kept(1).info.label(), kept(1).word(0)), (3, 4));
    PASSED
}

/// "Suspending/deleting/resuming the caller removes it from its reply object" (§8), and Resume
/// restarts its call.
fn a_thread_waiting_for_its_reply_calls_again(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let helper = w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[1]))))?;
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    helper.thread().resume()?;
    reply.send(Message::new(3, &[4]));
    w.settle()?;
    check!(!helper.has_finished());
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    reply.send(Message::new(3, &[5]));
    w.settle()?;
    check_eq!(kept(1).word(0), 5);
    PASSED
}

/// "Suspending a blocked thread leaves FaultIP at the svc, so Resume repeats the system call."
fn suspend_of_a_blocked_thread_leaves_it_at_the_call(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    let before = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    helper.thread().suspend()?;
    let after = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    check_eq!(after, before);
    helper.thread().resume()?;
    w.settle()?;
    check!(!helper.has_finished());
    w.mint(bell, Rights::ALL, 6)?.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 6);
    PASSED
}

/// "Suspending a Running thread sets FaultIP:=NextIP, so a later Resume continues rather than
/// repeats."
fn suspend_of_a_running_thread_moves_on(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    let svc = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    badged.signal();
    helper.thread().suspend()?;
    let next = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    check_eq!(next, svc + 4);
    w.settle()?;
    check!(!helper.has_finished());
    helper.thread().resume()?;
    w.settle()?;
    check!(helper.has_finished());
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "Suspend: cancels IPC": the queue does not know the thread any more.
fn a_suspended_waiter_takes_no_signal(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    helper.thread().suspend()?;
    badged.signal();
    check_eq!(bell.poll(), 5);
    PASSED
}

/// "ReadRegisters' pc is FaultIP (restart PC; for svc = ELR-4)": while blocked, and still after
/// the thread was woken, as long as it has not run.
fn the_program_counter_of_registers_is_the_restart_address(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    let blocked = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    bell.signal();
    let woken = helper.thread().read_registers(false, 1)?.register(Register::Pc);
    check_eq!(woken, blocked);
    PASSED
}

/// Where the tests of program counters send their helpers.
extern "C" fn landed() -> ! {
    Board::shared().set(1, 0x1a9d);
    loop {
        let _ = libsys::current_thread().suspend();
    }
}

fn landed_address() -> u64 {
    let landed: extern "C" fn() -> ! = landed;
    landed as usize as u64
}

/// "WriteRegisters and CopyRegisters(frame) also set NextIP=FaultIP": a thread that is woken
/// normally goes on where it was told.
fn write_registers_sets_both_program_counters(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    helper.thread().write_first_registers(false, &[landed_address()])?;
    w.settle()?;
    check_eq!(w.board().get(1), 0);
    bell.signal();
    w.settle()?;
    check_eq!(w.board().get(1), 0x1a9d);
    PASSED
}

/// As above, for CopyRegisters with the frame registers.
fn copy_registers_of_the_frame_sets_both_program_counters(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    let source = w.thread()?;
    let stack = helper.worker.stack.end();
    source.write_registers(false, &UserContext::starting_at(landed_address(), stack))?;
    let frame = CopyRegisters { frame: true, ..CopyRegisters::default() };
    helper.thread().copy_registers(source, frame)?;
    bell.signal();
    w.settle()?;
    check_eq!(w.board().get(1), 0x1a9d);
    PASSED
}

/// "Inactive: ... stopped by a failed call/fault".
fn a_fault_without_handler_stops_the_thread(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || {
        unknown_syscall();
    })?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.start(|| ())?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "Resume: ... cancel ... pending fault, state Restart": "re-executes the svc / faulting
/// instruction".
fn resume_of_a_faulted_thread_repeats_the_instruction(w: &mut World) -> Outcome {
    let (handler, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let helper = w.spawn_with(w.handled(10, handler), || {
        unknown_syscall();
    })?;
    w.settle()?;
    let first = handler.nb_recv(reply);
    check_eq!(first.info.label(), abi::fault::UNKNOWN_SYSCALL);
    let address = first.fault_address();
    helper.thread().resume()?;
    w.settle()?;
    let second = handler.nb_recv(reply);
    check_eq!(second.info.label(), abi::fault::UNKNOWN_SYSCALL);
    check_eq!(second.fault_address(), address);
    PASSED
}

/// "Resume: if Inactive or blocked ...; otherwise no-op".
fn resume_of_a_running_thread_changes_nothing(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    badged.signal();
    helper.thread().resume()?;
    w.settle()?;
    check!(helper.has_finished());
    check_eq!(kept(1).badge, 5);
    PASSED
}
