//! objects §8: call stacks, the way back of a lent scheduling context.

use super::threads::{keep, kept, note, order};
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_reply_returns_the_context),
    test!(a_replier_without_context_stops),
    test!(a_replier_with_a_context_goes_on),
    test!(reply_recv_still_receives),
    test!(nested_calls_return_one_by_one),
    test!(a_long_chain_returns),
    test!(a_reply_in_the_middle_cuts_the_chain),
    test!(callers_below_a_cut_get_no_context),
    test!(a_caller_with_a_new_context_gets_no_other),
    test!(a_suspended_caller_loses_its_context),
    test!(a_forgotten_reply_object_belongs_to_its_next_caller),
    test!(a_resumed_caller_loses_its_context),
    test!(a_deleted_caller_leaves_its_context),
    test!(deleting_the_reply_object_returns_the_context),
    test!(a_stopped_link_in_the_middle_keeps_the_context_above),
    test!(unbinding_the_context_forgets_the_way_back),
    test!(deleting_the_context_forgets_the_way_back),
    test!(deleting_the_server_leaves_the_way_back),
    test!(unbinding_the_server_leaves_the_way_back),
];

/// A passive server at the top of a chain of calls: it has received, then waits for the bell.
struct Link {
    helper: Helper,
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
}

impl Link {
    /// Makes a passive helper that receives, and then runs `serve`.
    fn new<F>(w: &mut World, serve: F) -> Outcome<Self>
    where
        F: FnOnce(Cap<Reply>) + Copy + Send + 'static,
    {
        let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
        let helper = w.spawn(20, move || {
            endpoint.recv(reply);
            serve(reply);
        })?;
        w.settle()?;
        helper.context().unbind()?;
        Ok(Self { helper, endpoint, reply })
    }

    /// A link that waits for the bell and then replies.
    fn last(w: &mut World, bell: Cap<Notification>) -> Outcome<Self> {
        Self::new(w, move |reply| {
            bell.wait();
            reply.send(Message::new(3, &[]));
        })
    }

    /// A link that calls the next one and then replies.
    fn to(w: &mut World, next: &Self) -> Outcome<Self> {
        let endpoint = next.endpoint;
        Self::new(w, move |reply| {
            let got = endpoint.call(Message::EMPTY);
            reply.send(Message::new(got.info.label() + 1, &[]));
        })
    }

    /// A helper with a context that calls this link and keeps the answer at 1.
    fn caller(&self, w: &mut World) -> Outcome<Helper> {
        let endpoint = self.endpoint;
        let caller = w.spawn(10, move || keep(1, endpoint.call(Message::EMPTY)))?;
        w.settle()?;
        Ok(caller)
    }
}

/// Whether a thread holds a context: only its holder can be unbound. Takes it away.
fn held_by(context: Cap<SchedContext>, thread: Cap<Thread>) -> bool {
    context.unbind_object(thread).is_ok()
}

/// "if this reply is the head of an SC's call stack, the SC leaves its current holder and
/// returns to the caller".
fn a_reply_returns_the_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    server.reply.send(Message::new(3, &[]));
    check!(!held_by(caller.context(), server.helper.thread()));
    w.settle()?;
    check!(caller.has_finished());
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}

/// "if it ran on the returned SC it stops".
fn a_replier_without_context_stops(w: &mut World) -> Outcome {
    let server = Link::new(w, |reply| {
        reply.send(Message::new(3, &[]));
        note(1);
    })?;
    let caller = server.caller(w)?;
    check!(caller.has_finished() && !server.helper.has_finished());
    check_eq!(order(), 0);
    w.context(0)?.bind(server.helper.thread())?;
    w.settle()?;
    check_eq!(order(), 1);
    PASSED
}

/// "The replier keeps running if it has its own SC".
fn a_replier_with_a_context_goes_on(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    w.spawn(20, move || {
        endpoint.recv(reply);
        reply.send(Message::EMPTY);
        note(1);
    })?;
    w.settle()?;
    w.spawn(10, move || {
        endpoint.call(Message::EMPTY);
        note(2);
    })?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// "a following Recv in ReplyRecv is still performed, before rescheduling": the server can be
/// called again without ever having had a context.
fn reply_recv_still_receives(w: &mut World) -> Outcome {
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let server = w.spawn(20, move || {
        let mut got = endpoint.recv(reply);
        loop {
            got = endpoint.reply_recv(reply, Message::new(got.info.label() + 1, &[]));
        }
    })?;
    w.settle()?;
    server.context().unbind()?;
    let caller = w.spawn(10, move || {
        for label in 1..=5 {
            let answer = endpoint.call(Message::new(10 * label, &[]));
            note(answer.info.label() - 10 * label);
        }
    })?;
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(order(), 0x11111);
    PASSED
}

/// "the next older reply becomes head".
fn nested_calls_return_one_by_one(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let last = Link::last(w, bell)?;
    let first = Link::to(w, &last)?;
    let caller = first.caller(w)?;
    check!(!caller.has_finished() && !first.helper.has_finished());
    last.reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(kept(1).info.label(), 4);
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}

/// The same through ten servers.
fn a_long_chain_returns(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let mut link = Link::last(w, bell)?;
    for _ in 1..10 {
        link = Link::to(w, &link)?;
    }
    let caller = link.caller(w)?;
    check!(!caller.has_finished());
    bell.signal();
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(kept(1).info.label(), 3 + 9);
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}

/// "If the reply is in the middle, the chain is cut: entries below can no longer get this SC
/// back."
fn a_reply_in_the_middle_cuts_the_chain(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let last = Link::last(w, bell)?;
    let first = Link::to(w, &last)?;
    let caller = first.caller(w)?;
    first.reply.send(Message::new(9, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    bell.signal();
    w.settle()?;
    // The first link has the context back, and keeps it: its own reply found nobody.
    check!(first.helper.has_finished() && !caller.has_finished());
    check!(held_by(caller.context(), first.helper.thread()));
    w.context(0)?.bind(caller.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 9);
    PASSED
}

/// As above, with a caller below the cut: the context comes back as far as the link above it.
fn callers_below_a_cut_get_no_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let last = Link::last(w, bell)?;
    let middle = Link::to(w, &last)?;
    let first = Link::to(w, &middle)?;
    let caller = first.caller(w)?;
    middle.reply.send(Message::new(9, &[]));
    bell.signal();
    w.settle()?;
    check!(middle.helper.has_finished() && !first.helper.has_finished());
    first.reply.send(Message::new(8, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    check!(held_by(caller.context(), middle.helper.thread()));
    PASSED
}

/// "if the caller meanwhile got another SC, the returned one stays with its present holder".
fn a_caller_with_a_new_context_gets_no_other(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    let other = w.context(0)?;
    other.bind(caller.thread())?;
    bell.signal();
    w.settle()?;
    check!(caller.has_finished() && server.helper.has_finished());
    check!(held_by(caller.context(), server.helper.thread()));
    check!(held_by(other, caller.thread()));
    PASSED
}

/// "Suspending/deleting/resuming the caller removes it from its reply object: if that reply was
/// head, the SC's stack becomes empty and the SC stays where it is."
fn a_suspended_caller_loses_its_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    caller.thread().suspend()?;
    bell.signal();
    w.settle()?;
    check!(server.helper.has_finished());
    check!(held_by(caller.context(), server.helper.thread()));
    PASSED
}

/// "the SC's stack becomes empty": the reply object serves another caller, and what becomes of
/// the old context does not matter to that one.
fn a_forgotten_reply_object_belongs_to_its_next_caller(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let first = server.caller(w)?;
    first.thread().suspend()?;
    let (endpoint, reply) = (w.create::<Endpoint>()?, server.reply);
    let other = w.spawn(20, move || {
        endpoint.recv(reply);
        bell.wait();
    })?;
    w.settle()?;
    other.context().unbind()?;
    let second = w.spawn(10, move || keep(1, endpoint.call(Message::EMPTY)))?;
    w.settle()?;
    first.context().unbind()?;
    reply.send(Message::new(5, &[]));
    w.settle()?;
    check!(second.has_finished());
    check_eq!(kept(1).info.label(), 5);
    check!(held_by(second.context(), second.thread()));
    PASSED
}

/// As above: a caller that is resumed calls again when it has a context.
fn a_resumed_caller_loses_its_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    caller.thread().resume()?;
    bell.signal();
    w.settle()?;
    check!(server.helper.has_finished() && !caller.has_finished());
    check!(held_by(caller.context(), server.helper.thread()));
    w.context(0)?.bind(caller.thread())?;
    w.settle()?;
    let again = server.endpoint.nb_recv(server.reply);
    check_eq!((again.info.label(), again.badge), (0, 0));
    server.reply.send(Message::new(8, &[]));
    w.settle()?;
    check!(caller.has_finished());
    check_eq!(kept(1).info.label(), 8);
    PASSED
}

/// As above: "deleting".
fn a_deleted_caller_leaves_its_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    w.delete(caller.thread())?;
    bell.signal();
    w.settle()?;
    check!(server.helper.has_finished());
    check!(held_by(caller.context(), server.helper.thread()));
    PASSED
}

/// §4: "if the reply heads an SC call stack the SC goes back to the caller (if it has none)".
fn deleting_the_reply_object_returns_the_context(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    w.delete(server.reply)?;
    bell.signal();
    w.settle()?;
    check!(!server.helper.has_finished() && !caller.has_finished());
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}

/// "Suspending ... the caller": the first server is the caller of the last. The context stays
/// above, and nobody below gets it back.
fn a_stopped_link_in_the_middle_keeps_the_context_above(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let last = Link::last(w, bell)?;
    let first = Link::to(w, &last)?;
    let caller = first.caller(w)?;
    first.helper.thread().suspend()?;
    bell.signal();
    w.settle()?;
    check!(last.helper.has_finished());
    first.reply.send(Message::new(9, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    check!(held_by(caller.context(), last.helper.thread()));
    PASSED
}

/// §9.2, Unbind: "removes TCB, ntfn and reply-stack links".
fn unbinding_the_context_forgets_the_way_back(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    caller.context().unbind()?;
    server.reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    caller.context().bind(caller.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 3);
    PASSED
}

/// §4: final deletion of an SC: "ntfn and reply stack unlinked".
fn deleting_the_context_forgets_the_way_back(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    w.delete(caller.context())?;
    server.reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(!caller.has_finished());
    w.context(0)?.bind(caller.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), 3);
    PASSED
}

/// §4: final deletion of a TCB: "unbind SC (SC becomes free ...)": the lent one too. The stack
/// is the context's, so the answer still returns it.
fn deleting_the_server_leaves_the_way_back(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    w.delete(server.helper.thread())?;
    w.settle()?;
    check!(!caller.has_finished());
    server.reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(caller.has_finished());
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}

/// §9.2, UnbindObject: "a borrowed/donated SC is unbound from its current holder": that alone;
/// only Unbind also removes the "reply-stack links".
fn unbinding_the_server_leaves_the_way_back(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let server = Link::last(w, bell)?;
    let caller = server.caller(w)?;
    caller.context().unbind_object(server.helper.thread())?;
    bell.signal();
    w.settle()?;
    check!(!caller.has_finished() && !server.helper.has_finished());
    server.reply.send(Message::new(3, &[]));
    w.settle()?;
    check!(caller.has_finished());
    check!(held_by(caller.context(), caller.thread()));
    PASSED
}
