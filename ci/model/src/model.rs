//! The state of a system, and what a call to a kernel object does.

use std::collections::{BTreeMap, BTreeSet};

use abi::registers::SPSR_RELEASE;
use abi::{Error, Invocation};

use crate::cap::{Address, Asid, Cap};
use crate::memory::Memory;
use crate::scheduler::Scheduler;
use crate::slots::{Holder, SlotName, Slots};
use crate::space::Tables;
use crate::state::{Context, Notification, State, Thread};

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

/// An interrupt that somebody has a handler for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interrupt {
    /// Whether it waits for a rising line.
    pub edge: bool,
}

/// A system.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// All endpoints, each with who waits there, best first.
    pub endpoints: BTreeMap<Address, Vec<Address>>,
    /// All notifications.
    pub notifications: BTreeMap<Address, Notification>,
    /// All reply objects, each with who has it: a receiver that reserved it, or a caller.
    pub replies: BTreeMap<Address, Option<Address>>,
    /// All scheduling contexts.
    pub contexts: BTreeMap<Address, Context>,
    /// Who runs.
    pub scheduler: Scheduler,
    /// Words that somebody wrote.
    pub memory: Memory,
    /// The time in ticks.
    pub now: u64,
    /// Thousands of ticks per second.
    pub khz: u64,
    /// The SPSR of a new thread.
    pub fresh_spsr: u64,
    /// Cores.
    pub cores: usize,
}

impl Default for Model {
    /// A machine without anything.
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            nodes: BTreeMap::new(),
            threads: BTreeMap::new(),
            tables: Tables::default(),
            pools: BTreeMap::new(),
            interrupts: BTreeMap::new(),
            reserved_interrupts: BTreeSet::new(),
            endpoints: BTreeMap::new(),
            notifications: BTreeMap::new(),
            replies: BTreeMap::new(),
            contexts: BTreeMap::new(),
            scheduler: Scheduler::default(),
            memory: Memory::default(),
            now: 0,
            khz: 62_500,
            fresh_spsr: SPSR_RELEASE,
            cores: 1,
        }
    }
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
    /// Who sent it.
    pub(crate) caller: Address,
    /// Whether it is answered.
    pub(crate) answer: bool,
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

    /// What a thread does.
    #[must_use]
    pub fn state(&self, thread: Address) -> State {
        self.threads.get(&thread).map_or(State::Inactive, |known| known.state)
    }

    pub(crate) fn set_state(&mut self, thread: Address, state: State) {
        self.thread(thread, |known| known.state = state);
    }

    /// Changes a thread, if it exists.
    pub fn thread(&mut self, thread: Address, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.threads.get_mut(&thread) {
            change(thread);
        }
    }

    /// An invocation of a kernel object. (abi.md §7)
    pub(crate) fn invoke(&mut self, cap: Cap, label: u64, request: &Request<'_>) -> Answer {
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
            Cap::SchedControl { .. } => self.invoke_sched_control(operation, request),
            Cap::SchedContext { object, .. } => self.invoke_context(object, operation, request),
            Cap::IrqControl => self.invoke_irq_control(operation, request),
            Cap::IrqHandler { irq } => self.invoke_irq_handler(irq, operation, request),
            _ => Err(Error::IllegalOperation),
        }
    }
}
