//! objects §12: several cores.
//!
//! The root thread stays on core 0. It looks at what helpers on other cores do while it runs.

use super::threads::{Clock, LONG_SLICE, count_in, keep, kept, ms, unknown_syscall};
use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;
use libsys::worker::Options;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(each_core_has_its_sched_control),
    test!(a_thread_runs_on_the_core_of_its_context),
    test!(all_cores_run_at_the_same_time),
    test!(priorities_count_per_core),
    test!(debug_images_name_the_core),
    test!(binding_migrates),
    test!(configuring_migrates_a_running_thread),
    test!(configuring_migrates_back_and_forth),
    test!(a_call_takes_the_server_to_the_callers_core),
    test!(a_fault_takes_the_handler_to_the_faulters_core),
    test!(suspend_stops_a_remote_thread),
    test!(deleting_stops_a_remote_thread),
    test!(deleting_the_context_stops_a_remote_thread),
    test!(unbinding_stops_a_remote_thread),
    test!(registers_of_a_remote_thread_can_be_read),
    test!(registers_of_a_remote_thread_can_be_written),
    test!(the_priority_of_a_remote_thread_can_be_changed),
    test!(remote_consumption_counts),
    test!(yield_to_across_cores_returns_at_once),
    test!(signals_cross_cores),
    test!(calls_cross_cores),
    test!(a_remote_caller_is_answered),
    test!(kernel_entries_are_serialised),
    test!(unmapping_is_seen_by_all_cores),
    test!(revoking_memory_stops_remote_threads),
    test!(a_remote_budget_runs_out),
];

/// Messages or signals of one test. An emulator with fewer host cores than its own needs
/// milliseconds for each that crosses cores.
const ROUNDS: u64 = 25;

/// Ends the test unless there are several cores.
fn need_cores(w: &World) -> Outcome {
    skip_if!(w.cores() < 2, "there is one core");
    PASSED
}

/// Options of a helper on a core.
fn on(w: &World, core: u64, priority: u8) -> Options {
    Options { core: w.sched_control(core), ..w.timed(priority, LONG_SLICE) }
}

/// Spends a time that the host needs to let another core run.
fn pause() {
    super::threads::spend_time(4_000);
}

/// Waits, without giving up core 0, until the condition holds. Answers whether it does.
fn watch(condition: impl Fn() -> bool) -> bool {
    for _ in 0..10_000 {
        if condition() {
            return true;
        }
        pause();
    }
    condition()
}

/// Whether a word of the board grows while this thread runs.
fn grows(index: usize) -> bool {
    let before = Board::shared().get(index);
    watch(|| Board::shared().get(index) > before)
}

/// Whether a word of the board stands still while this thread runs.
fn stands_still(index: usize) -> bool {
    let before = Board::shared().get(index);
    for _ in 0..10 {
        pause();
    }
    Board::shared().get(index) == before
}

/// A helper of this priority on core 1 that counts in word 1.
fn remote(w: &mut World, priority: u8) -> Outcome<Helper> {
    need_cores(w)?;
    let helper = w.spawn_with(on(w, 1, priority), || count_in(1))?;
    check!(grows(1));
    Ok(helper)
}

/// boot §7: "One SchedControl cap per core in schedcontrol, index = core."
fn each_core_has_its_sched_control(w: &mut World) -> Outcome {
    let region = &w.boot.sched_control;
    check_eq!(region.end - region.start, w.cores());
    for core in 0..w.cores() {
        let context = w.create_sized::<SchedContext>(7)?;
        check_eq!(w.sched_control(core).configure(context, LONG_SLICE), Ok(()));
    }
    PASSED
}

/// "A thread runs on its SC's core": while core 0 is busy.
fn a_thread_runs_on_the_core_of_its_context(w: &mut World) -> Outcome {
    need_cores(w)?;
    for core in 1..w.cores() {
        let index = usize::try_from(core).unwrap_or(0);
        w.spawn_with(on(w, core, 10), move || count_in(index))?;
        check!(grows(index));
    }
    PASSED
}

/// All cores make progress together.
fn all_cores_run_at_the_same_time(w: &mut World) -> Outcome {
    need_cores(w)?;
    let last = usize::try_from(w.cores() - 1).unwrap_or(0);
    for index in 1..=last {
        w.spawn_with(on(w, index as u64, 10), move || count_in(index))?;
    }
    check!((1..=last).all(grows));
    PASSED
}

/// §9.3: "Thread scheduler (per core)".
fn priorities_count_per_core(w: &mut World) -> Outcome {
    need_cores(w)?;
    w.spawn_with(on(w, 1, 0), || count_in(1))?;
    w.spawn_with(on(w, 0, 254), || count_in(2))?;
    check!(grows(1));
    check_eq!(w.board().get(2), 0);
    PASSED
}

/// abi §1.1: "DebugGetThreadAffinity: x0=TCB cptr -> x0=core".
fn debug_images_name_the_core(w: &mut World) -> Outcome {
    need_cores(w)?;
    skip_if!(w.image() != Image::Debug, "this image has no debug calls");
    check_eq!(libsys::debug::thread_affinity(initial::THREAD), 0);
    for core in 0..w.cores() {
        let helper = w.helper(on(w, core, 10))?;
        check_eq!(libsys::debug::thread_affinity(helper.thread()), core);
    }
    PASSED
}

/// "Bind ... migrate it".
fn binding_migrates(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    helper.context().unbind()?;
    let here = w.context_with(0, LONG_SLICE)?;
    here.bind(helper.thread())?;
    check!(stands_still(1));
    here.unbind()?;
    helper.context().bind(helper.thread())?;
    check!(grows(1));
    PASSED
}

/// "ConfigureFlags with another core's SchedControl migrate it".
fn configuring_migrates_a_running_thread(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    w.sched_control(0).configure(helper.context(), LONG_SLICE)?;
    check!(stands_still(1));
    let clock = Clock::new(w)?;
    let before = w.board().get(1);
    check!(clock.until(|| Board::shared().get(1) > before)?);
    PASSED
}

/// The same many times, to and from every core.
fn configuring_migrates_back_and_forth(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    for round in 0..9 {
        let core = 1 + round % (w.cores() - 1);
        w.sched_control(core).configure(helper.context(), LONG_SLICE)?;
        check!(grows(1));
        w.sched_control(0).configure(helper.context(), LONG_SLICE)?;
        let before = w.board().get(1);
        pause();
        check_eq!(w.board().get(1), before);
    }
    PASSED
}

/// "donation ... migrate it": a passive server that was made on core 0.
fn a_call_takes_the_server_to_the_callers_core(w: &mut World) -> Outcome {
    need_cores(w)?;
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || {
        let mut got = endpoint.recv(reply);
        loop {
            Board::shared().add(1, 1);
            got = endpoint.reply_recv(reply, Message::new(0, &[got.word(0) + 1]));
        }
    })?;
    w.settle()?;
    server.context().unbind()?;
    for core in 1..w.cores() {
        let caller = w.spawn_with(on(w, core, 10), move || {
            for word in 0..100 {
                let answer = endpoint.call(Message::new(0, &[word])).word(0);
                Board::shared().add(2, u64::from(answer == word + 1));
            }
        })?;
        check!(watch(|| caller.has_finished()));
        check_eq!([w.board().get(1), w.board().get(2)], [100 * core, 100 * core]);
    }
    PASSED
}

/// §6: "faults when the faulter has an SC" donate too.
fn a_fault_takes_the_handler_to_the_faulters_core(w: &mut World) -> Outcome {
    need_cores(w)?;
    let (handler, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || {
        keep(1, handler.recv(reply));
        count_in(1);
    })?;
    w.settle()?;
    server.context().unbind()?;
    let options = Options { fault_handler: handler, ..on(w, 1, 10) };
    w.spawn_with(options, || {
        unknown_syscall();
    })?;
    check!(grows(1));
    check_eq!(kept(1).info.label(), abi::fault::UNKNOWN_SYSCALL);
    PASSED
}

/// "Operations on a thread running remotely stall it first".
fn suspend_stops_a_remote_thread(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    for _ in 0..10 {
        helper.thread().suspend()?;
        check!(stands_still(1));
        helper.thread().resume()?;
        check!(grows(1));
    }
    PASSED
}

/// "Operations on a thread running remotely stall it first".
fn deleting_stops_a_remote_thread(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    w.delete(helper.thread())?;
    check!(stands_still(1));
    PASSED
}

/// "Operations on a thread running remotely stall it first".
fn deleting_the_context_stops_a_remote_thread(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    w.delete(helper.context())?;
    check!(stands_still(1));
    PASSED
}

/// "Operations on a thread running remotely stall it first".
fn unbinding_stops_a_remote_thread(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    helper.context().unbind()?;
    check!(stands_still(1));
    helper.context().bind(helper.thread())?;
    check!(grows(1));
    helper.context().unbind_object(helper.thread())?;
    check!(stands_still(1));
    PASSED
}

/// "Operations on a thread running remotely stall it first".
fn registers_of_a_remote_thread_can_be_read(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    let stack = helper.worker.stack.address()..=helper.worker.stack.end();
    for _ in 0..10 {
        let registers = helper.thread().read_registers(false, 36)?;
        check!(stack.contains(&registers.register(Register::Sp)));
    }
    check!(grows(1));
    helper.thread().read_registers(true, 36)?;
    check!(stands_still(1));
    PASSED
}

/// Where a test sends its helper.
extern "C" fn landed() -> ! {
    count_in(2)
}

/// "Operations on a thread running remotely stall it first".
fn registers_of_a_remote_thread_can_be_written(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    let landed: extern "C" fn() -> ! = landed;
    let registers = [landed as usize as u64, helper.worker.stack.end()];
    helper.thread().write_first_registers(false, &registers)?;
    check!(grows(2));
    check!(stands_still(1));
    PASSED
}

/// §9.3 SetPriority, for a queue of another core.
fn the_priority_of_a_remote_thread_can_be_changed(w: &mut World) -> Outcome {
    let helper = remote(w, 10)?;
    w.spawn_with(on(w, 1, 9), || count_in(2))?;
    check!(stands_still(2));
    helper.thread().set_priority(initial::THREAD, 8)?;
    check!(grows(2));
    check!(stands_still(1));
    helper.thread().set_priority(initial::THREAD, 11)?;
    check!(grows(1));
    check!(stands_still(2));
    PASSED
}

/// Consumed of a context that is in use elsewhere: §9.4: "At every kernel entry time since the
/// last entry is added", here at those of its time slices.
fn remote_consumption_counts(w: &mut World) -> Outcome {
    need_cores(w)?;
    let time = Some(Budget::round_robin(ms(1)));
    let helper = w.spawn_with(Options { time, ..on(w, 1, 10) }, || count_in(1))?;
    let context = helper.context();
    for _ in 0..3 {
        check!(watch(|| context.consumed().is_ok_and(|time| time > Duration::ZERO)));
    }
    PASSED
}

/// "YieldTo across cores returns at once."
fn yield_to_across_cores_returns_at_once(w: &mut World) -> Outcome {
    let helper = remote(w, 255)?;
    for _ in 0..10 {
        check!(helper.context().yield_to().is_ok());
    }
    check!(grows(1));
    PASSED
}

/// A signal wakes a thread of another core, and the other way round.
fn signals_cross_cores(w: &mut World) -> Outcome {
    need_cores(w)?;
    let (there, back) = (w.create::<Notification>()?, w.create::<Notification>()?);
    let helper = w.spawn_with(on(w, 1, 10), move || {
        for _ in 0..ROUNDS {
            there.wait();
            back.signal();
        }
    })?;
    for _ in 0..ROUNDS {
        there.signal();
        back.wait();
    }
    helper.join();
    PASSED
}

/// Calls to a server of another core.
fn calls_cross_cores(w: &mut World) -> Outcome {
    need_cores(w)?;
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    w.spawn_with(on(w, 1, 10), move || {
        let mut got = endpoint.recv(reply);
        loop {
            let answer: [u64; 20] = core::array::from_fn(|index| got.word(index) + 1);
            got = endpoint.reply_recv(reply, Message::new(0, &answer));
        }
    })?;
    for round in 0..ROUNDS {
        let words: [u64; 20] = core::array::from_fn(|index| round + index as u64);
        let answer = endpoint.call(Message::new(0, &words));
        for index in 0..20 {
            check_eq!(answer.word(index), round + index as u64 + 1);
        }
    }
    PASSED
}

/// A caller of another core, answered by the root thread.
fn a_remote_caller_is_answered(w: &mut World) -> Outcome {
    need_cores(w)?;
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let caller = w.spawn_with(on(w, 1, 10), move || {
        for word in 0..ROUNDS {
            let answer = endpoint.call(Message::new(0, &[word])).word(0);
            Board::shared().add(1, u64::from(answer == 2 * word));
        }
    })?;
    let mut got = endpoint.recv(reply);
    for _ in 1..ROUNDS {
        got = endpoint.reply_recv(reply, Message::new(0, &[2 * got.word(0)]));
    }
    reply.send(Message::new(0, &[2 * got.word(0)]));
    caller.join();
    check_eq!(w.board().get(1), ROUNDS);
    PASSED
}

/// "All kernel entries are serialised": several cores use the same objects at the same time.
fn kernel_entries_are_serialised(w: &mut World) -> Outcome {
    need_cores(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let bell = w.create::<Notification>()?;
    let senders = w.cores() - 1;
    for core in 1..=senders {
        let badged = w.mint(bell, Rights::ALL, 1 << core)?;
        w.spawn_with(on(w, core, 10), move || {
            for number in 0..ROUNDS {
                badged.signal();
                endpoint.send(Message::new(core, &[number]));
            }
        })?;
    }
    let mut next = [0; 16];
    for _ in 0..ROUNDS * senders {
        let got = endpoint.wait();
        let core = usize::try_from(got.info.label()).unwrap_or(0);
        check_eq!(got.word(0), next[core]);
        next[core] += 1;
    }
    check_eq!(bell.poll(), (1 << w.cores()) - 2);
    PASSED
}

/// "TLB maintenance is system wide."
fn unmapping_is_seen_by_all_cores(w: &mut World) -> Outcome {
    need_cores(w)?;
    let handler = w.create::<Endpoint>()?;
    let options = Options { fault_handler: handler, ..on(w, 1, 10) };
    let helper = w.spawn_with(options, || count_in(1))?;
    check!(grows(1));
    // It goes on in a page of its own, which can be taken away.
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    window.write_bytes(0, &code::SPIN.to_le_bytes());
    page.unify_instruction(0..4096)?;
    let attributes = VmAttributes { cacheable: true, execute_never: false };
    page.map(initial::VSPACE, window.address(), Rights::READ_WRITE, attributes)?;
    helper.thread().write_first_registers(false, &[window.address()])?;
    check!(stands_still(1));
    let pc = || helper.thread().read_registers(false, 1).map(|r| r.register(Register::Pc));
    check_eq!(pc(), Ok(window.address()));
    check_eq!(handler.nb_wait().info, MessageInfo(0));
    page.unmap()?;
    let faulted = || handler.nb_wait().info.label() == abi::fault::VM_FAULT;
    check!(watch(faulted));
    PASSED
}

/// Revoking memory under running threads of other cores.
fn revoking_memory_stops_remote_threads(w: &mut World) -> Outcome {
    need_cores(w)?;
    for _ in 0..3 {
        let memory = w.untyped(15)?;
        let threads = w.retype::<Thread>(memory, 2)?;
        let entry = w.code(&[code::add(0, 0, 1), code::store(0, 1), code::branch(-2)])?;
        for (place, thread) in (1..).zip(&threads) {
            let space = Space::new(initial::CNODE, initial::VSPACE);
            thread.configure(space, 0, Cap::<Page>::NULL)?;
            let core = 1 + place as u64 % (w.cores() - 1);
            w.context_with(core, Budget::round_robin(ms(1)))?.bind(*thread)?;
            let registers =
                UserContext::starting_at(entry, 0).with(Register::X(1), w.board().address(place));
            thread.write_registers(true, &registers)?;
        }
        check!(grows(1) && grows(2));
        w.revoke(memory)?;
        check!(stands_still(1) && stands_still(2));
    }
    PASSED
}

/// §9.4 on another core.
fn a_remote_budget_runs_out(w: &mut World) -> Outcome {
    need_cores(w)?;
    let time = Some(Budget::periodic(ms(100), super::threads::AGES));
    w.spawn_with(Options { time, ..on(w, 1, 10) }, || count_in(1))?;
    check!(watch(|| Board::shared().get(1) > 0));
    check!(watch(|| stands_still(1)));
    PASSED
}
