//! The system as [`certificate`] sees it.

use std::collections::{BTreeMap, BTreeSet};

use certificate::{Fact, Held, Points};
use layout::cap::{Cap, Entry};
use layout::memory::Position;
use layout::names::{ComponentId, GiveUp, RegionKind, Restart};
use layout::object::Kind;
use layout::{Model, ObjectId, Rights};

use super::party::{Parties, PartyId};

/// How the points of a model are numbered.
#[must_use]
pub fn points(model: &Model) -> Points {
    let count = |length| u32::try_from(length).unwrap_or(u32::MAX >> 3);
    Points { objects: count(model.objects.len()), regions: count(model.regions.len()) }
}

/// What a model says, bit by bit.
#[must_use]
pub fn facts(model: &Model, parties: &Parties) -> Vec<Fact> {
    let reliance = Reliance::new(model, parties);
    let mut facts = Vec::with_capacity(3 * model.objects.len());
    for (id, object) in model.objects() {
        facts.push(Fact::Object(id.0));
        let inside = object.inside;
        facts.extend(inside.map(|untyped| Fact::Inside { untyped: untyped.0, object: id.0 }));
        own_facts(id, &object.kind, &reliance, &mut facts);
    }
    facts.extend(others(model));
    let answers = answers(model, parties).into_iter();
    facts.extend(
        answers.map(|(reply, endpoint)| Fact::Answers { reply: reply.0, endpoint: endpoint.0 }),
    );
    facts.extend(regions(model));
    facts
}

/// What one object says.
fn own_facts(id: ObjectId, kind: &Kind, reliance: &Reliance<'_>, facts: &mut Vec<Fact>) {
    match kind {
        Kind::CNode(node) => {
            let slots = node.slots.iter();
            facts.extend(slots.map(|entry| match entry.cap {
                Cap::CNode { object, .. } if reliance.is_anothers(id, object) => {
                    Fact::Slot { node: id.0, cap: Held::CSpace(object.0) }
                }
                cap => Fact::Slot { node: id.0, cap: held(cap) },
            }));
        }
        Kind::PageTable(table) => facts.extend(table.slots.iter().map(|entry| Fact::Entry {
            table: id.0,
            cap: held(entry.cap),
            is_relied_on: reliance.has(id, entry),
        })),
        Kind::Thread(thread) => {
            let roles = thread.roles.iter();
            facts.extend(roles.map(|role| Fact::Role { thread: id.0, cap: held(role.cap) }));
            facts.push(Fact::Runs { thread: id.0 });
        }
        Kind::Irq(irq) => {
            let bell = irq.notification.as_ref().and_then(Cap::object);
            facts.push(Fact::Irq { irq: id.0, signals: bell.map(|bell| bell.0) });
        }
        _ => (),
    }
}

/// What is between objects.
fn others(model: &Model) -> impl Iterator<Item = Fact> {
    let derived = model.derivations.iter().map(|derivation| Fact::Derived {
        parent: derivation.parent.node.0,
        child: derivation.child.node.0,
    });
    let raised = raised(model).into_iter();
    let raised = raised.map(|(signal, irq)| Fact::Raises { signal: signal.0, irq: irq.0 });
    let overlaps = overlaps(model).into_iter();
    let overlaps = overlaps.map(|(one, other)| Fact::Overlap { one: one.0, other: other.0 });
    derived.chain(raised).chain(overlaps).chain(restarts(model))
}

/// Whoever receives from an endpoint may keep its callers in a reply object: the pairs of both, for
/// reply objects that several parties hold. The others can then answer, whatever the receiver does.
pub(super) fn answers(model: &Model, parties: &Parties) -> BTreeSet<(ObjectId, ObjectId)> {
    // Without a party, a CNode stands for itself.
    let mut holders: BTreeMap<ObjectId, BTreeSet<Holder>> = BTreeMap::new();
    let mut received: BTreeMap<Holder, BTreeSet<ObjectId>> = BTreeMap::new();
    for (id, object) in model.objects() {
        let Kind::CNode(node) = &object.kind else { continue };
        let holder = parties.party(id).map_or(Holder::Node(id), Holder::Party);
        for entry in &node.slots {
            match entry.cap {
                Cap::Reply { object, .. } => {
                    holders.entry(object).or_default().insert(holder);
                }
                Cap::Endpoint { object, rights, .. } if rights.contains(Rights::READ) => {
                    received.entry(holder).or_default().insert(object);
                }
                _ => (),
            }
        }
    }
    let shared = holders.iter().filter(|(_, holders)| holders.len() > 1);
    let pairs = shared.flat_map(|(reply, holders)| {
        let endpoints = holders.iter().filter_map(|holder| received.get(holder)).flatten();
        endpoints.map(|endpoint| (*reply, *endpoint))
    });
    pairs.collect()
}

/// Who holds what is in a CNode.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Party(PartyId),
    Node(ObjectId),
}

/// What others notice of restarts. The supervisor itself is trusted to pass on nothing else.
fn restarts(model: &Model) -> impl Iterator<Item = Fact> {
    restarted(model).flat_map(move |(id, restart)| {
        let thread = id.0;
        let told = restart.tells.iter().filter_map(Cap::object);
        let tells = told.map(move |bell| Fact::Tells { thread, notification: bell.0 });
        let halts = restart.then == GiveUp::Halt;
        tells.chain(halts.then(|| Fact::Halts { thread, by: manager(model, id).0 }))
    })
}

/// In whose name the supervisor stops the machine for a thread: that of who manages its component.
///
/// That the machine stops is the end of everybody, but nobody is left to learn of it: it is a
/// question of who may end the system, not of who hears what. So it is counted as an act of the
/// manager, who has authority over the component anyway: a claim of isolation names that one, and
/// one without a manager is never isolated from anybody.
pub(super) fn manager(model: &Model, thread: ObjectId) -> ObjectId {
    let manages = |component: &ComponentId| model[*component].thread == Some(thread);
    let mut managers = model.components.iter();
    let manager = managers.find(|one| one.manages.iter().any(|managed| manages(&managed.value)));
    manager.and_then(|manager| manager.thread).unwrap_or(thread)
}

/// The threads of components that are restarted, each with how.
pub(super) fn restarted(model: &Model) -> impl Iterator<Item = (ObjectId, &Restart)> {
    let components = model.components.iter();
    components.filter_map(|component| Some((component.thread?, component.restart.as_ref()?)))
}

/// What devices have and do.
fn regions(model: &Model) -> impl Iterator<Item = Fact> {
    model.regions.iter().zip(0..).flat_map(|(region, id)| {
        let mut facts = Vec::new();
        for frame in region.frames.iter().map(|frame| frame.0) {
            match &region.kind {
                RegionKind::Device { .. } => facts.push(Fact::Registers { device: id, frame }),
                RegionKind::Memory { dma_by } => {
                    let devices = dma_by.iter().map(|device| device.value.0);
                    facts.extend(devices.map(|device| Fact::Accesses { device, frame }));
                }
            }
        }
        if matches!(region.kind, RegionKind::Device { has_dma: true, .. }) {
            facts.push(Fact::Unconfined { device: id });
        }
        facts
    })
}

/// A capability without what makes no difference.
fn held(cap: Cap) -> Held {
    match cap {
        Cap::Untyped(id) => Held::Untyped(id.0),
        Cap::Endpoint { object, rights, .. } => Held::Endpoint(object.0, rights),
        Cap::Notification { object, rights, .. } => Held::Notification(object.0, rights),
        Cap::Reply { object, rights } => Held::Reply(object.0, rights),
        Cap::CNode { object, .. } => Held::CNode(object.0),
        Cap::Thread(id) => Held::Thread(id.0),
        Cap::SchedContext(id) => Held::SchedContext(id.0),
        Cap::Frame { object, rights, .. } => Held::Frame(object.0, rights),
        Cap::PageTable(id) => Held::PageTable(id.0),
        Cap::AsidPool(id) => Held::AsidPool(id.0),
        Cap::Irq(id) => Held::Irq(id.0),
        Cap::CoreSignal(id) => Held::CoreSignal(id.0),
        Cap::IrqControl => Held::IrqControl,
        Cap::AsidControl => Held::AsidControl,
        Cap::SchedControl { .. } => Held::SchedControl,
        Cap::DomainControl => Held::DomainControl,
        Cap::SecureMonitor { .. } => Held::SecureMonitor,
    }
}

/// Which mappings a party relies on: of code, and of memory that is its own. And which CNodes
/// threads rely on as their CSpaces.
pub(super) struct Reliance<'a> {
    parties: &'a Parties,
    in_region: Vec<bool>,
    is_cspace: Vec<bool>,
}

impl<'a> Reliance<'a> {
    pub(super) fn new(model: &Model, parties: &'a Parties) -> Self {
        let mut in_region = vec![false; model.objects.len()];
        for frame in model.regions.iter().flat_map(|region| &region.frames) {
            in_region[frame.index()] = true;
        }
        let is_cspace = cspaces(model);
        Self { parties, in_region, is_cspace }
    }

    /// Whether a capability in `node` is to a CNode that is the CSpace of other threads.
    pub(super) fn is_anothers(&self, node: ObjectId, object: ObjectId) -> bool {
        object != node && self.is_cspace[object.index()]
    }

    /// Whether whoever changes the frame that `table` maps changes what its threads do.
    pub(super) fn has(&self, table: ObjectId, entry: &Entry) -> bool {
        let Cap::Frame { object, attributes, .. } = entry.cap else { return false };
        let owner = self.parties.party(object);
        let is_private = owner.is_some() && owner == self.parties.party(table);
        !attributes.execute_never || is_private && !self.in_region[object.index()]
    }
}

/// Which objects are CSpaces of threads.
pub(super) fn cspaces(model: &Model) -> Vec<bool> {
    let mut is_cspace = vec![false; model.objects.len()];
    for object in &model.objects {
        let Kind::Thread(thread) = &object.kind else { continue };
        for object in thread.roles.iter().filter_map(|role| match role.cap {
            Cap::CNode { object, .. } => Some(object),
            _ => None,
        }) {
            is_cspace[object.index()] = true;
        }
    }
    is_cspace
}

/// Signals to cores, each with an interrupt that it raises.
pub(super) fn raised(model: &Model) -> Vec<(ObjectId, ObjectId)> {
    let mut irqs: BTreeMap<(u64, u64), Vec<ObjectId>> = BTreeMap::new();
    for (id, object) in model.objects() {
        if let Kind::Irq(irq) = &object.kind
            && let Some(number) = irq.number
        {
            irqs.entry((number, irq.core)).or_default().push(id);
        }
    }
    let signals = model.objects().filter_map(|(id, object)| match &object.kind {
        Kind::CoreSignal(signal) => Some((id, irqs.get(&(signal.number, signal.core))?)),
        _ => None,
    });
    signals.flat_map(|(signal, irqs)| irqs.iter().map(move |irq| (signal, *irq))).collect()
}

/// Pairs of frames with memory in common, enough to lead from each to each that it meets.
pub(super) fn overlaps(model: &Model) -> Vec<(ObjectId, ObjectId)> {
    let mut ranges: Vec<(Option<u32>, u64, u64, ObjectId)> = Vec::new();
    for (id, object) in model.objects() {
        let Kind::Frame(frame) = &object.kind else { continue };
        let (piece, start) = match frame.position {
            Position::Anywhere => continue,
            Position::At(address) => (None, address),
            Position::InGroup { group, offset } => (Some(group), offset),
        };
        ranges.push((piece, start, start.saturating_add(frame.size.bytes()), id));
    }
    ranges.sort_unstable();
    let mut pairs = Vec::new();
    // The frame that reaches furthest meets every later one that meets any.
    let mut furthest: Option<(Option<u32>, u64, ObjectId)> = None;
    for (piece, start, end, id) in ranges {
        match &mut furthest {
            Some((same, reach, other)) if *same == piece && start < *reach => {
                pairs.push((*other, id));
                if end > *reach {
                    (*reach, *other) = (end, id);
                }
            }
            _ => furthest = Some((piece, end, id)),
        }
    }
    pairs
}
