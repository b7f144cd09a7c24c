//! Endpoints: synchronous messages between threads. (objects.md §6)

use abi::Fault;

use crate::kernel::{Kernel, Preempted};
use crate::maybe::Maybe;
use crate::mem::{Kind, Obj, Object};
use crate::reply::Reply;
use crate::thread::{State, Thread};

/// Who waits at an endpoint. Never an empty queue. Zeroed memory is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Waiters {
    /// Nobody.
    Nobody = 0,
    /// Threads with messages, first of them.
    Senders(Obj<Thread>),
    /// Threads that want messages, first of them.
    Receivers(Obj<Thread>),
}

/// An endpoint. Zeroed memory is one at which nobody waits.
#[repr(C, align(16))]
#[derive(PartialEq, Debug)]
pub struct Endpoint {
    /// Who waits.
    pub(crate) waiters: Waiters,
    /// Next sender that an unfinished cancellation looks at.
    cursor: Option<Obj<Thread>>,
    /// The thread whose cancellation is unfinished. Compared only, never followed.
    canceller: Option<Obj<Thread>>,
}

const _: () = assert!(size_of::<Endpoint>() == 16);

impl Object for Endpoint {
    const KIND: Kind = Kind::Endpoint;
}

/// A message on its way, and how it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sending {
    /// The sender; its registers or its fault are the message.
    pub(crate) thread: Obj<Thread>,
    /// Badge of the capability used.
    pub(crate) badge: u64,
    /// Whether capabilities may go along.
    pub(crate) can_grant: bool,
    /// Whether a reply may come back.
    pub(crate) can_grant_reply: bool,
    /// Whether the sender waits for a reply.
    pub(crate) call: bool,
    /// Whether the sender waits for a receiver.
    pub(crate) blocking: bool,
    /// Whether the sender's scheduling context may go along.
    pub(crate) donate: bool,
}

impl Kernel {
    /// Sends a message to an endpoint.
    pub(crate) fn send(&mut self, endpoint: Obj<Endpoint>, message: Sending) {
        match self[endpoint].waiters {
            Waiters::Receivers(receiver) => {
                let reply = self.take_receiver(endpoint, receiver);
                self.transfer(
                    message.thread,
                    Some(endpoint),
                    message.badge,
                    message.can_grant,
                    receiver,
                );
                self.settle_sender(message, receiver, reply);
                self.set_state(receiver, State::Running);
                self.catch_up_sporadic(receiver);
                self.wake(receiver);
            }
            Waiters::Nobody | Waiters::Senders(_) if message.blocking => {
                let Sending { thread, badge, can_grant, can_grant_reply, call, .. } = message;
                let state = State::Sending { endpoint, badge, can_grant, can_grant_reply, call };
                self.set_state(thread, state);
                self.join_waiters(endpoint, thread);
            }
            Waiters::Nobody | Waiters::Senders(_) => {}
        }
    }

    /// What becomes of a sender whose message was taken.
    fn settle_sender(
        &mut self,
        message: Sending,
        receiver: Obj<Thread>,
        reply: Option<Obj<Reply>>,
    ) {
        let sender = message.thread;
        if message.call {
            match reply {
                Some(reply) if message.can_grant || message.can_grant_reply => {
                    self.push_reply(sender, receiver, reply, message.donate);
                }
                _ => self.set_state(sender, State::Inactive),
            }
        } else if message.donate
            && self[receiver].sched_context.is_none()
            && let Some(context) = self[sender].sched_context
        {
            self.donate(context, receiver);
        }
    }

    /// Receives from an endpoint, with or without a reply object. A receive that does not block
    /// and finds nothing delivers badge 0.
    pub(crate) fn receive(
        &mut self,
        thread: Obj<Thread>,
        endpoint: Obj<Endpoint>,
        reply: Option<Obj<Reply>>,
        blocking: bool,
    ) {
        if let Some(reply) = reply
            && let Some(other) = self[reply].thread
            && other != thread
        {
            self.cancel_ipc(other);
        }
        if let Some(notification) = self[thread].notification {
            if self.take_signal(thread, notification) {
                return;
            }
            if blocking {
                self.return_context(thread, notification);
            }
        }
        match self[endpoint].waiters {
            Waiters::Senders(sender) => self.receive_from(thread, endpoint, sender, reply),
            Waiters::Nobody | Waiters::Receivers(_) if blocking => {
                self.set_state(thread, State::Receiving { endpoint, reply });
                if let Some(reply) = reply {
                    self[reply].thread = Some(thread);
                }
                self.join_waiters(endpoint, thread);
            }
            Waiters::Nobody | Waiters::Receivers(_) => self.registers_mut(thread).x[0] = 0,
        }
    }

    fn receive_from(
        &mut self,
        thread: Obj<Thread>,
        endpoint: Obj<Endpoint>,
        sender: Obj<Thread>,
        reply: Option<Obj<Reply>>,
    ) {
        let State::Sending { badge, can_grant, can_grant_reply, call, .. } = self[sender].state
        else {
            return;
        };
        self.leave_waiters(endpoint, sender);
        self.transfer(sender, Some(endpoint), badge, can_grant, thread);
        self.catch_up_sporadic(sender);
        if call {
            let timeout = matches!(self[sender].fault.get(), Some(Fault::Timeout { .. }));
            match reply {
                Some(reply) if can_grant || can_grant_reply => {
                    self.push_reply(sender, thread, reply, !timeout);
                }
                _ => self.set_state(sender, State::Inactive),
            }
        } else {
            self.set_state(sender, State::Running);
            self.wake(sender);
        }
    }

    /// A woken thread on a sporadic context loses the time that it did not use.
    pub(crate) fn catch_up_sporadic(&mut self, thread: Obj<Thread>) {
        if let Some(context) = self[thread].sched_context
            && self[context].sporadic
            && self.core().context != Some(context)
        {
            self.catch_up(context);
        }
    }

    /// Queues a thread whose state says that it waits at the endpoint.
    pub(crate) fn join_waiters(&mut self, endpoint: Obj<Endpoint>, thread: Obj<Thread>) {
        let sending = matches!(self[thread].state, State::Sending { .. });
        let head = match self[endpoint].waiters {
            Waiters::Nobody => None,
            Waiters::Senders(head) | Waiters::Receivers(head) => Some(head),
        };
        let head = self.queue_insert(head, thread);
        self[endpoint].waiters =
            if sending { Waiters::Senders(head) } else { Waiters::Receivers(head) };
    }

    /// Takes a thread out of the endpoint's queue.
    pub(crate) fn leave_waiters(&mut self, endpoint: Obj<Endpoint>, thread: Obj<Thread>) {
        if self[endpoint].cursor == Some(thread) {
            self[endpoint].cursor = self[thread].wait.all.next;
        }
        self[endpoint].waiters = match self[endpoint].waiters {
            Waiters::Nobody => Waiters::Nobody,
            Waiters::Senders(head) => {
                self.queue_remove(head, thread).map_or(Waiters::Nobody, Waiters::Senders)
            }
            Waiters::Receivers(head) => {
                self.queue_remove(head, thread).map_or(Waiters::Nobody, Waiters::Receivers)
            }
        };
    }

    /// Takes the only waiting receiver out.
    #[inline(always)]
    pub(crate) fn leave_as_only_waiter(&mut self, endpoint: Obj<Endpoint>, thread: Obj<Thread>) {
        self[endpoint].waiters = Waiters::Nobody;
        self[thread].wait.class_last = None;
    }

    /// Lets a thread be the first that waits for a message.
    #[inline(always)]
    pub(crate) fn join_as_only_waiter(&mut self, endpoint: Obj<Endpoint>, thread: Obj<Thread>) {
        self[endpoint].waiters = Waiters::Receivers(thread);
        self[thread].wait.class_last = Some(thread);
    }

    /// Takes a receiver out of the queue and its reply object from it.
    fn take_receiver(
        &mut self,
        endpoint: Obj<Endpoint>,
        receiver: Obj<Thread>,
    ) -> Option<Obj<Reply>> {
        self.leave_waiters(endpoint, receiver);
        let State::Receiving { reply, .. } = self[receiver].state else { return None };
        if let Some(reply) = reply {
            self[reply].thread = None;
        }
        reply
    }

    /// Takes a thread that waits at an endpoint out of it, without deciding its new state.
    pub(crate) fn abandon_endpoint(&mut self, endpoint: Obj<Endpoint>, thread: Obj<Thread>) {
        if let State::Receiving { .. } = self[thread].state {
            self.take_receiver(endpoint, thread);
        } else {
            self.leave_waiters(endpoint, thread);
        }
    }

    /// Changes the priority of a thread that is in no ready queue; a waiting one is queued anew.
    pub(crate) fn requeue_waiter(&mut self, thread: Obj<Thread>, priority: u8) {
        match self[thread].state {
            State::Sending { endpoint, .. } | State::Receiving { endpoint, .. } => {
                self.leave_waiters(endpoint, thread);
                self[thread].priority = priority;
                self.join_waiters(endpoint, thread);
            }
            State::Waiting { notification } => {
                self.leave_notification(notification, thread);
                self[thread].priority = priority;
                self.join_notification(notification, thread);
            }
            _ => self[thread].priority = priority,
        }
    }

    /// Whether no thread waits at an endpoint.
    pub(crate) fn nobody_waits(&self, endpoint: Obj<Endpoint>) -> bool {
        self[endpoint].waiters == Waiters::Nobody
    }

    /// Sends one thread away that waits at an endpoint in deletion. Returns whether there was one.
    pub(crate) fn dismiss_waiter(&mut self, endpoint: Obj<Endpoint>) -> bool {
        let (Waiters::Senders(thread) | Waiters::Receivers(thread)) = self[endpoint].waiters else {
            return false;
        };
        self.abandon_endpoint(endpoint, thread);
        self.send_away(thread);
        true
    }

    /// Cancels all messages that wait at the endpoint with exactly this badge.
    ///
    /// A preempted cancellation goes on where it stopped, unless another thread's cancellation
    /// has started at the same endpoint meanwhile, or the thread did something else.
    ///
    /// # Errors
    /// [`Preempted`] between two senders.
    pub(crate) fn cancel_badge(
        &mut self,
        endpoint: Obj<Endpoint>,
        badge: u64,
    ) -> Result<(), Preempted> {
        let Waiters::Senders(head) = self[endpoint].waiters else { return Ok(()) };
        let caller = self.current();
        let unfinished = caller.and_then(|caller| self[caller].cancelling.take());
        if self[endpoint].canceller != caller || unfinished != Some(badge) {
            self[endpoint].canceller = caller;
            self[endpoint].cursor = Some(head);
        }
        while let Some(thread) = self[endpoint].cursor {
            self[endpoint].cursor = self[thread].wait.all.next;
            if matches!(self[thread].state, State::Sending { badge: its, .. } if its == badge) {
                self.abandon_endpoint(endpoint, thread);
                self.send_away(thread);
            }
            if self[endpoint].cursor.is_some() && self.preemption_point().is_err() {
                if let Some(caller) = caller {
                    self[caller].cancelling = Maybe::Just(badge);
                }
                return Err(Preempted);
            }
        }
        self[endpoint].canceller = None;
        Ok(())
    }

    /// A thread whose waiting was ended from outside: it repeats its call, or stops for good if
    /// it had a fault to report.
    pub(crate) fn send_away(&mut self, thread: Obj<Thread>) {
        if self[thread].fault != Maybe::Nothing {
            self.set_state(thread, State::Inactive);
        } else {
            self.set_state(thread, State::Restart);
            self.catch_up_sporadic(thread);
            self.wake(thread);
        }
    }
}
