//! Which tasks are ready, for all executors of the program.
//!
//! A waker is a number: that of an executor and of one of its tasks. Waking sets a bit in a table
//! that exists as long as the program. So a waker may outlive its task and its executor; then
//! it wakes nobody, or a later task without reason, which tasks must expect anyway.

use core::sync::atomic::{AtomicU64, Ordering};

/// Executors that a program can have at the same time.
const EXECUTORS: usize = 16;
/// Tasks that an executor can have.
pub(super) const TASKS: usize = 1024;
/// Bits of a word.
const BITS: usize = u64::BITS as usize;

type Row = [AtomicU64; TASKS / BITS];

/// Ready tasks, a row for each executor.
static READY: [Row; EXECUTORS] = [const { [const { AtomicU64::new(0) }; TASKS / BITS] }; EXECUTORS];
/// Rows in use.
static USED: AtomicU64 = AtomicU64::new(0);

/// Marks a task as ready.
pub(crate) fn wake(number: usize) {
    let (executor, task) = (number / TASKS, number % TASKS);
    if let Some(row) = READY.get(executor) {
        row[task / BITS].fetch_or(1 << (task % BITS), Ordering::Release);
    }
}

/// The ready tasks of one executor.
#[derive(Debug)]
pub(super) struct ReadySet {
    executor: usize,
}

impl ReadySet {
    /// An empty set; `None` when there are too many executors.
    pub(super) fn new() -> Option<Self> {
        let first_free = |used: u64| {
            let free = used.trailing_ones();
            (free < EXECUTORS as u32).then_some(used | 1 << free)
        };
        let before = USED.fetch_update(Ordering::Acquire, Ordering::Relaxed, first_free).ok()?;
        let set = Self { executor: before.trailing_ones() as usize };
        for word in set.row() {
            word.store(0, Ordering::Relaxed);
        }
        Some(set)
    }

    fn row(&self) -> &'static Row {
        &READY[self.executor]
    }

    /// The number for the waker of a task.
    pub(super) fn number(&self, task: usize) -> usize {
        self.executor * TASKS + task
    }

    /// Marks a task as ready.
    pub(super) fn insert(&self, task: usize) {
        wake(self.number(task));
    }

    /// Whether no task is ready.
    pub(super) fn is_empty(&self) -> bool {
        self.row().iter().all(|word| word.load(Ordering::Relaxed) == 0)
    }

    /// Takes the ready tasks out, each of them once, also those that become ready meanwhile
    /// behind the last one taken.
    pub(super) fn take(&self) -> impl Iterator<Item = usize> + use<> {
        let words = self.row().iter().zip((0..).step_by(BITS));
        words.flat_map(|(word, first)| {
            let mut bits = match word.load(Ordering::Relaxed) {
                0 => 0,
                _ => word.swap(0, Ordering::Acquire),
            };
            core::iter::from_fn(move || {
                let bit = bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
                (bit < u64::BITS).then(|| first + bit as usize)
            })
        })
    }
}

impl Drop for ReadySet {
    fn drop(&mut self) {
        USED.fetch_and(!(1 << self.executor), Ordering::Release);
    }
}
