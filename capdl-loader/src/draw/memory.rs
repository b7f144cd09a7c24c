//! Who sees which memory and which devices.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::names::RegionKind;
use layout::object::Kind;
use layout::{Model, ObjectId, Rights};

use super::channels::parties_as_nodes;
use super::diagram::{Diagram, Links, Node, Shape, Tie};
use crate::authority::{PartyId, System};
use crate::report::amount;

/// Who sees a frame, and whether to write.
type Seen = BTreeMap<PartyId, bool>;

/// The picture: what several parties see, and all regions.
#[must_use]
pub fn diagram(system: &System<'_>) -> Diagram {
    let (model, parties) = (system.model, &system.parties);
    let mut nodes = parties_as_nodes(model, parties);
    let first_region = nodes.len();
    let seen = seen(system);
    let mut links = Links::default();
    let mut in_region = vec![false; model.objects.len()];
    for (region, place) in model.regions.iter().zip(first_region..) {
        let mut all = Seen::new();
        for frame in &region.frames {
            in_region[frame.index()] = true;
            for (party, writes) in seen.get(frame).into_iter().flatten() {
                *all.entry(*party).or_default() |= writes;
            }
        }
        let (shape, detail) = match &region.kind {
            RegionKind::Memory { .. } => (Shape::Memory, amount(bytes(model, &region.frames))),
            RegionKind::Device { node, .. } => (Shape::Device, node.clone()),
        };
        nodes.push(Node { name: region.name.clone(), detail, shape });
        tie(&mut links, &all, place);
        if let RegionKind::Memory { dma_by } = &region.kind {
            for device in dma_by {
                links.add(first_region + device.value.0 as usize, place, Tie::Dma, "");
            }
        }
    }
    for (parties, frames) in unnamed(&seen, &in_region) {
        let place = nodes.len();
        let detail = amount(bytes(model, &frames));
        let name = match frames.as_slice() {
            [one] => model[*one].name.clone(),
            [one, ..] => format!("{} and {} more", model[*one].name, frames.len() - 1),
            [] => continue,
        };
        nodes.push(Node { name, detail, shape: Shape::Memory });
        tie(&mut links, &parties, place);
    }
    let title = format!("{}: memory that is shared, and devices", model.name);
    Diagram { title, nodes, links: links.into_links(), note: None }
}

/// Who sees each frame: by tables, and by capabilities in CNodes.
fn seen(system: &System<'_>) -> BTreeMap<ObjectId, Seen> {
    let mut seen: BTreeMap<ObjectId, Seen> = BTreeMap::new();
    for (party, about) in system.parties.iter() {
        for agent in &about.agents {
            for entry in system.model[*agent].kind.slots() {
                if let Cap::Frame { object, rights, .. } = entry.cap {
                    let writes = seen.entry(object).or_default().entry(party).or_default();
                    *writes |= rights.contains(Rights::WRITE);
                }
            }
        }
    }
    seen
}

/// Frames of no region that several parties see, by who does.
fn unnamed(seen: &BTreeMap<ObjectId, Seen>, in_region: &[bool]) -> BTreeMap<Seen, Vec<ObjectId>> {
    let mut groups: BTreeMap<Seen, Vec<ObjectId>> = BTreeMap::new();
    for (frame, parties) in seen {
        if parties.len() > 1 && !in_region[frame.index()] {
            groups.entry(parties.clone()).or_default().push(*frame);
        }
    }
    groups
}

fn tie(links: &mut Links, parties: &Seen, place: usize) {
    for (party, writes) in parties {
        let party = party.0 as usize;
        match writes {
            true => links.add(party, place, Tie::Write, ""),
            false => links.add(party, place, Tie::Read, ""),
        }
    }
}

/// Bytes of some frames.
fn bytes(model: &Model, frames: &[ObjectId]) -> u64 {
    let sizes = frames.iter().map(|frame| match &model[*frame].kind {
        Kind::Frame(frame) => frame.size.bytes(),
        _ => 0,
    });
    sizes.sum()
}
