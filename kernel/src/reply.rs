//! Reply objects and call stacks. (objects.md §8)
//!
//! A reply object is idle, reserved by a thread that receives with it, or holds one caller. Which
//! of these follows from the state of [`Reply::thread`]. Callers that lent their scheduling
//! context form a stack: from the context to the most recent reply, and on to older ones.

use abi::Fault;

use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::{Kind, Obj, Object};
use crate::sched_context::SchedContext;
use crate::thread::{State, Thread};

/// What lies above a reply in its call stack. Zeroed memory is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Above {
    /// Nothing: no context comes back through this reply.
    Nothing = 0,
    /// A more recent reply.
    Reply(Obj<Reply>),
    /// The context itself: this is the most recent reply.
    Context(Obj<SchedContext>),
}

/// A reply object. Zeroed memory is one without a thread.
#[repr(C, align(16))]
#[derive(PartialEq, Debug)]
pub struct Reply {
    /// The receiver that reserved it, or the caller that it holds.
    pub(crate) thread: Option<Obj<Thread>>,
    /// The next older reply of the call stack.
    pub(crate) older: Option<Obj<Reply>>,
    /// What lies above.
    pub(crate) above: Above,
}

const _: () = assert!(size_of::<Reply>() <= 32);

impl Object for Reply {
    const KIND: Kind = Kind::Reply;
}

impl Kernel {
    /// Lets a caller wait for the use of `reply`; its scheduling context goes to `receiver` if
    /// that is wanted and the receiver has none.
    pub(crate) fn push_reply(
        &mut self,
        caller: Obj<Thread>,
        receiver: Obj<Thread>,
        reply: Obj<Reply>,
        donate: bool,
    ) {
        self.set_state(caller, State::AwaitingReply { reply });
        self[reply].thread = Some(caller);
        if donate
            && self[receiver].sched_context.is_none()
            && let Some(context) = self[caller].sched_context
        {
            let older = self[context].reply.replace(reply);
            if let Some(older) = older {
                self[older].above = Above::Reply(reply);
            }
            self[reply].older = older;
            self[reply].above = Above::Context(context);
            self.donate(context, receiver);
        }
    }

    /// The caller that a reply object holds.
    pub(crate) fn caller_of(&self, reply: Obj<Reply>) -> Option<Obj<Thread>> {
        let thread = self[reply].thread?;
        matches!(self[thread].state, State::AwaitingReply { .. }).then_some(thread)
    }

    /// Releases the caller of a reply; a context that it lent through this reply comes back.
    fn pop_reply(&mut self, reply: Obj<Reply>, caller: Obj<Thread>) {
        let older = self[reply].older.take();
        match core::mem::replace(&mut self[reply].above, Above::Nothing) {
            Above::Context(context) => {
                self[context].reply = older;
                if let Some(older) = older {
                    self[older].above = Above::Context(context);
                }
                if self[caller].sched_context.is_none() {
                    self.donate(context, caller);
                }
            }
            Above::Reply(newer) => {
                self[newer].older = None;
                self.cut_above(older);
            }
            Above::Nothing => self.cut_above(older),
        }
        self[reply].thread = None;
        self.set_state(caller, State::Inactive);
    }

    fn cut_above(&mut self, reply: Option<Obj<Reply>>) {
        if let Some(reply) = reply {
            self[reply].above = Above::Nothing;
        }
    }

    /// Takes a caller out of its reply object from the caller's side: no context comes back.
    fn forget_reply(&mut self, reply: Obj<Reply>) {
        let older = self[reply].older.take();
        self.cut_above(older);
        match core::mem::replace(&mut self[reply].above, Above::Nothing) {
            Above::Context(context) => self[context].reply = None,
            Above::Reply(newer) => self[newer].older = None,
            Above::Nothing => {}
        }
        self[reply].thread = None;
    }

    /// Answers the caller that a reply object holds with the message, or the fault reply, of
    /// `replier`. Nothing happens if it holds none.
    pub(crate) fn use_reply(&mut self, reply: Obj<Reply>, replier: Obj<Thread>, can_grant: bool) {
        let Some(caller) = self.caller_of(reply) else { return };
        self.pop_reply(reply, caller);
        self.catch_up_sporadic(caller);
        let fault = self[caller].fault.take();
        match fault {
            None => {
                self.transfer(replier, None, 0, can_grant, caller);
                self.set_state(caller, State::Running);
            }
            Some(fault) => {
                let resumes = self.answer_fault(caller, replier, fault);
                let state = if resumes { State::Restart } else { State::Inactive };
                self.set_state(caller, state);
            }
        }
        self.continue_caller(caller, matches!(fault, Some(Fault::Timeout { .. })));
    }

    /// Lets an answered caller run, if it has a budget.
    fn continue_caller(&mut self, caller: Obj<Thread>, was_timeout: bool) {
        let Some(context) = self[caller].sched_context else { return };
        if !self[caller].state.is_runnable() || !self[context].is_configured() {
            return;
        }
        if !self.may_run(context) && self.has_timeout_handler(caller) && !was_timeout {
            self.finish_call(caller);
            self.timeout(caller);
        } else {
            self.wake(caller);
        }
    }

    /// Ends whatever a thread waits for. Its fault is forgotten, and it is inactive if it waited.
    pub(crate) fn cancel_ipc(&mut self, thread: Obj<Thread>) {
        self[thread].fault = Maybe::Nothing;
        match self[thread].state {
            State::Sending { endpoint, .. } | State::Receiving { endpoint, .. } => {
                self.abandon_endpoint(endpoint, thread);
            }
            State::Waiting { notification } => self.leave_notification(notification, thread),
            State::AwaitingReply { reply } => self.forget_reply(reply),
            State::Inactive | State::Running | State::Restart => return,
        }
        self.set_state(thread, State::Inactive);
    }

    /// Effects of deleting the last capability of a reply object.
    pub(crate) fn finalise_reply(&mut self, reply: Obj<Reply>) {
        match self[reply].thread {
            Some(thread) if self.caller_of(reply).is_some() => {
                self[thread].fault = Maybe::Nothing;
                self.pop_reply(reply, thread);
            }
            Some(thread) => self.cancel_ipc(thread),
            None => {}
        }
    }
}
