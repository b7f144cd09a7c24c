//! What everybody holds, in words: capabilities with their rights, badges and guards, and memory
//! with how it is mapped.

use std::collections::{BTreeMap, BTreeSet};

use layout::cap::Cap;
use layout::object::{Kind, Object, Trigger};
use layout::thread::{Role, Thread};
use layout::{Model, ObjectId, Rights};

use super::access::Access;
use crate::authority::System;
use crate::report::amount;
use crate::report::mappings::mappings;

/// All of it. A capability counts wherever it is kept, so that only a new one, or a new way to
/// use one, is a difference.
#[must_use]
pub fn holdings(system: &System<'_>) -> BTreeSet<Access> {
    let mut held = seen(system);
    for (id, object) in system.model.objects() {
        let who = holder(system, id);
        match &object.kind {
            Kind::CNode(node) => {
                let caps = node.slots.iter().filter_map(|entry| used(system.model, &entry.cap));
                held.extend(caps.map(|(verb, what)| Access { who: who.clone(), verb, what }));
            }
            Kind::Thread(thread) => held.extend(roles(system.model, &who, thread)),
            Kind::Irq(irq) => {
                let told = irq.notification.as_ref().and_then(|cap| used(system.model, cap));
                let who = noun(object);
                held.extend(told.map(|(verb, what)| Access { who, verb, what }));
            }
            Kind::AsidPool(pool) => {
                let spaces = pool.slots.iter().filter_map(|entry| used(system.model, &entry.cap));
                let who = noun(object);
                held.extend(spaces.map(|(_, what)| Access {
                    who: who.clone(),
                    verb: "name".into(),
                    what,
                }));
            }
            _ => (),
        }
    }
    held
}

/// Who acts through an object, or the object itself.
fn holder(system: &System<'_>, id: ObjectId) -> String {
    let party = system.parties.party(id);
    party.map_or_else(|| system.model[id].name.clone(), |party| system.parties[party].name.clone())
}

/// An object by what it is and its name; an interrupt by its number, memory by its size.
fn noun(object: &Object) -> String {
    let Object { name, kind, .. } = object;
    match kind {
        Kind::Irq(irq) => {
            let edge = if irq.trigger == Trigger::Edge { " (edge)" } else { "" };
            irq.number.map_or_else(|| name.clone(), |number| format!("interrupt {number}{edge}"))
        }
        Kind::CoreSignal(signal) => format!("signal {} to core {}", signal.number, signal.core),
        Kind::Untyped(_) => {
            let bytes = kind.size_bits().and_then(|bits| 1_u64.checked_shl(bits));
            format!("untyped memory {name} of {}", bytes.map_or("no size".into(), amount))
        }
        _ => format!("{} {name}", kind.noun()),
    }
}

/// How a capability can be used, and for what; memory in tables is told by who sees it.
fn used(model: &Model, cap: &Cap) -> Option<(String, String)> {
    let what = match *cap {
        Cap::IrqControl => "irq_control".into(),
        Cap::AsidControl => "asid_control".into(),
        Cap::DomainControl => "domain_control".into(),
        Cap::SchedControl { core } => format!("sched_control of core {core}"),
        Cap::SecureMonitor { badge: None } => "all functions of the firmware".into(),
        Cap::SecureMonitor { badge: Some(function) } => {
            format!("function {function:#x} of the firmware")
        }
        _ => noun(&model[cap.object()?]),
    };
    let how = ways(cap);
    Some((if how.is_empty() { "use".into() } else { format!("use ({how})") }, what))
}

/// The rights and the badge of a capability; nothing for those that have none.
fn ways(cap: &Cap) -> String {
    let (rights, badge, words) = match *cap {
        Cap::Endpoint { rights, badge, .. } => (rights, badge, ["send", "receive"]),
        Cap::Notification { rights, badge, .. } => (rights, badge, ["signal", "wait"]),
        Cap::Frame { rights, .. } => (rights, None, ["write", "read"]),
        // Its other rights mean nothing.
        Cap::Reply { rights, .. } => (rights.and(Rights::GRANT), None, ["", ""]),
        Cap::CNode { guard, guard_bits, .. } if guard != 0 => {
            let bits = guard_bits.map_or("all other".into(), |bits| bits.to_string());
            return format!("guard {guard:#x} of {bits} bits");
        }
        _ => return String::new(),
    };
    let words = [
        (Rights::WRITE, words[0]),
        (Rights::READ, words[1]),
        (Rights::GRANT, "grant"),
        (Rights::GRANT_REPLY, "grant reply"),
    ];
    let words = words.into_iter().filter(|(right, _)| rights.contains(*right));
    let words = words.map(|(_, word)| word.to_string());
    let badge = badge.map(|badge| format!("badge {badge:#x}"));
    words.chain(badge).collect::<Vec<_>>().join(", ")
}

/// What a thread has capabilities for. Its buffer is memory that it sees.
fn roles(model: &Model, who: &str, thread: &Thread) -> Vec<Access> {
    let roles = thread.roles.iter().filter_map(|entry| {
        let what = model[entry.cap.object()?].name.clone();
        let use_of = match entry.role {
            Role::CSpace => "look up in",
            Role::VSpace => "run in",
            Role::SchedContext => "run on",
            Role::Notification => "be woken by",
            Role::FaultHandler => "tell its faults to",
            Role::TimeoutHandler => "tell its timeouts to",
            Role::Buffer => return None,
        };
        let how = ways(&entry.cap);
        let verb = if how.is_empty() { use_of.into() } else { format!("{use_of} ({how})") };
        Some(Access { who: who.into(), verb, what })
    });
    roles.collect()
}

/// Memory by who sees it and how: a region as a whole, and the frames of a component in its own
/// space as one, since they come and go with its program.
fn seen(system: &System<'_>) -> BTreeSet<Access> {
    let model = system.model;
    let mut region = BTreeMap::new();
    for value in &model.regions {
        region.extend(value.frames.iter().map(|frame| (*frame, value.name.as_str())));
    }
    let seen = mappings(model, &system.parties).into_iter().map(|mapping| {
        let about = &system.parties[mapping.party];
        let object = &model[mapping.frame];
        let is_own = object.owner.is_some() && object.owner == about.component;
        let what = match region.get(&mapping.frame) {
            Some(region) => (*region).to_string(),
            None if is_own => "its own memory".into(),
            None => object.name.clone(),
        };
        let cached = if mapping.attributes.cacheable { "cached" } else { "uncached" };
        let verb = format!("map ({}, {cached})", mapping.letters());
        Access { who: about.name.clone(), verb, what }
    });
    seen.collect()
}
