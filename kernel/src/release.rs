//! The release queue: threads that wait until their budget returns, earliest first.
//!
//! A leftist heap inside the threads: insertion and removal of any thread take logarithmic time,
//! and finding the earliest takes none. The *rank* of a node is the length of its right spine;
//! a left child never has a lower rank than its right sibling, so right spines stay short.

use platform::contract::Ticks;

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::{Queued, ReleasePlace, Thread};

type Node = Option<Obj<Thread>>;

impl Kernel {
    /// Adds a thread that may run from `time` on. It is in no other queue of the scheduler.
    pub(crate) fn enter_release_queue(&mut self, thread: Obj<Thread>, time: Ticks) {
        let core = usize::from(self[thread].core);
        self.cores[core].release_order += 1;
        let order = self.cores[core].release_order;
        self[thread].release = ReleasePlace { rank: 1, time, order, ..ReleasePlace::default() };
        self[thread].queued = Queued::Release;
        self.cores[core].release = self.merge(self.cores[core].release, Some(thread));
        if self.cores[core].release == Some(thread) {
            self.deadline_changed(core);
        }
    }

    /// Takes a thread out of the release queue.
    pub(crate) fn leave_release_queue(&mut self, thread: Obj<Thread>) {
        let core = usize::from(self[thread].core);
        let ReleasePlace { parent, left, right, .. } = self[thread].release;
        let heir = self.merge(left, right);
        if let Some(heir) = heir {
            self[heir].release.parent = parent;
        }
        match parent {
            None => {
                self.cores[core].release = heir;
                self.deadline_changed(core);
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
        self[thread].release = ReleasePlace::default();
        self[thread].queued = Queued::No;
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
