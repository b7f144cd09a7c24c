//! objects §9.2: SchedContext_YieldTo.

use super::threads::{AGES, LONG_SLICE, ms, note, order, spend_time};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_context_without_thread_is_refused),
    test!(ones_own_context_is_refused),
    test!(a_priority_above_ones_maximum_is_refused),
    test!(a_thread_that_cannot_run_does_not_delay_the_caller),
    test!(a_blocked_thread_does_not_delay_the_caller),
    test!(a_lower_thread_does_not_delay_the_caller),
    test!(a_lower_thread_moves_to_the_head_of_its_queue),
    test!(an_equal_thread_runs_first),
    test!(the_caller_stays_behind_the_target_in_its_queue),
    test!(the_answer_is_the_consumed_time),
    test!(the_answer_is_the_consumed_time_of_a_thread_that_does_not_run),
    test!(deleting_the_target_completes_the_call),
    test!(deleting_the_context_completes_the_call),
    test!(another_yield_completes_the_first),
    test!(suspending_the_caller_drops_the_call),
];

/// The outcome of a YieldTo, as a word: an error's code, or 100.
fn outcome(result: Result<Duration, Error>) -> u64 {
    result.map_or_else(|error| error.code(), |_| 100)
}

/// "no TCB ... -> Illegal".
fn a_context_without_thread_is_refused(w: &mut World) -> Outcome {
    check_err!(w.context(0)?.yield_to(), Error::IllegalOperation);
    PASSED
}

/// "TCB is caller -> Illegal".
fn ones_own_context_is_refused(_: &mut World) -> Outcome {
    check_err!(initial::SCHED_CONTEXT.yield_to(), Error::IllegalOperation);
    PASSED
}

/// "its priority > caller's MCP -> Illegal".
fn a_priority_above_ones_maximum_is_refused(w: &mut World) -> Outcome {
    let target = w.spawn(11, || ())?;
    target.thread().suspend()?;
    let context = target.context();
    let caller = w.helper(w.options(10))?;
    for maximum in [10, 11] {
        caller.thread().set_max_priority(initial::THREAD, maximum)?;
        caller.start(move || Board::shared().set(1, outcome(context.yield_to())))?;
        w.settle()?;
        check_eq!(w.board().get(1), if maximum == 10 { 3 } else { 100 });
    }
    PASSED
}

/// "Target not schedulable ...: returns at once".
fn a_thread_that_cannot_run_does_not_delay_the_caller(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    context.bind(w.thread()?)?;
    check_eq!(context.yield_to(), Ok(Duration::ZERO));
    PASSED
}

/// "Target not schedulable": blocked, or waiting for its time.
fn a_blocked_thread_does_not_delay_the_caller(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let waiter = w.spawn(255, move || {
        bell.wait();
    })?;
    let time = Budget::periodic(ms(100), AGES);
    let spender = w.spawn_with(w.timed(255, time), syscall::yield_now)?;
    w.settle()?;
    check_eq!(outcome(waiter.context().yield_to()), 100);
    check_eq!(outcome(spender.context().yield_to()), 100);
    check!(!waiter.has_finished() && !spender.has_finished());
    PASSED
}

/// "of lower priority ...: returns at once".
fn a_lower_thread_does_not_delay_the_caller(w: &mut World) -> Outcome {
    let target = w.spawn(254, || note(1))?;
    check_eq!(outcome(target.context().yield_to()), 100);
    check_eq!(order(), 0);
    w.settle()?;
    check_eq!(order(), 1);
    PASSED
}

/// "(lower/other: moved to head of its queue)".
fn a_lower_thread_moves_to_the_head_of_its_queue(w: &mut World) -> Outcome {
    let mut contexts = [Cap::NULL; 3];
    for (number, context) in (1..).zip(&mut contexts) {
        *context = w.spawn(10, move || note(number))?.context();
    }
    // Each was put at the head: the last runs first.
    contexts[1].yield_to()?;
    w.settle()?;
    check_eq!(order(), 0x231);
    PASSED
}

/// A helper of priority 10 that notes 1, yields to the context and notes what came of it: 2.
fn yielder(w: &mut World, context: Cap<SchedContext>) -> Outcome<Helper> {
    let options = w.timed(10, LONG_SLICE);
    let caller = w.helper(options)?;
    caller.thread().set_max_priority(initial::THREAD, 255)?;
    caller.start(move || {
        note(1);
        let answer = context.yield_to();
        note(2);
        Board::shared().set(1, outcome(answer));
        Board::shared().set(2, answer.map_or(0, |time| time.as_micros() as u64));
    })?;
    Ok(caller)
}

/// "Equal or higher: target placed at queue head with the caller right behind it".
fn an_equal_thread_runs_first(w: &mut World) -> Outcome {
    let target = w.spawn_with(w.timed(10, LONG_SLICE), || note(3))?;
    yielder(w, target.context())?;
    w.settle()?;
    check_eq!(order(), 0x132);
    check_eq!(w.board().get(1), 100);
    PASSED
}

/// "with the caller right behind it": before others of the same priority.
fn the_caller_stays_behind_the_target_in_its_queue(w: &mut World) -> Outcome {
    let target = w.spawn_with(w.timed(10, LONG_SLICE), || note(3))?;
    w.spawn_with(w.timed(10, LONG_SLICE), || note(4))?;
    yielder(w, target.context())?;
    w.settle()?;
    check_eq!(order(), 0x1324);
    PASSED
}

/// "the caller's reply MR0 = time consumed by that SC, computed when the caller next runs".
fn the_answer_is_the_consumed_time(w: &mut World) -> Outcome {
    let target = w.spawn_with(w.timed(10, LONG_SLICE), || spend_time(100_000))?;
    yielder(w, target.context())?;
    w.settle()?;
    check_eq!(w.board().get(1), 100);
    check!(w.board().get(2) > 100);
    check_eq!(target.context().consumed(), Ok(Duration::ZERO));
    PASSED
}

/// "returns at once with MR0 = consumed".
fn the_answer_is_the_consumed_time_of_a_thread_that_does_not_run(w: &mut World) -> Outcome {
    let target = w.spawn_with(w.timed(10, LONG_SLICE), || spend_time(100_000))?;
    w.settle()?;
    check!(target.context().yield_to()? > Duration::from_micros(100));
    check_eq!(target.context().yield_to(), Ok(Duration::ZERO));
    PASSED
}

/// A target that runs on its caller's yield until the root thread rings.
fn long_target(w: &mut World) -> Outcome<(Helper, Cap<Notification>)> {
    let bell = w.create::<Notification>()?;
    let target = w.spawn_with(w.timed(10, LONG_SLICE), move || {
        note(3);
        bell.signal();
        super::threads::count_in(3);
    })?;
    Ok((target, bell))
}

/// "or when the target thread/SC is deleted": the target never ends by itself.
fn deleting_the_target_completes_the_call(w: &mut World) -> Outcome {
    let (target, bell) = long_target(w)?;
    yielder(w, target.context())?;
    bell.wait();
    check_eq!(order(), 0x13);
    w.delete(target.thread())?;
    w.settle()?;
    check_eq!(order(), 0x132);
    check_eq!(w.board().get(1), 100);
    PASSED
}

/// "or when the target thread/SC is deleted".
fn deleting_the_context_completes_the_call(w: &mut World) -> Outcome {
    let (target, bell) = long_target(w)?;
    yielder(w, target.context())?;
    bell.wait();
    w.delete(target.context())?;
    w.settle()?;
    check_eq!(order(), 0x132);
    check_eq!(w.board().get(1), 100);
    PASSED
}

/// "An earlier pending YieldTo on this SC is completed first."
fn another_yield_completes_the_first(w: &mut World) -> Outcome {
    let (target, bell) = long_target(w)?;
    yielder(w, target.context())?;
    bell.wait();
    // The root thread has the higher priority: its own yield returns at once.
    check!(target.context().yield_to()? < Duration::from_secs(5));
    target.thread().suspend()?;
    w.settle()?;
    check_eq!(order(), 0x132);
    PASSED
}

/// "suspending the caller drops it": a later YieldTo finds nothing to complete, and the caller
/// goes on behind its call when it is resumed.
fn suspending_the_caller_drops_the_call(w: &mut World) -> Outcome {
    let (target, bell) = long_target(w)?;
    let caller = yielder(w, target.context())?;
    bell.wait();
    caller.thread().suspend()?;
    w.delete(target.thread())?;
    w.settle()?;
    check_eq!(order(), 0x13);
    caller.thread().resume()?;
    w.settle()?;
    check!(caller.has_finished());
    PASSED
}
