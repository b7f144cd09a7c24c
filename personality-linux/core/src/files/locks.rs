//! Locks on parts of files, as `fcntl` has them: a process has none against itself, and loses all
//! that it has on a file when it closes any descriptor of it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

/// A part of a file that a process has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lock {
    /// Bytes; up to `u64::MAX` is up to the end, wherever that will be.
    pub(crate) range: Range<u64>,
    /// Whether nobody else may have it, not even to read.
    pub(crate) is_exclusive: bool,
    pub(crate) process: u32,
}

impl Lock {
    fn overlaps(&self, range: &Range<u64>) -> bool {
        self.range.start < range.end && range.start < self.range.end
    }
}

/// All locks, by the number of the file.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    by_file: BTreeMap<u64, Vec<Lock>>,
}

impl Locks {
    /// The first lock of somebody else that forbids this one.
    pub(crate) fn conflict(&self, file: u64, wanted: &Lock) -> Option<&Lock> {
        self.by_file.get(&file)?.iter().find(|lock| {
            lock.process != wanted.process
                && (lock.is_exclusive || wanted.is_exclusive)
                && lock.overlaps(&wanted.range)
        })
    }

    /// Gives a process a lock instead of what it has there.
    pub(crate) fn set(&mut self, file: u64, lock: Lock) {
        self.clear(file, lock.process, &lock.range);
        self.by_file.entry(file).or_default().push(lock);
    }

    /// Takes from a process what it has in a range; whether that was something.
    pub(crate) fn clear(&mut self, file: u64, process: u32, range: &Range<u64>) -> bool {
        let Some(locks) = self.by_file.get_mut(&file) else { return false };
        let is_meant = |lock: &Lock| lock.process == process && lock.overlaps(range);
        let (cut, mut kept): (Vec<Lock>, Vec<Lock>) = locks.drain(..).partition(is_meant);
        let was_some = !cut.is_empty();
        for lock in cut {
            let (before, behind) = (lock.range.start..range.start, range.end..lock.range.end);
            for range in [before, behind] {
                if !range.is_empty() {
                    kept.push(Lock { range, ..lock.clone() });
                }
            }
        }
        match kept.is_empty() {
            true => drop(self.by_file.remove(&file)),
            false => *locks = kept,
        }
        was_some
    }

    /// The files on which a process has locks.
    pub(crate) fn files_of(&self, process: u32) -> Vec<u64> {
        let has = |locks: &Vec<Lock>| locks.iter().any(|lock| lock.process == process);
        self.by_file.iter().filter(|(_, locks)| has(locks)).map(|(file, _)| *file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(range: Range<u64>, is_exclusive: bool, process: u32) -> Lock {
        Lock { range, is_exclusive, process }
    }

    #[test]
    fn readers_share_and_writers_do_not() {
        let mut locks = Locks::default();
        locks.set(1, lock(0..10, false, 7));
        assert_eq!(locks.conflict(1, &lock(5..6, false, 8)), None);
        assert!(locks.conflict(1, &lock(5..6, true, 8)).is_some());
        assert_eq!(locks.conflict(1, &lock(10..20, true, 8)), None);
        assert_eq!(locks.conflict(1, &lock(0..10, true, 7)), None);
        assert_eq!(locks.conflict(2, &lock(0..10, true, 8)), None);
    }

    #[test]
    fn the_middle_of_a_lock_can_be_given_back() {
        let mut locks = Locks::default();
        locks.set(1, lock(0..u64::MAX, true, 7));
        assert!(locks.clear(1, 7, &(10..20)));
        assert!(!locks.clear(1, 7, &(12..18)));
        assert_eq!(locks.conflict(1, &lock(10..20, true, 8)), None);
        assert!(locks.conflict(1, &lock(9..11, true, 8)).is_some());
        assert!(locks.conflict(1, &lock(1 << 40..1 << 41, false, 8)).is_some());
        assert!(locks.clear(1, 7, &(0..u64::MAX)));
        assert_eq!(locks.files_of(7), []);
    }
}
