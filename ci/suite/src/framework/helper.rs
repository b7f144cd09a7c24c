//! Helper threads: closures that run beside the test.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use libsys::Cap;
use libsys::object::{Notification, SchedContext, Thread};
use libsys::worker::Worker;

use super::closure;
use super::outcome::Outcome;

/// Helpers that one test can have.
const MOST: usize = 64;
/// Which closures have returned.
static FINISHED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];
/// Helpers of the current test.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Forgets the helpers of the last test.
pub(super) fn forget_all() {
    COUNT.store(0, Ordering::SeqCst);
    for finished in &FINISHED {
        finished.store(false, Ordering::SeqCst);
    }
}

/// A thread of a test. It shares address space and CSpace with the root thread.
pub struct Helper {
    /// Thread, scheduling context, stack, IPC buffer.
    pub worker: Worker,
    index: usize,
    bell: Cap<Notification>,
}

impl Helper {
    pub(super) fn new(worker: Worker, bell: Cap<Notification>) -> Self {
        let index = COUNT.fetch_add(1, Ordering::SeqCst);
        assert!(index < MOST, "few helpers");
        Self { worker, index, bell }
    }

    /// The thread.
    pub fn thread(&self) -> Cap<Thread> {
        self.worker.thread
    }

    /// Its scheduling context; null without one.
    pub fn context(&self) -> Cap<SchedContext> {
        self.worker.context
    }

    /// Starts the thread (again, from the beginning) with a closure.
    pub fn start<F>(&self, closure: F) -> Outcome
    where
        F: FnOnce() + Copy + Send + 'static,
    {
        let (index, bell) = (self.index, self.bell);
        FINISHED[index].store(false, Ordering::SeqCst);
        let (entry, argument) = closure::place(&self.worker.stack, move || {
            closure();
            FINISHED[index].store(true, Ordering::SeqCst);
            bell.signal();
        });
        Ok(self.worker.start(entry, argument)?)
    }

    /// Whether the closure has returned.
    pub fn has_finished(&self) -> bool {
        FINISHED[self.index].load(Ordering::SeqCst)
    }

    /// Waits until the closure has returned.
    pub fn join(&self) {
        while !self.has_finished() {
            self.bell.wait();
        }
    }
}
