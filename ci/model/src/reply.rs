//! Reply objects and call stacks. (objects.md §8)

use abi::Fault;

use crate::cap::Address;
use crate::model::Model;
use crate::state::State;

impl Model {
    /// Notes who has a reply object: a receiver that reserved it, or a caller.
    pub(crate) fn set_reply(&mut self, reply: Option<Address>, thread: Option<Address>) {
        if let Some(known) = reply.and_then(|reply| self.replies.get_mut(&reply)) {
            *known = thread;
        }
    }

    /// The caller that a reply object holds.
    #[must_use]
    pub fn caller_of(&self, reply: Address) -> Option<Address> {
        let thread = self.replies.get(&reply).copied().flatten()?;
        matches!(self.state(thread), State::AwaitingReply { .. }).then_some(thread)
    }

    /// The call stack in which a reply stands, and its place from the bottom.
    fn stack_of(&self, reply: Address) -> Option<(Address, usize)> {
        self.contexts.iter().find_map(|(context, known)| {
            let place = known.replies.iter().position(|other| *other == reply)?;
            Some((*context, place))
        })
    }

    /// Releases a caller; a context that it lent through this reply comes back. (§8, "SC return")
    fn release_caller(&mut self, reply: Address, caller: Address) {
        if let Some((context, place)) = self.stack_of(reply) {
            let stack = self.contexts.get_mut(&context).map(|known| &mut known.replies);
            let stack = stack.expect("it was just found");
            if place + 1 == stack.len() {
                stack.pop();
                if self.context_of(caller).is_none() {
                    self.donate(context, caller);
                }
            } else {
                // Those below can no longer get the context back.
                stack.drain(..=place);
            }
        }
        self.set_reply(Some(reply), None);
        self.set_state(caller, State::Inactive);
    }

    /// The caller goes away by itself: no context comes back. (§8, "Suspending")
    pub(crate) fn forget_caller(&mut self, reply: Address) {
        if let Some((context, place)) = self.stack_of(reply)
            && let Some(known) = self.contexts.get_mut(&context)
        {
            known.replies.drain(..=place);
        }
        self.set_reply(Some(reply), None);
    }

    /// Answers the caller that a reply object holds. (§8)
    pub(crate) fn use_reply(&mut self, reply: Address, replier: Address, can_grant: bool) {
        let Some(caller) = self.caller_of(reply) else { return };
        self.release_caller(reply, caller);
        let fault = self.threads.get_mut(&caller).and_then(|known| known.fault.take());
        match fault {
            None => {
                self.pass_message(replier, caller, None, 0, can_grant);
                self.set_state(caller, State::Running);
            }
            Some(fault) => {
                let goes_on = self.answer_fault(caller, replier, fault);
                self.set_state(caller, if goes_on { State::Restart } else { State::Inactive });
            }
        }
        let Some(context) = self.context_of(caller) else { return };
        if !self.state(caller).is_runnable() || !self.is_configured(context) {
            return;
        }
        let was_timeout = matches!(fault, Some(Fault::Timeout { .. }));
        let handled = self.slots.get(Self::held(caller, crate::model::TIMEOUT_HANDLER)).is_some();
        if !self.has_budget(context) && handled && !was_timeout {
            self.stop_behind_call(caller);
            self.time_out(caller);
        } else {
            self.wake(caller);
        }
    }

    /// A reply object goes. (§4, "Reply")
    pub(crate) fn destroy_reply(&mut self, reply: Address) {
        let holder = self.replies.get(&reply).copied().flatten();
        match (self.caller_of(reply), holder) {
            (Some(caller), _) => {
                self.thread(caller, |caller| caller.fault = None);
                self.release_caller(reply, caller);
            }
            (None, Some(receiver)) => self.cancel(receiver),
            (None, None) => {}
        }
        self.replies.remove(&reply);
    }
}
