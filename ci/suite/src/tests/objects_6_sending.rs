//! objects §6, endpoints: sending.

use super::threads::{keep, kept};
use super::tools::call;
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_call_without_write_is_refused),
    test!(a_send_without_write_is_ignored),
    test!(a_non_blocking_send_without_write_is_ignored),
    test!(a_non_blocking_send_without_receiver_is_dropped),
    test!(a_non_blocking_send_reaches_a_receiver),
    test!(a_send_blocks_until_somebody_receives),
    test!(a_send_to_a_receiver_does_not_block),
    test!(a_message_carries_label_badge_and_words),
    test!(a_message_of_120_words_arrives),
    test!(the_badge_is_taken_when_the_sender_queues),
    test!(the_grant_right_is_taken_when_the_sender_queues),
    test!(a_call_waits_for_its_reply),
    test!(a_call_with_grant_reply_is_answered),
    test!(a_call_without_grant_stops_the_caller),
    test!(a_queued_call_without_grant_stops_the_caller),
    test!(a_call_to_a_waiter_without_reply_object_stops_the_caller),
    test!(a_plain_send_releases_the_receivers_reply_object),
    test!(a_plain_sender_goes_on_when_received),
    test!(a_receiver_without_context_takes_one_message),
    test!(a_sender_without_context_stays_queued),
    test!(a_sender_whose_context_is_deleted_stays_queued),
    test!(a_receiver_without_context_stays_queued),
];

/// "Send with rights: Write needed (else InvCap 0)".
fn a_call_without_write_is_refused(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    for rights in [Rights::NONE, Rights::READ, Rights::GRANT.or(Rights::GRANT_REPLY)] {
        let copy = w.copy(endpoint, rights)?;
        check_err!(call(copy, 7, &[], &[]), Error::InvalidCapability(0));
    }
    PASSED
}

/// abi §8.3: "EP/ntfn cap without Write: Send ignored".
fn a_send_without_write_is_ignored(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let copy = w.copy(endpoint, Rights::READ)?;
    let receiver = w.spawn(10, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    copy.send(Message::new(7, &[]));
    w.settle()?;
    check!(!receiver.has_finished());
    PASSED
}

/// abi §8.3: "EP/ntfn cap without Write: NBSend ignored".
fn a_non_blocking_send_without_write_is_ignored(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let copy = w.copy(endpoint, Rights::READ)?;
    let receiver = w.spawn(10, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    copy.nb_send(Message::new(7, &[]));
    w.settle()?;
    check!(!receiver.has_finished());
    PASSED
}

/// "Non-blocking send with no receiver waiting: dropped silently."
fn a_non_blocking_send_without_receiver_is_dropped(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    endpoint.nb_send(Message::new(7, &[1]));
    check_eq!(endpoint.nb_wait().info, MessageInfo(0));
    PASSED
}

/// "When a receiver waits: ... message transferred", for NBSend too.
fn a_non_blocking_send_reaches_a_receiver(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let receiver = w.spawn(10, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    endpoint.nb_send(Message::new(7, &[1]));
    w.settle()?;
    check!(receiver.has_finished());
    check_eq!((kept(1).info.label(), kept(1).word(0)), (7, 1));
    PASSED
}

/// "Blocking: queue".
fn a_send_blocks_until_somebody_receives(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let sender = w.spawn(10, move || endpoint.send(Message::new(7, &[1, 2])))?;
    w.settle()?;
    check!(!sender.has_finished());
    let got = endpoint.nb_wait();
    check_eq!((got.info.label(), got.info.length(), got.word(1)), (7, 2, 2));
    w.settle()?;
    check!(sender.has_finished());
    PASSED
}

/// "When a receiver waits: highest-priority receiver dequeued, message transferred".
fn a_send_to_a_receiver_does_not_block(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let receiver = w.spawn(10, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    endpoint.send(Message::new(7, &[1, 2, 3, 4]));
    check!(!receiver.has_finished());
    w.settle()?;
    check_eq!(kept(1).words, [1, 2, 3, 4]);
    PASSED
}

/// Label, length, words and the badge of the capability that was used.
fn a_message_carries_label_badge_and_words(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 0xfeed_face_0000_0001)?;
    let label = (1 << 52) - 1;
    w.spawn(10, move || badged.send(Message::new(label, &[1, 2, 3])))?;
    w.settle()?;
    let got = endpoint.nb_wait();
    check_eq!(got.badge, 0xfeed_face_0000_0001);
    check_eq!(got.info, MessageInfo::new(label, 0, 3));
    check_eq!([got.word(0), got.word(1), got.word(2)], [1, 2, 3]);
    PASSED
}

/// The longest message, most of it through the IPC buffers.
fn a_message_of_120_words_arrives(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    w.spawn(10, move || {
        let words: [u64; 120] = core::array::from_fn(|index| 1000 + index as u64);
        endpoint.send(Message::new(7, &words));
    })?;
    w.settle()?;
    let got = endpoint.nb_wait();
    check_eq!(got.info.length(), 120);
    for index in 0..120 {
        check_eq!(got.word(index), 1000 + index as u64);
    }
    PASSED
}

/// "Blocking: queue with badge ...": the capability may go meanwhile.
fn the_badge_is_taken_when_the_sender_queues(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 9)?;
    w.spawn(10, move || badged.send(Message::new(7, &[])))?;
    w.settle()?;
    w.delete(badged)?;
    let got = endpoint.nb_wait();
    check_eq!((got.badge, got.info.label()), (9, 7));
    PASSED
}

/// "queue with badge, grant bits, is-call flag": a caller can still be answered.
fn the_grant_right_is_taken_when_the_sender_queues(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let copy = w.mint(endpoint, Rights::ALL, 9)?;
    let caller = w.spawn(10, move || keep(1, copy.call(Message::new(7, &[]))))?;
    w.settle()?;
    w.delete(copy)?;
    check_eq!(endpoint.nb_recv(reply).badge, 9);
    reply.send(Message::new(4, &[]));
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(kept(1).info.label(), 4);
    PASSED
}

/// "sender BlockedOnReply on that reply object".
fn a_call_waits_for_its_reply(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let caller = w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[1]))))?;
    w.settle()?;
    let got = endpoint.nb_recv(reply);
    check_eq!((got.info.label(), got.word(0)), (7, 1));
    w.settle()?;
    check!(!caller.has_finished());
    reply.send(Message::new(3, &[4]));
    w.settle()?;
    check!(caller.has_finished());
    PASSED
}

/// "the sender's cap had Grant or GrantReply": either alone will do.
fn a_call_with_grant_reply_is_answered(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    for right in [Rights::GRANT, Rights::GRANT_REPLY] {
        let copy = w.copy(endpoint, Rights::WRITE.or(right))?;
        let caller = w.spawn(10, move || keep(1, copy.call(Message::new(7, &[]))))?;
        w.settle()?;
        check_eq!(endpoint.nb_recv(reply).info.label(), 7);
        reply.send(Message::new(3, &[]));
        w.settle()?;
        check!(caller.has_finished());
    }
    PASSED
}

/// "Otherwise the sender becomes Inactive (message still delivered)."
fn a_call_without_grant_stops_the_caller(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let copy = w.copy(endpoint, Rights::WRITE)?;
    w.spawn(20, move || keep(1, endpoint.recv(reply)))?;
    w.settle()?;
    let caller = w.spawn(10, move || keep(2, copy.call(Message::new(7, &[]))))?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    caller.start(|| ())?;
    w.settle()?;
    check!(caller.has_finished());
    PASSED
}

/// The same for a caller that was queued: "needs reply object and Grant/GrantReply, else sender
/// Inactive".
fn a_queued_call_without_grant_stops_the_caller(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let copy = w.copy(endpoint, Rights::WRITE)?;
    let caller = w.spawn(10, move || keep(2, copy.call(Message::new(7, &[]))))?;
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    check_eq!(endpoint.nb_recv(reply).info.label(), 0);
    PASSED
}

/// "Call or fault: if the receiver has a reply object ... Otherwise the sender becomes Inactive":
/// a Wait has none.
fn a_call_to_a_waiter_without_reply_object_stops_the_caller(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    w.spawn(20, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    let caller = w.spawn(10, move || keep(2, endpoint.call(Message::new(7, &[]))))?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    check!(!caller.has_finished());
    caller.start(|| ())?;
    w.settle()?;
    check!(caller.has_finished());
    PASSED
}

/// "message transferred, its reply object unlinked": then the reply object holds nobody.
fn a_plain_send_releases_the_receivers_reply_object(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let receiver = w.spawn(20, move || {
        keep(1, endpoint.recv(reply));
        keep(2, endpoint.wait());
    })?;
    w.settle()?;
    endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    reply.send(Message::new(3, &[]));
    // Deleting a reply object that is still reserved would stop the receiver.
    w.delete(reply)?;
    endpoint.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(receiver.has_finished());
    check_eq!(kept(2).info.label(), 8);
    PASSED
}

/// "else sender -> Running": every queued sender goes on when its message is taken.
fn a_plain_sender_goes_on_when_received(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let first = w.spawn(10, move || endpoint.send(Message::new(7, &[])))?;
    let second = w.spawn(9, move || endpoint.send(Message::new(8, &[])))?;
    w.settle()?;
    check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    w.settle()?;
    check!(first.has_finished() && !second.has_finished());
    check_eq!(endpoint.nb_wait().info.label(), 8);
    w.settle()?;
    check!(second.has_finished());
    PASSED
}

/// "sending to a blocked receiver that has no SC succeeds (receiver becomes Running but cannot
/// run; the next send blocks)".
fn a_receiver_without_context_takes_one_message(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let receiver = w.spawn(20, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    receiver.context().unbind()?;
    let first = w.spawn(10, move || endpoint.send(Message::new(7, &[])))?;
    let second = w.spawn(9, move || endpoint.send(Message::new(8, &[])))?;
    w.settle()?;
    check!(first.has_finished());
    check!(!second.has_finished() && !receiver.has_finished());
    receiver.context().bind(receiver.thread())?;
    w.settle()?;
    check!(receiver.has_finished());
    check_eq!(kept(1).info.label(), 7);
    check_eq!(endpoint.nb_wait().info.label(), 8);
    PASSED
}

/// "unbinding or deleting the SC of a queued thread leaves it queued".
fn a_sender_without_context_stays_queued(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let sender = w.spawn(10, move || endpoint.send(Message::new(7, &[])))?;
    w.settle()?;
    sender.context().unbind()?;
    check_eq!(endpoint.nb_wait().info.label(), 7);
    w.settle()?;
    check!(!sender.has_finished());
    sender.context().bind(sender.thread())?;
    w.settle()?;
    check!(sender.has_finished());
    PASSED
}

/// "unbinding or deleting the SC of a queued thread leaves it queued".
fn a_sender_whose_context_is_deleted_stays_queued(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let sender = w.spawn(10, move || endpoint.send(Message::new(7, &[])))?;
    w.settle()?;
    w.delete(sender.context())?;
    check_eq!(endpoint.nb_wait().info.label(), 7);
    w.context(0)?.bind(sender.thread())?;
    w.settle()?;
    check!(sender.has_finished());
    PASSED
}

/// "unbinding ... the SC of a queued thread leaves it queued": receivers too.
fn a_receiver_without_context_stays_queued(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let receiver = w.spawn(20, move || keep(1, endpoint.wait()))?;
    w.settle()?;
    w.delete(receiver.context())?;
    endpoint.nb_send(Message::new(7, &[]));
    check_eq!(endpoint.nb_wait().info.label(), 0);
    w.context(0)?.bind(receiver.thread())?;
    w.settle()?;
    check!(receiver.has_finished());
    check_eq!(kept(1).info.label(), 7);
    PASSED
}
