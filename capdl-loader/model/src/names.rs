//! The names that people use: components, regions, devices, channels, pools.
//!
//! An import of another format has few of them; questions and pictures then take each thread as
//! a component.

use alloc::string::String;
use alloc::vec::Vec;

use crate::cap::Cap;
use crate::object::ObjectId;
use crate::span::{Span, Spanned};

/// A component, by its place in [`Model::components`](crate::Model::components).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ComponentId(pub u32);

/// A region, by its place in [`Model::regions`](crate::Model::regions).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RegionId(pub u32);

/// A part of a system that runs by itself: objects whose [`owner`](crate::object::Object::owner)
/// it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// The program's file.
    pub image: String,
    /// Its thread.
    pub thread: Option<ObjectId>,
    /// Its CSpace.
    pub cspace: Option<ObjectId>,
    /// Its address space.
    pub vspace: Option<ObjectId>,
    /// Whose faults, restarts and capabilities it has authority over.
    pub manages: Vec<Spanned<ComponentId>>,
    /// What happens when it fails.
    pub restart: Option<Restart>,
    /// What its CSpace's slots are called, for its constants and for its lookups at run time.
    pub slot_names: Vec<SlotName>,
    /// Where it sees memory, likewise.
    pub mappings: Vec<MappingName>,
    /// The codes of checks that are waived for it, with the reason.
    pub waivers: Vec<Waiver>,
}

/// A name of a slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotName {
    /// What the component calls it.
    pub name: String,
    /// Its number, which is also the capability's pointer.
    pub slot: u64,
}

/// A name of memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappingName {
    /// What the component calls it.
    pub name: String,
    /// Its first address.
    pub address: u64,
    /// Its bytes.
    pub bytes: u64,
    /// The region, if it is one.
    pub region: Option<RegionId>,
}

/// That a check need not hold here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiver {
    /// The code of the check, such as `T305`.
    pub check: String,
    /// Why.
    pub reason: String,
    /// Where that is written.
    pub span: Span,
}

/// What happens when a component fails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restart {
    /// What counts as failing.
    pub on: Vec<Failure>,
    /// Most restarts ...
    pub most: u64,
    /// ... in so many milliseconds.
    pub within: u64,
    /// Milliseconds before the first one; doubled by each further one.
    pub delay: u64,
    /// What happens when there were too many.
    pub then: GiveUp,
    /// What the loader signals after each restart, so that neighbours notice: capabilities to
    /// notifications.
    pub tells: Vec<Cap>,
    /// How it is asked for signs of life, if its silence counts as failing.
    pub heartbeat: Option<Heartbeat>,
    /// Where it is written.
    pub span: Span,
}

impl Restart {
    /// Without a sign of life for so many milliseconds, the component has failed.
    #[must_use]
    pub fn silence(&self) -> Option<u64> {
        let mut silences = self.on.iter().filter_map(|failure| match failure {
            Failure::Silence { within } => Some(*within),
            _ => None,
        });
        silences.next()
    }
}

/// How a component is asked for signs of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heartbeat {
    /// The frame in which it answers.
    pub page: ObjectId,
    /// What the loader asks through: a capability to a notification.
    pub asks: Cap,
}

/// What counts as failing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// A fault.
    Fault,
    /// A budget that ends.
    Timeout,
    /// An end.
    Exit,
    /// No sign of life for so many milliseconds.
    Silence {
        /// Milliseconds.
        within: u64,
    },
}

/// What happens when a component failed too often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GiveUp {
    /// It stays stopped.
    Stop,
    /// The machine stops.
    Halt,
}

/// Memory that several components may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// What it is.
    pub kind: RegionKind,
    /// Its frames, by ascending offset.
    pub frames: Vec<ObjectId>,
}

/// What a region is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegionKind {
    /// Memory.
    Memory {
        /// The devices that reach it without the processor.
        dma_by: Vec<Spanned<RegionId>>,
    },
    /// Registers of a device.
    Device {
        /// Its node of the device tree.
        node: String,
        /// Whether it can reach memory without the processor.
        has_dma: bool,
        /// How it is made to stop what it does.
        silencing: Silencing,
    },
}

/// How a device is made to stop what it does, before another instance of its driver begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Silencing {
    /// The steps.
    pub how: Silence,
    /// Where its registers begin in the page of the first of them.
    pub at: u64,
}

/// The steps by which a device is made to stop what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Silence {
    /// None is known.
    #[default]
    Nothing,
    /// Those of virtio over memory-mapped registers.
    VirtioMmio,
    /// Those of a PL011 UART.
    Pl011,
    /// Those of a PL031 clock.
    Pl031,
    /// Those of a function of PCI, whose configuration the registers are.
    Pci,
}

/// How two components talk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// Who begins.
    pub from: ComponentId,
    /// With whom.
    pub to: ComponentId,
    /// How.
    pub kind: ChannelKind,
}

/// How two components talk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChannelKind {
    /// `from` calls, `to` answers.
    Call {
        /// Where they meet.
        endpoint: ObjectId,
    },
    /// `from` signals.
    Signal {
        /// What it signals.
        notification: ObjectId,
    },
    /// `from` puts elements into shared memory, `to` takes them out; each wakes the other.
    Ring {
        /// The memory.
        region: RegionId,
        /// What wakes `to`, and what wakes `from`.
        bells: [ObjectId; 2],
    },
}

/// Bounded creation of objects at run time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// Who may create.
    pub owner: ComponentId,
    /// Most members at any time.
    pub most: u64,
    /// What a member has.
    pub kind: PoolKind,
    /// Highest priority of a member's threads.
    pub max_priority: u64,
    /// The memory that members are made of.
    pub memory: PoolMemory,
    /// The time of members, a scheduling context for each; none: they have none of their own.
    pub times: Vec<ObjectId>,
}

/// The memory that members of a pool are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PoolMemory {
    /// All are made of one.
    Shared(ObjectId),
    /// Each is made of a piece of its own.
    Pieces(Vec<ObjectId>),
}

impl PoolMemory {
    /// All of it.
    #[must_use]
    pub fn all(&self) -> &[ObjectId] {
        match self {
            Self::Shared(memory) => core::slice::from_ref(memory),
            Self::Pieces(pieces) => pieces,
        }
    }
}

/// What a member of a pool has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PoolKind {
    /// A thread in its creator's address space.
    Threads,
    /// A thread with an address space of its own.
    Processes,
}
