//! objects §8: reply objects.

use super::threads::{UNKNOWN, keep, kept, unknown_syscall};
use crate::framework::prelude::*;
use abi::registers::Register;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_reply_carries_label_and_words),
    test!(a_reply_of_120_words_arrives),
    test!(a_reply_is_delivered_once),
    test!(a_reply_without_caller_does_nothing),
    test!(a_call_of_a_reply_object_replies_and_returns),
    test!(a_non_blocking_send_replies),
    test!(reply_recv_replies),
    test!(the_first_phase_of_nb_send_recv_replies),
    test!(the_first_phase_of_nb_send_wait_replies),
    test!(replying_needs_no_rights),
    test!(a_reply_with_grant_carries_a_capability),
    test!(a_reply_without_grant_carries_no_capability),
    test!(copies_refer_to_the_same_object),
    test!(a_reply_object_serves_again),
    test!(a_server_answers_in_any_order),
    test!(deleting_a_copy_changes_nothing),
    test!(deleting_the_object_stops_the_caller),
    test!(deleting_the_object_stops_the_receiver),
    test!(a_suspended_caller_is_not_answered),
    test!(a_deleted_caller_is_not_answered),
    test!(a_fault_reply_lets_the_thread_go_on),
    test!(a_fault_reply_sets_registers),
    test!(a_fault_reply_with_a_label_stops_the_thread),
];

/// A caller that waits for the answer through a reply object, and keeps it at 1.
struct Caller {
    helper: Helper,
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
}

impl Caller {
    fn new(w: &mut World) -> Outcome<Self> {
        let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
        let helper = w.spawn(10, move || keep(1, endpoint.call(Message::new(7, &[1]))))?;
        w.settle()?;
        check_eq!(endpoint.nb_recv(reply).info.label(), 7);
        Ok(Self { helper, endpoint, reply })
    }

    /// The label of the answer, if there was one.
    fn answer(&self, w: &mut World) -> Outcome<Option<u64>> {
        w.settle()?;
        Ok(self.helper.has_finished().then(|| kept(1).info.label()))
    }
}

/// "normal call: message transfer ...; badge delivered = 0; state Running".
fn a_reply_carries_label_and_words(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    caller.reply.send(Message::new(0xf_ffff_ffff_ffff, &[5, 6, 7]));
    w.settle()?;
    check!(caller.helper.has_finished());
    check_eq!((kept(1).badge, kept(1).info), (0, MessageInfo::new(0xf_ffff_ffff_ffff, 0, 3)));
    check_eq!([kept(1).word(0), kept(1).word(1), kept(1).word(2)], [5, 6, 7]);
    PASSED
}

/// "message transfer": the longest.
fn a_reply_of_120_words_arrives(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let caller = w.spawn(10, move || {
        let got = endpoint.call(Message::EMPTY);
        let right = (0..120).filter(|index| got.word(*index) == 1000 + *index as u64);
        Board::shared().set(1, right.count() as u64);
    })?;
    w.settle()?;
    endpoint.nb_recv(reply);
    let words: [u64; 120] = core::array::from_fn(|index| 1000 + index as u64);
    reply.send(Message::new(0, &words));
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(w.board().get(1), 120);
    PASSED
}

/// "Otherwise the caller is released": after that the object holds nobody.
fn a_reply_is_delivered_once(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    caller.reply.send(Message::new(3, &[]));
    caller.reply.send(Message::new(4, &[]));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// "not holding a caller -> silent no-op (also as Call: returns empty success)".
fn a_reply_without_caller_does_nothing(w: &mut World) -> Outcome {
    let reply = w.create::<Reply>()?;
    reply.send(Message::new(3, &[1]));
    syscall::nb_send(reply.pointer(), Message::new(3, &[1]));
    let answer = syscall::call(reply.pointer(), Message::new(3, &[1]));
    check_eq!((answer.badge, answer.info), (0, MessageInfo(0)));
    PASSED
}

/// A Call on a reply capability replies as well.
fn a_call_of_a_reply_object_replies_and_returns(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let answer = syscall::call(caller.reply.pointer(), Message::new(3, &[1]));
    check_eq!((answer.badge, answer.info), (0, MessageInfo(0)));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// "Sending on a reply cap (Send/NBSend/first phase, any label; no rights needed)": NBSend.
fn a_non_blocking_send_replies(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    syscall::nb_send(caller.reply.pointer(), Message::new(3, &[1]));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// First phase of ReplyRecv.
fn reply_recv_replies(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let (endpoint, reply) = (caller.endpoint, caller.reply);
    w.spawn(5, move || endpoint.send(Message::new(8, &[])))?;
    w.settle()?;
    check_eq!(endpoint.reply_recv(reply, Message::new(3, &[1])).info.label(), 8);
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// First phase of NBSendRecv; the reply object is another than that of the receive.
fn the_first_phase_of_nb_send_recv_replies(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let (endpoint, other) = (caller.endpoint, w.create::<Reply>()?);
    w.spawn(5, move || endpoint.send(Message::new(8, &[])))?;
    w.settle()?;
    let (source, destination) = (endpoint.pointer(), caller.reply.pointer());
    let message = Message::new(3, &[1]);
    let got = syscall::nb_send_recv(destination, message, source, other.pointer());
    check_eq!(got.info.label(), 8);
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// First phase of NBSendWait.
fn the_first_phase_of_nb_send_wait_replies(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let bell = w.create::<Notification>()?;
    bell.signal();
    let message = Message::new(3, &[1]);
    syscall::nb_send_wait(caller.reply.pointer(), message, bell.pointer());
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// "no rights needed".
fn replying_needs_no_rights(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let copy = w.copy(caller.reply, Rights::NONE)?;
    copy.send(Message::new(3, &[]));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// Sends an answer with one capability to a caller with a receive slot. Answers the information
/// word that arrived and whether the slot was filled.
fn answer_with_capability(w: &mut World, rights: Rights) -> Outcome<(MessageInfo, bool)> {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let (gift, slot) = (w.create::<Notification>()?, w.slot::<Notification>()?);
    let path = w.path(slot);
    w.spawn(10, move || {
        ipc_buffer::set_receive_path(path);
        keep(1, endpoint.call(Message::EMPTY));
    })?;
    w.settle()?;
    let answering = w.copy(reply, rights)?;
    endpoint.nb_recv(reply);
    answering.send(Message::new(3, &[1]).with_caps(&[gift.pointer()]));
    w.settle()?;
    Ok((kept(1).info, !w.is_empty(slot)))
}

/// "caps only if the reply cap has Grant".
fn a_reply_with_grant_carries_a_capability(w: &mut World) -> Outcome {
    let arrived = answer_with_capability(w, Rights::GRANT)?;
    check_eq!(arrived, (MessageInfo::new(3, 1, 1), true));
    PASSED
}

/// "caps only if the reply cap has Grant": the words come anyway.
fn a_reply_without_grant_carries_no_capability(w: &mut World) -> Outcome {
    let arrived = answer_with_capability(w, Rights::READ_WRITE)?;
    check_eq!(arrived, (MessageInfo::new(3, 0, 1), false));
    PASSED
}

/// "Reply caps can be copied freely; copies refer to the same object."
fn copies_refer_to_the_same_object(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let copy = w.copy(caller.reply, Rights::ALL)?;
    copy.send(Message::new(3, &[]));
    caller.reply.send(Message::new(4, &[]));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// A reply object that was used is idle and can be used again.
fn a_reply_object_serves_again(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let (endpoint, reply) = (caller.endpoint, caller.reply);
    for label in 1..10 {
        reply.send(Message::new(label, &[]));
        check_eq!(caller.answer(w)?, Some(label));
        caller.helper.start(move || keep(1, endpoint.call(Message::new(7, &[]))))?;
        w.settle()?;
        check_eq!(endpoint.nb_recv(reply).info.label(), 7);
    }
    PASSED
}

/// Each reply object holds a caller of its own.
fn a_server_answers_in_any_order(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let replies = [w.create::<Reply>()?, w.create::<Reply>()?, w.create::<Reply>()?];
    let mut callers = [const { None }; 3];
    for (place, caller) in (1..).zip(&mut callers) {
        let number = place as u64;
        let call = move || keep(place, endpoint.call(Message::new(0, &[number])));
        *caller = Some(w.spawn(10, call)?);
        w.settle()?;
    }
    for (number, reply) in (1..).zip(replies) {
        check_eq!(endpoint.nb_recv(reply).word(0), number);
    }
    for index in [1, 2, 0] {
        replies[index].send(Message::new(0, &[100 + index as u64]));
        w.settle()?;
        check!(callers[index].as_ref().is_some_and(Helper::has_finished));
        check_eq!(kept(index + 1).word(0), 100 + index as u64);
    }
    PASSED
}

/// §4: only the final deletion destroys.
fn deleting_a_copy_changes_nothing(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    let copy = w.copy(caller.reply, Rights::ALL)?;
    w.delete(caller.reply)?;
    copy.send(Message::new(3, &[]));
    check_eq!(caller.answer(w)?, Some(3));
    PASSED
}

/// §4: "caller waiting on it: becomes Inactive".
fn deleting_the_object_stops_the_caller(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    w.delete(caller.reply)?;
    check_eq!(caller.answer(w)?, None);
    caller.helper.thread().resume()?;
    w.settle()?;
    check_eq!(caller.endpoint.nb_wait().info.label(), 7);
    PASSED
}

/// §4: "A receiver waiting with it: receive cancelled, Inactive."
fn deleting_the_object_stops_the_receiver(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let receiver = w.spawn(10, move || keep(1, endpoint.recv(reply)))?;
    w.settle()?;
    w.delete(reply)?;
    endpoint.nb_send(Message::new(8, &[]));
    w.settle()?;
    check!(!receiver.has_finished());
    check_eq!(kept(1).info, MessageInfo(0));
    PASSED
}

/// "Suspending/deleting/resuming the caller removes it from its reply object".
fn a_suspended_caller_is_not_answered(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    caller.helper.thread().suspend()?;
    caller.reply.send(Message::new(3, &[]));
    check_eq!(caller.answer(w)?, None);
    caller.helper.thread().resume()?;
    w.settle()?;
    check_eq!(caller.endpoint.nb_recv(caller.reply).info.label(), 7);
    caller.reply.send(Message::new(4, &[]));
    check_eq!(caller.answer(w)?, Some(4));
    PASSED
}

/// "Suspending/deleting/resuming the caller removes it from its reply object".
fn a_deleted_caller_is_not_answered(w: &mut World) -> Outcome {
    let caller = Caller::new(w)?;
    w.delete(caller.helper.thread())?;
    caller.reply.send(Message::new(3, &[]));
    check_eq!(caller.answer(w)?, None);
    PASSED
}

/// A helper with an UnknownSyscall fault, whose handler's reply object is answered with. Its
/// registers after the fault go to the words 16 to 24 of the board.
fn faulted(w: &mut World) -> Outcome<(Helper, Cap<Reply>, u64)> {
    let (handler, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let helper = w.spawn_with(w.handled(10, handler), || {
        for (index, word) in (16..).zip(unknown_syscall().x) {
            Board::shared().set(index, word);
        }
    })?;
    w.settle()?;
    let got = handler.nb_recv(reply);
    check_eq!(got.fault(), Some(Fault::UnknownSyscall { number: UNKNOWN }));
    let address = got.fault_address().unwrap_or(0);
    Ok((helper, reply, address))
}

/// "Fault: registers updated per abi §8.4, fault cleared, state Restart": behind the `svc`.
fn a_fault_reply_lets_the_thread_go_on(w: &mut World) -> Outcome {
    let (helper, reply, address) = faulted(w)?;
    let words = [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, address + 4];
    reply.send(Message::new(0, &words));
    w.settle()?;
    check!(helper.has_finished());
    for (index, word) in words[..8].iter().enumerate() {
        check_eq!(w.board().get(16 + index), *word);
    }
    check_eq!(w.board().get(24), 0x18);
    PASSED
}

/// "registers updated": those of a short reply only. It faults again at the same place.
fn a_fault_reply_sets_registers(w: &mut World) -> Outcome {
    let (helper, reply, address) = faulted(w)?;
    reply.send(Message::new(0, &[0x20, 0x21]));
    w.settle()?;
    check!(!helper.has_finished());
    let registers = helper.thread().read_registers(false, 36)?;
    check_eq!(registers.register(Register::Pc), address);
    let first = [0, 1, 2].map(|number| registers.register(Register::X(number)));
    check_eq!(first, [0x20, 0x21, 0x12]);
    PASSED
}

/// "state Restart or Inactive": abi §8.4: "label != 0 = thread becomes Inactive".
fn a_fault_reply_with_a_label_stops_the_thread(w: &mut World) -> Outcome {
    let (helper, reply, address) = faulted(w)?;
    let words = [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, address + 4];
    reply.send(Message::new(1, &words));
    w.settle()?;
    check!(!helper.has_finished());
    helper.thread().resume()?;
    w.settle()?;
    check!(helper.has_finished());
    check_eq!(w.board().get(16), 0x20);
    PASSED
}
