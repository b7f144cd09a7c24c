//! Who runs next, on the only core. (objects.md §9.3)

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::cap::Address;
use crate::model::Model;
use crate::state::State;

/// What has been decided about the next thread during an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Decision {
    /// The current thread goes on, if it can.
    #[default]
    Stay,
    /// Its turn is over.
    TurnOver,
    /// This thread became runnable.
    Candidate(Address),
    /// A full choice.
    Choose,
}

/// Threads that are ready, and the one that runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scheduler {
    /// Who runs.
    pub current: Option<Address>,
    /// Ready threads by priority, in the order of their turns.
    pub ready: BTreeMap<u64, VecDeque<Address>>,
    /// Threads whose budget is used up.
    pub postponed: BTreeSet<Address>,
    /// What has been decided.
    pub decision: Decision,
}

impl Scheduler {
    fn has(&self, thread: Address) -> bool {
        self.ready.values().any(|queue| queue.contains(&thread))
    }

    /// Takes a thread out of all queues. Whether it was ready.
    fn remove(&mut self, thread: Address) -> bool {
        let before = self.has(thread);
        self.ready.retain(|_, queue| {
            queue.retain(|other| *other != thread);
            !queue.is_empty()
        });
        self.postponed.remove(&thread);
        before
    }

    fn highest(&self) -> Option<u64> {
        self.ready.last_key_value().map(|(priority, _)| *priority)
    }

    fn take_best(&mut self) -> Option<Address> {
        let mut best = self.ready.last_entry()?;
        let thread = best.get_mut().pop_front();
        if best.get().is_empty() {
            best.remove();
        }
        thread
    }
}

impl Model {
    fn priority(&self, thread: Address) -> u64 {
        self.threads.get(&thread).map_or(0, |thread| thread.priority)
    }

    /// Whether a thread may run as soon as its turn comes. (objects.md §1, "Schedulable")
    #[must_use]
    pub fn is_schedulable(&self, thread: Address) -> bool {
        let Some(known) = self.threads.get(&thread) else { return false };
        known.state.is_runnable()
            && !self.scheduler.postponed.contains(&thread)
            && known.context.is_some_and(|context| self.is_configured(context))
    }

    /// A thread became runnable by an event. Without budget it waits for that.
    pub(crate) fn wake(&mut self, thread: Address) {
        self.admit(thread);
        self.propose(thread);
    }

    /// A runnable thread without budget waits for its next refill.
    pub(crate) fn admit(&mut self, thread: Address) {
        let Some(known) = self.threads.get(&thread) else { return };
        let Some(context) = known.context else { return };
        let queued = self.scheduler.has(thread) || self.scheduler.postponed.contains(&thread);
        if known.state.is_runnable()
            && !queued
            && self.is_configured(context)
            && !self.has_budget(context)
        {
            self.postpone(thread);
        }
    }

    /// Lets a thread wait for its budget.
    pub(crate) fn postpone(&mut self, thread: Address) {
        self.leave_queues(thread);
        self.scheduler.postponed.insert(thread);
    }

    /// A thread may be better than the current one. (§9.3, "candidate")
    pub(crate) fn propose(&mut self, thread: Address) {
        let is_current = self.scheduler.current == Some(thread);
        if !self.is_schedulable(thread) || self.scheduler.has(thread) || is_current {
            return;
        }
        if self.scheduler.decision == Decision::Stay {
            self.scheduler.decision = Decision::Candidate(thread);
        } else {
            self.choose();
            self.enqueue_first(thread);
        }
    }

    /// Demands a full choice. An earlier candidate goes to the head of its queue.
    pub(crate) fn choose(&mut self) {
        match self.scheduler.decision {
            Decision::Candidate(thread) if self.is_schedulable(thread) => {
                self.enqueue_first(thread);
            }
            Decision::TurnOver => {
                if let Some(current) = self.scheduler.current
                    && self.is_schedulable(current)
                {
                    self.enqueue_last(current);
                }
            }
            _ => {}
        }
        self.scheduler.decision = Decision::Choose;
    }

    pub(crate) fn enqueue_first(&mut self, thread: Address) {
        if !self.scheduler.has(thread) {
            let queue = self.scheduler.ready.entry(self.priority(thread)).or_default();
            queue.push_front(thread);
        }
    }

    pub(crate) fn enqueue_last(&mut self, thread: Address) {
        if !self.scheduler.has(thread) {
            let queue = self.scheduler.ready.entry(self.priority(thread)).or_default();
            queue.push_back(thread);
        }
    }

    /// A thread is in nobody's queue any more, and no candidate.
    pub(crate) fn leave_queues(&mut self, thread: Address) {
        self.scheduler.remove(thread);
        if self.scheduler.decision == Decision::Candidate(thread) {
            self.scheduler.decision = Decision::Choose;
        }
    }

    /// At the end of an entry: who runs.
    pub(crate) fn schedule(&mut self) {
        let stays = self.scheduler.current.filter(|current| self.is_schedulable(*current));
        let next = match (std::mem::take(&mut self.scheduler.decision), stays) {
            (Decision::Stay, Some(current)) => Some(current),
            (Decision::TurnOver, Some(current)) => {
                self.enqueue_last(current);
                self.scheduler.take_best()
            }
            (Decision::Candidate(candidate), _) if self.is_schedulable(candidate) => {
                self.compete(candidate, stays)
            }
            (_, stays) => {
                // A preempted thread keeps its turn.
                stays.into_iter().for_each(|current| self.enqueue_first(current));
                self.scheduler.take_best()
            }
        };
        self.scheduler.current = next;
        if let Some(next) = next {
            self.begin(next);
        }
    }

    /// A candidate against the current thread, if that can go on, and against those ready.
    fn compete(&mut self, candidate: Address, current: Option<Address>) -> Option<Address> {
        let waiting = current.filter(|current| !self.scheduler.has(*current));
        let equal =
            waiting.is_some_and(|current| self.priority(current) == self.priority(candidate));
        current.into_iter().for_each(|current| self.enqueue_first(current));
        let best = self.scheduler.highest();
        if !equal && best.is_none_or(|best| best <= self.priority(candidate)) {
            self.scheduler.remove(candidate);
            return Some(candidate);
        }
        if equal {
            self.enqueue_last(candidate)
        } else {
            self.enqueue_first(candidate)
        }
        self.scheduler.take_best()
    }

    /// A thread is dispatched. One that restarts does so at its "FaultIP" (objects.md §1); one
    /// that yielded to another learns of the use (§9.2).
    fn begin(&mut self, thread: Address) {
        let yielded = self.threads.get(&thread).and_then(|known| known.yielded_to);
        if let Some(context) = yielded {
            self.complete_yield(context);
        }
        if let Some(known) = self.threads.get_mut(&thread)
            && known.state == State::Restart
        {
            known.state = State::Running;
            known.next = known.restart();
        }
    }

    /// Another priority. (§9.3, "SetPriority")
    pub(crate) fn change_priority(&mut self, thread: Address, priority: u64) {
        let ready = self.scheduler.has(thread);
        if ready {
            self.scheduler.remove(thread);
        }
        self.requeue_waiter(thread, priority);
        if self.is_schedulable(thread) {
            if self.scheduler.current != Some(thread) {
                self.enqueue_first(thread);
            }
            self.choose();
        }
    }
}
