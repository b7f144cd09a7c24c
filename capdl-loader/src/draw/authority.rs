//! Who controls whom, and who holds what gives authority over the machine.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::object::Kind;
use layout::policy::Control;

use super::channels::parties_as_nodes;
use super::diagram::{Diagram, Links, Node, Shape, Tie};
use crate::authority::System;
use crate::authority::subject::control_name;

/// The picture.
#[must_use]
pub fn diagram(system: &System<'_>) -> Diagram {
    let (model, parties) = (system.model, &system.parties);
    let mut nodes = parties_as_nodes(model, parties);
    let mut powers: BTreeMap<String, usize> = BTreeMap::new();
    let mut links = Links::default();
    for (id, party) in parties.iter() {
        let cnodes = party.agents.iter().filter(|id| matches!(model[**id].kind, Kind::CNode(_)));
        for entry in cnodes.flat_map(|node| model[*node].kind.slots()) {
            let to = match power(model, entry.cap) {
                Some(name) => *powers.entry(name).or_insert_with_key(|name| {
                    let (name, detail) = (name.clone(), String::new());
                    nodes.push(Node { name, detail, shape: Shape::Power });
                    nodes.len() - 1
                }),
                None => match entry.cap.object().and_then(|object| parties.party(object)) {
                    Some(other) if other != id => other.0 as usize,
                    _ => continue,
                },
            };
            if let Some(label) = label(entry.cap) {
                links.add(id.0 as usize, to, Tie::Control, label);
            }
        }
    }
    for handler in super::channels::diagram(system).links {
        if handler.tie == Tie::Fault {
            links.add(handler.to, handler.from, Tie::Fault, "handles faults");
        }
    }
    let title = format!("{}: authority", model.name);
    Diagram { title, nodes, links: links.into_links(), note: None }
}

/// What a capability over the machine, or to untyped memory, is called.
fn power(model: &layout::Model, cap: Cap) -> Option<String> {
    let control = |control| Some(control_name(control).to_string());
    match cap {
        Cap::IrqControl => control(Control::Irq),
        Cap::AsidControl => control(Control::Asid),
        Cap::SchedControl { core } => Some(format!("{} {core}", control_name(Control::Sched))),
        Cap::DomainControl => control(Control::Domain),
        Cap::SecureMonitor { .. } => control(Control::SecureMonitor),
        Cap::Untyped(object) => Some(model[object].name.clone()),
        Cap::AsidPool(object) => Some(model[object].name.clone()),
        _ => None,
    }
}

/// What a capability to another's object is labelled with; `None`: it gives no control.
const fn label(cap: Cap) -> Option<&'static str> {
    match cap {
        Cap::Thread(_) => Some("thread"),
        Cap::SchedContext(_) => Some("time"),
        Cap::CNode { .. } => Some("CNode"),
        Cap::PageTable(_) => Some("space"),
        Cap::Frame { .. } => Some("memory"),
        Cap::Untyped(_)
        | Cap::AsidPool(_)
        | Cap::IrqControl
        | Cap::AsidControl
        | Cap::SchedControl { .. }
        | Cap::DomainControl
        | Cap::SecureMonitor { .. } => Some(""),
        Cap::Irq(_) => Some("interrupt"),
        Cap::Endpoint { .. }
        | Cap::Notification { .. }
        | Cap::Reply { .. }
        | Cap::CoreSignal(_) => None,
    }
}
