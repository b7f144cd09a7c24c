//! Ready queues: one first-in first-out list for each priority, and bitmaps to find the highest.

use abi::MAX_PRIORITY;

use crate::kernel::Kernel;
use crate::mem::{Kind, Obj, Object};
use crate::thread::{Links, Queued, Thread};

const PRIORITIES: usize = MAX_PRIORITY as usize + 1;
const WORD_BITS: usize = 64;

/// The threads of one core, or of one domain, that are ready to run.
#[repr(C, align(32))]
#[derive(PartialEq, Debug)]
pub struct ReadyQueues {
    occupied: [u64; PRIORITIES / WORD_BITS],
    first: [Option<Obj<Thread>>; PRIORITIES],
    last: [Option<Obj<Thread>>; PRIORITIES],
}

impl ReadyQueues {
    /// The first thread of the highest priority.
    #[must_use]
    pub(crate) fn highest(&self) -> Option<Obj<Thread>> {
        self.first.get(self.highest_priority()?).copied().flatten()
    }

    /// The highest priority at which a thread is ready.
    #[must_use]
    pub(crate) fn highest_priority(&self) -> Option<usize> {
        let (index, word) = self.occupied.iter().enumerate().rfind(|(_, word)| **word != 0)?;
        Some(index * WORD_BITS + WORD_BITS - 1 - word.leading_zeros() as usize)
    }

    /// Whether a thread of more than this priority is ready.
    #[inline(always)]
    pub(crate) fn has_above(&self, priority: u8) -> bool {
        let (word, bit) = (usize::from(priority) / WORD_BITS, usize::from(priority) % WORD_BITS);
        let (own, above) = self.occupied[word..].split_first().unwrap_or((&0, &[]));
        own >> bit >> 1 != 0 || above.iter().any(|word| *word != 0)
    }

    /// The first thread of a priority.
    #[must_use]
    pub(crate) fn first(&self, priority: u8) -> Option<Obj<Thread>> {
        self.first[usize::from(priority)]
    }

    /// The last thread of a priority.
    #[must_use]
    pub(crate) fn last(&self, priority: u8) -> Option<Obj<Thread>> {
        self.last[usize::from(priority)]
    }

    /// Notes that a thread of this priority is ready.
    #[inline(always)]
    fn fill(&mut self, priority: u8) {
        self.occupied[usize::from(priority) / WORD_BITS] |=
            1 << (usize::from(priority) % WORD_BITS);
    }

    /// Notes that none is.
    fn empty(&mut self, priority: u8) {
        self.occupied[usize::from(priority) / WORD_BITS] &=
            !(1 << (usize::from(priority) % WORD_BITS));
    }
}

impl Object for ReadyQueues {
    const KIND: Kind = Kind::ReadyQueues;
}

/// How many sets of ready queues a kernel with so many cores and domains has.
pub(crate) const fn queue_sets(cores: usize, domains: usize) -> usize {
    if cores == 1 { domains } else { cores }
}

impl Kernel {
    /// Gives the kernel its ready queues: [`Kernel::queue_sets`] of them, once, at boot.
    pub fn set_ready_queues(&mut self, queues: Obj<ReadyQueues>) {
        self.ready = Some(queues);
    }

    /// Number of sets of ready queues: one per domain on a single core, or one per core.
    #[must_use]
    pub fn queue_sets(&self) -> usize {
        queue_sets(self.core_count, self.domains.count())
    }

    /// One set of ready queues.
    pub(crate) fn queues(&self, set: usize) -> Obj<ReadyQueues> {
        let queues = self.ready.expect("boot makes the ready queues");
        queues.nth(u32::try_from(set).unwrap_or(0))
    }

    /// Shows the threads that run or could run to a function.
    pub(crate) fn for_each_ready(&mut self, mut show: impl FnMut(&mut Self, Obj<Thread>)) {
        for core in 0..self.core_count {
            if let Some(thread) = self.cores[core].current {
                show(self, thread);
            }
        }
        for set in 0..self.queue_sets() {
            for priority in 0..=MAX_PRIORITY {
                let mut next = self[self.queues(set)].first(priority);
                while let Some(thread) = next {
                    show(self, thread);
                    next = self[thread].ready.next;
                }
            }
        }
    }

    /// Which set of queues a thread belongs to: with one core its domain's, with one domain its
    /// core's. What there is one of has number 0, so the sum says it.
    pub(crate) fn queue_set(&self, thread: Obj<Thread>) -> usize {
        let thread = &self[thread];
        usize::from(thread.domain) + usize::from(thread.core)
    }

    /// The set of queues from which the executing core takes threads now.
    pub(crate) fn own_queue_set(&self) -> usize {
        self.domains.current() + self.here
    }

    /// Puts a schedulable thread in front of its ready queue. Nothing if it is queued.
    pub(crate) fn enqueue_first(&mut self, thread: Obj<Thread>) {
        if self[thread].queued != Queued::No {
            return;
        }
        self.prepend(self.queues(self.queue_set(thread)), thread);
    }

    /// Puts a thread that is in no queue of the scheduler in front of its ready queue.
    #[inline(always)]
    pub(crate) fn prepend(&mut self, set: Obj<ReadyQueues>, thread: Obj<Thread>) {
        let priority = self[thread].priority;
        let next = self[set].first(priority);
        self[thread].ready = Links { next, previous: None };
        match next {
            Some(next) => self[next].ready.previous = Some(thread),
            None => self[set].last[usize::from(priority)] = Some(thread),
        }
        self[set].first[usize::from(priority)] = Some(thread);
        self.finish_enqueue(set, thread);
    }

    /// Puts a schedulable thread at the end of its ready queue. Nothing if it is queued.
    pub(crate) fn enqueue_last(&mut self, thread: Obj<Thread>) {
        if self[thread].queued != Queued::No {
            return;
        }
        self.append(self.queues(self.queue_set(thread)), thread);
    }

    /// Puts a thread that is in no queue of the scheduler at the end of its ready queue.
    #[inline(always)]
    pub(crate) fn append(&mut self, set: Obj<ReadyQueues>, thread: Obj<Thread>) {
        let priority = self[thread].priority;
        let previous = self[set].last(priority);
        self[thread].ready = Links { next: None, previous };
        match previous {
            Some(previous) => self[previous].ready.next = Some(thread),
            None => self[set].first[usize::from(priority)] = Some(thread),
        }
        self[set].last[usize::from(priority)] = Some(thread);
        self.finish_enqueue(set, thread);
    }

    #[inline(always)]
    fn finish_enqueue(&mut self, set: Obj<ReadyQueues>, thread: Obj<Thread>) {
        self[thread].queued = Queued::Ready;
        let priority = self[thread].priority;
        self[set].fill(priority);
    }

    /// Takes a thread out of its ready queue.
    pub(crate) fn leave_ready_queue(&mut self, thread: Obj<Thread>) {
        let priority = self[thread].priority;
        let set = self.queues(self.queue_set(thread));
        let Links { next, previous } = self[thread].ready;
        match previous {
            Some(previous) => self[previous].ready.next = next,
            None => self[set].first[usize::from(priority)] = next,
        }
        match next {
            Some(next) => self[next].ready.previous = previous,
            None => self[set].last[usize::from(priority)] = previous,
        }
        if next.is_none() && previous.is_none() {
            self[set].empty(priority);
        }
        self[thread].ready = Links::default();
        self[thread].queued = Queued::No;
    }

    /// Takes a thread out of whatever queue of the scheduler it is in.
    pub(crate) fn dequeue(&mut self, thread: Obj<Thread>) {
        match self[thread].queued {
            Queued::No => self.withdraw(thread),
            Queued::Ready => self.leave_ready_queue(thread),
            Queued::Release => self.leave_release_queue(thread),
        }
    }
}
