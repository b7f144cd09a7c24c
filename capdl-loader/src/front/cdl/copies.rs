//! Capabilities that are copies of others.

use std::collections::HashMap;

use layout::cap::{Cap, Place};
use layout::object::Kind;
use layout::{ObjectId, Span};

use super::Builder;
use super::capability::Mask;
use super::slots::Label;
use super::text::Selection;
use crate::code::Code;
use crate::front::thread_slots::thread_slot;

/// A copy to be made.
#[derive(Debug)]
pub(super) struct Copy {
    /// Where it goes: an object, and the place in its list.
    pub(super) container: ObjectId,
    /// The place in the list.
    pub(super) position: usize,
    /// The name of what is copied.
    pub(super) name: String,
    /// Which of several capabilities with this name: the selection, and the place in it.
    pub(super) element: Option<(Vec<Selection>, u32)>,
    /// What is kept of it.
    pub(super) mask: Mask,
    /// Where this is written.
    pub(super) span: Span,
}

/// A capability in an object's list.
type Position = (ObjectId, usize);

impl Builder<'_, '_> {
    /// Makes all copies, also those of copies.
    pub(super) fn make_copies(&mut self) {
        let copies = std::mem::take(&mut self.copies);
        let sources: Vec<Option<Place>> = copies.iter().map(|copy| self.source(copy)).collect();
        let positions = self.positions(sources.iter().flatten());
        let pending: HashMap<Position, usize> =
            copies.iter().zip(0..).map(|(c, i)| ((c.container, c.position), i)).collect();
        let mut done = vec![false; copies.len()];
        for start in 0..copies.len() {
            // Copies of copies form a chain, which is made from its far end.
            let mut chain = Vec::new();
            let mut next = Some(start);
            while let Some(index) = next.filter(|index| !done[*index]) {
                done[index] = true;
                chain.push(index);
                let source = sources[index].and_then(|place| positions.get(&place));
                next = source.and_then(|position| pending.get(position)).copied();
            }
            if let Some(index) = next.filter(|index| chain.contains(index)) {
                let help = "one of them must be a capability to an object";
                let message = "these capabilities are copies of each other";
                self.problems.error(Code::DANGLING, copies[index].span, message, help);
                continue;
            }
            for index in chain.into_iter().rev() {
                let position = sources[index].and_then(|place| positions.get(&place)).copied();
                self.make_copy(&copies[index], sources[index], position);
            }
        }
    }

    fn make_copy(&mut self, copy: &Copy, source: Option<Place>, position: Option<Position>) {
        // What is wrong with a name has been told.
        if source.is_none() {
            return;
        }
        let Some(cap) = position.and_then(|position| self.cap_at(position)).copied() else {
            let message = format!("`{}` names an empty slot", copy.name);
            let help = "put a capability there, or name another slot";
            return self.problems.error(Code::DANGLING, copy.span, message, help);
        };
        let masked = masked(cap, copy.mask);
        if let Some(target) = self.cap_at_mut((copy.container, copy.position)) {
            *target = masked;
        }
    }

    /// Where the original of a copy is.
    fn source(&mut self, copy: &Copy) -> Option<Place> {
        let Some(label) = self.labels.get(copy.name.as_str()).copied() else {
            let message = format!("there is no capability `{}`", copy.name);
            let help = "name it where it is: `1: name = object`, or `name = (node, slot)`";
            self.problems.error(Code::DANGLING, copy.span, message, help);
            return None;
        };
        let index = match &copy.element {
            None if label.is_array => None,
            None => Some(0),
            Some((selections, index)) => element(selections, *index, label.count),
        };
        let slot = index.filter(|index| *index < label.count);
        let slot = slot.and_then(|index| label.place.slot.checked_add(index.into()));
        if slot.is_none() {
            let Label { count, .. } = label;
            let message = format!("`{}` names {count} capabilities", copy.name);
            let help = "select them by `[0]`, `[]` and the like";
            self.problems.error(Code::DANGLING, copy.span, message, help);
        }
        Some(Place { slot: slot?, ..label.place })
    }

    /// The places in lists of what is in these slots: the first of each.
    fn positions<'a>(&self, places: impl Iterator<Item = &'a Place>) -> HashMap<Place, Position> {
        let nodes: std::collections::HashSet<ObjectId> = places.map(|place| place.node).collect();
        let mut positions = HashMap::new();
        for node in nodes {
            let slots: Vec<u64> = match &self.model[node].kind {
                Kind::Thread(thread) => {
                    thread.roles.iter().map(|entry| thread_slot(entry.role)).collect()
                }
                Kind::Irq(irq) => irq.notification.iter().map(|_| 0).collect(),
                kind => kind.slots().iter().map(|entry| entry.slot).collect(),
            };
            for (slot, position) in slots.into_iter().zip(0..) {
                positions.entry(Place { node, slot }).or_insert((node, position));
            }
        }
        positions
    }

    fn cap_at(&self, (object, position): Position) -> Option<&Cap> {
        match &self.model[object].kind {
            Kind::Thread(thread) => thread.roles.get(position).map(|entry| &entry.cap),
            Kind::Irq(irq) => irq.notification.as_ref(),
            kind => kind.slots().get(position).map(|entry| &entry.cap),
        }
    }

    fn cap_at_mut(&mut self, (object, position): Position) -> Option<&mut Cap> {
        let slots = match &mut self.model[object].kind {
            Kind::Thread(thread) => {
                return thread.roles.get_mut(position).map(|entry| &mut entry.cap);
            }
            Kind::Irq(irq) => return irq.notification.as_mut(),
            Kind::CNode(node) => &mut node.slots,
            Kind::PageTable(table) => &mut table.slots,
            Kind::AsidPool(pool) => &mut pool.slots,
            _ => return None,
        };
        slots.get_mut(position).map(|entry| &mut entry.cap)
    }
}

/// The index that is at a place of a selection.
fn element(selections: &[Selection], place: u32, count: u32) -> Option<u32> {
    if selections.is_empty() {
        return Some(place);
    }
    let mut left = u64::from(place);
    for selection in selections {
        let (first, last) = match *selection {
            Selection::One(index) => (index, index),
            Selection::Through(first, last) => {
                (first.unwrap_or(0), last.unwrap_or(u64::from(count).saturating_sub(1)))
            }
        };
        let length = first.abs_diff(last).saturating_add(1);
        if left < length {
            let index = if first <= last { first.checked_add(left) } else { Some(first - left) };
            return u32::try_from(index?).ok();
        }
        left -= length;
    }
    None
}

/// A capability with fewer rights.
fn masked(cap: Cap, mask: Mask) -> Cap {
    match cap {
        Cap::Endpoint { object, rights, badge } => {
            Cap::Endpoint { object, rights: rights.and(mask.rights), badge: badge.or(mask.badge) }
        }
        Cap::Notification { object, rights, badge } => {
            let badge = badge.or(mask.badge);
            Cap::Notification { object, rights: rights.and(mask.rights), badge }
        }
        Cap::Reply { object, rights } => Cap::Reply { object, rights: rights.and(mask.rights) },
        Cap::Frame { object, rights, attributes } => {
            Cap::Frame { object, rights: rights.and(mask.rights), attributes }
        }
        other => other,
    }
}
