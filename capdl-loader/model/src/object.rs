//! The kernel's objects.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use abi::ObjectType;

use crate::cap::{Cap, Entry};
use crate::memory::{Frame, PageTable};
use crate::names::ComponentId;
use crate::span::Span;
use crate::thread::{SchedContext, Thread};

/// An object of a model, by its place in [`Model::objects`](crate::Model::objects).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u32);

impl ObjectId {
    /// As an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An object with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Unique in a model that passes the checks.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// The component that it is a part of.
    pub owner: Option<ComponentId>,
    /// The untyped memory of the model that it must be made of. Without one, the loader chooses.
    pub inside: Option<ObjectId>,
    /// What it is.
    pub kind: Kind,
}

impl Object {
    /// An object of no component, in memory that the loader chooses.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind, span: Span) -> Self {
        Self { name: name.into(), span, owner: None, inside: None, kind }
    }
}

/// What an object is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Memory for a component to make objects of.
    Untyped(Untyped),
    /// Where threads meet.
    Endpoint,
    /// A word of bits to be signalled.
    Notification,
    /// Who is to be answered.
    Reply,
    /// A table of capabilities.
    CNode(CNode),
    /// A thread.
    Thread(Box<Thread>),
    /// Time.
    SchedContext(SchedContext),
    /// Memory to be mapped.
    Frame(Frame),
    /// A translation table; that of level 0 is an address space.
    PageTable(PageTable),
    /// Names for 512 address spaces of the hardware, the first of which is not used.
    AsidPool(AsidPool),
    /// An interrupt of the machine.
    Irq(Irq),
    /// An interrupt that software sends to other cores.
    CoreSignal(CoreSignal),
}

impl Kind {
    /// What the kernel makes it of and with which size argument. `None`: not from untyped
    /// memory, or of an impossible size.
    #[must_use]
    pub fn object_type(&self) -> Option<(ObjectType, u32)> {
        Some(match self {
            Self::Untyped(untyped) => (ObjectType::Untyped, small(untyped.bits)?),
            Self::Endpoint => (ObjectType::Endpoint, 0),
            Self::Notification => (ObjectType::Notification, 0),
            Self::Reply => (ObjectType::Reply, 0),
            Self::CNode(node) => (ObjectType::CNode, small(node.bits)?),
            Self::Thread(_) => (ObjectType::Thread, 0),
            Self::SchedContext(context) => (ObjectType::SchedContext, small(context.bits)?),
            Self::Frame(frame) => (frame.size.object_type(), 0),
            Self::PageTable(table) if table.level == 0 => (ObjectType::VSpace, 0),
            Self::PageTable(_) => (ObjectType::PageTable, 0),
            // A pool is made of untyped memory, but by an invocation of its own.
            Self::AsidPool(_) | Self::Irq(_) | Self::CoreSignal(_) => return None,
        })
    }

    /// `log2` of the bytes of memory that it takes; `None`: takes none, or an impossible amount.
    #[must_use]
    pub fn size_bits(&self) -> Option<u32> {
        match self {
            Self::AsidPool(_) => Some(abi::object::ASID_POOL_BITS),
            _ => self.object_type().map(|(object, size)| object.size_bits(size)),
        }
    }

    /// The word for it in messages.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Untyped(_) => "untyped memory",
            Self::Endpoint => "endpoint",
            Self::Notification => "notification",
            Self::Reply => "reply object",
            Self::CNode(_) => "CNode",
            Self::Thread(_) => "thread",
            Self::SchedContext(_) => "scheduling context",
            Self::Frame(_) => "frame",
            Self::PageTable(table) if table.level == 0 => "address space",
            Self::PageTable(_) => "page table",
            Self::AsidPool(_) => "ASID pool",
            Self::Irq(_) => "interrupt",
            Self::CoreSignal(_) => "signal to a core",
        }
    }

    /// The numbered slots, for the kinds that have some.
    #[must_use]
    pub fn slots(&self) -> &[Entry] {
        match self {
            Self::CNode(node) => &node.slots,
            Self::PageTable(table) => &table.slots,
            Self::AsidPool(pool) => &pool.slots,
            _ => &[],
        }
    }
}

/// A size that the kernel's interface can carry.
fn small(bits: u64) -> Option<u32> {
    u32::try_from(bits).ok().filter(|bits| *bits < 64)
}

/// Memory for a component to make objects of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Untyped {
    /// `log2` of its bytes.
    pub bits: u64,
    /// Where it must lie.
    pub address: Option<u64>,
}

/// A table of capabilities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CNode {
    /// `log2` of its slots.
    pub bits: u64,
    /// What is in them, in the order of the text.
    pub slots: Vec<Entry>,
}

/// Names for address spaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsidPool {
    /// Which pool of the system it must be; the loader chooses otherwise. 0 is the one that the
    /// initial thread has from the start.
    pub high: Option<u64>,
    /// Address spaces by their place in the pool. Spaces that are in no pool are given a place
    /// by the loader.
    pub slots: Vec<Entry>,
}

/// When an interrupt counts as raised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// As long as the line is high.
    Level,
    /// When the line rises.
    Edge,
}

/// An interrupt of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Irq {
    /// The interrupt controller's number (INTID).
    pub number: Option<u64>,
    /// When it counts as raised.
    pub trigger: Trigger,
    /// The core that it goes to.
    pub core: u64,
    /// The notification that it signals.
    pub notification: Option<Cap>,
}

/// An interrupt that software sends to other cores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoreSignal {
    /// 0 to 15.
    pub number: u64,
    /// The core that it goes to.
    pub core: u64,
}
