//! objects §9.3: which thread runs.

use super::threads::{AGES, Clock, LONG_SLICE, count_in, ms, note, order};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(the_highest_priority_runs_first),
    test!(all_priorities_run_in_order),
    test!(priority_zero_runs),
    test!(threads_of_the_roots_priority_run_when_it_waits),
    test!(a_lower_candidate_goes_to_the_head),
    test!(an_equal_candidate_goes_to_the_tail),
    test!(a_higher_candidate_preempts),
    test!(a_preempted_thread_keeps_its_turn),
    test!(two_candidates_at_once_go_to_the_heads),
    test!(a_higher_receiver_preempts_the_sender),
    test!(an_equal_receiver_lets_the_sender_go_on),
    test!(a_higher_thread_preempts_when_its_context_is_bound),
    test!(binding_puts_at_the_head),
    test!(write_registers_with_resume_is_a_candidate_event),
    test!(a_resumed_running_thread_keeps_its_place),
    test!(set_priority_puts_a_queued_thread_at_the_head),
    test!(raising_another_thread_switches_at_once),
    test!(lowering_oneself_below_others_switches_at_once),
    test!(lowering_oneself_to_equals_keeps_running),
    test!(set_priority_without_context_changes_the_number),
    test!(set_sched_params_schedules_like_set_priority),
    test!(yield_lets_equals_run),
    test!(yield_does_not_let_lower_threads_run),
    test!(yield_alone_goes_on),
    test!(yield_of_a_periodic_context_waits_for_the_next_refill),
    test!(yield_is_not_counted_as_consumption),
    test!(a_spinning_thread_starves_lower_ones),
    test!(equal_threads_share_by_time_slice),
    test!(suspending_oneself_lets_the_next_run),
    test!(a_deleted_thread_leaves_the_ready_queue),
];

/// Starts helpers that note 1, 2, ... when they run.
fn noting<const N: usize>(w: &mut World, priorities: [u8; N]) -> Outcome<[Option<Helper>; N]> {
    let mut helpers = [const { None }; N];
    for (number, (helper, priority)) in (1..).zip(helpers.iter_mut().zip(priorities)) {
        *helper = Some(w.spawn_with(w.timed(priority, LONG_SLICE), move || note(number))?);
    }
    Ok(helpers)
}

fn thread(helper: &Option<Helper>) -> Cap<Thread> {
    helper.as_ref().map_or(Cap::NULL, Helper::thread)
}

/// "run the head of the highest non-empty queue".
fn the_highest_priority_runs_first(w: &mut World) -> Outcome {
    noting(w, [10, 30, 20, 254])?;
    w.settle()?;
    check_eq!(order(), 0x4231);
    PASSED
}

/// "256 priorities": a sample of them.
fn all_priorities_run_in_order(w: &mut World) -> Outcome {
    for number in 1..16 {
        w.spawn_with(w.timed(16 * number, LONG_SLICE), move || note(number.into()))?;
    }
    w.settle()?;
    check_eq!(order(), 0xfed_cba9_8765_4321);
    PASSED
}

/// "priorities 0..255 (0 lowest)" (abi §5).
fn priority_zero_runs(w: &mut World) -> Outcome {
    let helper = w.spawn(0, || note(1))?;
    w.spawn(1, || note(2))?;
    helper.join();
    check_eq!(order(), 0x21);
    PASSED
}

/// "priorities 0..255": the highest is the root thread's.
fn threads_of_the_roots_priority_run_when_it_waits(w: &mut World) -> Outcome {
    noting(w, [255, 254])?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// "Lower: goes to the head of its queue": the last that was made ready runs first.
fn a_lower_candidate_goes_to_the_head(w: &mut World) -> Outcome {
    noting(w, [10, 10, 10])?;
    w.settle()?;
    check_eq!(order(), 0x321);
    PASSED
}

/// Helpers of these priorities that wait for a bell each and then note 1, 2, ...
fn waiting<const N: usize>(w: &mut World, priorities: [u8; N]) -> Outcome<[Cap<Notification>; N]> {
    let mut bells = [Cap::NULL; N];
    for (number, (bell, priority)) in (1..).zip(bells.iter_mut().zip(priorities)) {
        let own = w.create::<Notification>()?;
        *bell = own;
        w.spawn_with(w.timed(priority, LONG_SLICE), move || {
            own.wait();
            note(number);
        })?;
    }
    w.settle()?;
    Ok(bells)
}

/// "Equal priority: appended at the tail, current continues."
fn an_equal_candidate_goes_to_the_tail(w: &mut World) -> Outcome {
    let bells = waiting(w, [10, 10, 10])?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        for bell in bells {
            bell.signal();
        }
        note(9);
    })?;
    w.settle()?;
    check_eq!(order(), 0x9123);
    PASSED
}

/// "A thread made runnable by an event preempts if its priority is higher".
fn a_higher_candidate_preempts(w: &mut World) -> Outcome {
    let bells = waiting(w, [20, 30])?;
    w.spawn(10, move || {
        for bell in bells {
            bell.signal();
            note(9);
        }
    })?;
    w.settle()?;
    check_eq!(order(), 0x1929);
    PASSED
}

/// "A preempted current thread is put at the head of its queue (keeps its turn)."
fn a_preempted_thread_keeps_its_turn(w: &mut World) -> Outcome {
    let bells = waiting(w, [10, 20])?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        for bell in bells {
            bell.signal();
        }
        note(9);
    })?;
    w.settle()?;
    check_eq!(order(), 0x291);
    PASSED
}

/// "A second candidate in the same kernel entry: both go to queue heads and a full choice is
/// made": a ReplyRecv wakes a caller and a sender of the replier's priority.
fn two_candidates_at_once_go_to_the_heads(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        let _ = endpoint.call(Message::EMPTY);
        note(2);
    })?;
    w.settle()?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        endpoint.send(Message::EMPTY);
        note(3);
    })?;
    w.settle()?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        endpoint.recv(reply);
        endpoint.reply_recv(reply, Message::EMPTY);
        note(1);
    })?;
    w.settle()?;
    check_eq!(order(), 0x132);
    PASSED
}

/// §6: "receiver Running; ... scheduler considers it".
fn sender_and_receiver(w: &mut World, receiver: u8, sender: u8) -> Outcome<u64> {
    let endpoint = w.create::<Endpoint>()?;
    w.spawn_with(w.timed(receiver, LONG_SLICE), move || {
        let _ = endpoint.wait();
        note(1);
    })?;
    w.settle()?;
    w.spawn_with(w.timed(sender, LONG_SLICE), move || {
        endpoint.send(Message::EMPTY);
        note(2);
    })?;
    w.settle()?;
    Ok(order())
}

/// See `sender_and_receiver`.
fn a_higher_receiver_preempts_the_sender(w: &mut World) -> Outcome {
    check_eq!(sender_and_receiver(w, 20, 10)?, 0x12);
    PASSED
}

/// See `sender_and_receiver`.
fn an_equal_receiver_lets_the_sender_go_on(w: &mut World) -> Outcome {
    check_eq!(sender_and_receiver(w, 10, 10)?, 0x21);
    PASSED
}

/// §9.2: Bind "(it runs at once if higher priority)".
fn a_higher_thread_preempts_when_its_context_is_bound(w: &mut World) -> Outcome {
    let high = w.spawn_with(w.passive(20), || note(1))?.thread();
    let context = w.context(0)?;
    w.spawn(10, move || {
        let bound = context.bind(high);
        note(if bound.is_ok() { 2 } else { 3 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// §9.2: "binding to a TCB puts it at the head of its ready queue and reschedules".
fn binding_puts_at_the_head(w: &mut World) -> Outcome {
    let late = w.spawn_with(w.passive(10), || note(9))?.thread();
    noting(w, [10, 10])?;
    w.context(0)?.bind(late)?;
    w.settle()?;
    check_eq!(order(), 0x921);
    PASSED
}

/// "Start via WriteRegisters(resume)/Resume counts as a candidate event."
fn write_registers_with_resume_is_a_candidate_event(w: &mut World) -> Outcome {
    let helpers = noting(w, [20, 10, 10])?;
    for helper in &helpers {
        thread(helper).suspend()?;
    }
    let [high, equal, resumed] = [0, 1, 2].map(|index| thread(&helpers[index]));
    let registers = high.read_registers(false, 36)?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        let equal = equal.resume().is_ok();
        let high = high.write_registers(true, &registers).is_ok();
        let resumed = resumed.resume().is_ok();
        note(if equal && high && resumed { 9 } else { 8 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x1923);
    PASSED
}

/// §5: Resume: "otherwise no-op": a queued thread does not move.
fn a_resumed_running_thread_keeps_its_place(w: &mut World) -> Outcome {
    let helpers = noting(w, [10, 10])?;
    thread(&helpers[0]).resume()?;
    w.settle()?;
    check_eq!(order(), 0x21);
    PASSED
}

/// "SetPriority on a running or queued thread: inserted at the head of the new priority's
/// queue".
fn set_priority_puts_a_queued_thread_at_the_head(w: &mut World) -> Outcome {
    let helpers = noting(w, [5, 10, 10])?;
    thread(&helpers[0]).set_priority(initial::THREAD, 10)?;
    w.settle()?;
    check_eq!(order(), 0x132);
    PASSED
}

/// "raising another above you switches immediately".
fn raising_another_thread_switches_at_once(w: &mut World) -> Outcome {
    let low = thread(&noting(w, [5])?[0]);
    w.spawn(10, move || {
        let raised = low.set_priority(initial::THREAD, 11);
        note(if raised.is_ok() { 2 } else { 3 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// "and a full choice is made": the caller may lose.
fn lowering_oneself_below_others_switches_at_once(w: &mut World) -> Outcome {
    noting(w, [10])?;
    w.spawn(20, move || {
        let lowered = libsys::current_thread().set_priority(initial::THREAD, 9);
        note(if lowered.is_ok() { 2 } else { 3 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// "so lowering your own priority to equal others keeps you running first".
fn lowering_oneself_to_equals_keeps_running(w: &mut World) -> Outcome {
    noting(w, [10, 10])?;
    w.spawn_with(w.timed(20, LONG_SLICE), move || {
        let lowered = libsys::current_thread().set_priority(initial::THREAD, 10);
        note(if lowered.is_ok() { 3 } else { 4 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x321);
    PASSED
}

/// "On a Running thread lacking SC: only the number changes."
fn set_priority_without_context_changes_the_number(w: &mut World) -> Outcome {
    let late = w.spawn_with(w.passive(5), || note(9))?.thread();
    late.set_priority(initial::THREAD, 20)?;
    noting(w, [10])?;
    w.settle()?;
    check_eq!(order(), 0x1);
    noting(w, [10])?;
    w.context(0)?.bind(late)?;
    w.settle()?;
    check_eq!(order(), 0x191);
    PASSED
}

/// §5: SetSchedParams "sets fault handler, MCP, prio".
fn set_sched_params_schedules_like_set_priority(w: &mut World) -> Outcome {
    let helpers = noting(w, [5, 10])?;
    let context = helpers[0].as_ref().map_or(Cap::NULL, Helper::context);
    thread(&helpers[0]).set_sched_params(initial::THREAD, 0, 20, context, Cap::NULL)?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// "Yield: ... Round robin: budget refreshed, thread to the tail."
fn yield_lets_equals_run(w: &mut World) -> Outcome {
    for number in [1, 2] {
        w.spawn_with(w.timed(10, LONG_SLICE), move || {
            for _ in 0..3 {
                note(number);
                syscall::yield_now();
            }
        })?;
    }
    w.settle()?;
    check_eq!(order(), 0x21_2121);
    PASSED
}

/// Yield is among equals.
fn yield_does_not_let_lower_threads_run(w: &mut World) -> Outcome {
    noting(w, [9])?;
    w.spawn_with(w.timed(10, LONG_SLICE), move || {
        for _ in 0..3 {
            syscall::yield_now();
            note(2);
        }
    })?;
    w.settle()?;
    check_eq!(order(), 0x2221);
    PASSED
}

/// With nobody else of its priority there, the caller goes on.
fn yield_alone_goes_on(w: &mut World) -> Outcome {
    noting(w, [254])?;
    for _ in 0..100 {
        syscall::yield_now();
    }
    check_eq!(order(), 0);
    w.settle()?;
    check_eq!(order(), 1);
    PASSED
}

/// "Yield: the whole head refill is charged. ... Periodic: waits for its next refill."
fn yield_of_a_periodic_context_waits_for_the_next_refill(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let time = Budget::periodic(ms(10), ms(40));
    let helper = w.spawn_with(w.timed(10, time), || {
        syscall::yield_now();
        note(1);
    })?;
    w.settle()?;
    check!(!helper.has_finished());
    helper.join();
    let ages = Budget::periodic(ms(10), AGES);
    let helper = w.spawn_with(w.timed(10, ages), syscall::yield_now)?;
    clock.sleep(ms(5))?;
    check!(!helper.has_finished());
    PASSED
}

/// "Reported consumption counts only the really used time."
fn yield_is_not_counted_as_consumption(w: &mut World) -> Outcome {
    let time = Budget::periodic(Duration::from_secs(500), AGES);
    let helper = w.spawn_with(w.timed(10, time), syscall::yield_now)?;
    w.settle()?;
    check!(!helper.has_finished());
    let consumed = helper.context().consumed()?;
    check!(consumed < Duration::from_secs(1));
    PASSED
}

/// "run the head of the highest non-empty queue": only.
fn a_spinning_thread_starves_lower_ones(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    w.spawn(10, || count_in(1))?;
    w.spawn(9, || count_in(2))?;
    check!(clock.until(|| Board::shared().get(1) > 0)?);
    clock.sleep(ms(10))?;
    check_eq!(w.board().get(2), 0);
    PASSED
}

/// §9.1: "budget==period: round robin".
fn equal_threads_share_by_time_slice(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let slice = Budget::round_robin(ms(1));
    for index in 1..=3 {
        w.spawn_with(w.timed(10, slice), move || count_in(index))?;
    }
    let all = || (1..=3).all(|index| Board::shared().get(index) > 0);
    check!(clock.until(all)?);
    PASSED
}

/// §5: Suspend: "self allowed".
fn suspending_oneself_lets_the_next_run(w: &mut World) -> Outcome {
    noting(w, [10])?;
    let helper = w.spawn(10, || {
        note(2);
        let _ = libsys::current_thread().suspend();
        note(3);
    })?;
    w.settle()?;
    check_eq!(order(), 0x21);
    helper.thread().resume()?;
    w.settle()?;
    check_eq!(order(), 0x213);
    PASSED
}

/// §4: final deletion of a TCB.
fn a_deleted_thread_leaves_the_ready_queue(w: &mut World) -> Outcome {
    let helpers = noting(w, [10, 10, 10])?;
    w.delete(thread(&helpers[1]))?;
    w.settle()?;
    check_eq!(order(), 0x31);
    PASSED
}
