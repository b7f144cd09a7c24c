//! Who calls, signals and watches whom.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::object::Kind;
use layout::thread::Role;
use layout::{Model, ObjectId, Rights};

use super::diagram::{Diagram, Links, Node, Shape, Tie};
use crate::authority::{Parties, PartyId, System};

/// The ends of an endpoint or a notification.
#[derive(Default)]
struct Ends {
    senders: Vec<(PartyId, Tie)>,
    receivers: Vec<PartyId>,
}

/// The picture.
#[must_use]
pub fn diagram(system: &System<'_>) -> Diagram {
    let (model, parties) = (system.model, &system.parties);
    let mut meetings: BTreeMap<ObjectId, Ends> = BTreeMap::new();
    for (id, party) in parties.iter() {
        for agent in &party.agents {
            for (cap, tie) in caps(&model[*agent].kind) {
                meet(&mut meetings, id, cap, tie);
            }
        }
    }
    let names = names(model);
    let mut links = Links::default();
    for (object, Ends { senders, receivers }) in &meetings {
        for (sender, tie) in senders {
            for receiver in receivers.iter().filter(|receiver| *receiver != sender) {
                let label = match names.get(object) {
                    Some(name) if *tie != Tie::Fault => name,
                    _ => "",
                };
                links.add(sender.0 as usize, receiver.0 as usize, *tie, label);
            }
        }
    }
    Diagram {
        title: format!("{}: channels", model.name),
        nodes: parties_as_nodes(model, parties),
        links: links.into_links(),
        note: None,
    }
}

/// All parties as boxes, each with its image and priority.
#[must_use]
pub fn parties_as_nodes(model: &Model, parties: &Parties) -> Vec<Node> {
    let nodes = parties.iter().map(|(_, party)| {
        let threads = party.agents.iter().filter_map(|agent| match &model[*agent].kind {
            Kind::Thread(thread) => Some(thread),
            _ => None,
        });
        let mut priorities: Vec<u64> = threads.map(|thread| thread.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let detail = match priorities.as_slice() {
            [] => String::new(),
            [one] => format!("priority {one}"),
            [first, .., last] => format!("priorities {first} to {last}"),
        };
        Node { name: party.name.clone(), detail, shape: Shape::Component }
    });
    nodes.collect()
}

/// The capabilities of an agent to endpoints and notifications, and what sending means.
fn caps(kind: &Kind) -> Vec<(Cap, Tie)> {
    let tie = |cap: &Cap| match cap {
        Cap::Notification { .. } => Tie::Signal,
        _ => Tie::Call,
    };
    match kind {
        Kind::CNode(node) => node.slots.iter().map(|entry| (entry.cap, tie(&entry.cap))).collect(),
        Kind::Thread(thread) => {
            let roles = thread.roles.iter().map(|entry| match entry.role {
                Role::FaultHandler | Role::TimeoutHandler => (entry.cap, Tie::Fault),
                _ => (entry.cap, tie(&entry.cap)),
            });
            roles.collect()
        }
        _ => Vec::new(),
    }
}

fn meet(meetings: &mut BTreeMap<ObjectId, Ends>, party: PartyId, cap: Cap, tie: Tie) {
    let (object, rights) = match cap {
        Cap::Endpoint { object, rights, .. } | Cap::Notification { object, rights, .. } => {
            (object, rights)
        }
        _ => return,
    };
    let ends = meetings.entry(object).or_default();
    if (rights.contains(Rights::WRITE) || tie == Tie::Fault)
        && !ends.senders.contains(&(party, tie))
    {
        ends.senders.push((party, tie));
    }
    if rights.contains(Rights::READ) && tie != Tie::Fault && !ends.receivers.contains(&party) {
        ends.receivers.push(party);
    }
}

/// What people call endpoints and notifications: the channel, if its name says more than its
/// ends do.
fn names(model: &Model) -> BTreeMap<ObjectId, &str> {
    let mut names = BTreeMap::new();
    for channel in &model.channels {
        use layout::names::ChannelKind;
        let objects = match channel.kind {
            ChannelKind::Call { endpoint } => vec![endpoint],
            ChannelKind::Signal { notification } => vec![notification],
            ChannelKind::Ring { bells, .. } => bells.to_vec(),
        };
        let from = &model[channel.from].name;
        if !channel.name.contains(from.as_str()) {
            names.extend(objects.into_iter().map(|object| (object, channel.name.as_str())));
        }
    }
    names
}
