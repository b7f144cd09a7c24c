//! The capabilities of the system, and which ones the loader keeps.

use std::collections::{BTreeMap, BTreeSet};

use abi::Rights;
use layout::cap::{Cap, Entry, Place};
use layout::object::Kind;
use layout::{Model, ObjectId};
use packed::record::{Derived, Dropped, How, Slot};
use packed::{Cell, Origin, System};

use super::cells::Cells;
use super::mapping::Mappings;
use super::numbering::Numbering;
use super::refusal;
use super::threads::{guard, narrow};
use crate::Diagnostic;

/// Puts the rows into the system.
pub(super) fn write(
    model: &Model,
    numbering: &Numbering,
    cells: &Cells,
    system: &mut System,
) -> Result<(), Diagnostic> {
    let parents: BTreeMap<Place, Place> =
        model.derivations.iter().map(|derivation| (derivation.child, derivation.parent)).collect();
    let sources: BTreeSet<Place> = parents.values().copied().collect();
    let holders = holders(model, &parents);
    for (node, entry) in entries(model, numbering) {
        let place = Place { node, slot: entry.slot };
        let is_parent = sources.contains(&place);
        let child_of = parents.get(&place);
        let how = match child_of {
            Some(_) => How::Derived,
            None => how(model, entry, is_parent, &holders)?,
        };
        let (rights, data) = rights_and_data(model, &entry.cap);
        let slot = narrow(entry.span, entry.slot, "no such slot")?;
        let origin = origin(numbering, cells, entry)?;
        if how == How::Moved && is_used(origin, system) {
            let message = "the loader needs this capability itself: nothing is derived from it";
            return Err(refusal(entry.span, message));
        }
        let node = numbering.cell(node);
        system.slots.push(Slot { node, slot, how, origin, rights, data });
    }
    derived(model, numbering, &parents, system)
}

/// All occupied slots of CNodes, by cell and slot.
fn entries<'a>(
    model: &'a Model,
    numbering: &'a Numbering,
) -> impl Iterator<Item = (ObjectId, &'a Entry)> {
    numbering.order.iter().flatten().flat_map(|id| {
        let Kind::CNode(node) = &model[*id].kind else { return Vec::new() };
        let mut slots: Vec<_> = node.slots.iter().map(|entry| (*id, entry)).collect();
        slots.sort_by_key(|(_, entry)| entry.slot);
        slots
    })
}

/// How many slots that are no children hold a capability to each object; what has no object is
/// counted by its kind.
fn holders(model: &Model, parents: &BTreeMap<Place, Place>) -> BTreeMap<Option<ObjectId>, usize> {
    let mut holders = BTreeMap::new();
    for (node, object) in model.objects() {
        let Kind::CNode(cnode) = &object.kind else { continue };
        for entry in &cnode.slots {
            let is_child = parents.contains_key(&Place { node, slot: entry.slot });
            let is_control = matches!(entry.cap, Cap::IrqControl);
            if !is_child && (entry.cap.object().is_some() || is_control) {
                *holders.entry(entry.cap.object()).or_insert(0) += 1;
            }
        }
    }
    holders
}

/// How a capability that is no child comes into its slot. What others are derived from is the
/// object's first capability itself, since only its children are derived in the kernel's sense;
/// so is memory, which nobody else may make objects of. A move leaves nothing to the loader and
/// narrows no rights: what the loader works with itself, or what has fewer, cannot move.
fn how(
    model: &Model,
    entry: &Entry,
    is_parent: bool,
    holders: &BTreeMap<Option<ObjectId>, usize>,
) -> Result<How, Diagnostic> {
    let badge = match entry.cap {
        Cap::Endpoint { badge, .. } | Cap::Notification { badge, .. } => badge.unwrap_or(0),
        _ => 0,
    };
    let count = holders.get(&entry.cap.object()).copied().unwrap_or(0);
    let always_moves = matches!(entry.cap, Cap::Untyped(_) | Cap::IrqControl);
    if !always_moves && (!is_parent || badge != 0) {
        return Ok(How::Copied);
    }
    let name = entry.cap.object().map_or("interrupt control", |id| &model[id].name);
    let refused = |message: String| Err(refusal(entry.span, message));
    let rights = match entry.cap {
        Cap::Untyped(_) | Cap::IrqControl => Rights::ALL,
        Cap::Endpoint { rights, .. } | Cap::Notification { rights, .. } => rights,
        _ => return refused(format!("the loader needs `{name}`: nothing is derived from it")),
    };
    if rights != Rights::ALL {
        let has = letters(rights);
        return refused(format!(
            "others come from this capability to `{name}`, which has {has}: it must have all \
             rights, RWGP"
        ));
    }
    if count != 1 {
        return refused(format!(
            "others come from this capability to `{name}`, but {count} slots hold one that comes \
             from none: it must be the only one"
        ));
    }
    Ok(How::Moved)
}

/// Rights by the letters of capDL.
fn letters(rights: Rights) -> String {
    let letters = [
        (Rights::READ, 'R'),
        (Rights::WRITE, 'W'),
        (Rights::GRANT, 'G'),
        (Rights::GRANT_REPLY, 'P'),
    ];
    let letters = letters.into_iter().filter(|(right, _)| rights.contains(*right));
    let letters: String = letters.map(|(_, letter)| letter).collect();
    if letters.is_empty() { "no rights".into() } else { format!("only {letters}") }
}

/// Whether the loader, as supervisor, works with this capability once the system runs.
fn is_used(origin: Origin, system: &System) -> bool {
    let Origin::Cell(cell) = origin else { return false };
    system.supervisor.iter().any(|own| own.endpoint == cell)
        || system.told.iter().any(|row| row.notification == cell)
}

fn origin(numbering: &Numbering, cells: &Cells, entry: &Entry) -> Result<Origin, Diagnostic> {
    Ok(match entry.cap {
        Cap::IrqControl => Origin::IrqControl,
        Cap::AsidControl => Origin::AsidControl,
        Cap::DomainControl => Origin::DomainControl,
        Cap::SecureMonitor { .. } => Origin::SecureMonitor,
        Cap::SchedControl { core } => {
            Origin::SchedControl(narrow(entry.span, core, "no such core")?)
        }
        _ => {
            let object = entry.cap.object();
            let known = object.and_then(|object| cells.known(object));
            let made = object.filter(|object| numbering.is_made(*object));
            let cell = known.or(made.map(|object| numbering.cell(object)));
            Origin::Cell(cell.ok_or_else(|| refusal(entry.span, "there is no such capability"))?)
        }
    })
}

/// Most rights of a capability, and its badge or the word of its guard.
fn rights_and_data(model: &Model, cap: &Cap) -> (Rights, u64) {
    match *cap {
        Cap::Endpoint { rights, badge, .. } | Cap::Notification { rights, badge, .. } => {
            (rights, badge.unwrap_or(0))
        }
        Cap::Reply { rights, .. } | Cap::Frame { rights, .. } => (rights, 0),
        Cap::SecureMonitor { badge } => (Rights::ALL, badge.unwrap_or(0)),
        Cap::CNode { .. } => (Rights::ALL, guard(model, cap)),
        _ => (Rights::ALL, 0),
    }
}

/// The children, each after its parent.
fn derived(
    model: &Model,
    numbering: &Numbering,
    parents: &BTreeMap<Place, Place>,
    system: &mut System,
) -> Result<(), Diagnostic> {
    let mut done = BTreeSet::new();
    for derivation in &model.derivations {
        let (mut chain, mut seen) = (Vec::new(), BTreeSet::new());
        let mut next = Some(derivation.child);
        while let Some(place) = next {
            if !seen.insert(place) {
                return Err(refusal(derivation.span, "a capability that is derived from itself"));
            }
            chain.push(place);
            next = parents.get(&place).copied().filter(|_| !done.contains(&place));
        }
        // The last one is nobody's child, or was derived already.
        for pair in chain.windows(2).rev() {
            let (child, parent) = (pair[0], pair[1]);
            if !done.insert(child) {
                continue;
            }
            let entry = model[child.node].kind.slots().iter().find(|e| e.slot == child.slot);
            let entry = entry.ok_or_else(|| refusal(derivation.span, "this slot is empty"))?;
            let (rights, data) = rights_and_data(model, &entry.cap);
            let slot = |number| narrow(derivation.span, number, "no such slot");
            system.derived.push(Derived {
                node: numbering.cell(child.node),
                slot: slot(child.slot)?,
                parent_node: numbering.cell(parent.node),
                parent_slot: slot(parent.slot)?,
                rights,
                data,
            });
        }
    }
    Ok(())
}

/// What the loader does not keep: capabilities to objects that others hold or the kernel uses, and
/// copies that nothing is mapped by. It keeps what mappings last by, threads and their time, and
/// what recipes need.
pub(super) fn drop(
    model: &Model,
    numbering: &Numbering,
    mappings: &Mappings,
    cells: &Cells,
    system: &mut System,
) {
    let kept = kept(model, numbering, system);
    let mut gone = BTreeSet::new();
    for slot in &system.slots {
        if let (How::Copied, Origin::Cell(cell)) = (slot.how, slot.origin) {
            gone.insert(cell);
        }
    }
    for thread in &system.threads {
        let used = [thread.cspace, thread.fault_handler, thread.timeout_handler];
        gone.extend(used.into_iter().flatten());
    }
    gone.extend(system.interrupts.iter().filter_map(|interrupt| interrupt.notification));
    let mapped = mappings.tables.iter().map(|table| table.object);
    let mapped = mapped.chain(mappings.pages.iter().flat_map(|page| [page.object, page.space]));
    let mapped: BTreeSet<Cell> = mapped.map(|object| numbering.cell(object)).collect();
    let views: BTreeSet<Cell> = system
        .pages
        .iter()
        .filter(|pages| pages.first.0 >= numbering.total())
        .flat_map(|pages| (0..pages.count).map(|index| pages.first.plus(index)))
        .collect();
    gone.retain(|cell| !kept.contains(cell) && !mapped.contains(cell) && cell.0 < cells.end());
    gone.retain(|cell| !views.contains(cell));
    for cell in gone {
        match system.dropped.last_mut() {
            Some(last) if last.first.plus(last.count) == cell => last.count += 1,
            _ => system.dropped.push(Dropped { first: cell, count: 1 }),
        }
    }
}

/// What is kept in any case.
fn kept(model: &Model, numbering: &Numbering, system: &System) -> BTreeSet<Cell> {
    let lasting =
        |id: &&ObjectId| matches!(model[**id].kind, Kind::Thread(_) | Kind::SchedContext(_));
    let lasting = numbering.order.iter().flatten().filter(lasting);
    let mut kept: BTreeSet<Cell> = lasting.map(|id| numbering.cell(*id)).collect();
    kept.extend(system.supervisor.iter().flat_map(|own| [own.endpoint, own.reply]));
    // Names of address spaces go with their pools.
    kept.extend(system.pools.iter().map(|row| row.pool));
    kept.extend(system.answered.iter().map(|row| row.reply));
    kept.extend(system.told.iter().map(|row| row.notification));
    kept.extend(system.supervisor.iter().filter_map(|own| own.bell));
    kept.extend(system.heartbeats.iter().map(|row| row.asks));
    kept.extend(system.quiesce.iter().map(|row| row.page));
    let again: BTreeSet<Cell> = system.recipes.iter().map(|row| row.thread).collect();
    for thread in system.threads.iter().filter(|row| again.contains(&row.thread)) {
        let used = [thread.fault_handler, thread.timeout_handler, thread.notification];
        kept.extend(used.into_iter().flatten());
    }
    let restarted: BTreeSet<Cell> = system.recipes.iter().filter_map(|row| row.cspace).collect();
    kept.extend(&restarted);
    for slot in system.slots.iter().filter(|slot| restarted.contains(&slot.node)) {
        if let Origin::Cell(cell) = slot.origin {
            kept.insert(cell);
        }
    }
    let rings = system.interrupts.iter().filter(|row| kept.contains(&row.handler));
    let bells: Vec<Cell> = rings.filter_map(|row| row.notification).collect();
    kept.extend(bells);
    kept
}
