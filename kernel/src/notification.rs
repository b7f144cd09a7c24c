//! Notifications: a word of flags that threads wait for. (objects.md §7)

use crate::kernel::Kernel;
use crate::mem::{Kind, Obj, Object};
use crate::sched_context::SchedContext;
use crate::thread::{State, Thread};

/// What a notification holds. Zeroed memory is the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Signals {
    /// Nothing.
    Idle = 0,
    /// Threads that wait, first of them.
    Waiting(Obj<Thread>),
    /// Badges that nobody has taken yet, combined. May be zero.
    Active(u64),
}

/// A notification. Zeroed memory is one without signals, waiters or bindings.
#[repr(C, align(16))]
#[derive(PartialEq, Debug)]
pub struct Notification {
    /// Its word, or who waits for it.
    pub(crate) signals: Signals,
    /// The thread whose receives it interrupts.
    pub(crate) thread: Option<Obj<Thread>>,
    /// The scheduling context that it lends to a woken thread without one.
    pub(crate) sched_context: Option<Obj<SchedContext>>,
}

const _: () = assert!(size_of::<Notification>() <= 64);

impl Object for Notification {
    const KIND: Kind = Kind::Notification;
}

impl Kernel {
    /// Signals a notification.
    pub(crate) fn signal(&mut self, notification: Obj<Notification>, badge: u64) {
        match self[notification].signals {
            Signals::Waiting(thread) => {
                self.leave_notification(notification, thread);
                self.deliver(notification, thread, badge);
            }
            Signals::Active(word) => self[notification].signals = Signals::Active(word | badge),
            Signals::Idle => match self[notification].thread {
                Some(thread) if matches!(self[thread].state, State::Receiving { .. }) => {
                    self.cancel_ipc(thread);
                    self.deliver(notification, thread, badge);
                }
                _ => self[notification].signals = Signals::Active(badge),
            },
        }
    }

    /// Wakes a thread with a word.
    fn deliver(&mut self, notification: Obj<Notification>, thread: Obj<Thread>, word: u64) {
        self.set_state(thread, State::Running);
        self.registers_mut(thread).x[0] = word;
        self.lend_context(notification, thread);
        self.catch_up_sporadic(thread);
        self.wake(thread);
    }

    /// Gives the notification's scheduling context to a thread without one, if it is free.
    fn lend_context(&mut self, notification: Obj<Notification>, thread: Obj<Thread>) {
        if self[thread].sched_context.is_none()
            && let Some(context) = self[notification].sched_context
            && self[context].thread.is_none()
        {
            self.donate(context, thread);
            self.catch_up_sporadic(thread);
            self.admit(thread);
        }
    }

    /// Takes the notification's scheduling context back from a thread that goes to wait.
    pub(crate) fn return_context(&mut self, thread: Obj<Thread>, lender: Obj<Notification>) {
        if let Some(context) = self[lender].sched_context
            && self[thread].sched_context == Some(context)
        {
            self[thread].sched_context = None;
            self[context].thread = None;
        }
    }

    /// Waits for a notification. A poll that finds nothing delivers 0.
    pub(crate) fn wait(
        &mut self,
        thread: Obj<Thread>,
        notification: Obj<Notification>,
        blocking: bool,
    ) {
        if self.take_signal(thread, notification) {
            return;
        }
        if !blocking {
            self.registers_mut(thread).x[0] = 0;
            return;
        }
        self.set_state(thread, State::Waiting { notification });
        self.join_notification(notification, thread);
        self.return_context(thread, notification);
    }

    /// Takes the word of an active notification. Returns whether there was one.
    pub(crate) fn take_signal(
        &mut self,
        thread: Obj<Thread>,
        notification: Obj<Notification>,
    ) -> bool {
        let Signals::Active(word) = self[notification].signals else { return false };
        self[notification].signals = Signals::Idle;
        self.registers_mut(thread).x[0] = word;
        self.lend_context(notification, thread);
        true
    }

    /// Queues a thread whose state says that it waits for the notification.
    pub(crate) fn join_notification(
        &mut self,
        notification: Obj<Notification>,
        thread: Obj<Thread>,
    ) {
        let head = match self[notification].signals {
            Signals::Waiting(head) => Some(head),
            Signals::Idle | Signals::Active(_) => None,
        };
        let head = self.queue_insert(head, thread);
        self[notification].signals = Signals::Waiting(head);
    }

    /// Takes a thread out of the notification's queue.
    pub(crate) fn leave_notification(
        &mut self,
        notification: Obj<Notification>,
        thread: Obj<Thread>,
    ) {
        if let Signals::Waiting(head) = self[notification].signals {
            self[notification].signals =
                self.queue_remove(head, thread).map_or(Signals::Idle, Signals::Waiting);
        }
    }

    /// Binds a notification to a thread; both are unbound.
    pub(crate) fn bind_notification(
        &mut self,
        thread: Obj<Thread>,
        notification: Obj<Notification>,
    ) {
        self[thread].notification = Some(notification);
        self[notification].thread = Some(thread);
    }

    /// Unbinds a thread from its notification, if it has one.
    pub(crate) fn unbind_notification(&mut self, thread: Obj<Thread>) {
        if let Some(notification) = self[thread].notification.take() {
            self[notification].thread = None;
        }
    }

    /// First effects of deleting the last capability of a notification: it loses its bindings.
    pub(crate) fn unbind_all(&mut self, notification: Obj<Notification>) {
        if let Some(context) = self[notification].sched_context.take() {
            self[context].notification = None;
        }
        if let Some(thread) = self[notification].thread.take() {
            self[thread].notification = None;
        }
    }

    /// Sends one thread away that waits for a notification in deletion. Returns whether there was
    /// one.
    pub(crate) fn dismiss_notified(&mut self, notification: Obj<Notification>) -> bool {
        let Signals::Waiting(thread) = self[notification].signals else { return false };
        self.leave_notification(notification, thread);
        self.send_away(thread);
        true
    }
}
