//! The state of a system, and what a call to a kernel object does.

use std::collections::{BTreeMap, BTreeSet};

use abi::{Error, Invocation, LookupFailure};

use crate::cap::{Address, Asid, Cap};
use crate::slots::{Holder, SlotName, Slots};
use crate::space::Tables;

/// The slot of a thread with its CSpace.
pub const CSPACE: u64 = 0;
/// The slot of a thread with its address space.
pub const VSPACE: u64 = 1;
/// The slot of a thread with the frame of its IPC buffer.
pub const BUFFER: u64 = 2;
/// The slot of a thread with its fault handler.
pub const FAULT_HANDLER: u64 = 3;
/// The slot of a thread with its timeout handler.
pub const TIMEOUT_HANDLER: u64 = 4;

/// What capabilities cannot say of a thread.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Thread {
    /// User address of its IPC buffer.
    pub buffer: u64,
    /// Priority.
    pub priority: u64,
    /// Highest priority that it may give.
    pub max_priority: u64,
    /// Whether floating point is a fault.
    pub float_disabled: bool,
    /// Thread pointer.
    pub thread_pointer: u64,
    /// The notification that interrupts its receives.
    pub notification: Option<Address>,
}

/// An interrupt that somebody has a handler for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interrupt {
    /// Whether it waits for a rising line.
    pub edge: bool,
}

/// A system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Model {
    /// All capabilities.
    pub slots: Slots,
    /// `log2` of the slots of each CNode.
    pub nodes: BTreeMap<Address, u32>,
    /// All threads.
    pub threads: BTreeMap<Address, Thread>,
    /// All translation tables.
    pub tables: Tables,
    /// The living ASID pools by their numbers, each with its spaces by ASID.
    pub pools: BTreeMap<usize, (Address, BTreeMap<Asid, Address>)>,
    /// Interrupts that were issued.
    pub interrupts: BTreeMap<u64, Interrupt>,
    /// Interrupts that the kernel keeps.
    pub reserved_interrupts: BTreeSet<u64>,
    /// Cores.
    pub cores: usize,
}

/// A message to a kernel object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Which invocation.
    pub label: u64,
    /// Its words.
    pub words: Vec<u64>,
    /// Pointers to its capabilities.
    pub caps: Vec<u64>,
}

/// What becomes of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is answered.
    Answer(Result<Vec<u64>, Error>),
    /// The caller faults: a pointer does not resolve.
    Fault {
        /// The pointer.
        pointer: u64,
        /// Why.
        failure: LookupFailure,
    },
    /// The capability is to no object of this kind: a message is sent.
    Sent,
}

/// An extra capability: where it is, and what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extra {
    /// Its slot.
    pub(crate) slot: SlotName,
    /// What is in it; nothing counts as a capability, too.
    pub(crate) cap: Option<Cap>,
}

/// A message, looked up.
pub(crate) struct Request<'a> {
    /// The slot of the capability that is called.
    pub(crate) slot: SlotName,
    /// Its words.
    pub(crate) words: &'a [u64],
    /// Its capabilities.
    pub(crate) caps: Vec<Extra>,
}

impl Request<'_> {
    /// The words and capabilities, of which there must be so many. (`Trunc`)
    pub(crate) fn needs<const W: usize, const C: usize>(
        &self,
    ) -> Result<([u64; W], [Extra; C]), Error> {
        let words = self.words.first_chunk().ok_or(Error::TruncatedMessage)?;
        let caps = self.caps.first_chunk().ok_or(Error::TruncatedMessage)?;
        Ok((*words, *caps))
    }
}

/// What an invocation answers.
pub(crate) type Answer = Result<Vec<u64>, Error>;

impl Model {
    /// A slot of a thread.
    #[must_use]
    pub const fn held(thread: Address, index: u64) -> SlotName {
        SlotName { holder: Holder::Thread(thread), index }
    }

    /// A slot of a CNode.
    #[must_use]
    pub const fn slot(node: Address, index: u64) -> SlotName {
        SlotName { holder: Holder::CNode(node), index }
    }

    /// A thread calls the capability that it names by `pointer`. (abi.md §4.1, §8.3)
    pub fn call(&mut self, caller: Address, pointer: u64, message: &Message) -> Outcome {
        let slot = match self.resolve_pointer(caller, pointer) {
            Ok(slot) => slot,
            Err(failure) => return Outcome::Fault { pointer, failure },
        };
        let mut caps = Vec::new();
        for pointer in &message.caps {
            match self.resolve_pointer(caller, *pointer) {
                Ok(slot) => caps.push(Extra { slot, cap: self.slots.get(slot) }),
                Err(failure) => return Outcome::Fault { pointer: *pointer, failure },
            }
        }
        let request = Request { slot, words: &message.words, caps };
        match self.slots.get(slot) {
            None => Outcome::Answer(Err(Error::InvalidCapability(0))),
            Some(Cap::Endpoint { .. } | Cap::Notification { .. } | Cap::Reply { .. }) => {
                Outcome::Sent
            }
            Some(cap) => Outcome::Answer(self.invoke(cap, message.label, &request)),
        }
    }

    /// An invocation of a kernel object. (abi.md §7)
    fn invoke(&mut self, cap: Cap, label: u64, request: &Request<'_>) -> Answer {
        if let Cap::Sgi { .. } = cap {
            return Ok(Vec::new());
        }
        let operation = Invocation::from_label(label).ok_or(Error::IllegalOperation)?;
        match cap {
            Cap::Untyped { .. } => self.invoke_untyped(operation, request),
            Cap::CNode { .. } => self.invoke_node(cap, operation, request),
            Cap::Thread { object } => self.invoke_thread(object, operation, request),
            Cap::PageTable { .. } => self.invoke_table(cap, operation, request),
            Cap::Page { .. } => self.invoke_page(cap, operation, request),
            Cap::VSpace { .. } => self.invoke_space(cap, operation, request),
            Cap::AsidControl => self.invoke_asid_control(operation, request),
            Cap::AsidPool { object, index } => {
                self.invoke_asid_pool((object, index), operation, request)
            }
            Cap::IrqControl => self.invoke_irq_control(operation, request),
            Cap::IrqHandler { irq } => self.invoke_irq_handler(irq, operation, request),
            _ => Err(Error::IllegalOperation),
        }
    }
}
