//! Endpoints: messages between threads that meet. (objects.md §6)

use abi::Fault;

use crate::cap::Address;
use crate::model::Model;
use crate::state::{Sending, State};

impl Model {
    /// Puts a waiter behind all of its priority or better. (§6, "Queue")
    pub(crate) fn insert_waiter(&self, queue: &mut Vec<Address>, thread: Address) {
        let priority = |thread: &Address| self.threads.get(thread).map_or(0, |t| t.priority);
        let own = priority(&thread);
        let place = queue.iter().position(|other| priority(other) < own).unwrap_or(queue.len());
        queue.insert(place, thread);
    }

    fn join_endpoint(&mut self, endpoint: Address, thread: Address) {
        let mut queue = self.endpoints.remove(&endpoint).unwrap_or_default();
        self.insert_waiter(&mut queue, thread);
        self.endpoints.insert(endpoint, queue);
    }

    /// Takes a thread out of what it waits for, and gives its reply object back.
    fn leave_waiting(&mut self, thread: Address) {
        let leave = |queue: Option<&mut Vec<Address>>| {
            queue.into_iter().for_each(|queue| queue.retain(|other| *other != thread));
        };
        match self.state(thread) {
            State::Sending { endpoint, .. } => leave(self.endpoints.get_mut(&endpoint)),
            State::Receiving { endpoint, reply } => {
                leave(self.endpoints.get_mut(&endpoint));
                self.set_reply(reply, None);
            }
            State::Waiting { notification } => {
                leave(self.notifications.get_mut(&notification).map(|known| &mut known.waiters));
            }
            _ => {}
        }
    }

    /// Another priority: a waiting thread is queued anew, behind equals. (§6, "Queue")
    pub(crate) fn requeue_waiter(&mut self, thread: Address, priority: u64) {
        let state = self.state(thread);
        if let State::Sending { endpoint, .. } | State::Receiving { endpoint, .. } = state {
            let mut queue = self.endpoints.remove(&endpoint).unwrap_or_default();
            queue.retain(|other| *other != thread);
            self.thread(thread, |thread| thread.priority = priority);
            self.insert_waiter(&mut queue, thread);
            self.endpoints.insert(endpoint, queue);
        } else if let State::Waiting { notification } = state {
            let Some(known) = self.notifications.get_mut(&notification) else { return };
            let mut queue = std::mem::take(&mut known.waiters);
            queue.retain(|other| *other != thread);
            self.thread(thread, |thread| thread.priority = priority);
            self.insert_waiter(&mut queue, thread);
            if let Some(known) = self.notifications.get_mut(&notification) {
                known.waiters = queue;
            }
        } else {
            self.thread(thread, |thread| thread.priority = priority);
        }
    }

    /// A thread sends its message, or its fault. (§6, "Send with rights")
    pub(crate) fn send(
        &mut self,
        sender: Address,
        endpoint: Address,
        manner: Sending,
        (blocking, donate): (bool, bool),
    ) {
        let receiver =
            self.first_waiter(endpoint, |state| matches!(state, State::Receiving { .. }));
        let Some(receiver) = receiver else {
            if blocking {
                self.set_state(sender, State::Sending { endpoint, manner });
                self.join_endpoint(endpoint, sender);
            }
            return;
        };
        let State::Receiving { reply, .. } = self.state(receiver) else { return };
        self.leave_waiting(receiver);
        self.pass_message(sender, receiver, Some(endpoint), manner.badge, manner.can_grant);
        if manner.call {
            self.call_received((sender, receiver), reply, manner, donate);
        } else if donate
            && self.context_of(receiver).is_none()
            && let Some(context) = self.context_of(sender)
        {
            self.donate(context, receiver);
        }
        self.set_state(receiver, State::Running);
        self.wake(receiver);
    }

    /// A call was received: its sender waits for the reply, or stops. (§6, "Call or fault")
    fn call_received(
        &mut self,
        (sender, receiver): (Address, Address),
        reply: Option<Address>,
        manner: Sending,
        donate: bool,
    ) {
        match reply {
            Some(reply) if manner.can_grant || manner.can_grant_reply => {
                self.set_state(sender, State::AwaitingReply { reply });
                self.set_reply(Some(reply), Some(sender));
                if donate
                    && self.context_of(receiver).is_none()
                    && let Some(context) = self.context_of(sender)
                {
                    if let Some(known) = self.contexts.get_mut(&context) {
                        known.replies.push(reply);
                    }
                    self.donate(context, receiver);
                }
            }
            _ => self.set_state(sender, State::Inactive),
        }
    }

    /// A thread receives, perhaps with a reply object. (§6, "Receive")
    pub(crate) fn receive(
        &mut self,
        thread: Address,
        endpoint: Address,
        reply: Option<Address>,
        blocking: bool,
    ) {
        let holder = reply.and_then(|reply| self.replies.get(&reply).copied().flatten());
        if let Some(other) = holder.filter(|other| *other != thread) {
            self.cancel(other);
        }
        if let Some(bound) = self.threads.get(&thread).and_then(|known| known.notification) {
            if self.take_signal(thread, bound) {
                return;
            }
            if blocking {
                self.return_context(thread, bound);
            }
        }
        let sender = self.first_waiter(endpoint, |state| matches!(state, State::Sending { .. }));
        match sender {
            Some(sender) => self.receive_from(thread, endpoint, sender, reply),
            None if blocking => {
                self.set_state(thread, State::Receiving { endpoint, reply });
                self.set_reply(reply, Some(thread));
                self.join_endpoint(endpoint, thread);
            }
            None => self.thread(thread, |thread| thread.set_x(0, 0)),
        }
    }

    fn receive_from(
        &mut self,
        thread: Address,
        endpoint: Address,
        sender: Address,
        reply: Option<Address>,
    ) {
        let State::Sending { manner, .. } = self.state(sender) else { return };
        self.leave_waiting(sender);
        self.pass_message(sender, thread, Some(endpoint), manner.badge, manner.can_grant);
        if manner.call {
            let fault = self.threads.get(&sender).and_then(|known| known.fault);
            let donate = !matches!(fault, Some(Fault::Timeout { .. }));
            self.call_received((sender, thread), reply, manner, donate);
        } else {
            self.set_state(sender, State::Running);
            self.wake(sender);
        }
    }

    fn first_waiter(&self, endpoint: Address, is: fn(State) -> bool) -> Option<Address> {
        let first = self.endpoints.get(&endpoint)?.first().copied()?;
        is(self.state(first)).then_some(first)
    }

    /// Ends whatever a thread waits for; its fault is forgotten. (§5, Suspend)
    pub(crate) fn cancel(&mut self, thread: Address) {
        let state = self.state(thread);
        self.thread(thread, |thread| thread.fault = None);
        if let State::AwaitingReply { reply } = state {
            self.forget_caller(reply);
        } else {
            self.leave_waiting(thread);
        }
        if state.is_blocked() {
            self.set_state(thread, State::Inactive);
        }
    }

    /// All that wait at an object that goes. (§4, "Endpoint", "Notification")
    pub(crate) fn send_all_away(&mut self, waiters: &[Address]) {
        for thread in waiters {
            self.leave_waiting(*thread);
            self.send_away(*thread);
        }
    }

    /// Waiting ended from outside: the call is repeated, unless a fault was to be told.
    fn send_away(&mut self, thread: Address) {
        let faulted = self.threads.get(&thread).is_some_and(|known| known.fault.is_some());
        if faulted {
            self.set_state(thread, State::Inactive);
        } else {
            self.set_state(thread, State::Restart);
            self.wake(thread);
        }
    }

    /// Ends the waiting of senders with this badge. (§3, CancelBadgedSends)
    pub(crate) fn cancel_badge(&mut self, endpoint: Address, badge: u64) {
        let queue = self.endpoints.get(&endpoint).cloned().unwrap_or_default();
        let has_badge = |thread: &Address| match self.state(*thread) {
            State::Sending { manner, .. } => manner.badge == badge,
            _ => false,
        };
        let chosen: Vec<Address> = queue.into_iter().filter(has_badge).collect();
        self.send_all_away(&chosen);
    }
}
