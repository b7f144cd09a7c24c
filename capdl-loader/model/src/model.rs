//! A whole system.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

use crate::cap::Derivation;
use crate::memory::{Content, ContentId};
use crate::names::{Channel, Component, ComponentId, Pool, Region, RegionId};
use crate::object::{Object, ObjectId};
use crate::policy::{Assertion, Policy};
use crate::span::Span;
use crate::supervision::Supervision;

/// A system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What it is to run on.
    pub target: Target,
    /// All its objects.
    pub objects: Vec<Object>,
    /// Which capabilities are derived from which.
    pub derivations: Vec<Derivation>,
    /// The order of domains; empty: one domain.
    pub schedule: Schedule,
    /// Files that fill frames.
    pub contents: Vec<Content>,
    /// Its components.
    pub components: Vec<Component>,
    /// Its regions of memory and devices.
    pub regions: Vec<Region>,
    /// How its components talk.
    pub channels: Vec<Channel>,
    /// What may be made at run time.
    pub pools: Vec<Pool>,
    /// The endpoint at which the loader itself, as supervisor, hears of faults, timeouts and ends
    /// of components. Who tells has its component's number plus 1 as badge.
    pub supervisor: Option<ObjectId>,
    /// The notification through which passive components tell the loader that they are
    /// initialised.
    pub supervisor_bell: Option<ObjectId>,
    /// What the loader has as supervisor.
    pub supervision: Supervision,
    /// What it must keep to.
    pub policy: Policy,
    /// What is claimed of it.
    pub assertions: Vec<Assertion>,
}

/// What a system is to run on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The board's name.
    pub board: String,
    /// Cores that the kernel uses.
    pub cores: u64,
    /// Domains that the kernel has.
    pub domains: u64,
    /// `log2` of the slots of the loader's CNode: the boot option `tessera.root_cnode_bits`.
    pub root_cnode_bits: u64,
    /// Whether the kernel lets user space read the counter.
    pub exports_counter: bool,
    /// Where this is written.
    pub span: Span,
}

/// `log2` of the slots of the loader's CNode, unless the kernel is told otherwise at boot.
pub const ROOT_CNODE_BITS: u64 = 13;

impl Default for Target {
    fn default() -> Self {
        Self {
            board: String::new(),
            cores: 1,
            domains: 1,
            root_cnode_bits: ROOT_CNODE_BITS,
            exports_counter: false,
            span: Span::NOWHERE,
        }
    }
}

/// The order of domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    /// One after the other, again and again.
    pub turns: Vec<Turn>,
    /// The first turn; `None`: the loader leaves it to somebody with the control capability.
    pub start: Option<u64>,
    /// The place of the first turn in the kernel's table.
    pub shift: u64,
}

/// A domain's turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Which.
    pub domain: u64,
    /// How long.
    pub length: TurnLength,
    /// Where that is written.
    pub span: Span,
}

/// How long a domain's turn is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TurnLength {
    /// In ticks of the counter.
    Ticks(u64),
    /// In microseconds.
    Microseconds(u64),
}

impl Model {
    /// A system without objects.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds an object. A model has at most 2^32 of them.
    pub fn add(&mut self, object: Object) -> ObjectId {
        let id = ObjectId(index(self.objects.len()));
        self.objects.push(object);
        id
    }

    /// Adds a component.
    pub fn add_component(&mut self, component: Component) -> ComponentId {
        let id = ComponentId(index(self.components.len()));
        self.components.push(component);
        id
    }

    /// Adds a region.
    pub fn add_region(&mut self, region: Region) -> RegionId {
        let id = RegionId(index(self.regions.len()));
        self.regions.push(region);
        id
    }

    /// Adds a file.
    pub fn add_content(&mut self, content: Content) -> ContentId {
        let id = ContentId(index(self.contents.len()));
        self.contents.push(content);
        id
    }

    /// All objects with their numbers.
    pub fn objects(&self) -> impl Iterator<Item = (ObjectId, &Object)> {
        (0..).map(ObjectId).zip(&self.objects)
    }
}

/// A place in a list as the models' numbers carry it.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

impl Index<ObjectId> for Model {
    type Output = Object;

    fn index(&self, id: ObjectId) -> &Object {
        &self.objects[id.index()]
    }
}

impl IndexMut<ObjectId> for Model {
    fn index_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.objects[id.index()]
    }
}

impl Index<ComponentId> for Model {
    type Output = Component;

    fn index(&self, id: ComponentId) -> &Component {
        &self.components[id.0 as usize]
    }
}

impl Index<RegionId> for Model {
    type Output = Region;

    fn index(&self, id: RegionId) -> &Region {
        &self.regions[id.0 as usize]
    }
}

impl Index<ContentId> for Model {
    type Output = Content;

    fn index(&self, id: ContentId) -> &Content {
        &self.contents[id.0 as usize]
    }
}
