//! Threads that run a closure, beside the first one, in the same address space.
//!
//! ```no_run
//! use libsys::{System, initial, println, thread, worker};
//!
//! #[libsys::main]
//! fn program(mut system: System) {
//!     let core = initial::sched_control(system.boot, 0).expect("a core");
//!     let options = worker::Options::new(core);
//!     let sum = thread::spawn(&mut system.allocator, options, || (1..=100).sum::<u64>());
//!     println!("{:?}", sum.expect("memory for a thread").join());
//! }
//! # fn main() {}
//! ```

use alloc::sync::Arc;
use core::fmt;

use crate::bootstrap::{AllocationError, Allocator};
use crate::cap::Cap;
use crate::exit::{Ending, Parent};
use crate::machine::{self, Mutex};
use crate::memory::{Memory, Objects, Space};
use crate::object::Endpoint;
use crate::worker::{Options, Worker};

/// A thread that will answer an `R`.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::exit::Ending;
/// use libsys::memory::{Memory, Space};
/// use libsys::thread;
/// use libsys::worker::Options;
///
/// /// The sum of both halves, each by a thread of its own.
/// fn sum(
///     memory: &mut Memory,
///     space: &mut Space,
///     options: Options,
/// ) -> Result<Result<u64, Ending>, AllocationError> {
///     let halves = [1..=500, 501..=1000_u64];
///     let [one, other] = halves.map(|half| {
///         thread::spawn_in(memory, space, options, move || half.sum::<u64>())
///     });
///     let (one, other) = (one?.join_in(memory, space)?, other?.join_in(memory, space)?);
///     Ok(one.and_then(|one| Ok(one + other?)))
/// }
/// # fn main() {}
/// ```
pub struct Thread<R> {
    /// The thread and what it consists of.
    pub worker: Worker,
    end: Cap<Endpoint>,
    result: Arc<Mutex<Option<R>>>,
}

impl<R> fmt::Debug for Thread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Thread").field(&self.worker.thread).finish()
    }
}

/// Starts a thread with a closure. `options.parent` does not count: the parent is who joins.
///
/// # Errors
/// Too little memory, or what the kernel refuses.
pub fn spawn<R: Send + 'static>(
    allocator: &mut Allocator,
    options: Options,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<Thread<R>, AllocationError> {
    let end = allocator.create::<Endpoint>()?;
    let worker = Worker::create(allocator, told_of_the_end(options, end))?;
    let result = launch(&worker, work)?;
    Ok(Thread { worker, end, result })
}

/// [`spawn`] with memory that can be freed, see [`Worker::create_in`].
///
/// # Errors
/// Too little memory, or what the kernel refuses. Nothing is left then, and the closure is dropped.
pub fn spawn_in<R: Send + 'static>(
    memory: &mut Memory,
    space: &mut Space,
    options: Options,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<Thread<R>, AllocationError> {
    let end = memory.create::<Endpoint>()?;
    let worker = match Worker::create_in(memory, space, told_of_the_end(options, end)) {
        Ok(worker) => worker,
        Err(reason) => {
            memory.free(end)?;
            return Err(reason);
        }
    };
    match launch(&worker, work) {
        Ok(result) => Ok(Thread { worker, end, result }),
        Err(reason) => {
            worker.free(memory, space)?;
            memory.free(end)?;
            Err(reason)
        }
    }
}

/// Options of a thread whose end is told to an endpoint.
fn told_of_the_end(options: Options, end: Cap<Endpoint>) -> Options {
    Options { parent: Parent::Endpoint(end), ..options }
}

/// Lets a worker run a closure; answers where its result will be.
fn launch<R: Send + 'static>(
    worker: &Worker,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<Arc<Mutex<Option<R>>>, AllocationError> {
    let result = Arc::new(Mutex::new(None));
    let place = Arc::clone(&result);
    machine::start(worker, move || *place.lock() = Some(work()))?;
    Ok(result)
}

impl<R> Thread<R> {
    /// Waits for the end of the thread.
    ///
    /// # Errors
    /// How it ended, if it did so without a result.
    pub fn join(self) -> Result<R, Ending> {
        self.wait()
    }

    /// Waits for the end of a thread that [`spawn_in`] has started, and frees it.
    ///
    /// # Errors
    /// What the kernel refuses; the answer inside is that of [`join`](Self::join).
    pub fn join_in(
        self,
        memory: &mut Memory,
        space: &mut Space,
    ) -> Result<Result<R, Ending>, AllocationError> {
        let answer = self.wait();
        self.worker.free(memory, space)?;
        memory.free(self.end)?;
        Ok(answer)
    }

    /// Ends a thread that [`spawn_in`] has started, wherever it is, and frees it. What its closure
    /// has is never dropped. It must hold nothing that others wait for, such as a lock, and not be
    /// about to allocate.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn cancel_in(self, memory: &mut Memory, space: &mut Space) -> Result<(), AllocationError> {
        self.worker.thread.suspend()?;
        self.worker.free(memory, space)?;
        memory.free(self.end)
    }

    fn wait(&self) -> Result<R, Ending> {
        let ending = loop {
            if let Some(ending) = Ending::of(&self.end.wait()) {
                break ending;
            }
        };
        let result = self.result.lock().take();
        result.ok_or(ending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::rehearsal::{Stage, rehearse};

    #[test]
    fn a_thread_is_started_or_leaves_nothing() {
        let options = Options { timeout_handler: Cap::at(9), ..Options::new(Cap::at(8)) };
        let shared = Arc::new(());
        let calls = rehearse(
            |Stage { memory, space, .. }| {
                let (before, work) = (Arc::strong_count(&shared), shared.clone());
                let thread = spawn_in(memory, space, options, move || drop(work));
                // Nobody runs a thread that was started: its closure stays with it.
                assert_eq!(Arc::strong_count(&shared) > before, thread.is_ok());
                thread
            },
            |Stage { memory, space, .. }, thread| thread.cancel_in(memory, space),
        );
        assert!(calls > 10, "{calls}");
    }
}
