//! Queues of threads that wait for an endpoint or a notification.
//!
//! A queue is ordered by priority, first come first served among equals. All waiting threads form
//! one list. The first thread of each priority, the *leader* of its class, knows the last of its
//! class. Which classes there are is kept in the waiting threads themselves, in two levels: the
//! first thread of the queue has a [`Branch`] by the upper half of the priority, whose entries are
//! the first threads of sixteen priorities each; and each of these has a branch by the lower half,
//! whose entries are the leaders. So insertion, removal and finding the best take the same few
//! steps however many threads of however many priorities wait.
//!
//! A branch with just its owner in it is left empty: as long as all threads that wait have the
//! same priority, and above all when there is only one, nobody touches a branch.

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::{Links, Thread, WaitPlace};

/// The first thread of a queue; `None` when nobody waits.
pub type Head = Option<Obj<Thread>>;

/// Bits of a priority that one branch decides.
const BITS: u32 = 4;
/// Entries of a branch.
pub(crate) const FAN_OUT: usize = 1 << BITS;
/// Levels of branches.
pub(crate) const LEVELS: usize = (u8::BITS / BITS) as usize;

/// The threads that lead something, by four bits of their priority.
pub(crate) type Branch = [Head; FAN_OUT];

/// What a branch tells apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// Sixteen priorities each; the branch of the first thread of the queue.
    Groups = 0,
    /// One priority each; the branch of the first thread of a group.
    Classes = 1,
}

impl Level {
    /// The entry for a priority.
    pub(crate) fn key(self, priority: u8) -> usize {
        let key = match self {
            Self::Groups => priority >> BITS,
            Self::Classes => priority,
        };
        usize::from(key) % FAN_OUT
    }
}

impl Kernel {
    /// Adds a thread behind those of its priority. Returns the new head.
    #[must_use]
    pub(crate) fn queue_insert(&mut self, head: Head, thread: Obj<Thread>) -> Obj<Thread> {
        let Some(first) = head else {
            self[thread].wait.class_last = Some(thread);
            return thread;
        };
        let priority = self[thread].priority;
        let group = self.leader(Level::Groups, first, priority);
        if let Some(leader) = group.and_then(|group| self.leader(Level::Classes, group, priority)) {
            let last = self.class_last(leader);
            self.link_behind(Some(last), thread, first);
            self[leader].wait.class_last = Some(thread);
            return first;
        }
        let above = group
            .and_then(|group| self.leader_above(Level::Classes, group, priority))
            .or_else(|| self.last_group_above(first, priority));
        let before = above.map(|leader| self.class_last(leader));
        self.link_behind(before, thread, first);
        self[thread].wait.class_last = Some(thread);
        if let Some(leader) = group {
            self.enter(Level::Classes, leader, thread);
            if self[leader].priority > priority {
                return first;
            }
            self.hand_over(Level::Classes, leader, thread);
        }
        self.enter(Level::Groups, first, thread);
        if before.is_some() {
            return first;
        }
        self.hand_over(Level::Groups, first, thread);
        thread
    }

    /// Takes a waiting thread out. Returns the new head.
    #[must_use]
    pub(crate) fn queue_remove(&mut self, head: Obj<Thread>, thread: Obj<Thread>) -> Head {
        let place = self[thread].wait;
        match place.class_last {
            Some(last) => self.remove_leader(head, thread, last),
            None => self.remove_follower(head, thread, place),
        }
        if let Some(previous) = place.all.previous {
            self[previous].wait.all.next = place.all.next;
        }
        if let Some(next) = place.all.next {
            self[next].wait.all.previous = place.all.previous;
        }
        self[thread].wait = WaitPlace::default();
        if head == thread { place.all.next } else { Some(head) }
    }

    /// Lets others lead what `thread`, the leader of a class whose last is `last`, has led.
    fn remove_leader(&mut self, head: Obj<Thread>, thread: Obj<Thread>, last: Obj<Thread>) {
        let Some(next) = self[thread].wait.all.next else {
            return self.remove_last_leader(head, thread);
        };
        let priority = self[thread].priority;
        let class_heir = (last != thread).then_some(next);
        if let Some(heir) = class_heir {
            self[heir].wait.class_last = Some(last);
        }
        if head == thread && self[thread].wait.present == [0; LEVELS] {
            // There is no other class.
            return;
        }
        let group = self.leader(Level::Groups, head, priority).unwrap_or(head);
        if group != thread {
            return self.replace(Level::Classes, group, priority, class_heir);
        }
        let has_more = class_heir.is_some() || self[thread].wait.present[1] != 0;
        let group_heir = has_more.then_some(next);
        if let Some(heir) = group_heir {
            self.hand_over(Level::Classes, thread, heir);
            self.replace(Level::Classes, heir, priority, class_heir);
        }
        let head = if head == thread {
            self.hand_over(Level::Groups, thread, next);
            next
        } else {
            head
        };
        self.replace(Level::Groups, head, priority, group_heir);
    }

    /// The same for the last thread of the queue, whom nobody follows.
    fn remove_last_leader(&mut self, head: Obj<Thread>, thread: Obj<Thread>) {
        if head == thread {
            return;
        }
        let priority = self[thread].priority;
        match self.leader(Level::Groups, head, priority) {
            Some(group) if group != thread => {
                self.replace(Level::Classes, group, priority, None);
            }
            _ => self.replace(Level::Groups, head, priority, None),
        }
    }

    fn remove_follower(&mut self, head: Obj<Thread>, thread: Obj<Thread>, place: WaitPlace) {
        let priority = self[thread].priority;
        if place.all.next.is_some_and(|next| self[next].priority == priority) {
            return;
        }
        let group = self.leader(Level::Groups, head, priority);
        if let Some(leader) = group.and_then(|group| self.leader(Level::Classes, group, priority)) {
            self[leader].wait.class_last = place.all.previous;
        }
    }

    /// Links a thread into the list of all, behind `before`; with no `before`, before `first`.
    fn link_behind(&mut self, before: Head, thread: Obj<Thread>, first: Obj<Thread>) {
        let next = match before {
            Some(before) => self[before].wait.all.next,
            None => Some(first),
        };
        self[thread].wait.all = Links { next, previous: before };
        if let Some(before) = before {
            self[before].wait.all.next = Some(thread);
        }
        if let Some(next) = next {
            self[next].wait.all.previous = Some(thread);
        }
    }

    /// The last thread of the class that `leader` leads.
    fn class_last(&self, leader: Obj<Thread>) -> Obj<Thread> {
        self[leader].wait.class_last.unwrap_or(leader)
    }

    /// The leader of the lowest class in the lowest group above that of `priority`.
    fn last_group_above(&self, first: Obj<Thread>, priority: u8) -> Head {
        let group = self.leader_above(Level::Groups, first, priority)?;
        let present = self[group].wait.present[Level::Classes as usize];
        let lowest = present.trailing_zeros() as usize;
        if present == 0 { Some(group) } else { self[group].branches[1][lowest % FAN_OUT] }
    }
}

/// Branches. A branch belongs to its owner, who is its highest entry.
impl Kernel {
    /// The entry for a priority.
    fn leader(&self, level: Level, owner: Obj<Thread>, priority: u8) -> Head {
        let thread = &self[owner];
        match thread.wait.present[level as usize] {
            0 => (level.key(thread.priority) == level.key(priority)).then_some(owner),
            _ => thread.branches[level as usize][level.key(priority)],
        }
    }

    /// The lowest entry above a priority.
    fn leader_above(&self, level: Level, owner: Obj<Thread>, priority: u8) -> Head {
        let (thread, key) = (&self[owner], level.key(priority));
        match thread.wait.present[level as usize] {
            0 => (level.key(thread.priority) > key).then_some(owner),
            present => {
                let above = u32::from(present) >> key & !1;
                let found = key + above.trailing_zeros() as usize;
                thread.branches[level as usize].get(found).copied().flatten()
            }
        }
    }

    /// Puts a thread into a branch, in place of the entry with its key.
    fn enter(&mut self, level: Level, owner: Obj<Thread>, thread: Obj<Thread>) {
        let (own, new) = (level.key(self[owner].priority), level.key(self[thread].priority));
        if self[owner].wait.present[level as usize] == 0 {
            if own == new {
                return;
            }
            self.set_leader(level, owner, own, Some(owner));
        }
        self.set_leader(level, owner, new, Some(thread));
    }

    /// Puts an heir into a branch in place of the entry for `priority`; without one, the entry
    /// goes.
    fn replace(&mut self, level: Level, owner: Obj<Thread>, priority: u8, heir: Head) {
        if let Some(heir) = heir {
            return self.enter(level, owner, heir);
        }
        self.set_leader(level, owner, level.key(priority), None);
        if self[owner].wait.present[level as usize].is_power_of_two() {
            self.set_leader(level, owner, level.key(self[owner].priority), None);
        }
    }

    fn set_leader(&mut self, level: Level, owner: Obj<Thread>, key: usize, entry: Head) {
        let owner = &mut self[owner];
        let (present, bit) = (&mut owner.wait.present[level as usize], 1 << key);
        *present = if entry.is_some() { *present | bit } else { *present & !bit };
        owner.branches[level as usize][key % FAN_OUT] = entry;
    }

    /// Gives a branch to another owner.
    fn hand_over(&mut self, level: Level, from: Obj<Thread>, to: Obj<Thread>) {
        let present = core::mem::take(&mut self[from].wait.present[level as usize]);
        if present != 0 {
            let branch = core::mem::take(&mut self[from].branches[level as usize]);
            self[to].wait.present[level as usize] = present;
            self[to].branches[level as usize] = branch;
        }
    }
}

#[cfg(test)]
mod tests;
