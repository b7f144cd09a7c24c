//! The jobs that wait for a thread, and who sleeps until there is one or until there is room.
//!
//! Two notifications go with a queue, one for each kind of sleeper. A notification is one bit, so
//! two signals may come as one; therefore each who wakes and finds that there is more to do for
//! another sleeper signals again.

use alloc::collections::VecDeque;

/// Who is to be woken after a step, outside of the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[must_use = "somebody would sleep for ever"]
pub(super) struct Wake {
    /// A thread that waits for a job.
    pub(super) taker: bool,
    /// A thread that waits for room.
    pub(super) giver: bool,
}

/// What a thread finds that looks for a job.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Taken<T> {
    /// A job.
    Job(T),
    /// Nothing: it is counted as asleep now, and has to wait and look again.
    Sleep,
    /// Nothing, and there will be nothing.
    End,
}

/// Why a job was not put in.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Refused<T> {
    /// There is no room now.
    Full(T),
    /// The queue is closed.
    Closed(T),
}

/// A bounded queue.
#[derive(Debug)]
pub(super) struct Queue<T> {
    jobs: VecDeque<T>,
    limit: usize,
    open: bool,
    takers_asleep: usize,
    givers_asleep: usize,
}

impl<T> Queue<T> {
    /// An empty queue for `limit` jobs, one at least. Nothing is allocated from then on.
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        let jobs = VecDeque::with_capacity(limit);
        Self { jobs, limit, open: true, takers_asleep: 0, givers_asleep: 0 }
    }

    /// Puts a job in, behind all others.
    pub(super) fn put(&mut self, job: T) -> (Result<(), Refused<T>>, Wake) {
        let put = match () {
            () if !self.open => Err(Refused::Closed(job)),
            () if self.jobs.len() >= self.limit => Err(Refused::Full(job)),
            () => {
                self.jobs.push_back(job);
                Ok(())
            }
        };
        (put, self.wake())
    }

    /// Takes the oldest job.
    pub(super) fn take(&mut self) -> (Taken<T>, Wake) {
        match self.jobs.pop_front() {
            Some(job) => (Taken::Job(job), self.wake()),
            None if self.open => {
                self.takers_asleep += 1;
                (Taken::Sleep, Wake::default())
            }
            None => (Taken::End, self.wake()),
        }
    }

    /// Counts who found the queue full as asleep.
    pub(super) fn giver_sleeps(&mut self) {
        self.givers_asleep += 1;
    }

    /// Somebody who was counted as asleep looks again.
    pub(super) fn taker_woke(&mut self) {
        self.takers_asleep -= 1;
    }

    /// Somebody who was counted as asleep looks again.
    pub(super) fn giver_woke(&mut self) {
        self.givers_asleep -= 1;
    }

    /// Lets no more jobs in. Those that are in it are still taken.
    pub(super) fn close(&mut self) -> Wake {
        self.open = false;
        self.wake()
    }

    /// Who has a reason to wake up.
    fn wake(&self) -> Wake {
        let (for_takers, for_givers) = (!self.jobs.is_empty(), self.jobs.len() < self.limit);
        Wake {
            taker: self.takers_asleep > 0 && (for_takers || !self.open),
            giver: self.givers_asleep > 0 && (for_givers || !self.open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque as Model;
    use std::vec::Vec;

    #[test]
    fn jobs_come_in_their_order_and_a_full_queue_refuses() {
        let mut queue = Queue::new(2);
        assert_eq!(queue.put(1), (Ok(()), Wake::default()));
        assert_eq!(queue.put(2), (Ok(()), Wake::default()));
        assert_eq!(queue.put(3), (Err(Refused::Full(3)), Wake::default()));
        queue.giver_sleeps();
        assert_eq!(queue.take(), (Taken::Job(1), Wake { taker: false, giver: true }));
        queue.giver_woke();
        assert_eq!(queue.take(), (Taken::Job(2), Wake::default()));
        assert_eq!(queue.take(), (Taken::Sleep, Wake::default()));
        assert_eq!(queue.put(4), (Ok(()), Wake { taker: true, giver: false }));
    }

    #[test]
    fn a_closed_queue_is_emptied_and_ends() {
        let mut queue = Queue::new(4);
        let _ = queue.put(1);
        assert_eq!(queue.close(), Wake::default());
        assert_eq!(queue.put(2).0, Err(Refused::Closed(2)));
        assert_eq!(queue.take().0, Taken::Job(1));
        assert_eq!(queue.take().0, Taken::End);
    }

    /// A notification: signals that nobody waits for become one bit.
    #[derive(Default)]
    struct Bell {
        bit: bool,
        waiting: usize,
    }

    impl Bell {
        /// Answers how many wake up now.
        fn signal(&mut self) -> usize {
            if self.waiting == 0 {
                self.bit = true;
                return 0;
            }
            self.waiting -= 1;
            1
        }
    }

    /// Threads in the middle of what they do, as the kernel could have interrupted them.
    #[derive(Default)]
    struct World {
        work: Bell,
        room: Bell,
        /// Counted as asleep, but not waiting yet.
        takers_falling: usize,
        givers_falling: usize,
        takers_ready: usize,
        givers_ready: usize,
        taken: Vec<u32>,
        ended: usize,
    }

    impl World {
        fn wake(&mut self, wake: Wake) {
            if wake.taker {
                self.takers_ready += self.work.signal();
            }
            if wake.giver {
                self.givers_ready += self.room.signal();
            }
        }

        fn take(&mut self, queue: &mut Queue<u32>) {
            let (taken, wake) = queue.take();
            self.wake(wake);
            match taken {
                Taken::Job(job) => self.taken.push(job),
                Taken::Sleep => self.takers_falling += 1,
                Taken::End => self.ended += 1,
            }
        }

        /// Lets those who fall asleep do so, and those who wake look again, until nobody can.
        fn settle(&mut self, queue: &mut Queue<u32>, waiting: &mut Model<u32>) {
            loop {
                if self.takers_falling > 0 {
                    self.takers_falling -= 1;
                    match core::mem::take(&mut self.work.bit) {
                        true => self.takers_ready += 1,
                        false => self.work.waiting += 1,
                    }
                } else if self.givers_falling > 0 {
                    self.givers_falling -= 1;
                    match core::mem::take(&mut self.room.bit) {
                        true => self.givers_ready += 1,
                        false => self.room.waiting += 1,
                    }
                } else if self.takers_ready > 0 {
                    self.takers_ready -= 1;
                    queue.taker_woke();
                    self.take(queue);
                } else if self.givers_ready > 0 {
                    self.givers_ready -= 1;
                    queue.giver_woke();
                    if let Some(job) = waiting.pop_front() {
                        self.give(queue, job, waiting);
                    }
                } else {
                    return;
                }
            }
        }

        fn give(&mut self, queue: &mut Queue<u32>, job: u32, waiting: &mut Model<u32>) {
            let (put, wake) = queue.put(job);
            self.wake(wake);
            if let Err(Refused::Full(job)) = put {
                waiting.push_back(job);
                queue.giver_sleeps();
                self.givers_falling += 1;
            }
        }
    }

    fn steps() -> impl Strategy<Value = Vec<i32>> {
        prop::collection::vec(0..3, 1..60)
    }

    proptest! {
        /// Whatever happens in whatever order: nobody sleeps while there is something to do.
        #[test]
        fn nobody_sleeps_for_ever(limit in 1_usize..4, steps in steps()) {
            let (mut queue, mut world) = (Queue::new(limit), World::default());
            let (mut waiting, mut next) = (Model::new(), 0);
            for step in steps {
                match step {
                    0 => {
                        next += 1;
                        world.give(&mut queue, next, &mut waiting);
                    }
                    1 => world.take(&mut queue),
                    _ => world.settle(&mut queue, &mut waiting),
                }
            }
            world.settle(&mut queue, &mut waiting);
            prop_assert!(queue.jobs.is_empty() || world.work.waiting == 0);
            prop_assert!(queue.jobs.len() == limit || world.room.waiting == 0);
            let wake = queue.close();
            world.wake(wake);
            world.settle(&mut queue, &mut waiting);
            while world.ended == 0 {
                world.take(&mut queue);
            }
            world.settle(&mut queue, &mut waiting);
            prop_assert_eq!(world.work.waiting, 0);
            prop_assert_eq!(world.room.waiting, 0);
        }
    }
}
