//! Queues of threads that wait for an endpoint or a notification.
//!
//! A queue is ordered by priority, first come first served among equals. All waiting threads form
//! one list; the first thread of each priority, the *leader* of its class, is also linked to the
//! other leaders and knows the last of its class. Insertion and removal look at leaders only, at
//! most one for each of the 256 priorities, however many threads wait.

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::{Links, Thread, WaitPlace};

/// The first thread of a queue; `None` when nobody waits.
pub type Head = Option<Obj<Thread>>;

impl Kernel {
    /// Adds a thread behind those of its priority. Returns the new head.
    #[must_use]
    pub(crate) fn queue_insert(&mut self, head: Head, thread: Obj<Thread>) -> Obj<Thread> {
        let priority = self[thread].priority;
        let (above, class) = self.find_class(head, priority);
        let class = class.filter(|leader| self[*leader].priority == priority);
        match class {
            Some(leader) => {
                let last = self[leader].wait.class_last.unwrap_or(leader);
                self.link_behind(Some(last), thread, None);
                self[leader].wait.class_last = Some(thread);
                head.unwrap_or(thread)
            }
            None => self.insert_leader(head, above, thread),
        }
    }

    /// The last leader above `priority`, and the first one that is not above.
    fn find_class(&self, head: Head, priority: u8) -> (Head, Head) {
        let (mut above, mut leader) = (None, head);
        while let Some(candidate) = leader {
            if self[candidate].priority <= priority {
                break;
            }
            above = leader;
            leader = self[candidate].wait.leaders.next;
        }
        (above, leader)
    }

    fn insert_leader(&mut self, head: Head, above: Head, thread: Obj<Thread>) -> Obj<Thread> {
        let below = match above {
            Some(above) => self[above].wait.leaders.next,
            None => head,
        };
        let before = above.and_then(|leader| self[leader].wait.class_last.or(above));
        self.link_behind(before, thread, below);
        self[thread].wait.leaders = Links { next: below, previous: above };
        self[thread].wait.class_last = Some(thread);
        self.set_leader_links(above, below, Some(thread), Some(thread));
        if above.is_none() { thread } else { head.unwrap_or(thread) }
    }

    /// Makes the leaders around a place point at `next` and `previous`.
    fn set_leader_links(&mut self, above: Head, below: Head, next: Head, previous: Head) {
        if let Some(above) = above {
            self[above].wait.leaders.next = next;
        }
        if let Some(below) = below {
            self[below].wait.leaders.previous = previous;
        }
    }

    /// Links a thread into the list of all, behind `before`; with no `before`, before `first`.
    fn link_behind(&mut self, before: Head, thread: Obj<Thread>, first: Head) {
        let next = match before {
            Some(before) => self[before].wait.all.next,
            None => first,
        };
        self[thread].wait.all = Links { next, previous: before };
        if let Some(before) = before {
            self[before].wait.all.next = Some(thread);
        }
        if let Some(next) = next {
            self[next].wait.all.previous = Some(thread);
        }
    }

    /// Takes a waiting thread out. Returns the new head.
    #[must_use]
    pub(crate) fn queue_remove(&mut self, head: Obj<Thread>, thread: Obj<Thread>) -> Head {
        let place = self[thread].wait;
        match place.class_last {
            Some(last) => self.remove_leader(thread, place, last),
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

    fn remove_leader(&mut self, thread: Obj<Thread>, place: WaitPlace, last: Obj<Thread>) {
        let Links { next: below, previous: above } = place.leaders;
        match place.all.next {
            Some(heir) if last != thread => {
                self[heir].wait.leaders = place.leaders;
                self[heir].wait.class_last = Some(last);
                self.set_leader_links(above, below, Some(heir), Some(heir));
            }
            _ => self.set_leader_links(above, below, below, above),
        }
    }

    fn remove_follower(&mut self, head: Obj<Thread>, thread: Obj<Thread>, place: WaitPlace) {
        let (_, leader) = self.find_class(Some(head), self[thread].priority);
        if let Some(leader) = leader
            && self[leader].wait.class_last == Some(thread)
        {
            self[leader].wait.class_last = place.all.previous;
        }
    }
}
