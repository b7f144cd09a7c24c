//! `ReplyRecv` of a passive server: the answer goes back with the caller's time.

use abi::Rights;
use platform::contract::Arguments;

use super::switch::Switch;
use super::{Miss, Width};
use crate::cap::Cap;
use crate::endpoint::{Endpoint, Waiters};
use crate::kernel::Kernel;
use crate::maybe::Maybe;
use crate::mem::Obj;
use crate::notification::Signals;
use crate::reply::{Above, Reply};
use crate::sched_context::SchedContext;
use crate::thread::{State, Thread};

/// A server that answers its caller and goes to wait for the next.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) server: Obj<Thread>,
    pub(crate) reply: Obj<Reply>,
    pub(crate) context: Obj<SchedContext>,
    pub(crate) endpoint: Obj<Endpoint>,
    pub(crate) switch: Switch,
}

impl Kernel {
    #[inline(always)]
    pub(super) fn check_reply<W: Width>(&self, arguments: &Arguments) -> Result<Answer, Miss> {
        let server = self.undisturbed::<W>()?;
        Self::check_message::<W>(arguments)?;
        let Cap::Reply { reply, .. } = *self.named::<W>(server, arguments.0[6])? else {
            return Err(Miss::NotForReplying);
        };
        let endpoint = self.check_waiting::<W>(server, arguments.0[0])?;
        let Some(caller) = self[reply].thread else { return Err(Miss::NoCaller) };
        let State::AwaitingReply { .. } = self[caller].state else { return Err(Miss::NoCaller) };
        let Above::Context(context) = self[reply].above else { return Err(Miss::NoCaller) };
        if self[server].sched_context != Some(context) || self[caller].sched_context.is_some() {
            return Err(Miss::ActiveServer);
        }
        let switch = self.check_switch::<W>(server, caller)?;
        Ok(Answer { server, reply, context, endpoint, switch })
    }

    /// Whether the caller waits to be told about its fault, not for what it called for.
    #[inline(always)]
    pub(super) fn answers_fault(&self, answer: &Answer) -> bool {
        !matches!(self[answer.switch.to].fault, Maybe::Nothing)
    }

    /// The endpoint at which the server will wait, if nothing waits there for it already.
    #[inline(always)]
    fn check_waiting<W: Width>(
        &self,
        server: Obj<Thread>,
        address: u64,
    ) -> Result<Obj<Endpoint>, Miss> {
        let Cap::Endpoint { rights, endpoint, .. } = *self.named::<W>(server, address)? else {
            return Err(Miss::NotForReceiving);
        };
        if !rights.contains(Rights::READ) {
            return Err(Miss::NotForReceiving);
        }
        match self[endpoint].waiters {
            Waiters::Nobody => {}
            Waiters::Receivers(_) if W::WIDE => {}
            Waiters::Receivers(_) => return Err(Miss::Narrow),
            Waiters::Senders(_) => return Err(Miss::MoreWork),
        }
        if let Some(bound) = self[server].notification
            && let Signals::Active(_) = self[bound].signals
        {
            return Err(Miss::MoreWork);
        }
        Ok(endpoint)
    }

    #[inline(always)]
    pub(super) fn perform_reply<W: Width>(
        &mut self,
        answer: &Answer,
        arguments: &Arguments,
    ) -> Obj<Thread> {
        self.give_message::<W>(answer.server, arguments, 0, answer.switch.to);
        self.return_to_caller::<W>(answer)
    }

    /// Gives the caller its time back and lets the server wait.
    #[inline(always)]
    pub(super) fn return_to_caller<W: Width>(&mut self, answer: &Answer) -> Obj<Thread> {
        let Answer { server, reply, context, endpoint, ref switch } = *answer;
        let caller = switch.to;
        let older = self[reply].older.take();
        if let Some(older) = older {
            self[older].above = Above::Context(context);
        }
        self[reply].above = Above::Nothing;
        self[reply].thread = Some(server);
        let lent = &mut self[context];
        lent.reply = older;
        lent.thread = Some(caller);
        let answered = &mut self[caller];
        answered.sched_context = Some(context);
        answered.state = State::Running;
        let waiting = &mut self[server];
        waiting.sched_context = None;
        waiting.state = State::Receiving { endpoint, reply: Some(reply) };
        if W::WIDE && self[endpoint].waiters != Waiters::Nobody {
            self.join_waiters(endpoint, server);
        } else {
            self.join_as_only_waiter(endpoint, server);
        }
        self.perform_switch::<W>(switch)
    }
}
