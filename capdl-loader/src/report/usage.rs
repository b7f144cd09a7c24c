//! The figures.

use std::collections::BTreeMap;

use layout::names::RegionKind;
use layout::object::Kind;
use layout::thread::Role;
use layout::{Model, ObjectId};

use super::mappings::{Mapping, mappings};
use crate::authority::{Parties, System};
use crate::promised::{self, Promise};

/// How many users are named.
pub const LARGEST: usize = 20;

/// What a component takes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Frames of its own.
    pub frames: u64,
    /// Their bytes.
    pub frame_bytes: u64,
    /// Translation tables.
    pub tables: u64,
    /// Kernel objects that are neither.
    pub objects: u64,
    /// The bytes of tables and kernel objects.
    pub kernel_bytes: u64,
    /// Slots of its CNodes that are used, and all that they have.
    pub slots: (u64, u64),
    /// Its scheduling contexts.
    pub times: Vec<Time>,
}

/// Time of a component, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// The core.
    pub core: u64,
    /// What it gets ...
    pub budget: u64,
    /// ... in each of these.
    pub period: u64,
    /// The priority of its thread.
    pub priority: u64,
}

/// What there is about a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The device's node; `None`: memory.
    pub node: Option<String>,
    /// Its physical address, if it is known.
    pub address: Option<u64>,
    /// Its bytes.
    pub bytes: u64,
    /// Where it begins in each address space.
    pub seen: Vec<Mapping>,
}

/// What a system takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Components in the order of the layout, then what belongs to none.
    pub components: Vec<Component>,
    /// Regions in the order of the layout.
    pub regions: Vec<Region>,
    /// Bytes of the largest users, the largest first: components, regions, untyped memory.
    pub largest: Vec<(String, u64)>,
    /// All objects.
    pub objects: u64,
    /// The bytes that all of them take.
    pub bytes: u64,
}

impl Usage {
    /// Of a system whose objects lie at these addresses, as far as they are known.
    #[must_use]
    pub fn of(system: &System<'_>, addresses: &[Option<u64>]) -> Self {
        let (model, parties) = (system.model, &system.parties);
        let components = components(model, parties);
        let regions = regions(model, parties, addresses);
        let mut largest: Vec<(String, u64)> = Vec::new();
        for component in &components {
            largest.push((component.name.clone(), component.frame_bytes + component.kernel_bytes));
        }
        let memory = regions.iter().filter(|region| region.node.is_none());
        largest.extend(memory.map(|region| (region.name.clone(), region.bytes)));
        for object in &model.objects {
            if let (Kind::Untyped(_), Some(bytes)) = (&object.kind, bytes(&object.kind)) {
                largest.push((object.name.clone(), bytes));
            }
        }
        largest.retain(|(_, bytes)| *bytes > 0);
        largest.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        largest.truncate(LARGEST);
        let mut has_registers = vec![false; model.objects.len()];
        let devices = model.regions.iter().filter(|r| matches!(r.kind, RegionKind::Device { .. }));
        devices.flat_map(|r| &r.frames).for_each(|frame| has_registers[frame.index()] = true);
        let outer = model
            .objects()
            .filter(|(id, object)| object.inside.is_none() && !has_registers[id.index()]);
        let bytes = outer.filter_map(|(_, object)| bytes(&object.kind));
        let bytes = bytes.fold(0, u64::saturating_add);
        let objects = model.objects.len() as u64;
        Self { components, regions, largest, objects, bytes }
    }
}

/// The memory that an object takes.
fn bytes(kind: &Kind) -> Option<u64> {
    1_u64.checked_shl(kind.size_bits()?)
}

fn components(model: &Model, parties: &Parties) -> Vec<Component> {
    let mut all: Vec<Component> = parties
        .iter()
        .map(|(_, party)| Component { name: party.name.clone(), ..Component::default() })
        .collect();
    let nobody = all.len();
    all.push(Component { name: "(shared)".into(), ..Component::default() });
    let mut in_region = vec![false; model.objects.len()];
    for frame in model.regions.iter().flat_map(|region| &region.frames) {
        in_region[frame.index()] = true;
    }
    for (id, object) in model.objects() {
        let owner = parties.party(id).map_or(nobody, |party| party.0 as usize);
        let component = &mut all[owner];
        let bytes = bytes(&object.kind).unwrap_or(0);
        match &object.kind {
            Kind::Frame(_) if in_region[id.index()] => (),
            Kind::Frame(_) => {
                component.frames += 1;
                component.frame_bytes += bytes;
            }
            Kind::Untyped(_) => (),
            Kind::PageTable(_) => {
                component.tables += 1;
                component.kernel_bytes += bytes;
            }
            kind => {
                component.objects += 1;
                component.kernel_bytes += bytes;
                count(model, component, kind);
            }
        }
    }
    all.extend(supervisor(model));
    all.retain(|component| {
        *component != Component { name: "(shared)".into(), ..Component::default() }
    });
    all
}

/// The loader, once the system runs: of what it takes, only time counts here.
fn supervisor(model: &Model) -> Option<Component> {
    let own = promised::supervisor(model).into_iter().filter(|promise| promise.owner.is_none());
    let time =
        |Promise { core, budget, period, priority, .. }| Time { core, budget, period, priority };
    let times: Vec<Time> = own.map(time).collect();
    let name = "(supervisor)".into();
    (!times.is_empty()).then(|| Component { name, times, ..Component::default() })
}

/// Counts slots and times.
fn count(model: &Model, component: &mut Component, kind: &Kind) {
    match kind {
        Kind::CNode(node) => {
            component.slots.0 += node.slots.len() as u64;
            component.slots.1 +=
                u32::try_from(node.bits).ok().and_then(|bits| 1_u64.checked_shl(bits)).unwrap_or(0);
        }
        Kind::Thread(thread) => {
            let context = thread.role(Role::SchedContext).and_then(|entry| entry.cap.object());
            let context = context.map(|context| &model[context].kind);
            if let Some(Kind::SchedContext(context)) = context {
                component.times.push(Time {
                    core: context.core,
                    budget: context.budget.as_ref().map_or(0, |budget| budget.value),
                    period: context.period,
                    priority: thread.priority,
                });
            }
        }
        _ => (),
    }
}

fn regions(model: &Model, parties: &Parties, addresses: &[Option<u64>]) -> Vec<Region> {
    let mut seen: BTreeMap<ObjectId, Vec<Mapping>> = BTreeMap::new();
    let first = model.regions.iter().filter_map(|region| region.frames.first());
    first.for_each(|frame| {
        seen.entry(*frame).or_default();
    });
    for mapping in mappings(model, parties) {
        if let Some(list) = seen.get_mut(&mapping.frame) {
            list.push(mapping);
        }
    }
    let regions = model.regions.iter().map(|region| {
        let first = region.frames.first();
        let sizes = region.frames.iter().filter_map(|frame| bytes(&model[*frame].kind));
        Region {
            name: region.name.clone(),
            node: match &region.kind {
                RegionKind::Memory { .. } => None,
                RegionKind::Device { node, .. } => Some(node.clone()),
            },
            address: first.and_then(|frame| addresses[frame.index()]),
            bytes: sizes.sum(),
            seen: first.and_then(|frame| seen.get(frame)).cloned().unwrap_or_default(),
        }
    });
    regions.collect()
}
