//! What a system must keep to, and what is claimed of it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::names::{ComponentId, RegionId, Waiver};
use crate::span::{Span, Spanned};

/// Whether something that is often a mistake may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Leave {
    /// It is an error.
    #[default]
    Deny,
    /// It is a warning.
    Warn,
    /// Nothing is said.
    Allow,
}

/// What a system must keep to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// Memory that is writable and executable.
    pub writable_code: Leave,
    /// Two components that see the registers of one page of devices.
    pub shared_device_pages: Leave,
    /// Most of a core's time that may be promised, in thousandths.
    pub max_utilisation: Option<Spanned<u64>>,
    /// Threads from this priority on must meet their deadlines; those below share what is left.
    pub real_time_from: Option<Spanned<u64>>,
    /// Checks that are waived for the whole system.
    pub waivers: Vec<Waiver>,
}

/// What is claimed of a system, to be proven by the tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    /// Where it is written.
    pub span: Span,
    /// The claim.
    pub claim: Claim,
}

/// A claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Nothing flows from a component of one side to one of the other, in either direction.
    Isolated {
        /// One side.
        one: Vec<ComponentId>,
        /// The other side.
        other: Vec<ComponentId>,
        /// Through whom something may flow.
        trusting: Vec<ComponentId>,
        /// Devices that are trusted to reach only their own memory.
        trusting_devices: Vec<RegionId>,
    },
    /// No others may reach something.
    Only {
        /// How.
        access: Access,
        /// What.
        what: Subject,
        /// Who may.
        are: Vec<ComponentId>,
        /// Devices that are trusted to reach only their own memory.
        trusting_devices: Vec<RegionId>,
    },
    /// Some components have no capability of some kinds, and cannot get one.
    NeverHolds {
        /// Who.
        who: Vec<ComponentId>,
        /// Which.
        controls: Vec<Control>,
    },
}

/// How something is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Its bytes can be read.
    Read,
    /// Its bytes can be changed.
    Write,
    /// It can be called.
    Call,
    /// It can be signalled.
    Signal,
}

/// What is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// Memory or a device.
    Region(RegionId),
    /// A component: its memory, its endpoints.
    Component(ComponentId),
    /// An object, by its name.
    Object(String),
}

/// A capability that gives authority over the whole machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Control {
    /// All interrupts.
    Irq,
    /// All ASID pools.
    Asid,
    /// All time of a core.
    Sched,
    /// All domains.
    Domain,
    /// Calls to the firmware.
    SecureMonitor,
}
