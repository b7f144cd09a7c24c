//! The release queues: threads that wait until their budget returns.
//!
//! A core has a queue for each priority, earliest first: a leftist heap inside the threads, so that
//! insertion and removal of any thread take logarithmic time. The *rank* of a node is the length of
//! its right spine; a left child never has a lower rank than its right sibling, so right spines
//! stay short. Beside the roots stand their times, and the earliest of each sixteen priorities: who
//! is due and best, and when the next is due, are found in at most 32 steps.
//!
//! So a crowd of threads whose budgets return at once cannot delay a better one: they are released
//! best first, a few at a time, and no faster than threads of their priority get to run.

use platform::contract::Ticks;

use crate::kernel::Kernel;
use crate::mem::{Kind, Obj, Object};
use crate::thread::{Queued, ReleasePlace, Thread};

type Node = Option<Obj<Thread>>;

/// Priorities in a group.
const GROUP: usize = 16;
/// Priorities.
const PRIORITIES: usize = abi::MAX_PRIORITY as usize + 1;

/// The threads of one core that wait for their budgets. Zeroed memory has none.
#[repr(C, align(32))]
#[derive(PartialEq, Debug)]
pub struct ReleaseQueues {
    /// How long before the end of time the earliest of each group is due; 0: nobody.
    groups: [Ticks; PRIORITIES / GROUP],
    /// The same for each priority.
    left: [Ticks; PRIORITIES],
    /// Roots of the heaps.
    pub(crate) roots: [Node; PRIORITIES],
}

impl Object for ReleaseQueues {
    const KIND: Kind = Kind::ReleaseQueues;
}

impl ReleaseQueues {
    /// When the earliest of all is due; the end of time when nobody waits.
    pub(crate) fn earliest(&self) -> Ticks {
        Ticks::MAX - self.groups.iter().copied().max().unwrap_or(0)
    }

    /// When the earliest above `priority` is due; the end of time when nobody waits.
    pub(crate) fn earliest_above(&self, priority: u8) -> Ticks {
        let (own, next) = (usize::from(priority) + 1, usize::from(priority) / GROUP + 1);
        let classes = self.left.get(own..next * GROUP).unwrap_or_default();
        let groups = self.groups.get(next..).unwrap_or_default();
        Ticks::MAX - classes.iter().chain(groups).copied().max().unwrap_or(0)
    }

    /// Of the threads that are due at `now`, the one of highest priority that is due first.
    pub(crate) fn best_due(&self, now: Ticks) -> Option<Obj<Thread>> {
        let is_due = |left: &Ticks| *left >= Ticks::MAX - now && *left > 0;
        let group = self.groups.iter().rposition(is_due)?;
        let start = group * GROUP;
        let class = self.left.get(start..start + GROUP)?.iter().rposition(is_due)?;
        self.roots.get(start + class).copied().flatten()
    }

    /// Whether the times beside the root of a priority are right. For invariants.
    pub(crate) fn knows(&self, priority: u8, kernel: &Kernel) -> bool {
        let class = usize::from(priority);
        let group = class / GROUP * GROUP..class / GROUP * GROUP + GROUP;
        let time = self.roots[class].map(|root| kernel[root].release.time);
        self.left[class] == time.map_or(0, |time| (Ticks::MAX - time).max(1))
            && self.left[group].iter().max() == Some(&self.groups[class / GROUP])
    }

    /// Makes `root`, due at `time`, the first of a priority.
    fn set(&mut self, priority: u8, root: Node, time: Ticks) {
        let (class, group) = (usize::from(priority), usize::from(priority) / GROUP);
        self.roots[class] = root;
        self.left[class] = if root.is_some() { (Ticks::MAX - time).max(1) } else { 0 };
        let classes = self.left.get(group * GROUP..(group + 1) * GROUP).unwrap_or_default();
        self.groups[group] = classes.iter().copied().max().unwrap_or(0);
    }
}

impl Kernel {
    /// Gives the kernel its release queues: one set for each core, once, at boot.
    pub fn set_release_queues(&mut self, queues: Obj<ReleaseQueues>) {
        self.releases = Some(queues);
    }

    /// The release queues of a core; boot makes them before the first thread.
    pub(crate) fn release_queues(&self, core: usize) -> Option<Obj<ReleaseQueues>> {
        Some(self.releases?.nth(u32::try_from(core).unwrap_or(0)))
    }

    /// Adds a thread that may run from `time` on. It is in no other queue of the scheduler.
    pub(crate) fn enter_release_queue(&mut self, thread: Obj<Thread>, time: Ticks) {
        let core = usize::from(self[thread].core);
        self.cores[core].release_order += 1;
        let order = self.cores[core].release_order;
        self[thread].release = ReleasePlace { rank: 1, time, order, ..ReleasePlace::default() };
        self[thread].queued = Queued::Release;
        self.join_heap(thread);
    }

    fn join_heap(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        let Some(queues) = self.release_queues(core) else { return };
        let priority = self[thread].priority;
        let old = self[queues].roots[usize::from(priority)];
        let root = self.merge(old, Some(thread));
        if root == Some(thread) {
            let time = self[thread].release.time;
            self.set_first(core, priority, root, time);
        }
    }

    /// Makes `root`, due at `time`, the first of a priority that waits on a core.
    fn set_first(&mut self, core: usize, priority: u8, root: Node, time: Ticks) {
        let Some(queues) = self.release_queues(core) else { return };
        self[queues].set(priority, root, time);
        self.cores[core].earliest_release = self[queues].earliest();
        self.deadline_changed(core);
    }

    /// Takes a thread out of the release queue.
    pub(crate) fn leave_release_queue(&mut self, thread: Obj<Thread>) {
        self.leave_heap(thread);
        self[thread].release = ReleasePlace::default();
        self[thread].queued = Queued::No;
    }

    /// Gives a thread in the release queue another priority.
    pub(crate) fn change_released_priority(&mut self, thread: Obj<Thread>, priority: u8) {
        self.leave_heap(thread);
        let ReleasePlace { time, order, .. } = self[thread].release;
        self[thread].release = ReleasePlace { rank: 1, time, order, ..ReleasePlace::default() };
        self[thread].priority = priority;
        self.join_heap(thread);
    }

    fn leave_heap(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        let ReleasePlace { parent, left, right, .. } = self[thread].release;
        let heir = self.merge(left, right);
        if let Some(heir) = heir {
            self[heir].release.parent = parent;
        }
        match parent {
            None => {
                let time = heir.map_or(0, |heir| self[heir].release.time);
                self.set_first(core, self[thread].priority, heir, time);
            }
            Some(above) => {
                let place = &mut self[above].release;
                if place.left == Some(thread) {
                    place.left = heir;
                } else {
                    place.right = heir;
                }
                self.restore_ranks(parent);
            }
        }
    }

    fn is_earlier(&self, a: Obj<Thread>, b: Obj<Thread>) -> bool {
        let (a, b) = (&self[a].release, &self[b].release);
        (a.time, a.order) < (b.time, b.order)
    }

    /// Merges two heaps along their right spines.
    fn merge(&mut self, mut a: Node, mut b: Node) -> Node {
        let mut root = None;
        let mut spine: Node = None;
        while let (Some(x), Some(y)) = (a, b) {
            let (first, other) = if self.is_earlier(x, y) { (x, y) } else { (y, x) };
            self.hang_right(spine, Some(first));
            root = root.or(Some(first));
            spine = Some(first);
            a = self[first].release.right;
            b = Some(other);
        }
        let rest = a.or(b);
        self.hang_right(spine, rest);
        self.restore_all_ranks(spine);
        root.or(rest)
    }

    fn hang_right(&mut self, parent: Node, child: Node) {
        if let Some(parent) = parent {
            self[parent].release.right = child;
        }
        if let Some(child) = child {
            self[child].release.parent = parent;
        }
    }

    fn rank(&self, node: Node) -> u32 {
        node.map_or(0, |node| self[node].release.rank)
    }

    /// Puts the lower-ranked child of a node on its right. Returns whether its rank changed.
    fn restore_rank(&mut self, node: Obj<Thread>) -> bool {
        let ReleasePlace { left, right, rank: old, .. } = self[node].release;
        let (left_rank, right_rank) = (self.rank(left), self.rank(right));
        let place = &mut self[node].release;
        if left_rank < right_rank {
            (place.left, place.right) = (right, left);
        }
        place.rank = left_rank.min(right_rank) + 1;
        place.rank != old
    }

    /// Restores ranks from a node upwards as far as they change.
    fn restore_ranks(&mut self, mut node: Node) {
        while let Some(here) = node {
            if !self.restore_rank(here) {
                return;
            }
            node = self[here].release.parent;
        }
    }

    /// Restores ranks of a merged spine from its lower end to its top.
    fn restore_all_ranks(&mut self, mut node: Node) {
        while let Some(here) = node {
            self.restore_rank(here);
            node = self[here].release.parent;
        }
    }
}

#[cfg(test)]
mod tests;
