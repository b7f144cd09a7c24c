//! One job: what is to be done, its result, and who waits for that.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::Fault;

use super::crew::Crew;
use crate::cap::Cap;
use crate::exit::Ending;
use crate::machine::Mutex;
use crate::object::Notification;
use crate::syscall;

/// Why a job has no result. What it owned is lost: nothing is unwound.
///
/// ```
/// use libsys::exit::Ending;
/// use libsys::pool::Lost;
///
/// let lost = Lost::Ended(Ending::Panicked);
/// assert_eq!(lost.to_string(), "the job's thread ended: Panicked");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// It panicked, or ended its thread.
    Ended(Ending),
    /// It did what the kernel does not allow: touched the page below its stack, for example.
    Faulted(Fault),
    /// The pool has lost all its threads before it began.
    NoThreads,
    /// Its thread has sent something that is neither an end nor a fault.
    Unknown,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(ending) => write!(f, "the job's thread ended: {ending:?}"),
            Self::Faulted(fault) => write!(f, "the job faulted: {fault:?}"),
            Self::NoThreads => f.write_str("no thread of the pool is left"),
            Self::Unknown => f.write_str("the job's thread sent a message that is no end"),
        }
    }
}

impl core::error::Error for Lost {}

/// A job as the threads of a pool see it.
pub(super) trait Task: Send + Sync {
    /// Does it.
    fn run(&self);

    /// Says that it will never be done. Nothing happens if it is done already.
    fn lose(&self, why: Lost);
}

/// [`State::word`]: not done, and nobody waits. Other values are the notification of who waits.
const RUNNING: u64 = 0;
/// [`State::word`]: there is an outcome.
const DONE: u64 = u64::MAX;

/// A job as its owner sees it.
struct State<R> {
    outcome: Mutex<Option<Result<R, Lost>>>,
    word: AtomicU64,
}

impl<R> State<R> {
    fn is_done(&self) -> bool {
        self.word.load(Ordering::Acquire) == DONE
    }

    /// The lock is free: owners look behind [`DONE`] only, and who lost a job does not run.
    fn finish(&self, outcome: Result<R, Lost>) {
        *self.outcome.lock() = Some(outcome);
        match self.word.swap(DONE, Ordering::AcqRel) {
            RUNNING | DONE => {}
            bell => Cap::<Notification>::at(bell).signal(),
        }
    }

    /// Waits on `bell`, which nobody else uses: exactly one signal comes if this is the first to
    /// wait.
    fn wait_on(&self, bell: Cap<Notification>) {
        let waits = self.word.compare_exchange(
            RUNNING,
            bell.pointer(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if waits.is_ok() {
            bell.wait();
        }
    }
}

/// What is to be done, with the place of its result.
struct Packed<F, R> {
    work: Mutex<Option<F>>,
    state: State<R>,
}

impl<F: FnOnce() -> R + Send, R: Send> Task for Packed<F, R> {
    fn run(&self) {
        let work = self.work.lock().take();
        if let Some(work) = work {
            self.state.finish(Ok(work()));
        }
    }

    fn lose(&self, why: Lost) {
        if !self.state.is_done() {
            self.state.finish(Err(why));
        }
    }
}

/// What an owner needs of a job.
trait Owned<R>: Send + Sync {
    fn state(&self) -> &State<R>;
}

impl<F: Send, R: Send> Owned<R> for Packed<F, R> {
    fn state(&self) -> &State<R> {
        &self.state
    }
}

/// The result of a job, sooner or later. Dropped, the job is done all the same.
///
/// ```no_run
/// use libsys::pool::{Job, Lost};
///
/// fn total(parts: Vec<Job<u64>>) -> Result<u64, Lost> {
///     parts.into_iter().map(Job::wait).sum()
/// }
/// # let _ = total;
/// ```
#[must_use = "who does not want the result drops it"]
pub struct Job<R> {
    job: Arc<dyn Owned<R>>,
    crew: Arc<Crew>,
}

impl<R> fmt::Debug for Job<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("done", &self.is_done()).finish_non_exhaustive()
    }
}

impl<R> Job<R> {
    /// Whether [`wait`](Self::wait) would answer at once.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.job.state().is_done()
    }

    /// Waits for the result. A thread of the pool that waits for another job of it takes the
    /// pool a thread meanwhile; if all do, nobody is left to do those jobs.
    ///
    /// # Errors
    /// Why there is none.
    pub fn wait(self) -> Result<R, Lost> {
        let state = self.job.state();
        if !state.is_done() {
            self.crew.with_bell(|bell| state.wait_on(bell));
        }
        while !state.is_done() {
            syscall::yield_now();
        }
        let outcome = state.outcome.lock().take();
        outcome.unwrap_or(Err(Lost::Unknown))
    }
}

/// A job for a crew: the side that does it and the side that waits.
pub(super) fn pack<R: Send + 'static>(
    crew: &Arc<Crew>,
    work: impl FnOnce() -> R + Send + 'static,
) -> (Arc<dyn Task>, Job<R>) {
    let state = State { outcome: Mutex::new(None), word: AtomicU64::new(RUNNING) };
    let packed = Arc::new(Packed { work: Mutex::new(Some(work)), state });
    (packed.clone(), Job { job: packed, crew: crew.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed<R: Send + 'static>(
        work: impl FnOnce() -> R + Send + 'static,
    ) -> (Arc<dyn Task>, Job<R>) {
        pack(&Arc::new(Crew::for_tests()), work)
    }

    #[test]
    fn a_job_is_done_once() {
        let (task, job) = packed(|| 7);
        assert!(!job.is_done());
        task.run();
        task.run();
        task.lose(Lost::Unknown);
        assert!(job.is_done());
        assert_eq!(job.wait(), Ok(7));
    }

    #[test]
    fn a_lost_job_says_why() {
        let (task, job) = packed(|| 7);
        task.lose(Lost::Ended(Ending::Panicked));
        assert_eq!(job.wait(), Err(Lost::Ended(Ending::Panicked)));
    }

    #[test]
    fn what_nobody_waits_for_is_dropped() {
        let owned = Arc::new(());
        let (task, job) = packed({
            let owned = owned.clone();
            move || owned
        });
        drop(job);
        task.run();
        drop(task);
        assert_eq!(Arc::strong_count(&owned), 1);
    }
}
