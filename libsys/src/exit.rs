//! How programs and threads end.
//!
//! A thread with a parent tells it with a message whose label says how it ended, and stops. The
//! first thread of the initial task switches the machine off, where that is possible.

use crate::cap::Cap;
use crate::object::Endpoint;
use crate::syscall::{Message, Received};
use crate::{debug, initial, machine};

/// How a program or a thread ended.
///
/// ```
/// use libsys::exit::Ending;
/// use libsys::{MessageInfo, Received};
///
/// let info = MessageInfo::new(Ending::Failed.label(), 0, 0);
/// let message = Received { badge: 7, info, words: [0; 4] };
/// assert_eq!(Ending::of(&message), Some(Ending::Failed));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It came to its end.
    Finished,
    /// It gave up, and has said why on the console.
    Failed,
    /// It panicked.
    Panicked,
}

/// Labels of the messages, apart from those of faults (1 to 6) and of small interfaces.
const LABELS: [(u64, Ending); 3] =
    [(0xe0d0, Ending::Finished), (0xe0d1, Ending::Failed), (0xe0d2, Ending::Panicked)];

impl Ending {
    /// The label of the message to the parent.
    #[must_use]
    pub fn label(self) -> u64 {
        LABELS.iter().find(|(_, ending)| *ending == self).map_or(0, |(label, _)| *label)
    }

    /// The ending that this message to a parent reports; `None` for other messages.
    #[must_use]
    pub fn of(message: &Received) -> Option<Self> {
        let label = message.info.label();
        LABELS.iter().find(|(known, _)| *known == label).map(|(_, ending)| *ending)
    }
}

/// Whom the end of a thread concerns.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::exit::Parent;
/// use libsys::object::{Endpoint, SchedControl};
/// use libsys::worker::Options;
///
/// fn watched(core: Cap<SchedControl>, ends: Cap<Endpoint>) -> Options {
///     Options { parent: Parent::Endpoint(ends), ..Options::new(core) }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parent {
    /// Nobody.
    Nobody,
    /// Everybody: the thread is the first of the initial task.
    Everybody,
    /// Who receives on this endpoint. The thread needs Write.
    Endpoint(Cap<Endpoint>),
}

impl Parent {
    /// Stands for [`Everybody`](Self::Everybody): no CSpace has a slot there.
    const EVERYBODY: u64 = u64::MAX;

    /// As a word of a thread's block.
    pub(crate) const fn word(self) -> u64 {
        match self {
            Self::Nobody => 0,
            Self::Everybody => Self::EVERYBODY,
            Self::Endpoint(endpoint) => endpoint.pointer(),
        }
    }

    /// The opposite of [`word`](Self::word).
    pub(crate) const fn from_word(word: u64) -> Self {
        match word {
            0 => Self::Nobody,
            Self::EVERYBODY => Self::Everybody,
            pointer => Self::Endpoint(Cap::at(pointer)),
        }
    }
}

/// Ends the calling thread, and with it a program that has no other: tells the parent and stops.
/// If the thread is the first of the initial task, everything ends: see [`stop`].
pub fn exit(ending: Ending) -> ! {
    match Parent::from_word(machine::parent()) {
        Parent::Nobody => {}
        Parent::Everybody => stop(),
        // Blocks until the parent listens.
        Parent::Endpoint(parent) => parent.send(Message::new(ending.label(), &[])),
    }
    suspend_for_good()
}

/// Stops the machine if that is possible: through the secure monitor when the initial task may
/// call it, or in a debug image. Otherwise stops the initial and the calling thread.
pub fn stop() -> ! {
    power_off();
    // An unknown system call in a release image: a fault, which stops a thread without fault
    // handler right there.
    debug::halt();
    // Should a thread refuse to be suspended, there is nothing left to try but again.
    let _ = initial::THREAD.suspend();
    suspend_for_good()
}

/// `SYSTEM_OFF` of PSCI (Arm DEN 0022, 5.11). Comes back if the monitor or the capability is
/// missing.
fn power_off() {
    const SYSTEM_OFF: u64 = 0x8400_0008;
    let mut registers = [0; 8];
    registers[0] = SYSTEM_OFF;
    let _ = initial::SMC.call(registers);
}

fn suspend_for_good() -> ! {
    loop {
        let _ = machine::current_thread().suspend();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::MessageInfo;

    #[test]
    fn parents_are_words() {
        for parent in [Parent::Nobody, Parent::Everybody, Parent::Endpoint(Cap::at(7))] {
            assert_eq!(Parent::from_word(parent.word()), parent);
        }
    }

    #[test]
    fn endings_travel_by_label() {
        for (_, ending) in LABELS {
            let info = MessageInfo::new(ending.label(), 0, 0);
            let message = Received { badge: 0, info, words: [0; 4] };
            assert_eq!(Ending::of(&message), Some(ending));
        }
        let other = Received { badge: 0, info: MessageInfo::new(6, 0, 0), words: [0; 4] };
        assert_eq!(Ending::of(&other), None);
    }
}
