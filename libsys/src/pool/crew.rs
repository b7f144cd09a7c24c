//! The threads of a pool, what they share, and who looks after them.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::gate::Gate;
use super::job::{Lost, Task};
use super::queue::{Queue, Refused, Taken, Wake};
use super::{Closed, Report};
use crate::bootstrap::AllocationError;
use crate::cap::Cap;
use crate::exit::Ending;
use crate::machine::{self, Mutex};
use crate::object::{Endpoint, Notification, Reply};
use crate::syscall::Received;
use crate::worker::Worker;

/// Bytes of stack that it takes to give a job to a queue.
const VISITING: usize = 1024;

/// What the threads share.
pub(super) struct Crew {
    shared: Mutex<Shared>,
    /// Wakes a thread that has nothing to do.
    work: Cap<Notification>,
    /// Wakes a thread that waits for room.
    room: Cap<Notification>,
    /// Passed by all who use these notifications, except for the pool's own threads.
    gate: Gate,
    /// Signalled once, when all are out.
    left: Cap<Notification>,
}

/// Uses the notifications of a crew.
struct Visit<'a>(&'a Crew);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if self.0.gate.leave() {
            self.0.left.signal();
        }
    }
}

struct Shared {
    queue: Queue<Arc<dyn Task>>,
    /// What each thread does.
    seats: Vec<Option<Arc<dyn Task>>>,
    /// For threads that wait for a result.
    bells: Vec<Cap<Notification>>,
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("work", &self.work).finish_non_exhaustive()
    }
}

impl Crew {
    /// Threads for this many seats, and no jobs. `lock`, `work`, `room` and `left` are for nobody
    /// else, nor are the `bells`.
    pub(super) fn new(
        (threads, limit): (usize, usize),
        [lock, work, room, left]: [Cap<Notification>; 4],
        bells: Vec<Cap<Notification>>,
    ) -> Self {
        let mut seats = Vec::new();
        seats.resize_with(threads, || None);
        let shared = Mutex::new(Shared { queue: Queue::new(limit), seats, bells });
        shared.wait_on(lock);
        Self { shared, work, room, gate: Gate::default(), left }
    }

    /// Nobody.
    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        let shared = Shared { queue: Queue::new(1), seats: Vec::new(), bells: Vec::new() };
        let (work, room, left) = (Cap::NULL, Cap::NULL, Cap::NULL);
        Self { shared: Mutex::new(shared), work, room, gate: Gate::default(), left }
    }

    /// Nothing once the pool is gone.
    fn visit(&self) -> Option<Visit<'_>> {
        // A job that runs out of stack inside would never leave.
        machine::probe_stack::<VISITING>();
        self.gate.enter().then(|| Visit(self))
    }

    fn wake(&self, Wake { taker, giver }: Wake) {
        if taker {
            self.work.signal();
        }
        if giver {
            self.room.signal();
        }
    }

    /// Puts a job in if there is room.
    pub(super) fn offer(&self, job: Arc<dyn Task>) -> Result<(), Refused<Arc<dyn Task>>> {
        let Some(_visit) = self.visit() else { return Err(Refused::Closed(job)) };
        let (put, wake) = self.shared.lock().queue.put(job);
        self.wake(wake);
        put
    }

    /// Puts a job in; waits for room.
    pub(super) fn put(&self, mut job: Arc<dyn Task>) -> Result<(), Closed> {
        let Some(_visit) = self.visit() else { return Err(Closed) };
        let mut slept = false;
        loop {
            let mut shared = self.shared.lock();
            if slept {
                shared.queue.giver_woke();
            }
            let (put, wake) = shared.queue.put(job);
            if matches!(put, Err(Refused::Full(_))) {
                shared.queue.giver_sleeps();
            }
            drop(shared);
            self.wake(wake);
            match put {
                Ok(()) => return Ok(()),
                Err(Refused::Closed(_)) => return Err(Closed),
                Err(Refused::Full(refused)) => job = refused,
            }
            self.room.wait();
            slept = true;
        }
    }

    /// Lets no more jobs in.
    pub(super) fn close(&self) {
        let wake = self.shared.lock().queue.close();
        self.wake(wake);
    }

    /// Waits until nobody uses the notifications, and lets nobody use them any more. All jobs have
    /// an outcome and the queue is closed: nobody inside has to wait.
    pub(super) fn retire(&self) {
        if self.gate.close() {
            self.left.wait();
        }
    }

    /// Lends a notification to wait for a result on, if one is left.
    pub(super) fn with_bell(&self, wait: impl FnOnce(Cap<Notification>)) {
        let Some(_visit) = self.visit() else { return };
        let bell = self.shared.lock().bells.pop();
        if let Some(bell) = bell {
            wait(bell);
            // It came from there, so there is room.
            self.shared.lock().bells.push(bell);
        }
    }

    /// The next job for a seat; `None` when there will be none.
    fn next(&self, seat: usize) -> Option<Arc<dyn Task>> {
        let mut slept = false;
        loop {
            let mut shared = self.shared.lock();
            if slept {
                shared.queue.taker_woke();
            }
            let (taken, wake) = shared.queue.take();
            if let Taken::Job(job) = &taken {
                shared.seats[seat] = Some(job.clone());
            }
            drop(shared);
            self.wake(wake);
            match taken {
                Taken::Job(job) => return Some(job),
                Taken::End => return None,
                Taken::Sleep => {}
            }
            self.work.wait();
            slept = true;
        }
    }

    /// What a thread of the pool does.
    fn work(&self, seat: usize) {
        while let Some(job) = self.next(seat) {
            job.run();
            let done = self.shared.lock().seats[seat].take();
            // The last owner drops the result, outside of the lock.
            drop((done, job));
        }
    }

    /// Nobody will do the jobs that wait, nor any other.
    fn give_up(&self) {
        self.close();
        loop {
            let (taken, wake) = self.shared.lock().queue.take();
            self.wake(wake);
            let Taken::Job(job) = taken else { return };
            job.lose(Lost::NoThreads);
        }
    }

    /// What the thread in this seat was doing when it ended.
    fn abandoned(&self, seat: usize) -> Option<Arc<dyn Task>> {
        self.shared.lock().seats.get_mut(seat)?.take()
    }
}

/// Lets a thread of the pool begin, or begin again.
fn start(crew: &Arc<Crew>, worker: &Worker, seat: usize) -> Result<(), AllocationError> {
    let crew = crew.clone();
    machine::start(worker, move || crew.work(seat))
}

/// Starts the threads, and looks after them until all have come to their end: one that panics or
/// faults loses its job, and begins again.
pub(super) fn supervise(
    crew: &Arc<Crew>,
    workers: &[Worker],
    ends: Cap<Endpoint>,
    reply: Cap<Reply>,
) -> Report {
    let begun =
        workers.iter().enumerate().filter(|(seat, worker)| start(crew, worker, *seat).is_ok());
    let mut left = begun.count();
    let mut report = Report { threads_lost: (workers.len() - left) as u64, ..Report::default() };
    while left > 0 {
        let message = ends.recv(reply);
        let why = reason(&message);
        let Some(seat) = usize::try_from(message.badge).ok().and_then(|badge| badge.checked_sub(1))
        else {
            continue;
        };
        let Some(worker) = workers.get(seat) else { continue };
        let job = crew.abandoned(seat);
        if why == Lost::Ended(Ending::Finished) && job.is_none() {
            left -= 1;
            continue;
        }
        match why {
            Lost::Faulted(_) => report.faulted += 1,
            Lost::Ended(_) | Lost::NoThreads | Lost::Unknown => report.ended += 1,
        }
        // It must not go on with the job while somebody else uses what was the job's.
        let begun = worker.thread.suspend().map_err(Into::into);
        if let Some(job) = job {
            log::warn!("a job is lost: {why}");
            job.lose(why);
        }
        if begun.and_then(|()| start(crew, worker, seat)).is_err() {
            report.threads_lost += 1;
            left -= 1;
        }
    }
    crew.give_up();
    report
}

fn reason(message: &Received) -> Lost {
    match (Ending::of(message), message.fault()) {
        (Some(ending), _) => Lost::Ended(ending),
        (None, Some(fault)) => Lost::Faulted(fault),
        (None, None) => Lost::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::job;

    #[test]
    fn without_threads_jobs_are_lost_and_none_are_taken() {
        let crew = Arc::new(Crew::for_tests());
        let (task, job) = job::pack(&crew, || 1);
        assert!(crew.put(task).is_ok());
        let report = supervise(&crew, &[], Cap::NULL, Cap::NULL);
        assert_eq!(report, Report::default());
        assert_eq!(job.wait(), Err(Lost::NoThreads));
        let (task, _job) = job::pack(&crew, || 2);
        assert_eq!(crew.put(task), Err(Closed));
    }

    #[test]
    fn who_comes_after_the_end_uses_nothing() {
        let crew = Arc::new(Crew::for_tests());
        crew.retire();
        // The queue is open: it is the gate that refuses.
        let (task, _job) = job::pack(&crew, || 1);
        assert!(matches!(crew.offer(task), Err(Refused::Closed(_))));
        crew.with_bell(|_| panic!("there is none"));
    }
}
