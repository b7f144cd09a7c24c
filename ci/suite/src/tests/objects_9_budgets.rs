//! objects §9.4: budgets and refills.
//!
//! Time in an emulator goes on while the host does something else, so these tests compare with
//! periods that never end, or try again.

use super::threads::{AGES, Clock, LONG_SLICE, count_in, ms, note, order, spend_time};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(an_exhausted_thread_waits_for_its_refill),
    test!(a_refilled_thread_goes_on),
    test!(an_exhausted_thread_lets_lower_ones_run),
    test!(a_released_thread_preempts),
    test!(a_round_robin_thread_is_never_exhausted),
    test!(a_thread_runs_for_its_budget),
    test!(what_was_not_used_stays),
    test!(the_least_budget_suffices_for_no_call),
    test!(a_debug_call_needs_no_budget),
    test!(a_running_thread_gets_no_more_by_a_new_configuration),
    test!(a_suspended_thread_gets_a_full_budget_by_a_new_configuration),
    test!(a_free_context_gets_a_full_budget_by_a_new_configuration),
    test!(a_period_can_be_shortened),
    test!(a_round_robin_context_can_become_periodic),
    test!(a_lent_context_can_be_exhausted),
    test!(a_lent_context_is_refilled),
    test!(sporadic_contexts_run_and_refill),
    test!(many_refills_add_up_to_the_budget),
];

/// A budget that is used up soon and never refilled.
const ONCE: Budget = Budget::periodic(ms(20), AGES);

/// A helper that counts in word 1 until its only budget is used up.
fn exhausted(w: &mut World) -> Outcome<Helper> {
    let helper = w.spawn_with(w.timed(10, ONCE), || count_in(1))?;
    w.settle()?;
    Ok(helper)
}

/// Whether word 1 stands still.
fn stands_still(w: &mut World, clock: &Clock) -> Outcome<bool> {
    let before = w.board().get(1);
    clock.sleep(ms(3))?;
    Ok(w.board().get(1) == before)
}

/// Whether word 1 grows after some time. A host that stops the emulator makes a thread overrun
/// its budget, and pay with many periods.
fn goes_on(w: &mut World, clock: &Clock) -> Outcome<bool> {
    let before = w.board().get(1);
    clock.sleep(ms(10))?;
    clock.until(|| Board::shared().get(1) > before)
}

/// "Ready: head.time <= now": not before the period has passed.
fn an_exhausted_thread_waits_for_its_refill(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    exhausted(w)?;
    check!(stands_still(w, &clock)?);
    PASSED
}

/// "that refill is rescheduled at its time + P".
fn a_refilled_thread_goes_on(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let time = Budget::periodic(ms(1), ms(10));
    let helper = w.spawn_with(w.timed(10, time), || count_in(1))?;
    w.settle()?;
    for _ in 0..5 {
        check!(goes_on(w, &clock)?);
    }
    helper.thread().suspend()?;
    w.settle()?;
    PASSED
}

/// "Schedulable = ... not in the release queue" (§1).
fn an_exhausted_thread_lets_lower_ones_run(w: &mut World) -> Outcome {
    w.spawn(9, || note(2))?;
    let helper = w.spawn_with(w.timed(10, ONCE), || {
        note(1);
        count_in(1);
    })?;
    w.settle()?;
    check_eq!(order(), 0x12);
    check!(!helper.has_finished());
    PASSED
}

/// "Released threads become candidates."
fn a_released_thread_preempts(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    w.spawn(10, || count_in(1))?;
    let time = Budget::periodic(ms(1), ms(4));
    let high = w.spawn_with(w.timed(20, time), || {
        for _ in 0..5 {
            syscall::yield_now();
            note(1);
        }
    })?;
    check!(clock.until(|| high.has_finished())?);
    check_eq!(order(), 0x1_1111);
    check!(w.board().get(1) > 0);
    PASSED
}

/// "Round robin charge: ... full budget, immediately ready."
fn a_round_robin_thread_is_never_exhausted(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let slice = Budget::round_robin(Duration::from_micros(100));
    w.spawn_with(w.timed(10, slice), || count_in(1))?;
    for _ in 0..5 {
        check!(goes_on(w, &clock)?);
    }
    PASSED
}

/// "An SC holds budget B": so much time is used and, but for what the host takes, no more.
fn a_thread_runs_for_its_budget(w: &mut World) -> Outcome {
    let mut least = Duration::MAX;
    for _ in 0..10 {
        let helper = w.spawn_with(w.timed(10, Budget::periodic(ms(4), AGES)), || count_in(1))?;
        w.settle()?;
        least = least.min(helper.context().consumed()?);
    }
    check!(ms(3) < least && least < ms(40), "used {least:?} of 4 ms");
    PASSED
}

/// "the outgoing SC is charged its exact use": a thread that blocks keeps the rest.
fn what_was_not_used_stays(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let time = Budget::periodic(Duration::from_secs(2), AGES);
    let helper = w.spawn_with(w.timed(10, time), move || {
        for _ in 0..200 {
            bell.wait();
        }
    })?;
    for _ in 0..200 {
        w.settle()?;
        check!(!helper.has_finished());
        bell.signal();
    }
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "Sufficient for u: head.amount - u >= MIN_BUDGET. ... If the current SC is not sufficient for
/// used, the operation is not performed": with MIN_BUDGET alone that is always so.
fn the_least_budget_suffices_for_no_call(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let bell = w.create::<Notification>()?;
    let least = Duration::from_micros(abi::time::MIN_BUDGET_US);
    let time = Budget::periodic(least, ms(1));
    w.spawn_with(w.timed(10, time), move || {
        Board::shared().set(1, 1);
        bell.signal();
        Board::shared().set(2, 1);
    })?;
    check!(clock.until(|| Board::shared().get(1) == 1)?);
    clock.sleep(ms(20))?;
    check_eq!(w.board().get(2), 0);
    check_eq!(syscall::nb_wait(bell.pointer()).badge, 0);
    PASSED
}

/// abi §1: "Debug/benchmark syscalls are exempt."
fn a_debug_call_needs_no_budget(w: &mut World) -> Outcome {
    skip_if!(w.image() != Image::Debug, "this image has no debug calls");
    let clock = Clock::new(w)?;
    let least = Duration::from_micros(abi::time::MIN_BUDGET_US);
    let time = Budget::periodic(least, ms(1));
    let own = initial::CNODE.pointer();
    w.spawn_with(w.timed(10, time), move || {
        Board::shared().set(1, libsys::debug::cap_identify(own));
    })?;
    check!(clock.until(|| Board::shared().get(1) != 0)?);
    check_eq!(w.board().get(1), 10);
    PASSED
}

/// §9.1: "bound to a runnable thread and same core: new parameters applied without exceeding
/// bandwidth".
fn a_running_thread_gets_no_more_by_a_new_configuration(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = exhausted(w)?;
    for _ in 0..3 {
        w.sched_control(0).configure(helper.context(), ONCE)?;
        check!(stands_still(w, &clock)?);
    }
    PASSED
}

/// §9.1: "Otherwise a fresh full budget available now."
fn a_suspended_thread_gets_a_full_budget_by_a_new_configuration(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = exhausted(w)?;
    helper.thread().suspend()?;
    w.sched_control(0).configure(helper.context(), ONCE)?;
    helper.thread().resume()?;
    check!(goes_on(w, &clock)?);
    PASSED
}

/// §9.1: "Otherwise a fresh full budget available now": for a context that is bound to nothing.
fn a_free_context_gets_a_full_budget_by_a_new_configuration(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = exhausted(w)?;
    helper.context().unbind()?;
    helper.context().bind(helper.thread())?;
    check!(stands_still(w, &clock)?);
    helper.context().unbind()?;
    w.sched_control(0).configure(helper.context(), ONCE)?;
    helper.context().bind(helper.thread())?;
    check!(goes_on(w, &clock)?);
    PASSED
}

/// §9.1: "missing amount becomes a refill one new period after the head": the new period counts
/// for refills that are made from then on.
fn a_period_can_be_shortened(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let long = Budget::periodic(Duration::from_secs(2), AGES);
    let helper = w.spawn_with(w.timed(10, long), || count_in(1))?;
    check!(goes_on(w, &clock)?);
    let short = Budget::periodic(ms(1), ms(5));
    w.sched_control(0).configure(helper.context(), short)?;
    for _ in 0..3 {
        check!(goes_on(w, &clock)?);
    }
    PASSED
}

/// A new configuration may also change the kind.
fn a_round_robin_context_can_become_periodic(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = w.spawn_with(w.timed(10, LONG_SLICE), || count_in(1))?;
    check!(goes_on(w, &clock)?);
    w.sched_control(0).configure(helper.context(), ONCE)?;
    w.settle()?;
    check!(stands_still(w, &clock)?);
    helper.thread().suspend()?;
    w.sched_control(0).configure(helper.context(), LONG_SLICE)?;
    helper.thread().resume()?;
    check!(goes_on(w, &clock)?);
    PASSED
}

/// A caller with this time, and a passive server that works for it.
fn served(w: &mut World, time: Budget, work: u64) -> Outcome<[Helper; 2]> {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || {
        endpoint.recv(reply);
        for _ in 0..work {
            Board::shared().add(1, 1);
        }
        reply.send(Message::EMPTY);
    })?;
    w.settle()?;
    server.context().unbind()?;
    let caller = w.spawn_with(w.timed(10, time), move || {
        let _ = endpoint.call(Message::EMPTY);
    })?;
    w.settle()?;
    Ok([server, caller])
}

/// A server works on its caller's budget, to its end.
fn a_lent_context_can_be_exhausted(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let [_, caller] = served(w, ONCE, u64::MAX)?;
    check!(w.board().get(1) > 0);
    check!(stands_still(w, &clock)?);
    check!(!caller.has_finished());
    PASSED
}

/// The server goes on with its caller's next refill.
fn a_lent_context_is_refilled(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let [_, caller] = served(w, Budget::periodic(ms(1), ms(4)), 300_000)?;
    check!(clock.until(|| caller.has_finished())?);
    check_eq!(w.board().get(1), 300_000);
    PASSED
}

/// "a sporadic SC has this done when its thread is unblocked ... instead".
fn sporadic_contexts_run_and_refill(w: &mut World) -> Outcome {
    let (clock, bell) = (Clock::new(w)?, w.create::<Notification>()?);
    let time = Budget { sporadic: true, ..Budget::periodic(ms(1), ms(5)) };
    let helper = w.spawn_with(w.timed(10, time), move || {
        for _ in 0..3 {
            bell.wait();
            spend_time(50_000);
            note(1);
        }
    })?;
    for round in [0x1, 0x11, 0x111] {
        bell.signal();
        check!(clock.until(|| order() == round)?);
    }
    check!(clock.until(|| helper.has_finished())?);
    PASSED
}

/// "a list of refills (time, amount) with total B": a thread that blocks often splits its
/// budget into many, and still gets no more than the whole.
fn many_refills_add_up_to_the_budget(w: &mut World) -> Outcome {
    let (clock, bell) = (Clock::new(w)?, w.create::<Notification>()?);
    let time = Budget { extra_refills: 20, ..Budget::periodic(ms(2), AGES) };
    let helper = w.spawn_with(w.timed(10, time), move || {
        loop {
            bell.wait();
            spend_time(1_000);
            Board::shared().add(1, 1);
        }
    })?;
    let mut rounds = 0;
    while rounds < 10_000 {
        let before = w.board().get(1);
        bell.signal();
        w.settle()?;
        if w.board().get(1) == before {
            break;
        }
        rounds += 1;
    }
    check!(rounds > 0 && rounds < 10_000);
    bell.signal();
    check!(stands_still(w, &clock)?);
    check!(!helper.has_finished());
    PASSED
}
