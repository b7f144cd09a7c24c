//! O106: objects that nobody can reach.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::object::{Kind, Object};
use layout::{Model, ObjectId};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Objects of one kind that are told one by one.
const TOLD: usize = 5;

/// Looks for objects that no thread that runs can reach. Of those that only other such objects
/// reach nothing is said.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let model = facts.model;
    let reached = reached(model);
    let mut is_held = vec![false; model.objects.len()];
    for (id, object) in model.objects().filter(|(id, _)| !reached[id.index()]) {
        for_each_next(object, |next| is_held[next.index()] |= next != id);
    }
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, object) in model.objects() {
        if reached[id.index()] || is_held[id.index()] {
            continue;
        }
        let (noun, name) = (object.kind.noun(), &object.name);
        let count = told.entry(noun).or_default();
        *count += 1;
        if *count <= TOLD {
            let message = format!("nobody can reach {noun} `{name}`");
            let found = Diagnostic::warning(Code::UNREACHABLE, message).at(object.span, "");
            let found = found.help("leave it out, or give somebody a capability to it");
            findings.push_for([object.owner], found);
        }
    }
    for (noun, count) in told.into_iter().filter(|(_, count)| *count > TOLD) {
        let message = format!("nobody can reach {} more objects: {noun}", count - TOLD);
        let more = Diagnostic::warning(Code::UNREACHABLE, message);
        findings.push_for([], more.help("leave them out, or give somebody capabilities to them"));
    }
}

/// The objects that one leads to.
fn for_each_next(object: &Object, mut show: impl FnMut(ObjectId)) {
    let slots = object.kind.slots().iter().map(|entry| &entry.cap);
    slots.filter_map(Cap::object).for_each(&mut show);
    object.inside.into_iter().for_each(&mut show);
    match &object.kind {
        Kind::Thread(thread) => {
            let caps = thread.roles.iter().map(|entry| &entry.cap);
            caps.filter_map(Cap::object).for_each(&mut show);
        }
        Kind::Irq(irq) => {
            let cap = irq.notification.as_ref().and_then(Cap::object);
            cap.into_iter().for_each(&mut show);
        }
        _ => {}
    }
}

/// Which objects a thread that runs can reach, or an interrupt, or somebody who restarts.
fn reached(model: &Model) -> Vec<bool> {
    let mut reached = vec![false; model.objects.len()];
    let mut pending: Vec<ObjectId> = Vec::new();
    let mut visit = |id: ObjectId, pending: &mut Vec<ObjectId>| {
        if !std::mem::replace(&mut reached[id.index()], true) {
            pending.push(id);
        }
    };
    for (id, object) in model.objects() {
        let begins = match &object.kind {
            Kind::Thread(thread) => thread.resumed,
            Kind::Irq(irq) => irq.notification.is_some(),
            // A pool names its address spaces; it needs nobody.
            Kind::AsidPool(_) => true,
            _ => false,
        };
        if begins {
            visit(id, &mut pending);
        }
    }
    for component in &model.components {
        let parts = [component.thread, component.cspace, component.vspace];
        parts.into_iter().flatten().for_each(|id| visit(id, &mut pending));
    }
    let frames = model.regions.iter().flat_map(|region| &region.frames);
    frames.for_each(|id| visit(*id, &mut pending));
    let memory = model.pools.iter().flat_map(|pool| pool.memory.all());
    memory.for_each(|id| visit(*id, &mut pending));
    while let Some(id) = pending.pop() {
        for_each_next(&model[id], |next| visit(next, &mut pending));
    }
    reached
}
