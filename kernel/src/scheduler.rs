//! Which thread runs next. (objects.md §9.3)
//!
//! During a kernel entry events leave their trace in the core's [`Decision`]; on the way out
//! [`Kernel::schedule`] turns it into a thread.

use platform::contract::{Platform, Ticks};

use crate::core_state::{Alert, Decision};
use crate::kernel::Kernel;
use crate::lock;
use crate::mem::Obj;
use crate::thread::{Queued, State, Thread};

/// Most threads that one entry takes out of the release queue, so that a crowd of returning budgets
/// cannot delay an interrupt.
const AWAKEN_AT_ONCE: usize = 4;
/// How long, in microseconds, the rest of a crowd waits while better threads run.
const OVERDUE_PAUSE_US: u64 = 1000;

impl Kernel {
    /// A thread became runnable by an event: it runs at once if it is better than the current
    /// one, provided that it has a budget.
    pub(crate) fn wake(&mut self, thread: Obj<Thread>) {
        self.admit(thread);
        self.propose(thread);
    }

    /// Sends a runnable thread whose budget is used up to the release queue.
    pub(crate) fn admit(&mut self, thread: Obj<Thread>) {
        let Some(context) = self[thread].sched_context else { return };
        if self[context].is_configured()
            && self[thread].state.is_runnable()
            && self[thread].queued == Queued::No
            && !self.may_run(context)
        {
            self.postpone(thread);
        }
    }

    /// Puts a thread into the release queue until its budget returns.
    pub(crate) fn postpone(&mut self, thread: Obj<Thread>) {
        let Some(context) = self[thread].sched_context else { return };
        self.dequeue(thread);
        let time = self.head_refill(context).time;
        self.enter_release_queue(thread, time);
    }

    /// Makes a schedulable thread a candidate for the core it belongs to.
    pub(crate) fn propose(&mut self, thread: Obj<Thread>) {
        if !self.is_schedulable(thread) || self[thread].queued == Queued::Ready {
            return;
        }
        if usize::from(self[thread].core) != self.here {
            self.enqueue_first(thread);
            self.kick_if_better(thread);
        } else if self.queue_set(thread) != self.own_queue_set() {
            self.enqueue_first(thread);
        } else if self.current() != Some(thread) {
            match self.core().decision {
                Decision::Stay => self.core_mut().decision = Decision::Candidate(thread),
                Decision::Candidate(_) | Decision::Choose | Decision::TurnOver => {
                    self.choose_here();
                    self.enqueue_first(thread);
                }
            }
        }
    }

    /// Demands a full choice on the executing core.
    pub(crate) fn choose_here(&mut self) {
        match (self.core().decision, self.current()) {
            (Decision::Candidate(thread), _) if self.is_schedulable(thread) => {
                self.enqueue_first(thread);
            }
            (Decision::TurnOver, Some(thread)) if self.is_schedulable(thread) => {
                self.enqueue_last(thread);
            }
            _ => {}
        }
        self.core_mut().decision = Decision::Choose;
    }

    /// Demands a full choice on the core of `thread`.
    pub(crate) fn choose_again(&mut self, thread: Obj<Thread>) {
        if usize::from(self[thread].core) == self.here {
            self.choose_here();
        } else {
            self.kick(usize::from(self[thread].core));
        }
    }

    /// A candidate that leaves the scheduler's hands is no candidate any more.
    pub(crate) fn withdraw(&mut self, thread: Obj<Thread>) {
        if self.core().decision == Decision::Candidate(thread) {
            self.core_mut().decision = Decision::Choose;
        }
    }

    /// Decides which thread the executing core runs, and prepares the machine for it.
    pub(crate) fn schedule(&mut self) -> Option<Obj<Thread>> {
        self.awaken();
        self.check_domain_time();
        if self.core_mut().alerts.take(Alert::Kicked) {
            self.choose_here();
        }
        let before = self.current();
        let current = before.filter(|thread| self.is_schedulable(*thread));
        let stays = current.filter(|thread| usize::from(self[*thread].core) == self.here);
        let next = match (self.core().decision, stays) {
            (Decision::Stay, Some(thread)) => Some(thread),
            (Decision::TurnOver, Some(thread)) => Some(self.next_turn(thread)),
            _ => self.choose(current),
        };
        self.core_mut().decision = Decision::Stay;
        self.core_mut().current = next;
        self.switch_sched_context();
        if self.core().reprogram {
            self.set_deadline();
        }
        self.load(next);
        self.count_exit(before, next);
        next.inspect(|thread| self.activate(*thread))
    }

    /// The thread that runs when the turn of `current` is over, which could go on.
    fn next_turn(&mut self, current: Obj<Thread>) -> Obj<Thread> {
        let Some(next) = self.next_in_turn(current) else { return current };
        self.enqueue_last(current);
        self.leave_ready_queue(next);
        next
    }

    /// The ready thread whose turn it is when that of `current` is over; `None` if the current
    /// thread is better than all.
    pub(crate) fn next_in_turn(&self, current: Obj<Thread>) -> Option<Obj<Thread>> {
        let queues = &self[self.queues(self.own_queue_set())];
        let highest = queues.highest_priority()?;
        if highest < usize::from(self[current].priority) {
            return None;
        }
        queues.highest()
    }

    /// Looks for the best thread. The current one, if it could go on, keeps its turn.
    fn choose(&mut self, current: Option<Obj<Thread>>) -> Option<Obj<Thread>> {
        if self.core().decision == Decision::TurnOver {
            self.choose_here();
        }
        let decision = self.core().decision;
        let turn = current.filter(|thread| self[*thread].queued == Queued::No);
        if let Some(current) = current {
            self.enqueue_first(current);
            if usize::from(self[current].core) != self.here {
                self.kick(usize::from(self[current].core));
            }
        }
        if let Decision::Candidate(candidate) = decision
            && self.is_schedulable(candidate)
        {
            let equal = turn.is_some_and(|turn| self[turn].priority == self[candidate].priority);
            if !equal && self.beats_all_ready(candidate) {
                return Some(candidate);
            }
            if equal { self.enqueue_last(candidate) } else { self.enqueue_first(candidate) }
        }
        let best = self[self.queues(self.own_queue_set())].highest()?;
        self.leave_ready_queue(best);
        Some(best)
    }

    /// Whether a candidate would be the first of the highest ready queue: then it need not be
    /// queued at all.
    fn beats_all_ready(&self, candidate: Obj<Thread>) -> bool {
        let highest = self[self.queues(self.own_queue_set())].highest_priority();
        let priority = usize::from(self[candidate].priority);
        self[candidate].queued == Queued::No && highest.is_none_or(|highest| highest <= priority)
    }

    /// A thread that repeats its last instruction starts there; one that yielded learns how much
    /// time was used.
    #[inline(always)]
    pub(crate) fn activate(&mut self, thread: Obj<Thread>) {
        if let Some(context) = self[thread].yielded_to {
            self.complete_yield(context);
        }
        if self[thread].state == State::Restart {
            self.set_state(thread, State::Running);
            self.registers_mut(thread).not_yet();
        }
    }

    /// Takes threads whose budget has returned out of the release queue, best first. Those that are
    /// worse than a ready thread could not run yet and stay; but not with several domains, of
    /// which each has its own best.
    fn awaken(&mut self) {
        if self.core().earliest_release <= self.core().time {
            self.awaken_some();
        }
    }

    #[cold]
    fn awaken_some(&mut self) {
        let alone = self.domains.count() == 1;
        for _ in 0..AWAKEN_AT_ONCE {
            let Some(queues) = self.release_queues(self.here) else { return };
            let Some(thread) = self[queues].best_due(self.core().time) else { return };
            let ready = self[self.queues(self.own_queue_set())].highest_priority();
            if alone && ready > Some(self[thread].priority.into()) {
                return;
            }
            self.leave_release_queue(thread);
            self.propose(thread);
            self.core_mut().reprogram = true;
        }
    }

    /// When threads have to be released next. Budgets that returned already, of which none is
    /// better than the current thread or a ready one, can wait a while.
    fn next_release(&self) -> Ticks {
        let core = self.core();
        if core.earliest_release > core.time {
            return core.earliest_release;
        }
        self.next_release_of_crowd()
    }

    /// Does not forget budgets that will return to threads between the crowd and the current
    /// thread: that one may become worse, or a worse one go on with its time, without the timer
    /// being set.
    #[cold]
    fn next_release_of_crowd(&self) -> Ticks {
        let core = self.core();
        let (Some(current), Some(queues)) = (core.current, self.release_queues(self.here)) else {
            return core.earliest_release;
        };
        let Some(due) = self[queues].best_due(core.time) else { return core.earliest_release };
        let best = self[due].priority;
        if self.domains.count() > 1 || best > self[current].priority {
            return core.earliest_release;
        }
        let better = self[queues].earliest_above(best);
        better.min(core.time.saturating_add(self.ticks(OVERDUE_PAUSE_US)))
    }

    /// Sets the timer to the next instant at which the scheduler has something to do.
    #[inline(always)]
    pub(crate) fn set_deadline(&mut self) {
        self.core_mut().reprogram = false;
        let core = self.core();
        let mut at = Ticks::MAX;
        if let Some(context) = core.context {
            at = core.time.saturating_add(self.head_refill(context).amount);
        }
        at = at.min(self.next_release());
        if let Some(left) = self.domains.time_left() {
            at = at.min(core.time.saturating_add(left));
        }
        self.machine.set_deadline(at);
    }

    /// The earliest release of a core changed.
    pub(crate) fn deadline_changed(&mut self, core: usize) {
        if core == self.here {
            self.core_mut().reprogram = true;
        } else {
            self.cores[core].reprogram = true;
            self.kick(core);
        }
    }

    /// Makes another core enter the kernel and choose again.
    pub(crate) fn kick(&mut self, core: usize) {
        if core != self.here && core < self.core_count {
            self.cores[core].alerts.raise(Alert::Kicked);
            self.machine.interrupt_core(core);
        }
    }

    /// Kicks the core of a ready thread if it is better than what that core runs.
    fn kick_if_better(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        let better = match self.cores[core].current {
            Some(current) => self[current].priority < self[thread].priority,
            None => true,
        };
        if better {
            self.kick(core);
        }
    }

    /// A thread lost the right to run: its core must look for another.
    pub(crate) fn leave_core_if_current(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        if core != self.here && self.cores[core].current == Some(thread) {
            self.kick(core);
        }
    }

    /// Stops a thread that runs on another core, so that its registers are in memory and stay
    /// there until that core has the lock.
    pub(crate) fn stall(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        if core == self.here || self.cores[core].current != Some(thread) {
            return;
        }
        self.kick(core);
        lock::wait_until_in_kernel(core);
        let state = &mut self.cores[core];
        state.alerts.raise(Alert::Stalled);
        state.loaded = None;
        state.fpu_enabled = false;
    }

    /// Makes a thread belong to another core.
    pub(crate) fn migrate(&mut self, thread: Obj<Thread>, core: u8) {
        if self[thread].core == core {
            return;
        }
        self.stall(thread);
        self.dequeue(thread);
        self.unload_fpu(thread);
        let old = usize::from(self[thread].core);
        if old != self.here && self.cores[old].current == Some(thread) {
            // It may run elsewhere before the old core, which is stalled, looks for another.
            self.cores[old].current = None;
        }
        self[thread].core = core;
    }

    /// Gives a thread another priority, keeping its place in queues consistent.
    pub(crate) fn set_priority(&mut self, thread: Obj<Thread>, priority: u8) {
        match self[thread].queued {
            Queued::Ready => {
                self.leave_ready_queue(thread);
                self[thread].priority = priority;
                self.enqueue_first(thread);
                self.choose_again(thread);
            }
            Queued::No | Queued::Release => {
                if self[thread].queued == Queued::Release {
                    self.change_released_priority(thread, priority);
                }
                self.requeue_waiter(thread, priority);
                if self.is_schedulable(thread) {
                    if self.cores[usize::from(self[thread].core)].current != Some(thread) {
                        self.enqueue_first(thread);
                    }
                    self.choose_again(thread);
                }
            }
        }
    }
}
