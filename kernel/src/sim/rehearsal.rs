//! Every entry on a copy of the kernel first, by its fast path: what comes out must be the same.
//!
//! Most fast paths do not look at the clock. So the general way is taken at the same instant, the
//! one at which the copy looked at it last. What may then still differ:
//!
//! * In the last moments of a budget or of a domain's slice, and with releases overdue, the
//!   general way first deals with these. The fast path leaves them to the timer, which is due.
//!   Such entries are counted as [`Counts::late`] and not compared.
//!
//! Everything else is compared, and a fast path that says that it does not fit must have changed
//! nothing.

use std::collections::BTreeMap;

use abi::Syscall;
use abi::message::REGISTER_WORDS;
use platform::contract::{Platform, TIMER_INTERRUPT, Ticks, Trap};

use super::twin::{Twin, difference};
use crate::cap::Cap;
use crate::core_state::Decision;
use crate::fast::Miss;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::notification::Signals;
use crate::refill::Refills;
use crate::thread::Thread;

/// How often each fast path was taken, and why one was not.
#[derive(Default, Debug)]
pub(crate) struct Counts {
    /// Successes compared with the general way, by what the entry was.
    pub(crate) hits: BTreeMap<&'static str, u64>,
    /// Those of them on narrow paths.
    pub(crate) narrow: BTreeMap<&'static str, u64>,
    /// Misses, by the number of the reason.
    pub(crate) misses: [u64; Miss::ALL.len()],
    /// Successes that the general way would have put off.
    pub(crate) late: u64,
}

impl Counts {
    /// Adds those of another game.
    pub(crate) fn add(&mut self, other: &Self) {
        for (name, count) in &other.hits {
            *self.hits.entry(name).or_default() += count;
        }
        for (name, count) in &other.narrow {
            *self.narrow.entry(name).or_default() += count;
        }
        for (sum, count) in self.misses.iter_mut().zip(&other.misses) {
            *sum += count;
        }
        self.late += other.late;
    }
}

/// A success that is to be compared.
struct Success {
    next: Obj<Thread>,
    /// What the clock really says.
    now: Ticks,
}

/// The copy, and what happened on it.
pub(crate) struct Rehearsal {
    twin: Twin,
    /// The copy after an interrupt was claimed.
    claimed: Twin,
    success: Option<Success>,
    /// Whether the next entry takes the narrow path first.
    narrow: bool,
    pub(crate) counts: Counts,
}

impl Rehearsal {
    /// For entries of a kernel.
    pub(crate) fn new(kernel: &Kernel) -> Self {
        let (twin, claimed) = (Twin::of(kernel), Twin::of(kernel));
        Self { twin, claimed, success: None, narrow: true, counts: Counts::default() }
    }

    /// Before a trap: plays it on a copy. If that succeeds, the kernel's clock goes back to when
    /// it looked at it last, until [`Self::compare`].
    pub(crate) fn play(&mut self, kernel: &mut Kernel, trap: Trap) {
        kernel.machine.record_events(true);
        kernel.machine.take_events();
        if kernel.core().decision != Decision::Stay {
            // A helper from outside has changed something, and no exit has taken care of it yet.
            return;
        }
        self.twin.copy_from(kernel);
        let late = is_late(&mut self.twin.kernel);
        if trap == Trap::Interrupt {
            return self.play_interrupt(kernel, late);
        }
        // On one core the narrow path is tried first, as on the machine; every other time only, so
        // that the wide one is seen with the same messages.
        self.narrow = !self.narrow && kernel.core_count == 1;
        let narrow = self.narrow.then(|| self.twin.kernel.fast_and_narrow(trap));
        if let Some(Err(miss)) = narrow {
            self.note_miss(kernel, miss);
        }
        let on_narrow = matches!(narrow, Some(Ok(_)));
        let result = match narrow {
            Some(Ok(next)) => Ok(next),
            _ => self.twin.kernel.fast(trap),
        };
        match result {
            Err(miss) => self.note_miss(kernel, miss),
            Ok(_) if late => self.counts.late += 1,
            Ok(next) => {
                let name = name_of(kernel, &self.twin.kernel, trap, next);
                if on_narrow {
                    *self.counts.narrow.entry(name).or_default() += 1;
                }
                self.note_success(kernel, name, next);
            }
        }
    }

    /// The same for an interrupt, which an entry claims first of all: it stays so after a miss.
    fn play_interrupt(&mut self, kernel: &mut Kernel, late: bool) {
        let claimed = self.twin.kernel.machine.claim_interrupt();
        self.claimed.copy_from(&self.twin.kernel);
        match self.twin.kernel.fast_interrupt(claimed) {
            Err(miss) => {
                self.counts.misses[miss as usize] += 1;
                if let Some(difference) = difference(&self.twin.kernel, &self.claimed.kernel) {
                    panic!("a miss, {miss:?}, has changed {difference}");
                }
            }
            Ok(_) if late => self.counts.late += 1,
            Ok(next) => {
                let stays = kernel.current() == Some(next);
                let name = match (claimed == Some(TIMER_INTERRUPT), stays) {
                    (true, true) => "timer",
                    (true, false) => "timer with switch",
                    (false, true) => "interrupt",
                    (false, false) => "interrupt with switch",
                };
                self.note_success(kernel, name, next);
            }
        }
    }

    /// The general way is to be taken at the instant at which the copy looked at the clock last.
    fn note_success(&mut self, kernel: &mut Kernel, name: &'static str, next: Obj<Thread>) {
        *self.counts.hits.entry(name).or_default() += 1;
        self.success = Some(Success { next, now: kernel.machine.now() });
        let noted = self.twin.kernel.core().time;
        kernel.machine.set_now(noted);
        self.twin.kernel.machine.set_now(noted);
    }

    /// A miss has changed nothing.
    fn note_miss(&mut self, kernel: &Kernel, miss: Miss) {
        self.counts.misses[miss as usize] += 1;
        if let Some(difference) = difference(&self.twin.kernel, kernel) {
            panic!("a miss, {miss:?}, has changed {difference}");
        }
    }

    /// After it.
    pub(crate) fn compare(&mut self, kernel: &mut Kernel, next: Option<Obj<Thread>>) {
        let Some(success) = self.success.take() else { return };
        assert_eq!(Some(success.next), next, "another thread runs next");
        if let Some(difference) = difference(&self.twin.kernel, kernel) {
            panic!("the fast path differs in {difference}");
        }
        kernel.machine.set_now(success.now);
    }
}

/// Whether the general way would first deal with time that is up.
fn is_late(kernel: &mut Kernel) -> bool {
    let (used, min) = (kernel.core().used, kernel.min_budget);
    let time = kernel.core().time;
    let exhausted = kernel
        .core()
        .context
        .is_some_and(|context| !kernel.refills(context).is_sufficient(used, min));
    let overdue = kernel.core().earliest_release <= time;
    exhausted || overdue || kernel.domains.is_expired()
}

/// A call after which the caller goes on.
pub(crate) const OBJECT_CALL: &str = "Call on an object";
/// One that is told why nothing was done.
pub(crate) const REFUSED_CALL: &str = "refused Call on an object";

/// Whether a call of `thread` was answered with an error.
fn was_refused(after: &Kernel, thread: Obj<Thread>) -> bool {
    abi::MessageInfo(after.registers(thread).x[1]).label() != abi::error::NO_ERROR
}

/// Whether a signal of `thread` woke somebody: then no word is kept.
fn woke(kernel: &Kernel, after: &Kernel, thread: Obj<Thread>) -> bool {
    let slot = kernel.lookup(thread, kernel.registers(thread).x[0]);
    let Ok(Cap::Notification { notification, .. }) = slot.map(|slot| kernel[slot].cap) else {
        return false;
    };
    !matches!(after[notification].signals, Signals::Active(_))
}

/// What an entry is, for the counts: the system call, and what kind of message it moved.
fn name_of(kernel: &Kernel, after: &Kernel, trap: Trap, next: Obj<Thread>) -> &'static str {
    let (Trap::SystemCall, Some(thread)) = (trap, kernel.current()) else {
        return "fault";
    };
    let stays = next == thread;
    let x = &kernel.registers(thread).x;
    let long = abi::MessageInfo(x[1]).length() > REGISTER_WORDS;
    match (Syscall::from_number(x[7]), long) {
        (Some(Syscall::Call), _) if stays && was_refused(after, thread) => REFUSED_CALL,
        (Some(Syscall::Call), _) if stays => OBJECT_CALL,
        (Some(Syscall::Call), false) => "Call",
        (Some(Syscall::Call), true) => "Call, long message",
        (Some(Syscall::ReplyRecv), _) if kernel[next].fault.get().is_some() => "reply to a fault",
        (Some(Syscall::ReplyRecv), false) => "ReplyRecv",
        (Some(Syscall::ReplyRecv), true) => "ReplyRecv, long message",
        (Some(Syscall::Send | Syscall::NBSend), _) if stays && woke(kernel, after, thread) => {
            "signal that wakes"
        }
        (Some(Syscall::Send | Syscall::NBSend), _) if stays => "signal",
        (Some(Syscall::Send | Syscall::NBSend), _) => "signal with switch",
        (Some(Syscall::Yield), _) if stays => "Yield",
        (Some(Syscall::Yield), _) => "Yield with switch",
        (Some(_), _) => "other system call",
        (None, _) => "unknown system call",
    }
}
