//! Who pays for which time. (objects.md §9.4)

use platform::contract::{Platform, Ticks};

use crate::cap::Cap;
use crate::core_state::Decision;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::refill::{Refill, Refills};
use crate::sched_context::SchedContext;
use crate::thread::{Holds, State, Thread};

impl Kernel {
    /// Notes the time of a kernel entry.
    pub(crate) fn note_time(&mut self) {
        self.note_moment(self.machine.now());
    }

    /// Notes that an entry was made at `now`.
    #[inline(always)]
    pub(crate) fn note_moment(&mut self, now: Ticks) {
        let core = self.core_mut();
        let passed = now.saturating_sub(core.time);
        core.time = now;
        core.used = core.used.saturating_add(passed);
        self.domains.spend(passed);
    }

    /// Whether the current budget would not last for what has been used, read in the middle of a
    /// long operation.
    pub(crate) fn budget_is_over(&self) -> bool {
        let Some(context) = self.core().context else { return false };
        let used = self.machine.now().saturating_sub(self.core().time) + self.core().used;
        self.head_refill(context).amount < used.saturating_add(self.min_budget())
    }

    /// At entry: whether the current thread may do what it asks for. If not, its budget has been
    /// charged, and what it asked for must not happen.
    pub(crate) fn check_budget(&mut self) -> bool {
        let Some(context) = self.core().context else { return true };
        let (used, min) = (self.core().used, self.min_budget());
        if self.refills(context).is_sufficient(used, min) {
            if self.domains.is_expired() {
                self.choose_here();
                return false;
            }
            return true;
        }
        self.charge(used, true);
        false
    }

    /// As [`Self::check_budget`]; a thread that may not go on repeats its instruction later.
    pub(crate) fn check_budget_or_restart(&mut self) -> bool {
        let fits = self.check_budget();
        if !fits
            && let Some(current) = self.current()
            && self[current].state.is_runnable()
        {
            self.set_state(current, State::Restart);
        }
        fits
    }

    /// Charges `used` to the current context, which is thereby exhausted, and ends the turn of
    /// its thread.
    pub(crate) fn charge(&mut self, used: Ticks, may_fault: bool) {
        let Some(context) = self.core().context else { return };
        if self[context].is_round_robin() {
            self.begin_slice(context);
        } else {
            let (period, min) = (self[context].period, self.min_budget());
            self.refills(context).charge(used, period, min);
            self.report_use(context);
        }
        self.core_mut().reprogram = true;
        if let Some(current) = self.current()
            && self[current].sched_context == Some(context)
            && self.is_schedulable(current)
        {
            self.end_turn(current, context, may_fault);
        }
    }

    /// Gives the whole budget to a round-robin context, which pays here, anew.
    #[inline(always)]
    pub(crate) fn begin_slice(&mut self, context: Obj<SchedContext>) {
        let full = Refill { time: self.core().time, amount: self[context].budget };
        *self.head_refill_mut(context) = full;
        self.report_use(context);
    }

    /// Adds what the context that pays here was used to what its users learn.
    #[inline(always)]
    fn report_use(&mut self, context: Obj<SchedContext>) {
        let used = core::mem::take(&mut self.core_mut().used);
        self[context].consumed = self[context].consumed.saturating_add(used);
    }

    /// The turn of a thread is over: a timeout fault, or its next turn when it is due.
    fn end_turn(&mut self, thread: Obj<Thread>, context: Obj<SchedContext>, may_fault: bool) {
        if may_fault && !self[context].is_round_robin() && self.has_timeout_handler(thread) {
            self.timeout(thread);
            self.choose_here();
        } else if self.may_run(context) {
            self.core_mut().decision = Decision::TurnOver;
        } else {
            self.postpone(thread);
            self.choose_here();
        }
    }

    /// Whether somebody wants to know when a budget of the thread is exhausted.
    pub(crate) fn has_timeout_handler(&self, thread: Obj<Thread>) -> bool {
        let slot = self.thread_slot(thread, Holds::TimeoutHandler);
        matches!(self[slot].cap, Cap::Endpoint { .. })
    }

    /// Charges the time that a core used so far to the context that pays there and that goes on
    /// having a budget.
    fn commit(&mut self, core: usize) {
        let used = core::mem::take(&mut self.cores[core].used);
        let Some(context) = self.cores[core].context else { return };
        if used == 0 || !self[context].is_configured() {
            return;
        }
        self[context].consumed = self[context].consumed.saturating_add(used);
        if self[context].is_round_robin() {
            let head = self.head_refill_mut(context);
            head.amount = head.amount.saturating_sub(used);
        } else {
            let (period, min) = (self[context].period, self.min_budget());
            self.refills(context).charge(used, period, min);
        }
    }

    /// Charges what was used if `context` pays somewhere right now. Another core, whose thread
    /// has been stalled, then has nothing that pays until it chooses again.
    pub(crate) fn charge_if_current(&mut self, context: Obj<SchedContext>) {
        for core in 0..self.core_count {
            if self.cores[core].context != Some(context) {
                continue;
            }
            if core != self.here {
                let now = self.core().time;
                let there = &mut self.cores[core];
                there.used = there.used.saturating_add(now.saturating_sub(there.time));
                there.time = there.time.max(now);
            }
            self.commit(core);
            self.cores[core].reprogram = true;
            if core != self.here {
                self.cores[core].context = None;
            }
        }
    }

    /// Charges what a context was used so far, wherever its thread runs, and tells how much that
    /// was since the last query, in microseconds.
    pub(crate) fn settle_use(&mut self, context: Obj<SchedContext>) -> u64 {
        let thread = self[context].thread;
        if let Some(thread) = thread {
            self.stall(thread);
        }
        self.charge_if_current(context);
        if let Some(thread) = thread {
            self.admit(thread);
        }
        self.take_consumed(context)
    }

    /// Lets the context of the current thread pay from now on.
    pub(crate) fn switch_sched_context(&mut self) {
        let next = self.current().and_then(|thread| self[thread].sched_context);
        if next != self.core().context {
            self.pay_with(next);
            self.core_mut().reprogram = true;
        } else if self.core().reprogram {
            self.commit(self.here);
        }
    }

    /// Charges the context that paid here so far, and lets another one pay.
    #[inline(always)]
    pub(crate) fn pay_with(&mut self, next: Option<Obj<SchedContext>>) {
        self.commit(self.here);
        if let Some(next) = next
            && self[next].is_constant_bandwidth()
        {
            self.catch_up(next);
        }
        self.core_mut().context = next;
    }

    /// Gives up the rest of the current budget; only the time really used is reported.
    pub(crate) fn yield_budget(&mut self) {
        if let Some(context) = self.core().context {
            let amount = self.head_refill(context).amount;
            self.charge(amount, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use platform::contract::Platform;

    use crate::sim::{System, system::Setup};

    #[test]
    fn asking_for_the_use_of_a_remote_context_gives_no_time() {
        const MILLISECOND: u64 = 62_500;
        let mut system = System::boot(Setup { cores: 2, ..Setup::default() });
        let helper = system.helper(255);
        let answer = system.configure_flags(helper.context, [10_000, 100_000, 0, 0, 0], 1);
        assert_eq!(answer, Ok([].into()));
        system.start(&helper, 0x40_0000);
        system.go_to(1);
        system.interrupt();
        assert_eq!(system.running(), helper.thread);
        for _ in 0..3 {
            system.pass(3 * MILLISECOND);
            system.go_to(0);
            let used = system.invoke(helper.context, Invocation::SchedContextConsumed, &[], &[]);
            assert_eq!(used, Ok([3000].into()));
            system.go_to(1);
            if system.machine.interrupt_pending() {
                system.interrupt();
            }
            assert_eq!(system.running(), helper.thread);
        }
        system.pass(MILLISECOND);
        assert_eq!(system.current(), None, "its budget is used up");
    }
}
