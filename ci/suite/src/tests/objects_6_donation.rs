//! objects §6, endpoints: whose scheduling context a receiver runs on.

use super::threads::{keep, kept, note, order, unknown_syscall};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_call_lends_the_context_to_a_passive_server),
    test!(a_call_to_an_active_server_lends_nothing),
    test!(queued_callers_lend_in_turn),
    test!(a_call_without_grant_lends_nothing),
    test!(a_send_lends_nothing),
    test!(a_non_blocking_send_lends_nothing),
    test!(the_first_phase_of_nb_send_recv_gives_the_context_away),
    test!(the_first_phase_of_nb_send_wait_gives_the_context_away),
    test!(a_first_phase_to_an_active_receiver_gives_nothing),
    test!(a_queued_plain_sender_never_lends),
    test!(a_fault_lends_the_context_to_a_passive_handler),
    test!(a_passive_server_runs_at_its_own_priority),
    test!(a_passive_server_without_caller_does_not_run),
];

/// A passive helper that receives once with a reply object and then runs `serve`.
fn passive_server<F>(
    w: &mut World,
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    serve: F,
) -> Outcome<Helper>
where
    F: FnOnce() + Copy + Send + 'static,
{
    let server = w.spawn(20, move || {
        keep(1, endpoint.recv(reply));
        serve();
    })?;
    w.settle()?;
    server.context().unbind()?;
    Ok(server)
}

/// "if donation is allowed, the sender has an SC and the receiver has none: SC moves to the
/// receiver".
fn a_call_lends_the_context_to_a_passive_server(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, || ())?;
    let caller = w.spawn(10, move || keep(2, endpoint.call(Message::new(7, &[]))))?;
    w.settle()?;
    check!(server.has_finished() && !caller.has_finished());
    check_eq!(kept(1).info.label(), 7);
    check_err!(caller.context().unbind_object(caller.thread()), Error::IllegalOperation);
    check_eq!(caller.context().unbind_object(server.thread()), Ok(()));
    PASSED
}

/// "... and the receiver has none".
fn a_call_to_an_active_server_lends_nothing(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || keep(1, endpoint.recv(reply)))?;
    w.settle()?;
    let caller = w.spawn(10, move || keep(2, endpoint.call(Message::new(7, &[]))))?;
    w.settle()?;
    check!(server.has_finished());
    check_err!(caller.context().unbind_object(server.thread()), Error::IllegalOperation);
    check_eq!(caller.context().unbind_object(caller.thread()), Ok(()));
    PASSED
}

/// "Sender queued: ... if call/fault: BlockedOnReply/donation as above": a passive server that
/// loops serves all its callers, each on the caller's time.
fn queued_callers_lend_in_turn(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(5, move || {
        let mut got = endpoint.recv(reply);
        loop {
            note(got.word(0));
            got = endpoint.reply_recv(reply, Message::new(0, &[got.word(0) + 100]));
        }
    })?;
    w.settle()?;
    server.context().unbind()?;
    let callers = [10, 11, 12].map(|priority| {
        let place = usize::from(priority) - 8;
        let number = u64::from(priority) - 9;
        w.spawn(priority, move || keep(place, endpoint.call(Message::new(7, &[number]))))
    });
    w.settle()?;
    check_eq!(order(), 0x321);
    for (place, caller) in (2..).zip(callers) {
        check!(caller?.has_finished());
        check_eq!(kept(place).word(0), 99 + place as u64);
    }
    PASSED
}

/// Donation belongs to the case "if the receiver has a reply object and the sender's cap had
/// Grant or GrantReply".
fn a_call_without_grant_lends_nothing(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, || ())?;
    let copy = w.copy(endpoint, Rights::WRITE)?;
    let caller = w.spawn(10, move || keep(2, copy.call(Message::new(7, &[]))))?;
    w.settle()?;
    check!(!server.has_finished());
    check_eq!(caller.context().unbind_object(caller.thread()), Ok(()));
    server.context().bind(server.thread())?;
    w.settle()?;
    check!(server.has_finished());
    check_eq!(kept(1).info.label(), 7);
    PASSED
}

/// "Not: Send, NBSend": with Send.
fn a_send_lends_nothing(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, || ())?;
    let sender = w.spawn(10, move || endpoint.send(Message::new(7, &[])))?;
    w.settle()?;
    check!(sender.has_finished() && !server.has_finished());
    server.context().bind(server.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    PASSED
}

/// "Not: Send, NBSend": with NBSend.
fn a_non_blocking_send_lends_nothing(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, || ())?;
    let sender = w.spawn(10, move || endpoint.nb_send(Message::new(7, &[])))?;
    w.settle()?;
    check!(sender.has_finished() && !server.has_finished());
    server.context().bind(server.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    PASSED
}

/// "plain send with donation allowed (NBSendRecv, NBSendWait first phase) and receiver without
/// SC: sender's SC moves over with no way back".
fn gives_its_context_away<F>(w: &mut World, source: Cap<Endpoint>, act: F) -> Outcome
where
    F: Fn(Cap<Endpoint>) -> Received + Copy + Send + 'static,
{
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, move || {
        // Nobody waits for an answer: nothing happens.
        reply.send(Message::new(3, &[]));
    })?;
    let sender = w.spawn(10, move || keep(2, act(endpoint)))?;
    w.settle()?;
    check!(server.has_finished() && !sender.has_finished());
    check_eq!(kept(1).info.label(), 7);
    source.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(!sender.has_finished());
    check_err!(sender.context().unbind_object(sender.thread()), Error::IllegalOperation);
    w.context(0)?.bind(sender.thread())?;
    w.settle()?;
    check!(sender.has_finished());
    check_eq!(kept(2).info.label(), 8);
    PASSED
}

/// See `gives_its_context_away`.
fn the_first_phase_of_nb_send_recv_gives_the_context_away(w: &mut World) -> Outcome {
    let (source, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    gives_its_context_away(w, source, move |destination| {
        let message = Message::new(7, &[]);
        syscall::nb_send_recv(destination.pointer(), message, source.pointer(), reply.pointer())
    })
}

/// See `gives_its_context_away`.
fn the_first_phase_of_nb_send_wait_gives_the_context_away(w: &mut World) -> Outcome {
    let source = w.create::<Endpoint>()?;
    gives_its_context_away(w, source, move |destination| {
        syscall::nb_send_wait(destination.pointer(), Message::new(7, &[]), source.pointer())
    })
}

/// "... and receiver without SC".
fn a_first_phase_to_an_active_receiver_gives_nothing(w: &mut World) -> Outcome {
    let (endpoint, source) = (w.create::<Endpoint>()?, w.create::<Endpoint>()?);
    let receiver = w.spawn(20, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    let sender = w.spawn(10, move || {
        let message = Message::new(7, &[]);
        keep(2, syscall::nb_send_wait(endpoint.pointer(), message, source.pointer()));
    })?;
    w.settle()?;
    check!(receiver.has_finished());
    source.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(sender.has_finished());
    PASSED
}

/// "A queued plain sender never donates later."
fn a_queued_plain_sender_never_lends(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let source = w.create::<Endpoint>()?;
    let queued = w.spawn(30, move || source.send(Message::new(8, &[])))?;
    let server = passive_server(w, endpoint, reply, || ())?;
    let receiver = w.spawn(10, move || {
        let message = Message::new(7, &[]);
        keep(2, syscall::nb_send_wait(endpoint.pointer(), message, source.pointer()));
    })?;
    w.settle()?;
    check!(server.has_finished() && queued.has_finished());
    check!(!receiver.has_finished());
    check_err!(queued.context().unbind_object(receiver.thread()), Error::IllegalOperation);
    w.context(0)?.bind(receiver.thread())?;
    w.settle()?;
    check_eq!(kept(2).info.label(), 8);
    PASSED
}

/// "Donation allowed: Call, first phases, faults when the faulter has an SC."
fn a_fault_lends_the_context_to_a_passive_handler(w: &mut World) -> Outcome {
    let (handler, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, handler, reply, || ())?;
    let faulter = w.spawn_with(w.handled(10, handler), || {
        unknown_syscall();
    })?;
    w.settle()?;
    check!(server.has_finished());
    check_eq!(kept(1).info.label(), abi::fault::UNKNOWN_SYSCALL);
    check_eq!(faulter.context().unbind_object(server.thread()), Ok(()));
    PASSED
}

/// Only the context moves: a helper between caller and server in priority runs first.
fn a_passive_server_runs_at_its_own_priority(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(5, move || {
        let _ = endpoint.recv(reply);
        note(3);
    })?;
    w.settle()?;
    server.context().unbind()?;
    w.spawn(7, || note(2))?;
    w.spawn(10, move || {
        note(1);
        let _ = endpoint.call(Message::EMPTY);
    })?;
    w.settle()?;
    check_eq!(order(), 0x123);
    PASSED
}

/// §1: "A runnable thread without SC simply waits until it gets one."
fn a_passive_server_without_caller_does_not_run(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = passive_server(w, endpoint, reply, || ())?;
    endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    check!(!server.has_finished());
    PASSED
}
