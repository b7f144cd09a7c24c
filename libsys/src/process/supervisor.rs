//! Who hears how processes fare.

use core::fmt;

use abi::directory::FAULT_BADGE;
use abi::{Fault, Rights};

use super::{Gift, slots};
use crate::bootstrap::AllocationError;
use crate::cap::{Badge, Cap};
use crate::console;
use crate::exit::Ending;
use crate::memory::{Made, Memory, Objects};
use crate::object::{Endpoint, Reply};
use crate::server::Origin;
use crate::syscall::Message;

/// What has become of a process.
///
/// ```
/// use libsys::exit::Ending;
/// use libsys::process::Event;
///
/// assert_eq!(Event::Ended(Ending::Panicked).to_string(), "panicked");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// Its first thread has come to its end.
    Ended(Ending),
    /// It stands still, because of this fault.
    Faulted {
        /// Which.
        fault: Fault,
        /// The address of the instruction, if the fault has one.
        at: Option<u64>,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(Ending::Finished) => f.write_str("finished"),
            Self::Ended(Ending::Failed) => f.write_str("failed"),
            Self::Ended(Ending::Panicked) => f.write_str("panicked"),
            Self::Faulted { fault, at } => {
                match fault {
                    Fault::Vm { address, prefetch: true, .. } => {
                        write!(f, "executed what it may not at {address:#x}")
                    }
                    Fault::Vm { address, syndrome, .. } => {
                        let verb = if syndrome & WRITE != 0 { "wrote" } else { "read" };
                        write!(f, "{verb} what it may not at {address:#x}")
                    }
                    Fault::Cap { address, .. } => write!(f, "used no capability, {address:#x}"),
                    Fault::UnknownSyscall { number } => {
                        write!(f, "made an unknown system call, {:#x}", *number)
                    }
                    Fault::ForeignSyscall { number } => {
                        write!(f, "made foreign system call {number}")
                    }
                    Fault::UserException { number, .. } => {
                        write!(f, "took an exception, {number:#x}")
                    }
                    Fault::Timeout { .. } => f.write_str("used up its time"),
                }?;
                at.map_or(Ok(()), |at| write!(f, ", by the instruction at {at:#x}"))
            }
        }
    }
}

/// Of a data abort: a write (Arm ARM D24.2.40, ESR_ELx.WnR).
const WRITE: u64 = 1 << 6;

/// Which process, and what has become of it.
///
/// ```
/// use libsys::exit::Ending;
/// use libsys::process::{Event, Report};
///
/// let report = Report { process: 2, event: Event::Ended(Ending::Finished) };
/// assert_eq!(report.to_string(), "process 2 finished");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The number that it was started with.
    pub process: u64,
    /// What has become of it.
    pub event: Event,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} {}", self.process, self.event)
    }
}

/// Handles the faults of processes, hears about their ends, and is the console that they print
/// through: all at one endpoint.
///
/// ```no_run
/// use libsys::process::{Event, Supervisor};
/// use libsys::println;
///
/// /// Reports until so many processes have come to their end.
/// fn watch(supervisor: &Supervisor, processes: u64) {
///     let mut ended = 0;
///     while ended < processes {
///         let report = supervisor.wait();
///         println!("{report}");
///         ended += u64::from(matches!(report.event, Event::Ended(_)));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Supervisor {
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    made: Made,
}

impl Supervisor {
    /// Without processes.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn create(memory: &mut Memory) -> Result<Self, AllocationError> {
        let ((endpoint, reply), made) =
            memory.all_or_nothing(|objects| Ok((objects.create()?, objects.create()?)))?;
        Ok(Self { endpoint, reply, made })
    }

    /// Frees what it took. Processes that are left find nobody any more.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn free(self, memory: &mut Memory) -> Result<(), AllocationError> {
        self.made.free(memory)
    }

    /// Waits until a process faults or ends, and prints what they print meanwhile. One that has
    /// faulted stands still: [`resume`](Self::resume) lets it repeat what it did, until the next
    /// wait; freeing it is the other way.
    #[must_use]
    pub fn wait(&self) -> Report {
        let mut message = self.endpoint.recv(self.reply);
        loop {
            match Origin::of(Badge(message.badge)) {
                Origin::Component(process) => {
                    if let Some(fault) = message.fault() {
                        let event = Event::Faulted { fault, at: message.fault_address() };
                        return Report { process, event };
                    }
                }
                Origin::Client(Badge(process)) => match Ending::of(&message) {
                    Some(ending) => return Report { process, event: Event::Ended(ending) },
                    None => console::serve(message, self.reply),
                },
                // Nobody has a capability to signal.
                Origin::Signals(_) => {}
            }
            message = self.endpoint.recv(self.reply);
        }
    }

    /// Lets the process that has faulted last go on, from the instruction that faulted.
    pub fn resume(&self) {
        self.reply.send(Message::EMPTY);
    }

    /// Whether a process can have this number: not 0, a badge that is none, with which it could
    /// send what looks like the fault of another; and none that runs into the bits that tell
    /// faults from calls.
    pub(super) fn check(number: u64) -> Result<(), AllocationError> {
        let (min, max) = (1, FAULT_BADGE - 1);
        match (min..=max).contains(&number) {
            true => Ok(()),
            false => Err(abi::Error::Range { min, max }.into()),
        }
    }

    /// What a process with this number is given.
    pub(super) fn gifts(&self, number: u64) -> [Gift; 2] {
        let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
        [slots::PARENT, slots::CONSOLE]
            .map(|slot| Gift::new(slot, self.endpoint, rights).badged(Badge(number)))
    }

    /// Does something with a capability for the fault handler of a thread of this process.
    pub(super) fn handling_faults<R>(
        &self,
        memory: &mut Memory,
        number: u64,
        work: impl FnOnce(&mut Memory, Cap<Endpoint>) -> Result<R, AllocationError>,
    ) -> Result<R, AllocationError> {
        let handler = memory.slot::<Endpoint>()?;
        let (to, from) = (memory.path(handler), memory.path(self.endpoint));
        let minted = to.mint_from(from, Rights::ALL, Origin::fault_badge(number));
        let result = match minted {
            Ok(()) => work(memory, handler),
            Err(reason) => Err(reason.into()),
        };
        // The thread has a copy of its own.
        memory.free_slot(handler)?;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    fn faulted(fault: Fault) -> std::string::String {
        Report { process: 3, event: Event::Faulted { fault, at: Some(0x20_0010) } }.to_string()
    }

    #[test]
    fn reports_name_the_cause() {
        let read = Fault::Vm { address: 8, prefetch: false, syndrome: 0x9200_0006 };
        let write = Fault::Vm { address: 8, prefetch: false, syndrome: 0x9200_0046 };
        let fetch = Fault::Vm { address: 8, prefetch: true, syndrome: 0x8200_0006 };
        let at = "by the instruction at 0x200010";
        assert_eq!(faulted(read), std::format!("process 3 read what it may not at 0x8, {at}"));
        assert!(faulted(write).starts_with("process 3 wrote what it may not at 0x8"));
        assert!(faulted(fetch).starts_with("process 3 executed what it may not at 0x8"));
    }
}
