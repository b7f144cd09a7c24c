//! Domains: groups of threads that run in fixed slices of time. (objects.md §9.5)

use abi::{Error, Invocation};
use platform::contract::Ticks;

use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

/// Entries of the schedule in a system with several domains.
const ENTRIES: usize = 100;
/// Entries of the schedule in a system with one domain.
const ENTRIES_OF_ONE: usize = 2;
/// Durations have 56 bits.
const MAX_DURATION: Ticks = (1 << 56) - 1;

/// One slice; duration 0 marks the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Slice {
    domain: u8,
    duration: Ticks,
}

/// Which domain runs when.
#[derive(Clone, PartialEq, Debug)]
pub struct DomainSchedule {
    slices: [Slice; ENTRIES],
    domains: usize,
    start: usize,
    position: usize,
    /// The domain that runs: that of the slice when it began, whatever the slice says now.
    domain: u8,
    left: Ticks,
}

/// An operation on domains that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Move a thread to a domain.
    Set(Obj<Thread>, u8),
    /// Change one slice.
    Configure {
        /// Which.
        index: usize,
        /// Whose time it is.
        domain: u8,
        /// Its length in ticks; 0 marks the end.
        duration: Ticks,
    },
    /// Restart the schedule at a slice.
    SetStart(usize),
}

impl DomainSchedule {
    /// Domain 0 runs for ever.
    #[must_use]
    pub fn new(domains: usize) -> Self {
        let mut slices = [Slice::default(); ENTRIES];
        slices[0].duration = MAX_DURATION;
        Self { slices, domains, start: 0, position: 0, domain: 0, left: MAX_DURATION }
    }

    /// The domain that runs.
    #[must_use]
    pub fn current(&self) -> usize {
        self.domain.into()
    }

    /// Number of domains.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.domains
    }

    fn entries(&self) -> usize {
        if self.domains == 1 { ENTRIES_OF_ONE } else { ENTRIES }
    }

    /// Takes passed time off the slice.
    pub(crate) fn spend(&mut self, passed: Ticks) {
        if self.domains > 1 {
            self.left = self.left.saturating_sub(passed);
        }
    }

    /// Whether the slice is over.
    pub(crate) fn is_expired(&self) -> bool {
        self.domains > 1 && self.left == 0
    }

    /// Whether the slice will be over after more time.
    pub(crate) fn is_expired_after(&self, passed: Ticks) -> bool {
        self.domains > 1 && self.left <= passed
    }

    /// What is left of the slice, if there is more than one domain.
    pub(crate) fn time_left(&self) -> Option<Ticks> {
        (self.domains > 1).then_some(self.left)
    }

    fn advance(&mut self) {
        let next = self.position + 1;
        let ended = self.slices.get(next).is_none_or(|slice| slice.duration == 0);
        self.go_to(if ended { self.start } else { next });
    }

    fn go_to(&mut self, position: usize) {
        self.position = position;
        let slice = self.slices.get(position).copied().unwrap_or_default();
        (self.domain, self.left) = (slice.domain, slice.duration);
    }
}

/// Checks a message to the domain capability.
///
/// # Errors
/// As objects.md §9.5 lists them, in that order.
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    match Invocation::from_label(call.info.label()) {
        Some(Invocation::DomainSet) => decode_set(kernel, call),
        Some(Invocation::DomainScheduleConfigure) => decode_configure(kernel, call),
        Some(Invocation::DomainScheduleSetStart) => decode_start(kernel, call),
        _ => Err(Error::IllegalOperation),
    }
}

fn decode_set(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let [domain] = call.words::<1>(kernel)?;
    let domain = domain_number(kernel, domain).ok_or(Error::InvalidArgument(0))?;
    let [thread] = call.caps::<1>()?;
    match kernel[thread].cap {
        Cap::Thread { thread } => Ok(Operation::Set(thread, domain)),
        _ => Err(Error::InvalidArgument(1)),
    }
}

fn domain_number(kernel: &Kernel, word: u64) -> Option<u8> {
    u8::try_from(word).ok().filter(|domain| usize::from(*domain) < kernel.domains.domains)
}

fn decode_configure(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let [index, domain, duration] = call.words::<3>(kernel)?;
    let last = kernel.domains.entries() - 1;
    let index = usize::try_from(index)
        .ok()
        .filter(|index| *index < last)
        .ok_or(Error::Range { min: 0, max: last as u64 - 1 })?;
    let domain = domain_number(kernel, domain)
        .ok_or(Error::Range { min: 0, max: kernel.domains.domains as u64 - 1 })?;
    if duration > MAX_DURATION {
        return Err(Error::InvalidArgument(2));
    }
    if duration == 0 && domain != 0 {
        return Err(Error::InvalidArgument(1));
    }
    if duration == 0 && index == kernel.domains.start {
        return Err(Error::InvalidArgument(2));
    }
    Ok(Operation::Configure { index, domain, duration })
}

fn decode_start(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let [index] = call.words::<1>(kernel)?;
    let entries = kernel.domains.entries();
    let index = usize::try_from(index)
        .ok()
        .filter(|index| *index < entries)
        .ok_or(Error::Range { min: 0, max: entries as u64 - 1 })?;
    match kernel.domains.slices.get(index) {
        Some(slice) if slice.duration > 0 => Ok(Operation::SetStart(index)),
        _ => Err(Error::InvalidArgument(0)),
    }
}

impl Kernel {
    /// Performs an operation on domains.
    pub(crate) fn perform_domain(&mut self, operation: Operation) -> Outcome {
        match operation {
            Operation::Set(thread, domain) => self.set_domain(thread, domain),
            Operation::Configure { index, domain, duration } => {
                if let Some(slice) = self.domains.slices.get_mut(index) {
                    *slice = Slice { domain, duration };
                }
            }
            Operation::SetStart(index) => {
                self.domains.start = index;
                self.keep_turn_over_domains();
                self.domains.go_to(index);
                self.core_mut().reprogram = true;
            }
        }
        Outcome::Done
    }

    fn set_domain(&mut self, thread: Obj<Thread>, domain: u8) {
        if self.core_count > 1 {
            // There is one domain, and the thread may run on another core.
            return;
        }
        let was_current = self.current() == Some(thread);
        let release = matches!(self[thread].queued, crate::thread::Queued::Release);
        if !release {
            self.dequeue(thread);
        }
        self[thread].domain = domain;
        if self.is_schedulable(thread) {
            self.enqueue_first(thread);
            self.choose_here();
        } else if was_current {
            self.choose_here();
        }
    }

    /// Before the domain changes: the current thread returns to the queue of its own.
    fn keep_turn_over_domains(&mut self) {
        self.choose_here();
        if let Some(current) = self.current()
            && self.is_schedulable(current)
        {
            self.enqueue_first(current);
        }
    }

    /// Goes to the next slice when the present one is over.
    pub(crate) fn check_domain_time(&mut self) {
        if self.domains.is_expired() {
            self.keep_turn_over_domains();
            self.domains.advance();
            self.core_mut().reprogram = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use abi::bootinfo::slot;

    use crate::sim::{System, system::Setup};

    #[test]
    fn a_changed_slice_counts_from_its_next_turn() {
        let mut system = System::boot(Setup { domains: 2, ..Setup::default() });
        let root = system.root();
        let configure = Invocation::DomainScheduleConfigure;
        assert_eq!(system.invoke(slot::DOMAIN, configure, &[0, 1, 1000], &[]), Ok([].into()));
        let priority = Invocation::ThreadSetPriority;
        assert_eq!(system.invoke(slot::THREAD, priority, &[255], &[slot::THREAD]), Ok([].into()));
        assert_eq!(system.current(), Some(root), "its slice is not over");
        system.call(slot::DOMAIN, Invocation::DomainScheduleSetStart.label(), &[0], &[]);
        assert_eq!(system.current(), None, "nobody is in the other domain");
    }
}
