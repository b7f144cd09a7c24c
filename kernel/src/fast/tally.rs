//! How often entries took a fast path, and why they did not: counters of benchmark images.
//!
//! Other images have none, and spend no instruction on them.

use abi::Syscall;
use platform::contract::Trap;

use super::Miss;
use crate::kernel::Kernel;
use crate::options::BENCHMARK;

/// System calls have the numbers -1 to -11.
const SYSCALLS: usize = 11;
/// Known system calls, unknown ones, exceptions and interrupts.
const KINDS: usize = SYSCALLS + 3;
/// The two widths of paths, then the reasons for none.
const OUTCOMES: usize = 2 + Miss::ALL.len();

/// The counters, by kind of entry and outcome.
#[derive(Clone, PartialEq, Debug)]
pub struct Tally([[u64; OUTCOMES]; if BENCHMARK { KINDS } else { 0 }]);

impl Tally {
    /// Nothing has been counted.
    pub(crate) const fn new() -> Self {
        Self([[0; OUTCOMES]; _])
    }
}

/// Which of the two widths of a path was taken.
#[derive(Clone, Copy)]
pub(crate) enum Taken {
    Narrow = 0,
    Wide = 1,
}

/// A kind of entry.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Entry(usize);

impl Entry {
    /// A fault, or the first use of floating point.
    pub(crate) const EXCEPTION: Self = Self(SYSCALLS + 1);
    /// An interrupt.
    pub(crate) const INTERRUPT: Self = Self(SYSCALLS + 2);

    /// A system call, by x7.
    #[inline(always)]
    pub(crate) fn system_call(number: u64) -> Self {
        Self(usize::try_from(!number).map_or(SYSCALLS, |row| row.min(SYSCALLS)))
    }
}

impl Kernel {
    /// What entered the kernel, asked before that is forgotten.
    #[inline(always)]
    pub(crate) fn entry_of(&self, trap: Trap) -> Entry {
        match (trap, self.current()) {
            (Trap::SystemCall, Some(thread)) if BENCHMARK => {
                Entry::system_call(self.registers(thread).x[7])
            }
            (Trap::Interrupt, _) => Entry::INTERRUPT,
            _ => Entry::EXCEPTION,
        }
    }

    /// Counts an entry.
    #[inline(always)]
    pub(crate) fn tally(&mut self, entry: Entry, path: Result<Taken, Miss>) {
        if BENCHMARK {
            let outcome = path.map_or_else(|miss| 2 + miss as usize, |taken| taken as usize);
            let row = self.tally.0.get_mut(entry.0);
            if let Some(count) = row.and_then(|row| row.get_mut(outcome)) {
                *count += 1;
            }
        }
    }

    /// Prints what was counted since the last time, a line for each kind of entry and outcome
    /// that occurred.
    pub(crate) fn dump_tally(&mut self) {
        let counted = core::mem::replace(&mut self.tally, Tally::new());
        for (kind, row) in counted.0.iter().enumerate() {
            for (outcome, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
                platform::message!("fast path: {count} {} {}", Entry(kind), Outcome(outcome));
            }
        }
    }
}

impl core::fmt::Display for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        const OTHERS: [&str; KINDS - SYSCALLS] = ["unknown-system-call", "exception", "interrupt"];
        let number = !(self.0 as u64);
        match (Syscall::from_number(number), OTHERS.get(self.0.wrapping_sub(SYSCALLS))) {
            (Some(call), _) => write!(f, "{call:?}"),
            (None, other) => f.write_str(other.unwrap_or(&"")),
        }
    }
}

/// A column, for people.
struct Outcome(usize);

impl core::fmt::Display for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            0 => f.write_str("narrow"),
            1 => f.write_str("wide"),
            outcome => match Miss::ALL.get(outcome - 2) {
                Some(miss) => write!(f, "missed: {miss:?}"),
                None => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_call_has_its_row() {
        let rows = [Syscall::Call, Syscall::ReplyRecv, Syscall::Yield]
            .map(|call| Entry::system_call(call.number()));
        assert_eq!(rows, [Entry(0), Entry(1), Entry(SYSCALLS - 1)]);
        for unknown in [0, 5, 12_u64.wrapping_neg(), i64::MIN.cast_unsigned()] {
            assert_eq!(Entry::system_call(unknown), Entry(SYSCALLS));
        }
    }

    #[test]
    fn rows_and_columns_have_names() {
        let names = [0, 2, SYSCALLS, KINDS - 1].map(|kind| std::format!("{}", Entry(kind)));
        assert_eq!(names, ["Call", "NBSendRecv", "unknown-system-call", "interrupt"]);
        let last = std::format!("missed: {:?}", Miss::ALL[Miss::ALL.len() - 1]);
        let names = [0, 1, 2, OUTCOMES - 1].map(|outcome| std::format!("{}", Outcome(outcome)));
        assert_eq!(names, ["narrow", "wide", "missed: NoPath", &last]);
    }
}
