//! Invariants of threads that wait for each other.

use super::{Checked, ensure};
use crate::endpoint::{Endpoint, Waiters};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::notification::{Notification, Signals};
use crate::queue::{Branch, Head, Level};
use crate::reply::{Above, Reply};
use crate::sched_context::SchedContext;
use crate::thread::{State, Thread};

/// Whether a thread waits at an endpoint, and how.
fn waits_at(kernel: &Kernel, thread: Obj<Thread>, endpoint: Obj<Endpoint>, sends: bool) -> bool {
    match kernel[thread].state {
        State::Sending { endpoint: its, .. } => sends && its == endpoint,
        State::Receiving { endpoint: its, .. } => !sends && its == endpoint,
        _ => false,
    }
}

/// Queues are doubly linked, ordered by priority, and their leaders lead exactly their class.
pub(super) fn queues_are_sound(kernel: &Kernel) -> Checked {
    for endpoint in kernel.mem.all::<Endpoint>() {
        match kernel[endpoint].waiters {
            Waiters::Nobody => {}
            Waiters::Senders(head) => {
                queue_is_sound(kernel, head, |thread| waits_at(kernel, thread, endpoint, true))?;
            }
            Waiters::Receivers(head) => {
                queue_is_sound(kernel, head, |thread| waits_at(kernel, thread, endpoint, false))?;
            }
        }
    }
    for notification in kernel.mem.all::<Notification>() {
        if let Signals::Waiting(head) = kernel[notification].signals {
            queue_is_sound(kernel, head, |thread| {
                kernel[thread].state == State::Waiting { notification }
            })?;
        }
    }
    Ok(())
}

/// One queue is doubly linked and ordered, its classes know their last, and its branches have
/// just the leaders.
pub(crate) fn queue_is_sound(
    kernel: &Kernel,
    head: Obj<Thread>,
    belongs: impl Fn(Obj<Thread>) -> bool,
) -> Checked {
    let mut groups = Expected::new(Level::Groups, head);
    let mut classes = Expected::new(Level::Classes, head);
    let (mut previous, mut leader): (Option<Obj<Thread>>, Option<Obj<Thread>>) = (None, None);
    let mut next = Some(head);
    while let Some(thread) = next {
        let (here, at) = (&kernel[thread], thread.granule());
        ensure(belongs(thread), "the state of a queued thread names its queue", at)?;
        ensure(here.wait.all.previous == previous, "a queue is doubly linked", at)?;
        if let Some(previous) = previous {
            ensure(kernel[previous].priority >= here.priority, "a queue is ordered", at)?;
        }
        let same_class = leader.is_some_and(|leader| kernel[leader].priority == here.priority);
        ensure(here.wait.class_last.is_some() != same_class, "the first of a class leads", at)?;
        if !same_class {
            class_ends(kernel, leader, previous)?;
            if classes.owner != thread && !groups.has(here.priority) {
                classes.is_kept(kernel)?;
                classes = Expected::new(Level::Classes, thread);
            }
            groups.note_first(kernel, thread);
            classes.note_first(kernel, thread);
            leader = Some(thread);
        }
        owns_just(here, thread, head, classes.owner)?;
        previous = Some(thread);
        next = here.wait.all.next;
    }
    class_ends(kernel, leader, previous)?;
    classes.is_kept(kernel)?;
    groups.is_kept(kernel)
}

/// The leader of a class knows the last thread of it.
fn class_ends(kernel: &Kernel, leader: Head, last: Head) -> Checked {
    let Some(leader) = leader else { return Ok(()) };
    ensure(kernel[leader].wait.class_last == last, "leaders know their last", leader.granule())
}

/// Who is the first neither of the queue nor of a group owns no branch.
fn owns_just(here: &Thread, thread: Obj<Thread>, head: Obj<Thread>, group: Obj<Thread>) -> Checked {
    let [groups, classes] = here.wait.present;
    let modest = (groups == 0 || thread == head) && (classes == 0 || thread == group);
    ensure(modest, "branches belong to the first", thread.granule())
}

/// What a branch has to be.
struct Expected {
    level: Level,
    owner: Obj<Thread>,
    branch: Branch,
}

impl Expected {
    fn new(level: Level, owner: Obj<Thread>) -> Self {
        Self { level, owner, branch: Branch::default() }
    }

    fn has(&self, priority: u8) -> bool {
        self.branch[self.level.key(priority)].is_some()
    }

    /// Threads come in their order, so that the first for an entry leads.
    fn note_first(&mut self, kernel: &Kernel, thread: Obj<Thread>) {
        self.branch[self.level.key(kernel[thread].priority)].get_or_insert(thread);
    }

    /// The owner has the branch, or none if it is its only entry.
    fn is_kept(&self, kernel: &Kernel) -> Checked {
        let (thread, at) = (&kernel[self.owner], self.owner.granule());
        let bit = |(key, entry): (usize, &Head)| u16::from(entry.is_some()) << key;
        let bits: u16 = self.branch.iter().enumerate().map(bit).sum();
        let (present, branch) = match bits.count_ones() {
            1 => (0, Branch::default()),
            _ => (bits, self.branch),
        };
        let kept = thread.wait.present[self.level as usize] == present
            && thread.branches[self.level as usize] == branch;
        ensure(kept, "a branch has just the leaders", at)
    }
}

/// A thread that waits at an endpoint or notification stands in its queue.
pub(super) fn every_waiter_is_queued(kernel: &Kernel) -> Checked {
    for thread in kernel.mem.all::<Thread>() {
        let head = match kernel[thread].state {
            State::Sending { endpoint, .. } | State::Receiving { endpoint, .. } => {
                match kernel[endpoint].waiters {
                    Waiters::Nobody => None,
                    Waiters::Senders(head) | Waiters::Receivers(head) => Some(head),
                }
            }
            State::Waiting { notification } => match kernel[notification].signals {
                Signals::Waiting(head) => Some(head),
                Signals::Idle | Signals::Active(_) => None,
            },
            _ => continue,
        };
        let mut next = head;
        while let Some(other) = next.filter(|other| *other != thread) {
            next = kernel[other].wait.all.next;
        }
        ensure(next == Some(thread), "a waiting thread is queued", thread.granule())?;
    }
    Ok(())
}

/// A reply object and its thread name each other; call stacks are doubly linked.
pub(super) fn replies_and_callers_agree(kernel: &Kernel) -> Checked {
    for reply in kernel.mem.all::<Reply>() {
        let (here, at) = (&kernel[reply], reply.granule());
        if let Some(thread) = here.thread {
            let named = match kernel[thread].state {
                State::AwaitingReply { reply: its } => its == reply,
                State::Receiving { reply: its, .. } => its == Some(reply),
                _ => false,
            };
            ensure(named, "the thread of a reply object names it", at)?;
        }
        if let Some(older) = here.older {
            let back = kernel[older].above == Above::Reply(reply);
            ensure(back, "an older reply lies below", at)?;
        }
        match here.above {
            Above::Nothing => {}
            Above::Reply(newer) => {
                ensure(kernel[newer].older == Some(reply), "a newer reply lies above", at)?;
            }
            Above::Context(context) => {
                ensure(kernel[context].reply == Some(reply), "the context knows its reply", at)?;
            }
        }
    }
    for thread in kernel.mem.all::<Thread>() {
        let reply = match kernel[thread].state {
            State::AwaitingReply { reply } => Some(reply),
            State::Receiving { reply, .. } => reply,
            _ => None,
        };
        if let Some(reply) = reply {
            let named = kernel[reply].thread == Some(thread);
            ensure(named, "a reply object names the thread that uses it", thread.granule())?;
        }
    }
    Ok(())
}

/// Whatever is bound names what it is bound to.
pub(super) fn bindings_are_mutual(kernel: &Kernel) -> Checked {
    for thread in kernel.mem.all::<Thread>() {
        let (here, at) = (&kernel[thread], thread.granule());
        let context = here.sched_context.is_none_or(|sc| kernel[sc].thread == Some(thread));
        ensure(context, "the context of a thread names it", at)?;
        let bound = here.notification.is_none_or(|ntfn| kernel[ntfn].thread == Some(thread));
        ensure(bound, "the notification of a thread names it", at)?;
        let yielded = here.yielded_to.is_none_or(|sc| kernel[sc].yielded_from == Some(thread));
        ensure(yielded, "the context that was yielded to names the thread", at)?;
    }
    for context in kernel.mem.all::<SchedContext>() {
        let (here, at) = (&kernel[context], context.granule());
        let thread = here.thread.is_none_or(|t| kernel[t].sched_context == Some(context));
        ensure(thread, "the thread of a context names it", at)?;
        let lender = here.notification.is_none_or(|n| kernel[n].sched_context == Some(context));
        ensure(lender, "the notification of a context names it", at)?;
        let yielded = here.yielded_from.is_none_or(|t| kernel[t].yielded_to == Some(context));
        ensure(yielded, "the thread that yielded names the context", at)?;
        let reply = here.reply.is_none_or(|r| kernel[r].above == Above::Context(context));
        ensure(reply, "the first reply of a context names it", at)?;
    }
    for notification in kernel.mem.all::<Notification>() {
        let (here, at) = (&kernel[notification], notification.granule());
        let thread = here.thread.is_none_or(|t| kernel[t].notification == Some(notification));
        ensure(thread, "the thread of a notification names it", at)?;
        let lent = here.sched_context.is_none_or(|s| kernel[s].notification == Some(notification));
        ensure(lent, "the context of a notification names it", at)?;
    }
    Ok(())
}
