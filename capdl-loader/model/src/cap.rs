//! Capabilities, and the slots they are in.

use abi::{Rights, VmAttributes};

use crate::object::ObjectId;
use crate::span::Span;

/// A capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cap {
    /// To make objects of.
    Untyped(ObjectId),
    /// To send to, or receive from.
    Endpoint {
        /// Which.
        object: ObjectId,
        /// Send, receive, transfer.
        rights: Rights,
        /// Of the sender; none differs from 0, it can still be given one.
        badge: Option<u64>,
    },
    /// To signal, or wait for.
    Notification {
        /// Which.
        object: ObjectId,
        /// Signal, wait.
        rights: Rights,
        /// The bits that a signal sets; none differs from 0, it can still be given one.
        badge: Option<u64>,
    },
    /// To answer by.
    Reply {
        /// Which.
        object: ObjectId,
        /// Whether capabilities may go with the answer.
        rights: Rights,
    },
    /// To look up in, and change.
    CNode {
        /// Which.
        object: ObjectId,
        /// What lookups must begin with.
        guard: u64,
        /// Bits of that. `None`: as many as make a lookup of one level 64 bits long.
        guard_bits: Option<u64>,
    },
    /// To control a thread.
    Thread(ObjectId),
    /// To bind and inspect time.
    SchedContext(ObjectId),
    /// To map, or as an entry of a table.
    Frame {
        /// Which.
        object: ObjectId,
        /// Read, write.
        rights: Rights,
        /// How an entry of a table maps it. Means nothing elsewhere.
        attributes: VmAttributes,
    },
    /// To map, or as an entry of a table of the level above.
    PageTable(ObjectId),
    /// To name address spaces.
    AsidPool(ObjectId),
    /// To wait for an interrupt, and acknowledge it.
    Irq(ObjectId),
    /// To interrupt another core.
    CoreSignal(ObjectId),
    /// All interrupts.
    IrqControl,
    /// All ASID pools.
    AsidControl,
    /// All time of a core.
    SchedControl {
        /// Which.
        core: u64,
    },
    /// All domains.
    DomainControl,
    /// Calls to the firmware.
    SecureMonitor {
        /// The function that may be called; all if there is none.
        badge: Option<u64>,
    },
}

impl Cap {
    /// The object that it is to, if it is to one of the model's.
    #[must_use]
    pub const fn object(&self) -> Option<ObjectId> {
        match *self {
            Self::Untyped(object)
            | Self::Endpoint { object, .. }
            | Self::Notification { object, .. }
            | Self::Reply { object, .. }
            | Self::CNode { object, .. }
            | Self::Thread(object)
            | Self::SchedContext(object)
            | Self::Frame { object, .. }
            | Self::PageTable(object)
            | Self::AsidPool(object)
            | Self::Irq(object)
            | Self::CoreSignal(object) => Some(object),
            Self::IrqControl
            | Self::AsidControl
            | Self::SchedControl { .. }
            | Self::DomainControl
            | Self::SecureMonitor { .. } => None,
        }
    }
}

/// A capability in a numbered slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The slot, as it was written.
    pub slot: u64,
    /// What is in it.
    pub cap: Cap,
    /// Where that is written.
    pub span: Span,
}

/// A slot of a CNode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The CNode.
    pub node: ObjectId,
    /// Its slot.
    pub slot: u64,
}

/// That a capability is derived from another: revoking the parent deletes the child. Without
/// one, a capability is a child of the loader's, which the loader deletes: a sibling of the
/// others to its object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Derivation {
    /// Whose.
    pub child: Place,
    /// From which.
    pub parent: Place,
    /// Where that is written.
    pub span: Span,
}
