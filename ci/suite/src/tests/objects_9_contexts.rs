//! objects §9.2: invocations of scheduling contexts, but for YieldTo.

use super::threads::{LONG_SLICE, keep, ms, spend_time};
use super::tools::{call, invoke};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(other_labels_are_illegal),
    test!(bind_needs_a_capability),
    test!(bind_takes_threads_and_notifications_only),
    test!(a_bound_context_takes_no_other_thread),
    test!(a_thread_with_a_context_takes_no_other),
    test!(a_blocked_thread_needs_a_released_context),
    test!(a_blocked_thread_takes_a_released_context),
    test!(an_exhausted_context_is_not_released),
    test!(a_context_takes_one_notification),
    test!(a_notification_takes_one_context),
    test!(a_context_takes_a_thread_and_a_notification),
    test!(unbind_of_a_free_context_does_nothing),
    test!(unbind_takes_the_context_from_thread_and_notification),
    test!(nobody_can_unbind_the_context_that_runs_it),
    test!(unbind_object_needs_a_capability),
    test!(unbind_object_takes_threads_and_notifications_only),
    test!(unbind_object_needs_the_holder),
    test!(unbind_object_needs_the_bound_notification),
    test!(unbind_object_does_not_stop_the_caller),
    test!(unbind_object_leaves_the_other_binding),
    test!(a_new_context_has_consumed_nothing),
    test!(consumed_counts_and_starts_again),
    test!(a_lent_context_counts_the_servers_time),
    test!(ones_own_consumption_counts),
    test!(deleting_the_context_stops_the_thread),
    test!(deleting_the_thread_frees_the_context),
    test!(a_bound_thread_without_refills_does_not_run),
];

/// "Unknown label for an object: Illegal."
fn other_labels_are_illegal(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    let thread = w.thread()?.pointer();
    let (first, last) = (Invocation::SchedContextBind, Invocation::SchedContextYieldTo);
    for label in [0, 1, first.label() - 1, last.label() + 1, 1 << 40] {
        check_err!(call(context, label, &[], &[thread]), Error::IllegalOperation);
    }
    PASSED
}

/// Bind: "missing Trunc".
fn bind_needs_a_capability(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    let result = invoke(context, Invocation::SchedContextBind, &[1, 2, 3], &[]);
    check_err!(result, Error::TruncatedMessage);
    PASSED
}

/// Bind: "other InvCap 1".
fn bind_takes_threads_and_notifications_only(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    for pointer in [w.create::<Endpoint>()?.pointer(), context.pointer(), 0] {
        let result = invoke(context, Invocation::SchedContextBind, &[], &[pointer]);
        check_err!(result, Error::InvalidCapability(1));
    }
    PASSED
}

/// Bind: "TCB: SC bound ... -> Illegal".
fn a_bound_context_takes_no_other_thread(w: &mut World) -> Outcome {
    let (context, first, second) = (w.context(0)?, w.thread()?, w.thread()?);
    check_eq!(context.bind(first), Ok(()));
    check_err!(context.bind(second), Error::IllegalOperation);
    check_err!(context.bind(first), Error::IllegalOperation);
    PASSED
}

/// Bind: "TCB has SC -> Illegal".
fn a_thread_with_a_context_takes_no_other(w: &mut World) -> Outcome {
    let (first, second, thread) = (w.context(0)?, w.context(0)?, w.thread()?);
    check_eq!(first.bind(thread), Ok(()));
    check_err!(second.bind(thread), Error::IllegalOperation);
    check_err!(second.bind(initial::THREAD), Error::IllegalOperation);
    PASSED
}

/// A passive helper that waits for a notification.
fn blocked(w: &mut World) -> Outcome<Helper> {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    helper.context().unbind()?;
    Ok(helper)
}

/// Bind: "(TCB blocked and SC not released) -> Illegal": a context without refills.
fn a_blocked_thread_needs_a_released_context(w: &mut World) -> Outcome {
    let helper = blocked(w)?;
    let context = w.create_sized::<SchedContext>(7)?;
    check_err!(context.bind(helper.thread()), Error::IllegalOperation);
    helper.thread().suspend()?;
    check_eq!(context.bind(helper.thread()), Ok(()));
    PASSED
}

/// "Released = configured and head refill time <= now."
fn a_blocked_thread_takes_a_released_context(w: &mut World) -> Outcome {
    let helper = blocked(w)?;
    check_eq!(w.context(0)?.bind(helper.thread()), Ok(()));
    PASSED
}

/// "Released = configured and head refill time <= now": not after a Yield with a long period.
fn an_exhausted_context_is_not_released(w: &mut World) -> Outcome {
    let helper = blocked(w)?;
    let time = Budget::periodic(ms(100), super::threads::AGES);
    let spender = w.spawn_with(w.timed(10, time), syscall::yield_now)?;
    w.settle()?;
    spender.context().unbind()?;
    check_err!(spender.context().bind(helper.thread()), Error::IllegalOperation);
    PASSED
}

/// Bind: "ntfn: SC has ntfn ... -> Illegal".
fn a_context_takes_one_notification(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    let bells = [w.create::<Notification>()?, w.create::<Notification>()?];
    check_eq!(context.bind(bells[0]), Ok(()));
    check_err!(context.bind(bells[1]), Error::IllegalOperation);
    check_err!(context.bind(bells[0]), Error::IllegalOperation);
    PASSED
}

/// Bind: "ntfn has SC -> Illegal".
fn a_notification_takes_one_context(w: &mut World) -> Outcome {
    let (first, second) = (w.context(0)?, w.context(0)?);
    let bell = w.create::<Notification>()?;
    check_eq!(first.bind(bell), Ok(()));
    check_err!(second.bind(bell), Error::IllegalOperation);
    PASSED
}

/// "An SC may be bound to a TCB and a ntfn at once."
fn a_context_takes_a_thread_and_a_notification(w: &mut World) -> Outcome {
    let (context, thread) = (w.context(0)?, w.thread()?);
    let bell = w.create::<Notification>()?;
    check_eq!(context.bind(thread), Ok(()));
    check_eq!(context.bind(bell), Ok(()));
    check_eq!(context.unbind_object(bell), Ok(()));
    check_eq!(context.unbind_object(thread), Ok(()));
    PASSED
}

/// Unbind has one check only.
fn unbind_of_a_free_context_does_nothing(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    check_eq!(context.unbind(), Ok(()));
    check_eq!(w.context(0)?.unbind(), Ok(()));
    PASSED
}

/// Unbind "removes TCB, ntfn ... links".
fn unbind_takes_the_context_from_thread_and_notification(w: &mut World) -> Outcome {
    let (context, thread) = (w.context(0)?, w.thread()?);
    let bell = w.create::<Notification>()?;
    context.bind(thread)?;
    context.bind(bell)?;
    check_eq!(context.unbind(), Ok(()));
    check_err!(context.unbind_object(thread), Error::IllegalOperation);
    check_err!(context.unbind_object(bell), Error::IllegalOperation);
    let other = w.context(0)?;
    check_eq!((other.bind(thread), other.bind(bell)), (Ok(()), Ok(())));
    PASSED
}

/// Unbind: "SC's TCB is the caller -> Illegal".
fn nobody_can_unbind_the_context_that_runs_it(w: &mut World) -> Outcome {
    check_err!(initial::SCHED_CONTEXT.unbind(), Error::IllegalOperation);
    let helper = w.helper(w.options(10))?;
    let context = helper.context();
    helper.start(move || {
        let illegal = context.unbind() == Err(Error::IllegalOperation);
        Board::shared().set(1, u64::from(illegal));
    })?;
    w.settle()?;
    check_eq!(w.board().get(1), 1);
    PASSED
}

/// UnbindObject: "Trunc".
fn unbind_object_needs_a_capability(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    let result = invoke(context, Invocation::SchedContextUnbindObject, &[1, 2], &[]);
    check_err!(result, Error::TruncatedMessage);
    PASSED
}

/// UnbindObject: "other InvCap 1".
fn unbind_object_takes_threads_and_notifications_only(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    for pointer in [w.create::<Endpoint>()?.pointer(), context.pointer(), 0] {
        let result = invoke(context, Invocation::SchedContextUnbindObject, &[], &[pointer]);
        check_err!(result, Error::InvalidCapability(1));
    }
    PASSED
}

/// UnbindObject: "TCB not the current holder -> Illegal".
fn unbind_object_needs_the_holder(w: &mut World) -> Outcome {
    let (context, first, second) = (w.context(0)?, w.thread()?, w.thread()?);
    check_err!(context.unbind_object(first), Error::IllegalOperation);
    context.bind(first)?;
    check_err!(context.unbind_object(second), Error::IllegalOperation);
    check_eq!(context.unbind_object(first), Ok(()));
    check_err!(context.unbind_object(first), Error::IllegalOperation);
    PASSED
}

/// UnbindObject: "ntfn not bound -> Illegal".
fn unbind_object_needs_the_bound_notification(w: &mut World) -> Outcome {
    let context = w.context(0)?;
    let bells = [w.create::<Notification>()?, w.create::<Notification>()?];
    check_err!(context.unbind_object(bells[0]), Error::IllegalOperation);
    context.bind(bells[0])?;
    check_err!(context.unbind_object(bells[1]), Error::IllegalOperation);
    check_eq!(context.unbind_object(bells[0]), Ok(()));
    PASSED
}

/// UnbindObject: "is caller -> Illegal".
fn unbind_object_does_not_stop_the_caller(_: &mut World) -> Outcome {
    let refused = initial::SCHED_CONTEXT.unbind_object(initial::THREAD);
    check_err!(refused, Error::IllegalOperation);
    PASSED
}

/// UnbindObject takes the one object.
fn unbind_object_leaves_the_other_binding(w: &mut World) -> Outcome {
    let (context, thread) = (w.context(0)?, w.thread()?);
    let bell = w.create::<Notification>()?;
    context.bind(thread)?;
    context.bind(bell)?;
    check_eq!(context.unbind_object(bell), Ok(()));
    check_err!(context.bind(thread), Error::IllegalOperation);
    check_eq!(context.bind(bell), Ok(()));
    check_eq!(context.unbind_object(thread), Ok(()));
    check_err!(context.bind(bell), Error::IllegalOperation);
    PASSED
}

/// Consumed: "MR0 = us consumed since last query".
fn a_new_context_has_consumed_nothing(w: &mut World) -> Outcome {
    check_eq!(w.context(0)?.consumed(), Ok(Duration::ZERO));
    check_eq!(w.create_sized::<SchedContext>(7)?.consumed(), Ok(Duration::ZERO));
    PASSED
}

/// Consumed: "since last query; resets".
fn consumed_counts_and_starts_again(w: &mut World) -> Outcome {
    let helper = w.spawn_with(w.timed(10, LONG_SLICE), || spend_time(20_000))?;
    w.settle()?;
    check!(helper.has_finished());
    check!(helper.context().consumed()? > Duration::ZERO);
    check_eq!(helper.context().consumed(), Ok(Duration::ZERO));
    PASSED
}

/// §9.4: "the outgoing SC is charged its exact use": whoever runs on it.
fn a_lent_context_counts_the_servers_time(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || {
        endpoint.recv(reply);
        spend_time(100_000);
    })?;
    w.settle()?;
    server.context().unbind()?;
    server.context().consumed()?;
    let caller = w.spawn_with(w.timed(10, LONG_SLICE), move || {
        let _ = endpoint.call(Message::EMPTY);
    })?;
    w.settle()?;
    check!(server.has_finished());
    check!(caller.context().consumed()? > Duration::from_micros(100));
    check_eq!(server.context().consumed(), Ok(Duration::ZERO));
    PASSED
}

/// Consumed on the caller's own context counts up to the call.
fn ones_own_consumption_counts(_: &mut World) -> Outcome {
    let context = initial::SCHED_CONTEXT;
    context.consumed()?;
    spend_time(100_000);
    check!(context.consumed()? > Duration::from_micros(100));
    PASSED
}

/// §4: final deletion of an SC: "bound TCB loses it".
fn deleting_the_context_stops_the_thread(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    w.delete(helper.context())?;
    w.settle()?;
    check!(!helper.has_finished());
    w.context(0)?.bind(helper.thread())?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// §4: final deletion of a TCB: "unbind SC (SC becomes free)".
fn deleting_the_thread_frees_the_context(w: &mut World) -> Outcome {
    let (context, first, second) = (w.context(0)?, w.thread()?, w.thread()?);
    context.bind(first)?;
    w.delete(first)?;
    check_eq!(context.bind(second), Ok(()));
    PASSED
}

/// Bind allows a context that was never configured, for a thread that is not blocked.
fn a_bound_thread_without_refills_does_not_run(w: &mut World) -> Outcome {
    let helper = w.spawn_with(w.passive(10), || ())?;
    let context = w.create_sized::<SchedContext>(7)?;
    check_eq!(context.bind(helper.thread()), Ok(()));
    w.settle()?;
    check!(!helper.has_finished());
    PASSED
}
