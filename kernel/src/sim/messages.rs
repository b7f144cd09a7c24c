//! Endpoints, notifications, reply objects and call stacks. (objects.md §6, §7, §8)

use std::vec;

use abi::bootinfo::slot;
use abi::buffer::{RECEIVE_CNODE, RECEIVE_DEPTH, RECEIVE_INDEX};
use abi::{Error, Invocation, ObjectType, Syscall};

use super::System;
use super::calls::Answer;
use super::world::{DEPTH, Helper};
use crate::cap::Cap;
use crate::thread::State;

const OK: Answer = Ok(vec::Vec::new());

/// A system with an endpoint.
fn with_endpoint() -> (System, u64) {
    let mut system = System::new();
    let endpoint = system.make(ObjectType::Endpoint, 0);
    (system, endpoint)
}

/// A thread without scheduling context that waits on an endpoint with a reply object.
pub(super) fn passive_server(system: &mut System, endpoint: u64) -> (Helper, u64) {
    let server = system.helper(255);
    let reply = system.make(ObjectType::Reply, 0);
    system.start(&server, 0x40_1000);
    system.switch_to(server.thread);
    system.receive_by(Syscall::Recv, endpoint, reply);
    let unbound = system.invoke(server.context, Invocation::SchedContextUnbind, &[], &[]);
    assert_eq!(unbound, OK);
    assert_eq!(system[server.thread].sched_context, None);
    (server, reply)
}

/// The running thread calls; returns who runs then.
fn call(
    system: &mut System,
    endpoint: u64,
    words: &[u64],
) -> crate::mem::Obj<crate::thread::Thread> {
    system.call(endpoint, 5, words, &[]);
    system.running()
}

#[test]
fn a_call_lends_its_time_to_a_passive_server() {
    let (mut system, endpoint) = with_endpoint();
    let (server, reply) = passive_server(&mut system, endpoint);
    let root = system.root();
    let context = system[root].sched_context;
    let badged = system.mint(endpoint, 15, 9);
    assert_eq!(call(&mut system, badged, &[1, 2, 3, 4, 5, 6]), server.thread);
    assert_eq!(system[server.thread].sched_context, context);
    assert_eq!(system[root].sched_context, None);
    let received = system.received(server.thread);
    assert_eq!((received.badge, received.label), (9, 5));
    assert_eq!(received.words, [1, 2, 3, 4, 5, 6]);
    // The answer gives it back, and the receive that follows still happens.
    system.compose(3, &[8, 7], &[]);
    system.receive_by(Syscall::ReplyRecv, endpoint, reply);
    assert_eq!(system.running(), root);
    assert_eq!(system[root].sched_context, context);
    assert!(matches!(system.state(server.thread), State::Receiving { .. }));
    let answer = system.received(root);
    assert_eq!((answer.badge, answer.label, answer.words), (0, 3, vec![8, 7]));
}

#[test]
fn a_stack_of_calls_unwinds_from_the_top() {
    let (mut system, first) = with_endpoint();
    let second = system.make(ObjectType::Endpoint, 0);
    let (a, reply_a) = passive_server(&mut system, first);
    let (b, reply_b) = passive_server(&mut system, second);
    let root = system.root();
    let context = system[root].sched_context;
    assert_eq!(call(&mut system, first, &[]), a.thread);
    assert_eq!(call(&mut system, second, &[]), b.thread);
    assert_eq!(system[b.thread].sched_context, context);
    system.receive_by(Syscall::ReplyRecv, second, reply_b);
    assert_eq!(system.running(), a.thread);
    assert_eq!(system[a.thread].sched_context, context);
    system.receive_by(Syscall::ReplyRecv, first, reply_a);
    assert_eq!((system.running(), system[root].sched_context), (root, context));
}

#[test]
fn a_reply_in_the_middle_cuts_the_stack() {
    let (mut system, first) = with_endpoint();
    let second = system.make(ObjectType::Endpoint, 0);
    let (a, reply_a) = passive_server(&mut system, first);
    let (b, reply_b) = passive_server(&mut system, second);
    let other = system.ready_helper();
    let root = system.root();
    let context = system[root].sched_context;
    call(&mut system, first, &[]);
    assert_eq!(call(&mut system, second, &[]), b.thread);
    system.switch_to(other.thread);
    system.send(Syscall::Send, reply_a, &[]);
    // The root task is answered but its context is further up.
    assert_eq!((system.state(root), system[root].sched_context), (State::Running, None));
    assert_eq!(system[b.thread].sched_context, context);
    system.switch_to(b.thread);
    system.receive_by(Syscall::ReplyRecv, second, reply_b);
    assert_eq!(system[a.thread].sched_context, context, "it ends at the cut");
    assert_eq!(system[root].sched_context, None);
}

#[test]
fn a_deleted_reply_object_gives_the_context_back_to_an_inactive_caller() {
    let (mut system, endpoint) = with_endpoint();
    let (server, reply) = passive_server(&mut system, endpoint);
    let (client, other) = (system.ready_helper(), system.ready_helper());
    system.switch_to(client.thread);
    assert_eq!(call(&mut system, endpoint, &[]), server.thread);
    system.switch_to(other.thread);
    assert_eq!(system.delete_slot(reply), OK);
    assert_eq!(system.state(client.thread), State::Inactive);
    assert_eq!(system[client.thread].sched_context, Some(system.context_at(client.context)));
    assert_eq!(system[server.thread].sched_context, None);
}

#[test]
fn a_suspended_caller_leaves_its_context_where_it_is() {
    let (mut system, endpoint) = with_endpoint();
    let (server, reply) = passive_server(&mut system, endpoint);
    let (client, other) = (system.ready_helper(), system.ready_helper());
    system.switch_to(client.thread);
    call(&mut system, endpoint, &[]);
    system.switch_to(other.thread);
    assert_eq!(system.invoke(client.tcb, Invocation::ThreadSuspend, &[], &[]), OK);
    assert_eq!(system.state(client.thread), State::Inactive);
    assert_eq!(system[server.thread].sched_context, Some(system.context_at(client.context)));
    system.switch_to(server.thread);
    // An idle reply object: nothing happens, also as a call.
    assert_eq!(system.invoke(reply, Invocation::UntypedRetype, &[], &[]), OK);
}

#[test]
fn a_receive_with_a_reply_object_in_use_cancels_the_other() {
    let (mut system, endpoint) = with_endpoint();
    let reply = system.make(ObjectType::Reply, 0);
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.receive_by(Syscall::Recv, endpoint, reply);
    assert!(matches!(system.state(helper.thread), State::Receiving { .. }));
    system.receive_by(Syscall::NBRecv, endpoint, reply);
    assert_eq!(system.state(helper.thread), State::Inactive);
    assert_eq!(system.received(system.root()).badge, 0);
}

#[test]
fn deleting_a_reply_object_ends_the_receive_that_reserved_it() {
    let (mut system, endpoint) = with_endpoint();
    let reply = system.make(ObjectType::Reply, 0);
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.receive_by(Syscall::Recv, endpoint, reply);
    assert_eq!(system.delete_slot(reply), OK);
    assert_eq!(system.state(helper.thread), State::Inactive);
}

#[test]
fn rights_decide_what_a_call_becomes() {
    // Write alone: the message arrives, the caller stops.
    let (mut system, endpoint) = with_endpoint();
    let (server, _) = passive_server(&mut system, endpoint);
    let client = system.ready_helper();
    let write_only = system.copy(endpoint, 1);
    system.switch_to(client.thread);
    system.call(write_only, 5, &[6], &[]);
    assert_eq!(system.state(client.thread), State::Inactive);
    assert_eq!(system.state(server.thread), State::Running);
    assert_eq!(system.received(server.thread).words, [6]);
    assert_eq!(system[server.thread].sched_context, None, "nothing is lent without a way back");
}

#[test]
fn capabilities_without_write_or_read_are_refused() {
    let (mut system, endpoint) = with_endpoint();
    let read_only = system.copy(endpoint, 2);
    let answer = system.invoke(read_only, Invocation::UntypedRetype, &[], &[]);
    assert_eq!(answer, Err(Error::InvalidCapability(0)));
    let notification = system.make(ObjectType::Notification, 0);
    let read_only = system.copy(notification, 2);
    let answer = system.invoke(read_only, Invocation::UntypedRetype, &[], &[]);
    assert_eq!(answer, Err(Error::InvalidCapability(0)));
    let empty = system.free_slot();
    let answer = system.invoke(empty, Invocation::UntypedRetype, &[], &[]);
    assert_eq!(answer, Err(Error::InvalidCapability(0)));
}

#[test]
fn a_non_blocking_send_gives_its_time_away_for_good() {
    let (mut system, endpoint) = with_endpoint();
    let (server, _) = passive_server(&mut system, endpoint);
    let client = system.ready_helper();
    let other = system.make(ObjectType::Notification, 0);
    system.switch_to(client.thread);
    let context = system[client.thread].sched_context;
    system.compose(0, &[3], &[]);
    system.set_x(0, other);
    system.set_x(6, endpoint);
    system.system_call(Syscall::NBSendWait.number());
    assert_eq!(system[server.thread].sched_context, context);
    assert!(matches!(system.state(client.thread), State::Waiting { .. }));
    assert_eq!(system[context.expect("a context")].reply, None);
}

#[test]
fn one_capability_is_moved_and_those_of_the_endpoint_are_unwrapped() {
    let (mut system, endpoint) = with_endpoint();
    let badged = system.mint(endpoint, 15, 33);
    let thing = system.make(ObjectType::Notification, 0);
    let helper = system.ready_helper();
    let to = system.free_slot();
    system.switch_to(helper.thread);
    let buffer = system.ipc_buffer(helper.thread, true).expect("a buffer");
    for (at, word) in [(RECEIVE_CNODE, slot::CNODE), (RECEIVE_INDEX, to), (RECEIVE_DEPTH, DEPTH)] {
        system.set_buffer_word(buffer, at, word);
    }
    system.receive_by(Syscall::Wait, endpoint, 0);
    system.compose(1, &[4], &[badged, thing, thing]);
    system.set_x(0, endpoint);
    system.system_call(Syscall::Send.number());
    let received = system.received(helper.thread);
    assert_eq!((received.caps, received.unwrapped), (2, 1));
    assert_eq!(system.buffer_word(buffer, abi::buffer::CAPS_OR_BADGES), 33);
    assert_eq!(system.cap(to), system.cap(thing));
}

#[test]
fn without_grant_no_capability_moves() {
    let (mut system, endpoint) = with_endpoint();
    let thing = system.make(ObjectType::Notification, 0);
    let no_grant = system.copy(endpoint, 3);
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.receive_by(Syscall::Wait, endpoint, 0);
    system.compose(1, &[4], &[thing]);
    system.set_x(0, no_grant);
    system.system_call(Syscall::Send.number());
    assert_eq!(system.received(helper.thread).caps, 0);
}

#[test]
fn waiters_are_served_by_priority_and_then_in_order() {
    let (mut system, endpoint) = with_endpoint();
    let helpers: vec::Vec<_> = (0..4).map(|_| system.ready_helper()).collect();
    for (badge, helper) in (1..).zip(&helpers) {
        let badged = system.mint(endpoint, 15, badge);
        system.switch_to(helper.thread);
        system.send(Syscall::Send, badged, &[]);
        assert!(matches!(system.state(helper.thread), State::Sending { .. }));
        system.switch_to(system.root());
    }
    // Lowered, raised again: behind its equals; lowered: last.
    let set = |system: &mut System, tcb, priority| {
        let label = Invocation::ThreadSetPriority;
        assert_eq!(system.invoke(tcb, label, &[priority], &[slot::THREAD]), OK);
    };
    set(&mut system, helpers[0].tcb, 100);
    set(&mut system, helpers[1].tcb, 100);
    set(&mut system, helpers[0].tcb, 255);
    let mut order = vec::Vec::new();
    for _ in 0..4 {
        let root = system.root();
        system.switch_to(root);
        system.receive_by(Syscall::NBWait, endpoint, 0);
        order.push(system.received(root).badge);
    }
    assert_eq!(order, [3, 4, 1, 2]);
}

#[test]
fn cancelled_senders_send_again() {
    let (mut system, endpoint) = with_endpoint();
    let badged = [system.mint(endpoint, 15, 1), system.mint(endpoint, 15, 2)];
    let helpers: vec::Vec<_> = (0..6).map(|_| system.ready_helper()).collect();
    for (index, helper) in helpers.iter().enumerate() {
        system.switch_to(helper.thread);
        system.send(Syscall::Send, badged[index % 2], &[]);
        system.switch_to(system.root());
    }
    system.pressure = true;
    let label = Invocation::CNodeCancelBadgedSends;
    assert_eq!(system.invoke(slot::CNODE, label, &[badged[0], DEPTH], &[]), OK);
    for (index, helper) in helpers.iter().enumerate() {
        let restarted = system.state(helper.thread) == State::Restart;
        assert_eq!(restarted, index % 2 == 0, "{index}");
    }
    assert_eq!(system.invoke(slot::CNODE, label, &[endpoint, DEPTH], &[]), OK, "badge 0: nothing");
    let weak = system.copy(badged[1], 7);
    let refused = system.invoke(slot::CNODE, label, &[weak, DEPTH], &[]);
    assert_eq!(refused, Err(Error::IllegalOperation));
}

#[test]
fn deleting_an_endpoint_lets_waiters_repeat_their_calls() {
    let (mut system, endpoint) = with_endpoint();
    let helpers: vec::Vec<_> = (0..3).map(|_| system.ready_helper()).collect();
    for helper in &helpers {
        system.switch_to(helper.thread);
        system.send(Syscall::Send, endpoint, &[]);
        system.switch_to(system.root());
    }
    system.pressure = true;
    assert_eq!(system.delete_slot(endpoint), OK);
    assert_eq!(system.cap(endpoint), Cap::Null);
    for helper in &helpers {
        assert_eq!(system.state(helper.thread), State::Restart);
        assert_eq!(system.registers(helper.thread).restart_pc, 0x40_0000);
    }
}

#[test]
fn deleting_a_notification_frees_all_that_it_is_bound_to() {
    let mut system = System::new();
    let notification = system.make(ObjectType::Notification, 0);
    let (bound, waiter) = (system.helper(255), system.ready_helper());
    let context = system.make(ObjectType::SchedContext, 8);
    system.switch_to(waiter.thread);
    system.receive_by(Syscall::Wait, notification, 0);
    let answer = system.invoke(context, Invocation::SchedContextBind, &[], &[notification]);
    assert_eq!(answer, OK);
    // A notification with waiters cannot be bound.
    let label = Invocation::ThreadBindNotification;
    let refused = system.invoke(bound.tcb, label, &[], &[notification]);
    assert_eq!(refused, Err(Error::IllegalOperation));
    system.pressure = true;
    assert_eq!(system.delete_slot(notification), OK);
    assert_eq!(system.state(waiter.thread), State::Restart);
    let context = system.context_at(context);
    assert_eq!(system[context].notification, None);
}

#[test]
fn a_bound_notification_interrupts_a_receive() {
    let (mut system, endpoint) = with_endpoint();
    let notification = system.make(ObjectType::Notification, 0);
    let badged = system.mint(notification, 15, 6);
    let helper = system.ready_helper();
    let label = Invocation::ThreadBindNotification;
    assert_eq!(system.invoke(helper.tcb, label, &[], &[notification]), OK);
    let again = system.invoke(helper.tcb, label, &[], &[notification]);
    assert_eq!(again, Err(Error::IllegalOperation));
    system.switch_to(helper.thread);
    system.set_x(1, 0x1111);
    system.receive_by(Syscall::Wait, endpoint, 0);
    system.send(Syscall::Send, badged, &[]);
    assert_eq!(system.state(helper.thread), State::Running);
    let registers = system.registers(helper.thread);
    assert_eq!((registers.x[0], registers.x[1]), (6, 0x1111));
    // Active before the receive: taken first.
    system.send(Syscall::Send, badged, &[]);
    system.switch_to(helper.thread);
    system.set_x(0, 0);
    system.receive_by(Syscall::Wait, endpoint, 0);
    assert_eq!(system.registers(helper.thread).x[0], 6);
    assert_eq!(system.state(helper.thread), State::Running);
    // Nobody else may wait for it.
    system.switch_to(system.root());
    let unbind = Invocation::ThreadUnbindNotification;
    assert_eq!(system.invoke(helper.tcb, unbind, &[], &[]), OK);
    let again = system.invoke(helper.tcb, unbind, &[], &[]);
    assert_eq!(again, Err(Error::IllegalOperation));
}

#[test]
fn signals_add_up_until_somebody_takes_them() {
    let mut system = System::new();
    let notification = system.make(ObjectType::Notification, 0);
    let badged = [1, 4].map(|badge| system.mint(notification, 15, badge));
    for cptr in badged {
        system.send(Syscall::Send, cptr, &[]);
    }
    system.receive_by(Syscall::NBWait, notification, 0);
    assert_eq!(system.registers(system.root()).x[0], 5);
    system.receive_by(Syscall::NBWait, notification, 0);
    assert_eq!(system.registers(system.root()).x[0], 0);
}

#[test]
fn a_notification_lends_its_context_and_takes_it_back() {
    let mut system = System::new();
    let notification = system.make(ObjectType::Notification, 0);
    let helper = system.ready_helper();
    let bound = system.invoke(helper.context, Invocation::SchedContextBind, &[], &[notification]);
    assert_eq!(bound, OK);
    let context = system.context_at(helper.context);
    system.switch_to(helper.thread);
    system.receive_by(Syscall::Wait, notification, 0);
    assert_eq!(system[helper.thread].sched_context, None, "returned while it waits");
    system.send(Syscall::Send, notification, &[]);
    assert_eq!(system[helper.thread].sched_context, Some(context));
    system.switch_to(helper.thread);
    assert_eq!(system.registers(helper.thread).x[0], 0);
}
