//! objects §6, endpoints: receiving.

use super::threads::{keep, kept};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(receiving_without_read_faults),
    test!(polling_without_read_faults),
    test!(a_poll_of_an_idle_endpoint_finds_nothing),
    test!(a_poll_takes_a_queued_message),
    test!(a_receive_blocks_until_somebody_sends),
    test!(a_waiter_stops_the_callers_that_it_meets),
    test!(a_receive_with_an_occupied_reply_object_cancels_the_caller),
    test!(a_receive_with_a_reserved_reply_object_cancels_the_receiver),
    test!(a_poll_with_an_occupied_reply_object_cancels_the_caller),
    test!(a_poll_reserves_no_reply_object),
    test!(a_reserved_reply_object_holds_nobody),
    test!(an_active_bound_notification_comes_first),
    test!(an_active_bound_notification_comes_first_for_polls),
    test!(an_active_bound_notification_comes_first_for_waits),
];

/// The fault of a thread that receives by a capability without Read.
fn cap_fault(address: u64) -> Option<Fault> {
    let failure = LookupFailure::MissingCapability { bits_left: 0 };
    Some(Fault::Cap { address, receiving: true, failure })
}

/// "Read needed; failure = CapFault".
fn receiving_without_read_faults(w: &mut World) -> Outcome {
    let (handler, endpoint) = (w.create::<Endpoint>()?, w.create::<Endpoint>()?);
    let copy = w.copy(endpoint, Rights::WRITE.or(Rights::GRANT))?;
    w.spawn_with(w.handled(10, handler), move || keep(1, copy.wait()))?;
    w.settle()?;
    check_eq!(handler.nb_wait().fault(), cap_fault(copy.pointer()));
    PASSED
}

/// "Read needed; failure = CapFault": polls too (abi §8.3).
fn polling_without_read_faults(w: &mut World) -> Outcome {
    let (handler, endpoint) = (w.create::<Endpoint>()?, w.create::<Endpoint>()?);
    let (copy, reply) = (w.copy(endpoint, Rights::WRITE)?, w.create::<Reply>()?);
    w.spawn_with(w.handled(10, handler), move || keep(1, copy.nb_recv(reply)))?;
    w.settle()?;
    check_eq!(handler.nb_wait().fault(), cap_fault(copy.pointer()));
    PASSED
}

/// "No sender: poll returns badge 0".
fn a_poll_of_an_idle_endpoint_finds_nothing(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    for got in [endpoint.nb_wait(), endpoint.nb_recv(reply)] {
        check_eq!((got.badge, got.info), (0, MessageInfo(0)));
    }
    PASSED
}

/// "Sender queued: highest-priority sender dequeued, transferred".
fn a_poll_takes_a_queued_message(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let badged = w.mint(endpoint, Rights::ALL, 3)?;
    for number in [1, 2] {
        w.spawn(10, move || badged.send(Message::new(7, &[number])))?;
        w.settle()?;
    }
    let first = endpoint.nb_recv(reply);
    check_eq!((first.badge, first.info.label(), first.word(0)), (3, 7, 1));
    let second = endpoint.nb_wait();
    check_eq!((second.badge, second.info.label(), second.word(0)), (3, 7, 2));
    PASSED
}

/// "blocking: queue; the reply object is reserved for this receiver".
fn a_receive_blocks_until_somebody_sends(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let badged = w.mint(endpoint, Rights::ALL, 3)?;
    let receiver = w.spawn(10, move || keep(1, endpoint.recv(reply)))?;
    w.settle()?;
    check!(!receiver.has_finished());
    badged.send(Message::new(7, &[1]));
    w.settle()?;
    check!(receiver.has_finished());
    check_eq!((kept(1).badge, kept(1).word(0)), (3, 1));
    PASSED
}

/// "Wait/NBWait on an EP are legal: callers met that way become Inactive."
fn a_waiter_stops_the_callers_that_it_meets(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let callers = [
        w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[]))))?,
        w.spawn(9, move || keep(1, endpoint.call(Message::new(8, &[]))))?,
    ];
    w.settle()?;
    check_eq!(endpoint.nb_wait().info.label(), 7);
    check_eq!(endpoint.wait().info.label(), 8);
    w.settle()?;
    for caller in callers {
        check!(!caller.has_finished());
        caller.thread().resume()?;
    }
    w.settle()?;
    // Inactive threads repeat their calls when they are resumed.
    check_eq!(endpoint.nb_wait().info.label(), 7);
    check_eq!(endpoint.nb_wait().info.label(), 8);
    PASSED
}

/// A caller that waits for the answer through this reply object.
fn caller_of(w: &mut World, endpoint: Cap<Endpoint>, reply: Cap<Reply>) -> Outcome<Helper> {
    let caller = w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[]))))?;
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    Ok(caller)
}

/// "with a reply object that currently holds some other waiting thread, that thread's IPC is
/// cancelled (it becomes Inactive)".
fn a_receive_with_an_occupied_reply_object_cancels_the_caller(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let other = w.create::<Endpoint>()?;
    let caller = caller_of(w, endpoint, reply)?;
    let receiver = w.spawn(20, move || keep(2, other.recv(reply)))?;
    w.settle()?;
    reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished() && !receiver.has_finished());
    other.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(receiver.has_finished() && !caller.has_finished());
    caller.thread().resume()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().info.label(), 7);
    PASSED
}

/// "with a reply object that currently holds some other waiting thread": one that receives.
fn a_receive_with_a_reserved_reply_object_cancels_the_receiver(w: &mut World) -> Outcome {
    let reply = w.create::<Reply>()?;
    let endpoints = [w.create::<Endpoint>()?, w.create::<Endpoint>()?];
    let [first, second] = endpoints;
    let receivers = [
        w.spawn(20, move || keep(1, first.recv(reply)))?,
        w.spawn(10, move || keep(2, second.recv(reply)))?,
    ];
    w.settle()?;
    for endpoint in endpoints {
        endpoint.nb_send(Message::new(7, &[]));
    }
    w.settle()?;
    check!(!receivers[0].has_finished() && receivers[1].has_finished());
    receivers[0].thread().resume()?;
    w.settle()?;
    first.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(receivers[0].has_finished());
    PASSED
}

/// As above: polls receive with their reply object too.
fn a_poll_with_an_occupied_reply_object_cancels_the_caller(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let caller = caller_of(w, endpoint, reply)?;
    check_eq!(endpoint.nb_recv(reply).badge, 0);
    reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    caller.thread().resume()?;
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    PASSED
}

/// "blocking: queue; the reply object is reserved": only then.
fn a_poll_reserves_no_reply_object(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let bell = w.create::<Notification>()?;
    let poller = w.spawn(10, move || {
        keep(1, endpoint.nb_recv(reply));
        bell.wait();
    })?;
    w.settle()?;
    // Were it reserved, the deletion would stop the thread.
    w.delete(reply)?;
    bell.signal();
    w.settle()?;
    check!(poller.has_finished());
    PASSED
}

/// §8: "Sending on a reply cap: not holding a caller -> silent no-op": a receiver is no caller.
fn a_reserved_reply_object_holds_nobody(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let receiver = w.spawn(10, move || keep(1, endpoint.recv(reply)))?;
    w.settle()?;
    reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!receiver.has_finished());
    endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    PASSED
}

/// A helper bound to an active notification (word 5), a queued message 7 on an endpoint. The
/// helper receives twice, with the calls that it is told.
fn bound_receiver(
    w: &mut World,
    receive: fn(Cap<Endpoint>, Cap<Reply>) -> Received,
) -> Outcome<[Received; 2]> {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let bell = w.create::<Notification>()?;
    w.spawn(20, move || endpoint.send(Message::new(7, &[])))?;
    w.settle()?;
    let helper = w.spawn(10, move || {
        keep(1, receive(endpoint, reply));
        keep(2, receive(endpoint, reply));
    })?;
    helper.thread().bind_notification(bell)?;
    w.mint(bell, Rights::ALL, 5)?.signal();
    w.settle()?;
    check!(helper.has_finished());
    Ok([kept(1), kept(2)])
}

/// "if the caller's bound ntfn is active, that is delivered instead (x0 = its word; ntfn becomes
/// idle)".
fn an_active_bound_notification_comes_first(w: &mut World) -> Outcome {
    let [first, second] = bound_receiver(w, |endpoint, reply| endpoint.recv(reply))?;
    check_eq!((first.badge, first.info), (5, MessageInfo(0)));
    check_eq!(second.info.label(), 7);
    PASSED
}

/// The same for NBRecv.
fn an_active_bound_notification_comes_first_for_polls(w: &mut World) -> Outcome {
    let [first, second] = bound_receiver(w, |endpoint, reply| endpoint.nb_recv(reply))?;
    check_eq!((first.badge, first.info), (5, MessageInfo(0)));
    check_eq!(second.info.label(), 7);
    PASSED
}

/// The same for Wait.
fn an_active_bound_notification_comes_first_for_waits(w: &mut World) -> Outcome {
    let [first, second] = bound_receiver(w, |endpoint, _| endpoint.wait())?;
    check_eq!((first.badge, first.info), (5, MessageInfo(0)));
    check_eq!(second.info.label(), 7);
    PASSED
}
