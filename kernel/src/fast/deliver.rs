//! Handing a message and the sender's time to a server that waits for both.

use super::switch::Switch;
use super::{Miss, Width};
use crate::cap::Cap;
use crate::endpoint::{Endpoint, Waiters};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::reply::{Above, Reply};
use crate::sched_context::SchedContext;
use crate::thread::{State, Thread};

use abi::Rights;

/// A sender that will wait for a reply, and the passive server that will send it.
pub(super) struct Delivery {
    pub(super) sender: Obj<Thread>,
    pub(super) badge: u64,
    endpoint: Obj<Endpoint>,
    reply: Obj<Reply>,
    context: Obj<SchedContext>,
    pub(super) switch: Switch,
}

impl Kernel {
    /// Looks whether the current thread `sender` can call through `cap` and its server go on at
    /// once.
    #[inline(always)]
    pub(super) fn check_delivery<W: Width>(
        &self,
        sender: Obj<Thread>,
        cap: &Cap,
    ) -> Result<Delivery, Miss> {
        let Cap::Endpoint { rights, endpoint, badge } = *cap else {
            return Err(Miss::NotForSending);
        };
        let replies = rights.contains(Rights::GRANT) || rights.contains(Rights::GRANT_REPLY);
        if !rights.contains(Rights::WRITE) || !replies {
            return Err(Miss::NotForSending);
        }
        let Waiters::Receivers(receiver) = self[endpoint].waiters else {
            return Err(Miss::NoReceiver);
        };
        let State::Receiving { reply: Some(reply), .. } = self[receiver].state else {
            return Err(Miss::NoReplyObject);
        };
        if self[receiver].sched_context.is_some() {
            return Err(Miss::ActiveServer);
        }
        let Some(context) = self[sender].sched_context else { return Err(Miss::ActiveServer) };
        if !W::WIDE && self[receiver].wait.all.next.is_some() {
            return Err(Miss::Narrow);
        }
        let switch = self.check_switch::<W>(sender, receiver)?;
        Ok(Delivery { sender, badge, endpoint, reply, context, switch })
    }

    /// Lets the sender wait for the reply, and the server run in its place and on its time. The
    /// message is the caller's business.
    #[inline(always)]
    pub(super) fn perform_delivery<W: Width>(&mut self, delivery: &Delivery) -> Obj<Thread> {
        let Delivery { sender, endpoint, reply, context, ref switch, .. } = *delivery;
        if W::WIDE && self[switch.to].wait.all.next.is_some() {
            self.leave_waiters(endpoint, switch.to);
        } else {
            self.leave_as_only_waiter(endpoint, switch.to);
        }
        let older = self[context].reply.replace(reply);
        if let Some(older) = older {
            self[older].above = Above::Reply(reply);
        }
        let held = &mut self[reply];
        held.thread = Some(sender);
        held.older = older;
        held.above = Above::Context(context);
        self[context].thread = Some(switch.to);
        let server = &mut self[switch.to];
        server.sched_context = Some(context);
        server.state = State::Running;
        let sender = &mut self[sender];
        sender.sched_context = None;
        sender.state = State::AwaitingReply { reply };
        self.perform_switch::<W>(switch)
    }
}
