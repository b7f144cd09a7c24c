//! Notifications. (objects.md §7)

use crate::cap::Address;
use crate::model::Model;
use crate::state::{Signals, State};

impl Model {
    /// Signals a notification. (§7, "Signal")
    pub(crate) fn signal(&mut self, notification: Address, badge: u64) {
        let bound = self.bound_thread(notification);
        let Some(known) = self.notifications.get_mut(&notification) else { return };
        if !known.waiters.is_empty() {
            let waiter = known.waiters.remove(0);
            return self.deliver(notification, waiter, badge);
        }
        if let Signals::Active(word) = known.signals {
            known.signals = Signals::Active(word | badge);
            return;
        }
        match bound {
            Some(thread) if matches!(self.state(thread), State::Receiving { .. }) => {
                self.cancel(thread);
                self.deliver(notification, thread, badge);
            }
            _ => self.set_signals(notification, Signals::Active(badge)),
        }
    }

    fn set_signals(&mut self, notification: Address, signals: Signals) {
        if let Some(known) = self.notifications.get_mut(&notification) {
            known.signals = signals;
        }
    }

    fn deliver(&mut self, notification: Address, thread: Address, word: u64) {
        self.set_state(thread, State::Running);
        self.thread(thread, |thread| thread.set_x(0, word));
        self.lend_context(notification, thread);
        self.wake(thread);
    }

    /// The thread that a notification is bound to.
    pub(crate) fn bound_thread(&self, notification: Address) -> Option<Address> {
        let bound = self.threads.iter().find(|(_, t)| t.notification == Some(notification));
        bound.map(|(thread, _)| *thread)
    }

    /// A thread without context borrows that of the notification, if it is free.
    fn lend_context(&mut self, notification: Address, thread: Address) {
        let lent = self.notifications.get(&notification).and_then(|known| known.context);
        let Some(context) = lent else { return };
        let free = self.contexts.get(&context).is_some_and(|known| known.thread.is_none());
        if self.context_of(thread).is_none() && free {
            self.donate(context, thread);
            self.admit(thread);
        }
    }

    /// A thread that goes to wait gives the notification's context back.
    pub(crate) fn return_context(&mut self, thread: Address, notification: Address) {
        let lent = self.notifications.get(&notification).and_then(|known| known.context);
        if lent.is_some() && self.context_of(thread) == lent {
            self.part(lent, thread);
        }
    }

    /// Takes the word of an active notification. Whether there was one.
    pub(crate) fn take_signal(&mut self, thread: Address, notification: Address) -> bool {
        let signals = self.notifications.get(&notification).map(|known| known.signals);
        let Some(Signals::Active(word)) = signals else { return false };
        self.set_signals(notification, Signals::Idle);
        self.thread(thread, |thread| thread.set_x(0, word));
        self.lend_context(notification, thread);
        true
    }

    /// Waits for a notification, or polls it. (§7, "Wait")
    pub(crate) fn wait(&mut self, thread: Address, notification: Address, blocking: bool) {
        if self.take_signal(thread, notification) {
            return;
        }
        if !blocking {
            return self.thread(thread, |thread| thread.set_x(0, 0));
        }
        self.set_state(thread, State::Waiting { notification });
        let known = self.notifications.get_mut(&notification);
        let mut queue = known.map(|known| std::mem::take(&mut known.waiters)).unwrap_or_default();
        self.insert_waiter(&mut queue, thread);
        if let Some(known) = self.notifications.get_mut(&notification) {
            known.waiters = queue;
        }
        self.return_context(thread, notification);
    }
}
