//! objects §7, notifications: the bound thread.

use super::threads::{keep, kept};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_signal_ends_the_bound_threads_receive),
    test!(a_signal_ends_a_wait_on_an_endpoint),
    test!(a_signal_leaves_the_message_registers_alone),
    test!(a_signal_releases_the_reply_object),
    test!(an_interrupted_receiver_leaves_the_endpoint),
    test!(a_signal_does_not_reach_a_thread_that_runs),
    test!(a_signal_does_not_end_a_send),
    test!(a_signal_does_not_end_a_call),
    test!(the_bound_thread_may_wait),
    test!(a_signal_wakes_the_bound_waiter),
    test!(other_threads_may_not_wait_for_a_bound_notification),
    test!(other_threads_may_not_poll_a_bound_notification),
    test!(anybody_may_wait_after_unbinding),
    test!(signals_count_while_the_thread_is_suspended),
    test!(deleting_the_thread_unbinds_it),
    test!(unbinding_stops_the_interruptions),
];

/// A helper that receives on an endpoint with a bound notification, whose copy has badge 5.
struct Bound {
    helper: Helper,
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    bell: Cap<Notification>,
    five: Cap<Notification>,
}

impl Bound {
    /// The helper runs `act` and keeps what it answers; then it receives once more.
    fn new<F>(w: &mut World, act: F) -> Outcome<Self>
    where
        F: Fn(Cap<Endpoint>, Cap<Reply>) -> Received + Copy + Send + 'static,
    {
        let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
        let bell = w.create::<Notification>()?;
        let five = w.mint(bell, Rights::ALL, 5)?;
        let helper = w.spawn(10, move || {
            keep(1, act(endpoint, reply));
            keep(2, endpoint.recv(reply));
        })?;
        helper.thread().bind_notification(bell)?;
        w.settle()?;
        Ok(Self { helper, endpoint, reply, bell, five })
    }
}

/// "idle, bound TCB BlockedOnReceive on any EP: its receive is cancelled, it becomes Running
/// with x0=b".
fn a_signal_ends_the_bound_threads_receive(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, reply| endpoint.recv(reply))?;
    bound.five.signal();
    w.settle()?;
    check_eq!((kept(1).badge, kept(1).info), (5, MessageInfo(0)));
    check!(!bound.helper.has_finished());
    bound.five.signal();
    w.settle()?;
    check!(bound.helper.has_finished());
    PASSED
}

/// "BlockedOnReceive on any EP": without a reply object too.
fn a_signal_ends_a_wait_on_an_endpoint(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, _| endpoint.wait())?;
    bound.five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "it becomes Running with x0=b (x1.. untouched)".
fn a_signal_leaves_the_message_registers_alone(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, reply| {
        let (number, pointers) = (Syscall::Recv.number(), [endpoint.pointer(), reply.pointer()]);
        let x = [pointers[0], 11, 12, 13, 14, 15, pointers[1], number, 18];
        let after = RawRegisters { x }.svc().x;
        let [x0, x1, x2, x3, x4, x5, ..] = after;
        Received { badge: x0, info: MessageInfo(x1), words: [x2, x3, x4, x5] }
    })?;
    bound.five.signal();
    w.settle()?;
    check_eq!((kept(1).badge, kept(1).info.0), (5, 11));
    check_eq!(kept(1).words, [12, 13, 14, 15]);
    PASSED
}

/// "its receive is cancelled (reply object released)": another thread may use it.
fn a_signal_releases_the_reply_object(w: &mut World) -> Outcome {
    let block = w.create::<Notification>()?;
    let bound = Bound::new(w, move |endpoint, reply| {
        let got = endpoint.recv(reply);
        block.wait();
        got
    })?;
    bound.five.signal();
    w.settle()?;
    // Were it still reserved, this would stop the helper.
    let reply = bound.reply;
    let other = w.create::<Endpoint>()?;
    w.spawn(10, move || keep(3, other.recv(reply)))?;
    w.settle()?;
    block.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "its receive is cancelled": nobody receives any more.
fn an_interrupted_receiver_leaves_the_endpoint(w: &mut World) -> Outcome {
    let block = w.create::<Notification>()?;
    let bound = Bound::new(w, move |endpoint, reply| {
        let got = endpoint.recv(reply);
        block.wait();
        got
    })?;
    bound.five.signal();
    bound.endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    block.signal();
    w.settle()?;
    check_eq!((kept(1).badge, kept(1).info.label()), (5, 0));
    check!(!bound.helper.has_finished());
    PASSED
}

/// "bound TCB in any other state: word=b, active": it runs, that is waits elsewhere.
fn a_signal_does_not_reach_a_thread_that_runs(w: &mut World) -> Outcome {
    let block = w.create::<Notification>()?;
    let bound = Bound::new(w, move |endpoint, reply| {
        block.wait();
        endpoint.recv(reply)
    })?;
    bound.five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 0);
    block.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "bound TCB in any other state": blocked on a send.
fn a_signal_does_not_end_a_send(w: &mut World) -> Outcome {
    let other = w.create::<Endpoint>()?;
    let bound = Bound::new(w, move |endpoint, reply| {
        other.send(Message::new(8, &[]));
        endpoint.recv(reply)
    })?;
    bound.five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 0);
    check_eq!(other.nb_wait().info.label(), 8);
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "bound TCB in any other state (incl. BlockedOnReply): word=b, active".
fn a_signal_does_not_end_a_call(w: &mut World) -> Outcome {
    let (other, answer) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let bound = Bound::new(w, move |endpoint, reply| {
        let got = other.call(Message::new(8, &[]));
        keep(3, endpoint.recv(reply));
        got
    })?;
    check_eq!(other.nb_recv(answer).info.label(), 8);
    bound.five.signal();
    w.settle()?;
    check_eq!(kept(3).badge, 0);
    answer.send(Message::new(9, &[]));
    w.settle()?;
    check_eq!((kept(1).info.label(), kept(3).badge), (9, 5));
    PASSED
}

/// "If a different TCB is bound to the ntfn: CapFault": not if it is the same.
fn the_bound_thread_may_wait(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let five = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || {
        keep(1, syscall::nb_wait(bell.pointer()));
        keep(2, syscall::wait(bell.pointer()));
    })?;
    helper.thread().bind_notification(bell)?;
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    five.signal();
    w.settle()?;
    check_eq!(kept(2).badge, 5);
    PASSED
}

/// "Waiting: first waiter Running with x0=b": the bound thread as the waiter.
fn a_signal_wakes_the_bound_waiter(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let five = w.mint(bell, Rights::ALL, 5)?;
    let helper = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    helper.thread().bind_notification(bell)?;
    w.settle()?;
    check!(!helper.has_finished());
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "If a different TCB is bound to the ntfn: CapFault."
fn refuses_others(w: &mut World, wait: fn(u64) -> Received) -> Outcome {
    let (handler, bell) = (w.create::<Endpoint>()?, w.create::<Notification>()?);
    let owner = w.thread()?;
    owner.bind_notification(bell)?;
    bell.signal();
    w.spawn_with(w.handled(10, handler), move || keep(1, wait(bell.pointer())))?;
    w.settle()?;
    let failure = LookupFailure::MissingCapability { bits_left: 0 };
    let fault = Fault::Cap { address: bell.pointer(), receiving: true, failure };
    check_eq!(handler.nb_wait().fault(), Some(fault));
    PASSED
}

/// See `refuses_others`.
fn other_threads_may_not_wait_for_a_bound_notification(w: &mut World) -> Outcome {
    refuses_others(w, syscall::wait)
}

/// See `refuses_others`.
fn other_threads_may_not_poll_a_bound_notification(w: &mut World) -> Outcome {
    refuses_others(w, syscall::nb_wait)
}

/// The binding alone keeps others away.
fn anybody_may_wait_after_unbinding(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let five = w.mint(bell, Rights::ALL, 5)?;
    let owner = w.thread()?;
    owner.bind_notification(bell)?;
    owner.unbind_notification()?;
    five.signal();
    check_eq!(bell.poll(), 5);
    PASSED
}

/// "bound TCB in any other state: word=b, active": Inactive.
fn signals_count_while_the_thread_is_suspended(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, reply| endpoint.recv(reply))?;
    bound.helper.thread().suspend()?;
    bound.five.signal();
    bound.helper.thread().resume()?;
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// §4: final deletion of a TCB: "unbind ntfn".
fn deleting_the_thread_unbinds_it(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, reply| endpoint.recv(reply))?;
    w.delete(bound.helper.thread())?;
    bound.five.signal();
    check_eq!(bound.bell.poll(), 5);
    PASSED
}

/// UnbindNotification (§5): then signals do not end receives.
fn unbinding_stops_the_interruptions(w: &mut World) -> Outcome {
    let bound = Bound::new(w, |endpoint, reply| endpoint.recv(reply))?;
    bound.helper.thread().unbind_notification()?;
    bound.five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 0);
    check_eq!(bound.bell.poll(), 5);
    bound.endpoint.nb_send(Message::new(7, &[]));
    w.settle()?;
    check_eq!(kept(1).info.label(), 7);
    PASSED
}
