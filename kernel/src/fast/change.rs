//! From one thread to another that runs on time of its own.

use platform::contract::{Platform, Ticks};

use super::switch::Switch;
use super::{Miss, Width};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::thread::Thread;

/// What the clock says at an entry that has to look at it.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Ticks,
    /// Time used since the last charge.
    pub(super) used: Ticks,
}

/// A switch after which another scheduling context pays.
pub(super) struct Change {
    pub(super) switch: Switch,
    pub(super) context: Obj<SchedContext>,
}

impl Kernel {
    /// Looks at the clock, and whether the domain's slice lasts.
    #[inline(always)]
    pub(super) fn check_clock<W: Width>(&self) -> Result<Moment, Miss> {
        let core = self.fast_core::<W>();
        let now = self.machine.now();
        // Only other cores note a later time than one's own clock shows.
        let passed =
            if W::WIDE { now.saturating_sub(core.time) } else { now.wrapping_sub(core.time) };
        if self.domains.is_expired_after(passed) {
            return Err(Miss::DomainOver);
        }
        Ok(Moment { now, used: core.used.wrapping_add(passed) })
    }

    /// Looks whether the current budget lasts, as every entry does.
    #[inline(always)]
    pub(super) fn check_rest<W: Width>(&self) -> Result<Moment, Miss> {
        let moment = self.check_clock::<W>()?;
        match self.fast_core::<W>().context {
            Some(context) if self.suffices(context, moment) => Ok(moment),
            _ => Err(Miss::BudgetOver),
        }
    }

    /// Looks whether no budget has returned, whose thread would have to be considered.
    #[inline(always)]
    pub(super) fn check_releases<W: Width>(&self, moment: Moment) -> Result<(), Miss> {
        let is_due = self.fast_core::<W>().earliest_release <= moment.now;
        if is_due { Err(Miss::ReleaseDue) } else { Ok(()) }
    }

    /// Whether what was used leaves a useful part of the budget of `context`.
    #[inline(always)]
    pub(super) fn suffices(&self, context: Obj<SchedContext>, moment: Moment) -> bool {
        // Nobody uses so much that the sum wraps: that would take centuries.
        self.head_refill(context).amount >= moment.used.wrapping_add(self.min_budget())
    }

    /// The context on which a thread that would be runnable could run at an instant.
    #[inline(always)]
    pub(super) fn check_time(
        &self,
        thread: Obj<Thread>,
        now: Ticks,
    ) -> Result<Obj<SchedContext>, Miss> {
        let Some(context) = self[thread].sched_context else { return Err(Miss::NoTime) };
        let head = self.head_refill(context);
        if head.time > now || head.amount < self.min_budget() {
            return Err(Miss::NoTime);
        }
        Ok(context)
    }

    /// Looks whether `to` can take over from `from`, the current thread, on time of its own.
    #[inline(always)]
    pub(super) fn check_change<W: Width>(
        &self,
        from: Obj<Thread>,
        to: Obj<Thread>,
        moment: Moment,
    ) -> Result<Change, Miss> {
        let context = self.check_time(to, moment.now)?;
        let switch = self.check_switch::<W>(from, to)?;
        Ok(Change { switch, context })
    }

    /// Lets the other thread run. Its state is set, and the clock noted.
    #[inline(always)]
    pub(super) fn perform_change<W: Width>(&mut self, change: &Change) -> Obj<Thread> {
        self.pay_with(Some(change.context));
        self.set_deadline();
        self.perform_switch::<W>(&change.switch)
    }

    /// Lets the current thread go on.
    #[inline(always)]
    pub(super) fn perform_stay(&mut self, current: Obj<Thread>) -> Obj<Thread> {
        self.count_entry();
        self.count_exit(Some(current), Some(current));
        current
    }
}
