//! A pool: a few threads that do many jobs, oldest first.
//!
//! ```no_run
//! use libsys::bootstrap::AllocationError;
//! use libsys::memory::{Memory, Space};
//! use libsys::pool::{Limits, Pool};
//! use libsys::worker::Options;
//! use libsys::{System, initial, println};
//!
//! #[libsys::main]
//! fn program(system: System) -> Result<(), AllocationError> {
//!     let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
//!     let (mut memory, mut space) = (Memory::new(system), Space::initial());
//!     let limits = Limits { threads: 4, queue: 16, waiters: 2 };
//!     let pool = Pool::new(&mut memory, &mut space, Options::new(core), limits)?;
//!     if let Ok(sum) = pool.submit(|| (1..=100).sum::<u64>()) {
//!         println!("{:?}", sum.wait());
//!     }
//!     println!("{:?}", pool.shut_down(&mut memory, &mut space)?);
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! | module | what |
//! |---|---|
//! | `queue` | the jobs that wait for a thread |
//! | `job` | one job: its result, and who waits for that |
//! | `gate` | who uses what a pool consists of |
//! | `crew` | the threads, and who looks after them |
//! | `parts` | the kernel objects |
//!
//! # A job that goes wrong
//!
//! One more thread than asked for, the supervisor, is the fault handler of the others and is told
//! when one ends. A job that panics, faults or ends its thread is [`Lost`]; its thread begins
//! again with an empty stack and takes the next job. Nothing is unwound: memory that the lost job
//! owned is not freed, and a [`Mutex`] that it held stays taken.

mod crew;
mod gate;
mod job;
mod parts;
mod queue;

use alloc::sync::Arc;
use core::fmt;

use crate::bootstrap::AllocationError;
use crate::machine::Mutex;
use crate::memory::{Memory, Space};
use crate::thread::{self, Thread};
use crate::worker::{Options, Worker};
use crew::Crew;
use parts::{FIXED_BELLS, Parts};
use queue::Refused;

pub use job::{Job, Lost};

/// How large a pool is.
///
/// ```
/// use libsys::pool::Limits;
///
/// let limits = Limits { threads: 4, queue: 16, waiters: 1 };
/// # let _ = limits;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Threads that do jobs, one at least.
    pub threads: usize,
    /// Jobs that wait for a thread, one at least. Who submits more waits.
    pub queue: usize,
    /// Threads that sleep until a result is there. Others that wait at the same time give up
    /// their time slice again and again.
    pub waiters: usize,
}

/// What has happened in a pool.
///
/// ```
/// use libsys::pool::Report;
///
/// assert_eq!(Report::default().faulted, 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Jobs that panicked or ended their thread.
    pub ended: u64,
    /// Jobs that faulted.
    pub faulted: u64,
    /// Threads that the kernel refused to start again.
    pub threads_lost: u64,
}

/// The pool is shut down or has lost all its threads, and takes no more jobs.
///
/// ```
/// assert_eq!(libsys::pool::Closed.to_string(), "the pool is shut down");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pool is shut down")
    }
}

impl core::error::Error for Closed {}

/// Why a pool did not take a job at once.
///
/// ```no_run
/// use libsys::pool::{Busy, Submitter};
///
/// /// Has it done by somebody else, or else here.
/// fn offload(pool: &Submitter, job: fn()) {
///     if let Err(Busy::Full | Busy::Closed) = pool.try_submit(job) {
///         job();
///     }
/// }
/// # let _ = offload;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Busy {
    /// As many jobs wait as may.
    Full,
    /// It is shut down.
    Closed,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the pool's queue is full"),
            Self::Closed => Closed.fmt(f),
        }
    }
}

impl core::error::Error for Busy {}

/// Gives jobs to a pool; for threads that do not own it, such as its own.
///
/// ```no_run
/// use libsys::pool::{Closed, Submitter};
///
/// /// A job that makes two of it.
/// fn split(pool: Submitter, length: u64) -> Result<(), Closed> {
///     for half in [length / 2, length - length / 2] {
///         // Nobody needs the results.
///         drop(pool.submit(move || half)?);
///     }
///     Ok(())
/// }
/// # let _ = split;
/// ```
#[derive(Clone, Debug)]
pub struct Submitter {
    crew: Arc<Crew>,
}

impl Submitter {
    /// Has a job done. Waits while too many others wait.
    ///
    /// # Errors
    /// The pool is shut down; the job is dropped.
    pub fn submit<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Job<R>, Closed> {
        let (task, job) = job::pack(&self.crew, work);
        self.crew.put(task).map(|()| job)
    }

    /// Has a job done if there is room for it now.
    ///
    /// # Errors
    /// There is none, or the pool is shut down; the job is dropped.
    pub fn try_submit<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Job<R>, Busy> {
        let (task, job) = job::pack(&self.crew, work);
        match self.crew.offer(task) {
            Ok(()) => Ok(job),
            Err(Refused::Full(_)) => Err(Busy::Full),
            Err(Refused::Closed(_)) => Err(Busy::Closed),
        }
    }
}

/// The supervisor has the lock as long as it runs.
type Workers = Arc<Mutex<alloc::vec::Vec<Worker>>>;

/// Threads that do jobs. The example at the [module](self) shows one in use.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Memory, Space};
/// use libsys::pool::{Limits, Pool, Report};
/// use libsys::worker::Options;
///
/// fn squares(
///     memory: &mut Memory,
///     space: &mut Space,
///     options: Options,
/// ) -> Result<Report, AllocationError> {
///     let limits = Limits { threads: 2, queue: 8, waiters: 1 };
///     let pool = Pool::new(memory, space, options, limits)?;
///     let jobs: Vec<_> = (1..=20).flat_map(|n: u64| pool.submit(move || n * n)).collect();
///     for job in jobs {
///         libsys::println!("{:?}", job.wait());
///     }
///     pool.shut_down(memory, space)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "only shutting it down frees it"]
pub struct Pool {
    jobs: Submitter,
    supervisor: Thread<Report>,
    workers: Workers,
    parts: Parts,
}

impl Pool {
    /// Starts the threads, each with these options; who is told of their ends and faults is the
    /// supervisor, of the same priority.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses. Nothing is taken then.
    pub fn new(
        memory: &mut Memory,
        space: &mut Space,
        options: Options,
        limits: Limits,
    ) -> Result<Self, AllocationError> {
        let limits = Limits { threads: limits.threads.max(1), ..limits };
        let mut parts = Parts::new(memory, space, options, limits)?;
        let (Some(ends), Some(reply)) = (parts.ends, parts.reply) else {
            return Err(AllocationError::NoSlots);
        };
        let (fixed, for_results) = parts.bells.split_at(FIXED_BELLS);
        let fixed = core::array::from_fn(|index| fixed[index]);
        let size = (limits.threads, limits.queue);
        let crew = Arc::new(Crew::new(size, fixed, for_results.to_vec()));
        let workers: Workers = Arc::new(Mutex::new(core::mem::take(&mut parts.workers)));
        let (watched, watcher) = (workers.clone(), crew.clone());
        let supervise = move || crew::supervise(&watcher, &watched.lock(), ends, reply);
        match thread::spawn_in(memory, space, options, supervise) {
            Ok(supervisor) => Ok(Self { jobs: Submitter { crew }, supervisor, workers, parts }),
            Err(reason) => {
                parts.workers = core::mem::take(&mut workers.lock());
                parts.free(memory, space)?;
                Err(reason)
            }
        }
    }

    /// For other threads that have jobs.
    #[must_use]
    pub fn submitter(&self) -> Submitter {
        self.jobs.clone()
    }

    /// [`Submitter::submit`].
    ///
    /// # Errors
    /// The pool has lost all its threads.
    pub fn submit<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Job<R>, Closed> {
        self.jobs.submit(work)
    }

    /// [`Submitter::try_submit`].
    ///
    /// # Errors
    /// There is no room.
    pub fn try_submit<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Job<R>, Busy> {
        self.jobs.try_submit(work)
    }

    /// Has all jobs done that were submitted, ends the threads, and frees everything. Waits until
    /// others have left it who wait for results or for room; submitters that stay are told that
    /// it is [`Closed`].
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn shut_down(
        self,
        memory: &mut Memory,
        space: &mut Space,
    ) -> Result<Report, AllocationError> {
        let Self { jobs, supervisor, workers, mut parts } = self;
        jobs.crew.close();
        let ended = supervisor.join_in(memory, space)?;
        jobs.crew.retire();
        parts.workers = core::mem::take(&mut workers.lock());
        parts.free(memory, space)?;
        // A supervisor does nothing that could go wrong.
        Ok(ended.unwrap_or_default())
    }
}
