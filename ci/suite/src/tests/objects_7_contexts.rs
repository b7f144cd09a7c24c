//! objects §7, notifications: the bound scheduling context.

use super::threads::{keep, kept};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_woken_waiter_borrows_the_context),
    test!(the_next_wait_returns_the_context),
    test!(a_waiter_with_a_context_borrows_nothing),
    test!(a_context_in_use_is_not_lent_again),
    test!(a_returned_context_is_lent_again),
    test!(a_context_bound_to_thread_and_notification_makes_the_thread_passive),
    test!(a_bound_receiver_borrows_the_context),
    test!(a_bound_receiver_returns_the_context),
    test!(an_active_notification_lends_to_a_thread_that_gave_its_context_away),
    test!(an_active_bound_notification_lends_to_a_receiver),
    test!(a_thread_with_a_context_of_its_own_keeps_it),
];

/// A passive helper that waits twice for a notification with badge 5, and keeps what it gets.
fn passive_waiter(
    w: &mut World,
    priority: u8,
    place: usize,
    bell: Cap<Notification>,
) -> Outcome<Helper> {
    let waiter = w.spawn(priority, move || {
        keep(place, syscall::wait(bell.pointer()));
        keep(place + 1, syscall::wait(bell.pointer()));
    })?;
    w.settle()?;
    waiter.context().unbind()?;
    Ok(waiter)
}

/// A notification with a context of its own, and a capability to signal it with badge 5.
fn timed_bell(w: &mut World) -> Outcome<(Cap<Notification>, Cap<Notification>, Cap<SchedContext>)> {
    let bell = w.create::<Notification>()?;
    let context = w.context(0)?;
    context.bind(bell)?;
    Ok((bell, w.mint(bell, Rights::ALL, 5)?, context))
}

/// "If the woken thread has no SC and the ntfn's SC is not in use by any TCB, it borrows the
/// ntfn's SC."
fn a_woken_waiter_borrows_the_context(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let waiter = passive_waiter(w, 10, 1, bell)?;
    five.signal();
    check_eq!(context.unbind_object(waiter.thread()), Ok(()));
    context.unbind_object(bell)?;
    context.bind(waiter.thread())?;
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "After queueing, if the thread was running on this ntfn's SC, the SC is detached from it".
fn the_next_wait_returns_the_context(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let waiter = passive_waiter(w, 10, 1, bell)?;
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    check!(!waiter.has_finished());
    check_err!(context.unbind_object(waiter.thread()), Error::IllegalOperation);
    context.unbind_object(bell)?;
    five.signal();
    w.settle()?;
    check!(!waiter.has_finished());
    PASSED
}

/// "If the woken thread has no SC".
fn a_waiter_with_a_context_borrows_nothing(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let waiter = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    five.signal();
    check_err!(context.unbind_object(waiter.thread()), Error::IllegalOperation);
    check_eq!(waiter.context().unbind_object(waiter.thread()), Ok(()));
    PASSED
}

/// "... and the ntfn's SC is not in use by any TCB": the second of two waiters wakes without.
fn a_context_in_use_is_not_lent_again(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let first = passive_waiter(w, 20, 1, bell)?;
    let second = passive_waiter(w, 10, 3, bell)?;
    five.signal();
    five.signal();
    check_err!(context.unbind_object(second.thread()), Error::IllegalOperation);
    w.settle()?;
    check_eq!((kept(1).badge, kept(3).badge), (5, 0));
    check!(!first.has_finished());
    w.context(0)?.bind(second.thread())?;
    w.settle()?;
    check_eq!(kept(3).badge, 5);
    PASSED
}

/// A context that was returned serves the next signal.
fn a_returned_context_is_lent_again(w: &mut World) -> Outcome {
    let (bell, five, _) = timed_bell(w)?;
    let waiter = passive_waiter(w, 10, 1, bell)?;
    for _ in 0..2 {
        check!(!waiter.has_finished());
        five.signal();
        w.settle()?;
    }
    check!(waiter.has_finished());
    check_eq!((kept(1).badge, kept(2).badge), (5, 5));
    PASSED
}

/// "So binding one SC to both a TCB and a ntfn turns the thread passive at its next Wait."
fn a_context_bound_to_thread_and_notification_makes_the_thread_passive(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let five = w.mint(bell, Rights::ALL, 5)?;
    let waiter = w.spawn(10, move || {
        keep(1, syscall::wait(bell.pointer()));
        keep(2, syscall::wait(bell.pointer()));
    })?;
    waiter.context().bind(bell)?;
    w.settle()?;
    let illegal = waiter.context().unbind_object(waiter.thread());
    check_err!(illegal, Error::IllegalOperation);
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    check_err!(waiter.context().unbind_object(waiter.thread()), Error::IllegalOperation);
    five.signal();
    w.settle()?;
    check!(waiter.has_finished());
    PASSED
}

/// A passive helper that receives on an endpoint twice, bound to a notification with a context.
fn bound_receiver(w: &mut World, bell: Cap<Notification>) -> Outcome<(Helper, Cap<Endpoint>)> {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let receiver = w.spawn(10, move || {
        keep(1, endpoint.recv(reply));
        keep(2, endpoint.recv(reply));
    })?;
    receiver.thread().bind_notification(bell)?;
    w.settle()?;
    receiver.context().unbind()?;
    Ok((receiver, endpoint))
}

/// "If the woken thread has no SC ..., it borrows the ntfn's SC": the bound receiver too.
fn a_bound_receiver_borrows_the_context(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let (receiver, _) = bound_receiver(w, bell)?;
    five.signal();
    check_eq!(context.unbind_object(receiver.thread()), Ok(()));
    context.bind(receiver.thread())?;
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// §6: "for blocking receives, if the caller is running on its bound ntfn's SC it gives that SC
/// back first".
fn a_bound_receiver_returns_the_context(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    let (receiver, endpoint) = bound_receiver(w, bell)?;
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    check_err!(context.unbind_object(receiver.thread()), Error::IllegalOperation);
    endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    check!(!receiver.has_finished());
    context.bind(receiver.thread())?;
    w.settle()?;
    check_eq!(kept(2).info.label(), 7);
    PASSED
}

/// A helper that gives its context to a passive receiver and then waits on `source`.
fn giver(w: &mut World, source: u64, bound: Option<Cap<Notification>>) -> Outcome<Helper> {
    let endpoint = w.create::<Endpoint>()?;
    let receiver = w.spawn(20, move || keep(3, endpoint.wait()))?;
    w.settle()?;
    receiver.context().unbind()?;
    let helper = w.spawn(10, move || {
        keep(1, syscall::nb_send_wait(endpoint.pointer(), Message::new(7, &[]), source));
    })?;
    if let Some(bell) = bound {
        helper.thread().bind_notification(bell)?;
    }
    w.settle()?;
    check!(receiver.has_finished());
    Ok(helper)
}

/// "Wait: active -> x0=word, becomes idle (and borrows the SC if it has none)".
fn an_active_notification_lends_to_a_thread_that_gave_its_context_away(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    five.signal();
    let helper = giver(w, bell.pointer(), None)?;
    check!(helper.has_finished());
    check_eq!(kept(1).badge, 5);
    check_eq!(context.unbind_object(helper.thread()), Ok(()));
    PASSED
}

/// §6: "if the caller's bound ntfn is active, that is delivered instead (...; SC borrowed from
/// the ntfn if the caller has none)".
fn an_active_bound_notification_lends_to_a_receiver(w: &mut World) -> Outcome {
    let (bell, five, context) = timed_bell(w)?;
    five.signal();
    let source = w.create::<Endpoint>()?;
    let helper = giver(w, source.pointer(), Some(bell))?;
    check!(helper.has_finished());
    check_eq!(kept(1).badge, 5);
    check_eq!(context.unbind_object(helper.thread()), Ok(()));
    PASSED
}

/// "if the thread was running on this ntfn's SC": with another one it stays active.
fn a_thread_with_a_context_of_its_own_keeps_it(w: &mut World) -> Outcome {
    let (bell, five, _) = timed_bell(w)?;
    let waiter = w.spawn(10, move || {
        keep(1, syscall::wait(bell.pointer()));
        keep(2, syscall::wait(bell.pointer()));
    })?;
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    check_eq!(waiter.context().unbind_object(waiter.thread()), Ok(()));
    PASSED
}
