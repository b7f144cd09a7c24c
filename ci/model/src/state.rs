//! What objects are besides their capabilities: threads and what they wait for. (objects.md §1, §6
//! to §9)

use abi::Fault;
use abi::registers::{Register, USER_CONTEXT, sanitise_spsr};

use crate::cap::Address;

/// What a thread does. (objects.md §1)
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// Never started, suspended, or stopped by a failed call or fault.
    #[default]
    Inactive,
    /// Continues behind what it did last.
    Running,
    /// Repeats what it did last.
    Restart,
    /// Queued on an endpoint with a message.
    Sending {
        /// The endpoint.
        endpoint: Address,
        /// How its message is sent.
        manner: Sending,
    },
    /// Queued on an endpoint for a message.
    Receiving {
        /// The endpoint.
        endpoint: Address,
        /// The reply object reserved for whoever calls.
        reply: Option<Address>,
    },
    /// Queued on a notification.
    Waiting {
        /// The notification.
        notification: Address,
    },
    /// Waits for the use of a reply object.
    AwaitingReply {
        /// The reply object.
        reply: Address,
    },
}

impl State {
    /// Whether the thread wants a processor.
    #[must_use]
    pub const fn is_runnable(self) -> bool {
        matches!(self, Self::Running | Self::Restart)
    }

    /// Whether the thread waits for another.
    #[must_use]
    pub const fn is_blocked(self) -> bool {
        !self.is_runnable() && !matches!(self, Self::Inactive)
    }
}

/// How a message is sent that waits at an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sending {
    /// Badge of the capability used.
    pub badge: u64,
    /// Whether capabilities may go along.
    pub can_grant: bool,
    /// Whether a reply may come back.
    pub can_grant_reply: bool,
    /// Whether the sender waits for a reply.
    pub call: bool,
}

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// What it does.
    pub state: State,
    /// User address of its IPC buffer.
    pub buffer: u64,
    /// Priority.
    pub priority: u64,
    /// Highest priority that it may give.
    pub max_priority: u64,
    /// Whether floating point is a fault.
    pub float_disabled: bool,
    /// The notification that interrupts its receives.
    pub notification: Option<Address>,
    /// The scheduling context that it runs on.
    pub context: Option<Address>,
    /// The scheduling context whose use it waits to learn.
    pub yielded_to: Option<Address>,
    /// Why it stopped, while nobody has answered.
    pub fault: Option<Fault>,
    /// Its registers in the order of [`USER_CONTEXT`]; the first is where it restarts.
    pub registers: [u64; USER_CONTEXT.len()],
    /// Where it continues.
    pub next: u64,
}

impl Thread {
    /// A fresh one. (objects.md §2, "Initial object state")
    #[must_use]
    pub fn new(fresh_spsr: u64) -> Self {
        let mut thread = Self {
            state: State::Inactive,
            buffer: 0,
            priority: 0,
            max_priority: 0,
            float_disabled: false,
            notification: None,
            context: None,
            yielded_to: None,
            fault: None,
            registers: [0; USER_CONTEXT.len()],
            next: 0,
        };
        thread.set(Register::Spsr, fresh_spsr, fresh_spsr);
        thread
    }

    /// The value of a register.
    #[must_use]
    pub fn get(&self, register: Register) -> u64 {
        place(register).map_or(0, |place| self.registers[place])
    }

    /// Sets a register; of SPSR only the flags are the user's. (abi.md §8.4, "SPSR sanitising")
    pub fn set(&mut self, register: Register, value: u64, fresh_spsr: u64) {
        let value = match register {
            Register::Spsr => sanitise_spsr(value, fresh_spsr),
            _ => value,
        };
        if let Some(place) = place(register) {
            self.registers[place] = value;
        }
    }

    /// A general register, 0 to 8.
    #[must_use]
    pub const fn x(&self, number: usize) -> u64 {
        self.registers[FIRST_GENERAL + number]
    }

    /// The general registers 0 to 8.
    #[must_use]
    pub fn general(&self) -> &[u64] {
        &self.registers[FIRST_GENERAL..FIRST_GENERAL + 9]
    }

    /// Sets a general register, 0 to 8.
    pub const fn set_x(&mut self, number: usize, value: u64) {
        self.registers[FIRST_GENERAL + number] = value;
    }

    /// Where it restarts.
    #[must_use]
    pub const fn restart(&self) -> u64 {
        self.registers[0]
    }
}

/// The place of x0 in [`USER_CONTEXT`]; x1 to x8 follow.
const FIRST_GENERAL: usize = 3;

/// The place of a register in [`USER_CONTEXT`].
fn place(register: Register) -> Option<usize> {
    match register {
        Register::Pc => Some(0),
        Register::X(number @ 0..=8) => Some(FIRST_GENERAL + usize::from(number)),
        _ => USER_CONTEXT.iter().position(|other| *other == register),
    }
}

/// What a notification holds. (objects.md §7)
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Signals {
    /// Nothing.
    #[default]
    Idle,
    /// Badges that nobody has taken yet, combined; may be zero.
    Active(u64),
}

/// A notification. (objects.md §7)
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notification {
    /// Its word.
    pub signals: Signals,
    /// Who waits, best first.
    pub waiters: Vec<Address>,
    /// The scheduling context that it lends.
    pub context: Option<Address>,
}

/// A scheduling context. (objects.md §9)
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Context {
    /// Its budget and period, once configured.
    pub parameters: Option<Parameters>,
    /// When which part of the budget returns: time and amount, the earliest first.
    pub refills: Vec<(u64, u64)>,
    /// Ticks used since somebody asked.
    pub consumed: u64,
    /// The thread that runs on it.
    pub thread: Option<Address>,
    /// The reply objects through which it was donated, the most recent last.
    pub replies: Vec<Address>,
    /// Who yielded to it and waits to learn its use.
    pub yielded_from: Option<Address>,
    /// What timeout faults say.
    pub badge: u64,
    /// Whether unused time is kept until its thread is woken.
    pub sporadic: bool,
}

/// What a scheduling context is configured to. (objects.md §9.1)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// Ticks in each period.
    pub budget: u64,
    /// Ticks of a period; 0 for round robin.
    pub period: u64,
    /// Most refills.
    pub limit: u32,
}
