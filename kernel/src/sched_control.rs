//! Operations on scheduling contexts and their control. (objects.md §9.1, §9.2)

use abi::object::refill_capacity;
use abi::rights::SCHED_CONTEXT_FLAG_SPORADIC;
use abi::time::{MIN_BUDGET_US, max_period_us};
use abi::{Error, Invocation};

use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::notification::Notification;
use crate::sched_context::{Parameters, SchedContext};
use crate::thread::Thread;

/// Refills that every configured context has; a message asks for extra ones.
const MIN_REFILLS: u64 = 2;

/// An operation on a scheduling context that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    context: Obj<SchedContext>,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Configure { parameters: Parameters, badge: u64, sporadic: bool, core: u8 },
    BindThread(Obj<Thread>),
    BindNotification(Obj<Notification>),
    Unbind,
    UnbindThread,
    UnbindNotification,
    Consumed,
    YieldTo { target: Obj<Thread>, answer: bool },
}

/// Checks a message to a scheduling context or its control.
///
/// # Errors
/// As objects.md §9 lists them, in that order.
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let label = Invocation::from_label(call.info.label()).ok_or(Error::IllegalOperation)?;
    match (call.cap, label) {
        (Cap::SchedControl { core }, Invocation::SchedControlConfigureFlags) => {
            decode_configure(kernel, call, core)
        }
        (Cap::SchedContext { context, .. }, _) => {
            let action = match label {
                Invocation::SchedContextBind => decode_bind(kernel, call, context)?,
                Invocation::SchedContextUnbind => decode_unbind(kernel, call, context)?,
                Invocation::SchedContextUnbindObject => {
                    decode_unbind_object(kernel, call, context)?
                }
                Invocation::SchedContextConsumed => Action::Consumed,
                Invocation::SchedContextYieldTo => decode_yield(kernel, call, context)?,
                _ => return Err(Error::IllegalOperation),
            };
            Ok(Operation { context, action })
        }
        _ => Err(Error::IllegalOperation),
    }
}

fn decode_configure(kernel: &Kernel, call: &Call, core: u8) -> Result<Operation, Error> {
    let [slot] = call.caps::<1>()?;
    let [budget, period, extra, badge, flags] = call.words::<5>(kernel)?;
    let longest = max_period_us(kernel.khz.max(1));
    let min = kernel.min_budget();
    let too_long = budget > longest || period > longest;
    if too_long || kernel.ticks(budget) < min || kernel.ticks(period) < min {
        return Err(Error::Range { min: MIN_BUDGET_US, max: longest });
    }
    if budget > period {
        return Err(Error::Range { min: MIN_BUDGET_US, max: period });
    }
    let Cap::SchedContext { context, bits } = kernel[slot].cap else {
        return Err(Error::InvalidCapability(1));
    };
    let most = refill_capacity(bits.into()) - MIN_REFILLS;
    let limit = u32::try_from(extra.saturating_add(MIN_REFILLS)).ok();
    let limit = limit.filter(|_| extra <= most).ok_or(Error::Range { min: 0, max: most })?;
    let parameters =
        Parameters { budget: kernel.ticks(budget), period: kernel.ticks(period), limit };
    let sporadic = flags & SCHED_CONTEXT_FLAG_SPORADIC != 0;
    Ok(Operation { context, action: Action::Configure { parameters, badge, sporadic, core } })
}

fn decode_bind(kernel: &Kernel, call: &Call, context: Obj<SchedContext>) -> Result<Action, Error> {
    let [slot] = call.caps::<1>()?;
    match kernel[slot].cap {
        Cap::Thread { thread } => {
            let taken = kernel[context].thread.is_some() || kernel[thread].sched_context.is_some();
            let waits = kernel[thread].state.is_blocked() && !kernel.is_released(context);
            if taken || waits {
                Err(Error::IllegalOperation)
            } else {
                Ok(Action::BindThread(thread))
            }
        }
        Cap::Notification { notification, .. } => {
            let taken = kernel[context].notification.is_some()
                || kernel[notification].sched_context.is_some();
            if taken {
                Err(Error::IllegalOperation)
            } else {
                Ok(Action::BindNotification(notification))
            }
        }
        _ => Err(Error::InvalidCapability(1)),
    }
}

fn decode_unbind(
    kernel: &Kernel,
    call: &Call,
    context: Obj<SchedContext>,
) -> Result<Action, Error> {
    if kernel[context].thread == Some(call.thread) {
        return Err(Error::IllegalOperation);
    }
    Ok(Action::Unbind)
}

fn decode_unbind_object(
    kernel: &Kernel,
    call: &Call,
    context: Obj<SchedContext>,
) -> Result<Action, Error> {
    let [slot] = call.caps::<1>()?;
    match kernel[slot].cap {
        Cap::Thread { thread } => {
            if kernel[context].thread != Some(thread) || thread == call.thread {
                return Err(Error::IllegalOperation);
            }
            Ok(Action::UnbindThread)
        }
        Cap::Notification { notification, .. } => {
            if kernel[context].notification != Some(notification) {
                return Err(Error::IllegalOperation);
            }
            Ok(Action::UnbindNotification)
        }
        _ => Err(Error::InvalidCapability(1)),
    }
}

fn decode_yield(kernel: &Kernel, call: &Call, context: Obj<SchedContext>) -> Result<Action, Error> {
    let target = kernel[context].thread.ok_or(Error::IllegalOperation)?;
    let above = kernel[target].priority > kernel[call.thread].max_priority;
    if target == call.thread || above {
        return Err(Error::IllegalOperation);
    }
    Ok(Action::YieldTo { target, answer: call.manner.call })
}

impl Kernel {
    /// Performs an operation on a scheduling context for `caller`.
    pub(crate) fn perform_scheduling(
        &mut self,
        caller: Obj<Thread>,
        operation: Operation,
    ) -> Outcome {
        let Operation { context, action } = operation;
        match action {
            Action::Configure { parameters, badge, sporadic, core } => {
                self.configure_context(context, parameters, core);
                self[context].badge = badge;
                self[context].sporadic = sporadic;
            }
            Action::BindThread(thread) => self.bind_thread(context, thread),
            Action::BindNotification(notification) => {
                self[context].notification = Some(notification);
                self[notification].sched_context = Some(context);
            }
            Action::Unbind => {
                self.unbind_thread(context);
                self.unbind_lender(context);
                self.unbind_replies(context);
            }
            Action::UnbindThread => self.unbind_thread(context),
            Action::UnbindNotification => self.unbind_lender(context),
            Action::Consumed => return Outcome::Word(self.settle_use(context)),
            Action::YieldTo { target, answer } => {
                return self.yield_to(caller, context, target, answer);
            }
        }
        Outcome::Done
    }

    fn configure_context(&mut self, context: Obj<SchedContext>, new: Parameters, core: u8) {
        let thread = self[context].thread;
        if let Some(thread) = thread {
            self.stall(thread);
            self.dequeue(thread);
            self.charge_if_current(context);
        }
        let runs = thread.is_some_and(|thread| self[thread].state.is_runnable());
        let same_core = self[context].core == core;
        self[context].core = core;
        if new.budget != new.period && self[context].is_configured() && runs && same_core {
            self.update_refills(context, new);
        } else {
            self.set_fresh_refills(context, new);
        }
        self.core_mut().reprogram = true;
        if let Some(thread) = thread {
            self.migrate(thread, core);
            self.admit(thread);
            if self.current() == Some(thread) {
                self.choose_here();
            } else {
                self.propose(thread);
            }
        }
    }

    /// Lets the thread of a context run before the caller, if it may.
    fn yield_to(
        &mut self,
        caller: Obj<Thread>,
        context: Obj<SchedContext>,
        target: Obj<Thread>,
        answer: bool,
    ) -> Outcome {
        self.complete_yield(context);
        let schedulable = self.is_schedulable(target);
        let same_core = usize::from(self[target].core) == self.here;
        let lower = self[target].priority < self[caller].priority;
        let runs = self.cores[usize::from(self[target].core)].current == Some(target);
        if schedulable && !runs {
            self.dequeue(target);
            self.enqueue_first(target);
        }
        if !schedulable || !same_core || lower {
            return Outcome::Word(self.take_consumed(context));
        }
        self.dequeue(target);
        self.enqueue_first(caller);
        self.enqueue_first(target);
        self.choose_here();
        if answer {
            self[context].yielded_from = Some(caller);
            self[caller].yielded_to = Some(context);
        }
        // Without words, in case that the caller is suspended before it learns the use.
        Outcome::Done
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use abi::bootinfo::slot;

    use crate::sim::System;

    #[test]
    fn a_caller_suspended_while_it_yields_has_its_answer() {
        let mut system = System::new();
        let (root, helper) = (system.root(), system.ready_helper());
        system.call(helper.context, Invocation::SchedContextYieldTo.label(), &[], &[]);
        assert_eq!(system.running(), helper.thread);
        assert_eq!(system.invoke(slot::THREAD, Invocation::ThreadSuspend, &[], &[]), Ok([].into()));
        assert_eq!(system.answer(root), Ok([].into()));
    }

    #[test]
    fn a_sporadic_thread_does_not_save_time_while_it_is_stopped() {
        let mut system = System::new();
        let helper = system.passive_helper(255);
        let words = [10_000, 100_000, 0, 0, 1];
        assert_eq!(system.configure_flags(helper.context, words, 0), Ok([].into()));
        let bind = Invocation::SchedContextBind;
        assert_eq!(system.invoke(helper.context, bind, &[], &[helper.tcb]), Ok([].into()));
        let context = system.context_at(helper.context);
        let before = system.head_refill(context).time;
        system.pass(100_000);
        assert_eq!(system.head_refill(context).time, before);
        system.start(&helper, 0x40_0000);
        assert_eq!(system.head_refill(context).time, before + 100_000);
    }
}
