//! A component while it is being made.

use std::collections::BTreeMap;

use abi::directory::Kind;
use layout::cap::Cap;
use layout::memory::ContentId;
use layout::names::{ComponentId, RegionId};
use layout::object::ObjectId;
use layout::span::Span;
use layout::{Rights, VmAttributes};

use crate::front::format::component::Component;
use crate::front::forms::Named;

/// A component while it is being made.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// Its number.
    pub(super) id: ComponentId,
    /// What the layout says.
    pub(super) spec: &'a Named<Component>,
    /// The capabilities that it gets, by what they are and their names.
    pub(super) holdings: BTreeMap<(Kind, String), Holding>,
    /// The memory that it sees.
    pub(super) sights: Vec<Sight>,
    /// Words that it finds by name, besides capabilities and memory.
    pub(super) words: Vec<Word>,
    /// Where it is called, once somebody calls it.
    pub(super) port: Option<ObjectId>,
    /// Its clients so far.
    pub(super) clients: u64,
    /// Components so far of whose faults it hears.
    pub(super) faults: u64,
    /// Where it is signalled, once somebody signals it.
    pub(super) bell: Option<ObjectId>,
    /// Bits of its bell that are given.
    pub(super) bits: u32,
    /// Its thread.
    pub(super) thread: ObjectId,
    /// Its CNode.
    pub(super) cspace: ObjectId,
    /// Its address space.
    pub(super) vspace: ObjectId,
    /// Its time.
    pub(super) time: Option<ObjectId>,
    /// Slots that stay empty, for its pools.
    pub(super) spare: u64,
    /// The frame in which it gives signs of life.
    pub(super) heartbeat: Option<ObjectId>,
    /// Who hears of its faults and of its end.
    pub(super) fault: Option<Cap>,
    /// Who hears that its budget ended.
    pub(super) timeout: Option<Cap>,
}

impl<'a> Draft<'a> {
    /// A component with its thread, CSpace and address space, and nothing else.
    pub(super) fn new(
        id: ComponentId,
        spec: &'a Named<Component>,
        [thread, cspace, vspace]: [ObjectId; 3],
    ) -> Self {
        Self {
            id,
            spec,
            holdings: BTreeMap::new(),
            sights: Vec::new(),
            words: Vec::new(),
            port: None,
            clients: 0,
            faults: 0,
            bell: None,
            bits: 0,
            thread,
            cspace,
            vspace,
            time: None,
            spare: 0,
            heartbeat: None,
            fault: None,
            timeout: None,
        }
    }
}

/// A capability of a component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holding {
    /// The capability.
    pub(super) cap: Cap,
    /// What the directory says besides its slot.
    pub(super) extent: u64,
    /// Where it is written.
    pub(super) span: Span,
}

/// Memory that a component sees.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    /// What it is.
    pub(super) kind: Kind,
    /// What the component calls it.
    pub(super) name: String,
    /// Its frames.
    pub(super) frames: Frames,
    /// Whether it may be written; all may be read.
    pub(super) rights: Rights,
    /// How it is mapped.
    pub(super) attributes: VmAttributes,
    /// The region, if it is one.
    pub(super) region: Option<RegionId>,
    /// Where it is written.
    pub(super) span: Span,
}

/// The frames of memory that a component sees.
#[derive(Clone, Debug)]
pub(super) enum Frames {
    /// These; what is meant begins so many bytes behind the start of the first, and has so many.
    Shared {
        /// The frames.
        frames: Vec<ObjectId>,
        /// Bytes before what is meant.
        offset: u64,
        /// Bytes of it.
        bytes: u64,
    },
    /// None: its fault handler may put some there.
    Reserved {
        /// Bytes.
        bytes: u64,
    },
    /// Frames of its own, with so many bytes.
    Own {
        /// Bytes.
        bytes: u64,
        /// What is in it at first.
        content: Option<ContentId>,
    },
}

/// A word that a component finds by name.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// What it is.
    pub(super) kind: Kind,
    /// Its name.
    pub(super) name: String,
    /// What the directory says.
    pub(super) value: u64,
}
