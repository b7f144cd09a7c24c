//! Scheduling contexts. (objects.md §9)

use abi::object::refill_capacity;
use abi::rights::SCHED_CONTEXT_FLAG_SPORADIC;
use abi::time::{MIN_BUDGET_US, max_period_us};
use abi::{Error, Invocation};

use crate::cap::{Address, Cap};
use crate::model::{Answer, Model, Request};
use crate::scheduler::Decision;
use crate::state::Parameters;

/// Refills that every configured context has.
const REFILLS: u64 = 2;

impl Model {
    /// The context on which a thread runs.
    pub(crate) fn context_of(&self, thread: Address) -> Option<Address> {
        self.threads.get(&thread)?.context
    }

    /// Whether a context has a budget.
    pub(crate) fn is_configured(&self, context: Address) -> bool {
        self.contexts.get(&context).is_some_and(|known| known.parameters.is_some())
    }

    /// Whether a context's first refill is there. (§9.4, "Ready")
    pub(crate) fn has_budget(&self, context: Address) -> bool {
        let known = self.contexts.get(&context);
        known.is_some_and(|known| known.refills.first().is_some_and(|head| head.0 <= self.now))
    }

    /// Microseconds as ticks. (abi.md §12)
    fn ticks(&self, microseconds: u64) -> u64 {
        let ticks = u128::from(microseconds) * u128::from(self.khz) / 1000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// Microseconds used since somebody asked. (§9.2, Consumed)
    pub(crate) fn take_consumed(&mut self, context: Address) -> u64 {
        let Some(known) = self.contexts.get_mut(&context) else { return 0 };
        let ticks = std::mem::take(&mut known.consumed);
        ticks * 1000 / self.khz
    }

    /// A context goes to a thread, from whoever has it. (§6)
    pub(crate) fn donate(&mut self, context: Address, thread: Address) {
        let Some(known) = self.contexts.get_mut(&context) else { return };
        let giver = known.thread.replace(thread);
        if let Some(giver) = giver {
            self.leave_queues(giver);
            self.thread(giver, |giver| giver.context = None);
        }
        self.thread(thread, |thread| thread.context = Some(context));
    }

    /// A thread and its context part; it stays in its queues.
    pub(crate) fn part(&mut self, context: Option<Address>, thread: Address) {
        self.thread(thread, |thread| thread.context = None);
        if let Some(known) = context.and_then(|context| self.contexts.get_mut(&context)) {
            known.thread = None;
        }
    }

    /// Takes a context from its thread, which stops running.
    pub(crate) fn unbind_thread(&mut self, context: Address) {
        let holder = self.contexts.get(&context).and_then(|known| known.thread);
        if let Some(thread) = holder {
            self.leave_queues(thread);
            self.part(Some(context), thread);
        }
    }

    fn unbind_notification_of(&mut self, context: Address) {
        for known in self.notifications.values_mut() {
            known.context.take_if(|lent| *lent == context);
        }
    }

    /// A context goes. (§4, "SchedContext")
    pub(crate) fn destroy_context(&mut self, context: Address) {
        self.unbind_thread(context);
        self.unbind_notification_of(context);
        self.complete_yield(context);
        self.contexts.remove(&context);
    }

    /// Whoever yielded to a context learns of its use. (§9.2, YieldTo)
    pub(crate) fn complete_yield(&mut self, context: Address) {
        let waiting = self.contexts.get_mut(&context).and_then(|known| known.yielded_from.take());
        let Some(thread) = waiting else { return };
        let consumed = self.take_consumed(context);
        self.thread(thread, |thread| thread.yielded_to = None);
        if self.state(thread) == crate::state::State::Running {
            self.answer(thread, &Ok(vec![consumed]));
        }
    }

    /// A thread does not want to learn any more. (§9.2, YieldTo, "suspending")
    pub(crate) fn cancel_yield(&mut self, thread: Address) {
        let Some(known) = self.threads.get_mut(&thread) else { return };
        if let Some(context) = known.yielded_to.take()
            && let Some(known) = self.contexts.get_mut(&context)
        {
            known.yielded_from = None;
        }
    }

    /// An invocation of a context. (§9.2)
    pub(crate) fn invoke_context(
        &mut self,
        context: Address,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let holder = self.contexts.get(&context).and_then(|known| known.thread);
        match operation {
            Invocation::SchedContextBind => self.bind_context(context, holder, request),
            Invocation::SchedContextUnbind => {
                if holder == Some(request.caller) {
                    return Err(Error::IllegalOperation);
                }
                self.unbind_thread(context);
                self.unbind_notification_of(context);
                if let Some(known) = self.contexts.get_mut(&context) {
                    known.replies.clear();
                }
                Ok(Vec::new())
            }
            Invocation::SchedContextUnbindObject => self.unbind_object(context, holder, request),
            Invocation::SchedContextConsumed => Ok(vec![self.take_consumed(context)]),
            Invocation::SchedContextYieldTo => self.yield_to(context, holder, request),
            _ => Err(Error::IllegalOperation),
        }
    }

    fn bind_context(
        &mut self,
        context: Address,
        holder: Option<Address>,
        request: &Request<'_>,
    ) -> Answer {
        let ([], [extra]) = request.needs()?;
        match extra.cap {
            Some(Cap::Thread { object }) => {
                let waits = self.state(object).is_blocked() && !self.has_budget(context);
                if holder.is_some() || self.context_of(object).is_some() || waits {
                    return Err(Error::IllegalOperation);
                }
                self.bind_thread(context, object);
            }
            Some(Cap::Notification { object, .. }) => {
                let lends = self.notifications.values().any(|n| n.context == Some(context));
                let known = self.notifications.get_mut(&object);
                let known = known.filter(|known| known.context.is_none() && !lends);
                known.ok_or(Error::IllegalOperation)?.context = Some(context);
            }
            _ => return Err(Error::InvalidCapability(1)),
        }
        Ok(Vec::new())
    }

    /// Gives a free context to a thread without one. (§9.2, Bind)
    pub(crate) fn bind_thread(&mut self, context: Address, thread: Address) {
        if let Some(known) = self.contexts.get_mut(&context) {
            known.thread = Some(thread);
        }
        self.thread(thread, |thread| thread.context = Some(context));
        self.admit(thread);
        if self.is_schedulable(thread) {
            self.enqueue_first(thread);
            self.choose();
        }
    }

    fn unbind_object(
        &mut self,
        context: Address,
        holder: Option<Address>,
        request: &Request<'_>,
    ) -> Answer {
        let ([], [extra]) = request.needs()?;
        match extra.cap {
            Some(Cap::Thread { object }) => {
                if holder != Some(object) || object == request.caller {
                    return Err(Error::IllegalOperation);
                }
                self.unbind_thread(context);
            }
            Some(Cap::Notification { object, .. }) => {
                let known = self.notifications.get_mut(&object);
                let known = known.filter(|known| known.context == Some(context));
                known.ok_or(Error::IllegalOperation)?.context = None;
            }
            _ => return Err(Error::InvalidCapability(1)),
        }
        Ok(Vec::new())
    }

    fn yield_to(
        &mut self,
        context: Address,
        holder: Option<Address>,
        request: &Request<'_>,
    ) -> Answer {
        let caller = request.caller;
        let target = holder.ok_or(Error::IllegalOperation)?;
        let priority = |thread| self.threads.get(&thread).map_or(0, |known| known.priority);
        let most = self.threads.get(&caller).map_or(0, |known| known.max_priority);
        if target == caller || priority(target) > most {
            return Err(Error::IllegalOperation);
        }
        let lower = priority(target) < priority(caller);
        self.complete_yield(context);
        let schedulable = self.is_schedulable(target);
        if schedulable {
            self.leave_queues(target);
            self.enqueue_first(target);
        }
        if !schedulable || lower {
            return Ok(vec![self.take_consumed(context)]);
        }
        self.leave_queues(target);
        self.enqueue_first(caller);
        self.enqueue_first(target);
        self.choose();
        if request.answer {
            self.thread(caller, |known| known.yielded_to = Some(context));
            if let Some(known) = self.contexts.get_mut(&context) {
                known.yielded_from = Some(caller);
            }
        }
        Ok(Vec::new())
    }

    /// An invocation of the control over scheduling. (§9.1)
    pub(crate) fn invoke_sched_control(
        &mut self,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        if operation != Invocation::SchedControlConfigureFlags {
            return Err(Error::IllegalOperation);
        }
        let ([budget, period, extra, badge, flags], [context]) = request.needs()?;
        let longest = max_period_us(self.khz);
        let least = self.ticks(MIN_BUDGET_US);
        if budget.max(period) > longest || self.ticks(budget.min(period)) < least {
            return Err(Error::Range { min: MIN_BUDGET_US, max: longest });
        }
        if budget > period {
            return Err(Error::Range { min: MIN_BUDGET_US, max: period });
        }
        let Some(Cap::SchedContext { object, bits }) = context.cap else {
            return Err(Error::InvalidCapability(1));
        };
        let most = refill_capacity(bits) - REFILLS;
        if extra > most {
            return Err(Error::Range { min: 0, max: most });
        }
        let limit = u32::try_from(extra + REFILLS).unwrap_or(u32::MAX);
        let (budget, period) = (self.ticks(budget), self.ticks(period));
        self.configure_context(object, (budget, period), limit);
        if let Some(known) = self.contexts.get_mut(&object) {
            known.badge = badge;
            known.sporadic = flags & SCHED_CONTEXT_FLAG_SPORADIC != 0;
        }
        Ok(Vec::new())
    }

    fn configure_context(&mut self, context: Address, (budget, period): (u64, u64), limit: u32) {
        let now = self.now;
        let Some(known) = self.contexts.get(&context) else { return };
        let holder = known.thread;
        let runs = holder.is_some_and(|thread| self.state(thread).is_runnable());
        let configured = known.parameters.is_some();
        if let Some(thread) = holder {
            self.leave_queues(thread);
        }
        let round_robin = budget == period;
        let period = if round_robin { 0 } else { period };
        let limit = if round_robin { 2 } else { limit };
        let Some(known) = self.contexts.get_mut(&context) else { return };
        if !round_robin && configured && runs {
            known.change_refills(now, budget, period);
        } else {
            known.refills = vec![(now, budget)];
        }
        known.parameters = Some(Parameters { budget, period, limit });
        if let Some(thread) = holder {
            self.admit(thread);
            if self.scheduler.current == Some(thread) {
                self.choose();
            } else {
                self.propose(thread);
            }
        }
    }

    /// Gives up the rest of the head refill. (§9.3, "Yield")
    pub(crate) fn yield_turn(&mut self, thread: Address) {
        let Some(context) = self.context_of(thread) else { return };
        let Some(known) = self.contexts.get_mut(&context) else { return };
        let Some(Parameters { period, limit, .. }) = known.parameters else { return };
        if period > 0 && !known.refills.is_empty() {
            let (time, amount) = known.refills.remove(0);
            known.schedule_refill((time + period, amount), limit);
        }
        if self.has_budget(context) {
            if self.scheduler.decision == Decision::Stay {
                self.scheduler.decision = Decision::TurnOver;
            }
        } else {
            self.postpone(thread);
        }
    }
}

impl crate::state::Context {
    /// Adds a refill at the end. (§9.4, "Scheduling a refill at the tail")
    fn schedule_refill(&mut self, (time, amount): (u64, u64), limit: u32) {
        let count = self.refills.len();
        match self.refills.last_mut() {
            Some(tail) if tail.0 + tail.1 >= time => tail.1 += amount,
            Some(tail) if count >= limit as usize => {
                tail.0 = time - tail.1;
                tail.1 += amount;
            }
            _ => self.refills.push((time, amount)),
        }
    }

    /// New parameters without exceeding the bandwidth. (§9.1, "new parameters applied")
    fn change_refills(&mut self, now: u64, budget: u64, period: u64) {
        let (time, amount) = self.refills.first().copied().unwrap_or((now, budget));
        let kept = amount.min(budget);
        self.refills = vec![(time, kept)];
        if kept < budget {
            self.refills.push((time + period, budget - kept));
        }
    }
}
