//! What threads wait for.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use crate::machine::ThreadId;

/// Something that changes, so that a call that could not be completed is to be tried again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Key {
    /// A pipe has bytes, room, or fewer ends.
    Pipe(u64),
    /// A terminal has input or output, room, or fewer who have it open.
    Terminal(u32),
    /// Nobody plays the device of this terminal any more.
    HungUp(u32),
    /// An object that has only what its number says: it can be read or written.
    Object(u64),
    /// This process, or a thread of it, has a signal.
    Signals(u32),
    /// A child of this process has ended or stopped.
    Children(u32),
    /// The process that borrowed this one's memory has its own.
    Returned(u32),
    /// A lock on this file was given back.
    Locks(u64),
    /// Somebody woke those who wait for this word: its space and its address.
    Futex(u32, u64),
}

/// What has changed since anybody looked: owners that are dropped cannot tell it otherwise.
pub(crate) type Wakes = Rc<RefCell<Vec<Key>>>;

/// What one thread waits for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wait {
    /// Any of these.
    pub(crate) keys: Vec<Key>,
    /// Or this time.
    pub(crate) until: Option<Duration>,
}

impl Wait {
    /// For one thing.
    pub(crate) fn on(key: Key) -> Self {
        Self { keys: alloc::vec![key], until: None }
    }

    /// Until this time at the latest.
    pub(crate) fn not_behind(&mut self, time: Option<Duration>) {
        self.until = match (self.until, time) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Who waits for what.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    by_key: BTreeMap<Key, Vec<ThreadId>>,
    by_time: BTreeMap<(Duration, ThreadId), ()>,
    waits: BTreeMap<ThreadId, Wait>,
}

impl Waiters {
    /// A thread waits from now on.
    pub(crate) fn add(&mut self, thread: ThreadId, wait: Wait) {
        self.remove(thread);
        for key in &wait.keys {
            self.by_key.entry(*key).or_default().push(thread);
        }
        if let Some(until) = wait.until {
            self.by_time.insert((until, thread), ());
        }
        self.waits.insert(thread, wait);
    }

    /// A thread waits no longer; whether it did.
    pub(crate) fn remove(&mut self, thread: ThreadId) -> bool {
        let Some(wait) = self.waits.remove(&thread) else { return false };
        for key in &wait.keys {
            if let Some(threads) = self.by_key.get_mut(key) {
                threads.retain(|waiting| *waiting != thread);
                if threads.is_empty() {
                    self.by_key.remove(key);
                }
            }
        }
        if let Some(until) = wait.until {
            self.by_time.remove(&(until, thread));
        }
        true
    }

    /// Who waits for something, those first who have waited longest.
    pub(crate) fn on(&self, key: Key) -> Vec<ThreadId> {
        self.by_key.get(&key).cloned().unwrap_or_default()
    }

    /// Who has waited until now.
    pub(crate) fn expired(&self, now: Duration) -> Vec<ThreadId> {
        let over = self.by_time.keys().take_while(|(until, _)| *until <= now);
        over.map(|(_, thread)| *thread).collect()
    }

    /// The next time that somebody waits for.
    pub(crate) fn next_time(&self) -> Option<Duration> {
        self.by_time.keys().next().map(|(until, _)| *until)
    }
}
