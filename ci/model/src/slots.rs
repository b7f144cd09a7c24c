//! Slots and the derivation tree. (objects.md §4)
//!
//! The tree is one list of slots. Whether a slot is an ancestor of those behind it follows from
//! the capabilities and from two flags.

use std::collections::BTreeMap;

use crate::cap::{Address, Cap};

/// Who has a slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// A CNode.
    CNode(Address),
    /// A thread: CSpace, VSpace, IPC buffer, fault handler, timeout handler.
    Thread(Address),
    /// An interrupt: its notification.
    Irq,
}

/// A slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlotName {
    /// Whose.
    pub holder: Holder,
    /// Which.
    pub index: u64,
}

/// What is in a slot that is not empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filled {
    /// The capability.
    pub cap: Cap,
    /// Whether it may have descendants.
    pub revocable: bool,
    /// Whether it begins a run of capabilities with the same badge.
    pub first_badged: bool,
    /// Its place in the list: it stands behind all with smaller numbers.
    place: u128,
}

/// All slots that are not empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Slots {
    filled: BTreeMap<SlotName, Filled>,
    list: BTreeMap<u128, SlotName>,
    changes: u64,
}

/// Between two neighbours at the end of the list; each insertion halves a distance.
const DISTANCE: u128 = 1 << 96;

impl Slots {
    /// What is in a slot.
    #[must_use]
    pub fn get(&self, slot: SlotName) -> Option<Cap> {
        self.filled.get(&slot).map(|filled| filled.cap)
    }

    /// How often a slot was filled or emptied: a cache is good while this stays.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// What is in a slot, with its flags.
    #[must_use]
    pub fn filled(&self, slot: SlotName) -> Option<&Filled> {
        self.filled.get(&slot)
    }

    /// Changes a capability that stays what it is to.
    pub fn update(&mut self, slot: SlotName, cap: Cap) {
        if let Some(filled) = self.filled.get_mut(&slot) {
            filled.cap = cap;
        }
    }

    /// All capabilities in the order of the list.
    pub fn in_order(&self) -> impl Iterator<Item = (SlotName, &Filled)> {
        self.list.values().filter_map(|slot| Some((*slot, self.filled.get(slot)?)))
    }

    /// The slots of a holder that are not empty.
    pub fn of(&self, holder: Holder) -> impl Iterator<Item = SlotName> {
        let ends = (SlotName { holder, index: 0 }, SlotName { holder, index: u64::MAX });
        self.filled.range(ends.0..=ends.1).map(|(slot, _)| *slot)
    }

    /// Puts an original at the end of the list: it has no parent.
    pub fn add_original(&mut self, slot: SlotName, cap: Cap) {
        let last = self.list.last_key_value().map_or(0, |(place, _)| *place);
        self.put(slot, Filled { cap, revocable: true, first_badged: true, place: last + DISTANCE });
    }

    /// Puts a capability right behind another: an original that is its child, or one derived
    /// from it. (objects.md §4, "Model")
    pub fn insert(&mut self, slot: SlotName, cap: Cap, behind: SlotName, is_original: bool) {
        let Some(source) = self.filled.get(&behind).copied() else { return };
        let flag = is_original || differs(&source.cap, &cap);
        let place = self.place_behind(source.place);
        self.put(slot, Filled { cap, revocable: flag, first_badged: flag, place });
    }

    /// Moves what is in a slot, changed by `cap`, to an empty one.
    pub fn relocate(&mut self, from: SlotName, to: SlotName, cap: Cap) {
        if let Some(filled) = self.filled.remove(&from) {
            self.put(to, Filled { cap, ..filled });
        }
    }

    /// Exchanges what is in two slots, changed by the two capabilities.
    pub fn exchange(&mut self, one: (SlotName, Cap), other: (SlotName, Cap)) {
        let filled = self.filled.remove(&one.0).zip(self.filled.remove(&other.0));
        if let Some((first, second)) = filled {
            self.put(other.0, Filled { cap: one.1, ..first });
            self.put(one.0, Filled { cap: other.1, ..second });
        }
    }

    /// Empties a slot: only the list changes. (objects.md §4, last sentence of "Model")
    pub fn remove(&mut self, slot: SlotName) {
        let Some(gone) = self.filled.remove(&slot) else { return };
        self.changes += 1;
        self.list.remove(&gone.place);
        let behind = self.list.range(gone.place..).next().map(|(_, slot)| *slot);
        if let Some(next) = behind.and_then(|slot| self.filled.get_mut(&slot)) {
            next.first_badged |= gone.first_badged;
        }
    }

    /// The first descendant, if there is any: the one directly behind.
    #[must_use]
    pub fn first_child(&self, slot: SlotName) -> Option<SlotName> {
        let parent = self.filled.get(&slot)?;
        let (_, next) = self.list.range(parent.place + 1..).next()?;
        is_ancestor(parent, self.filled.get(next)?).then_some(*next)
    }

    /// Whether no neighbour in the list is to the same object. (objects.md §4, "Final")
    #[must_use]
    pub fn is_final(&self, slot: SlotName) -> bool {
        let Some(filled) = self.filled.get(&slot) else { return false };
        let before = self.list.range(..filled.place).next_back();
        let behind = self.list.range(filled.place + 1..).next();
        let mut neighbours = before.into_iter().chain(behind);
        !neighbours.any(|(_, other)| {
            self.filled.get(other).is_some_and(|other| other.cap.same_object(&filled.cap))
        })
    }

    fn put(&mut self, slot: SlotName, filled: Filled) {
        self.changes += 1;
        self.list.insert(filled.place, slot);
        self.filled.insert(slot, filled);
    }

    /// A number between that of a slot and the next; all are numbered anew when there is none.
    fn place_behind(&mut self, place: u128) -> u128 {
        let next = |list: &BTreeMap<u128, SlotName>, place: u128| {
            let next = list.range(place + 1..).next().map(|(place, _)| *place);
            next.unwrap_or(place + 2 * DISTANCE)
        };
        let after = next(&self.list, place);
        if after - place >= 2 {
            return place + (after - place) / 2;
        }
        let source = self.list[&place];
        let order: Vec<SlotName> = self.list.values().copied().collect();
        self.list.clear();
        for (slot, place) in order.into_iter().zip((1..).map(|number| number * DISTANCE)) {
            self.list.insert(place, slot);
            if let Some(filled) = self.filled.get_mut(&slot) {
                filled.place = place;
            }
        }
        self.filled[&source].place + DISTANCE / 2
    }
}

/// Whether a derived capability is "derived differently". (objects.md §4)
fn differs(source: &Cap, derived: &Cap) -> bool {
    match derived {
        Cap::Endpoint { .. } | Cap::Notification { .. } | Cap::SecureMonitor { .. } => {
            source.badge() != derived.badge()
        }
        Cap::IrqHandler { .. } | Cap::Sgi { .. } => matches!(source, Cap::IrqControl),
        Cap::Untyped { .. } => true,
        _ => false,
    }
}

/// Whether one is an ancestor of the other, which stands behind it. (objects.md §4)
fn is_ancestor(one: &Filled, other: &Filled) -> bool {
    if !one.revocable || !one.cap.covers(&other.cap) {
        return false;
    }
    match (&one.cap, one.cap.badge()) {
        (Cap::Untyped { .. }, _) | (_, None | Some(0)) => true,
        (_, badge) => badge == other.cap.badge() && !other.first_badged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::Rights;

    const OBJECT: Address = 0x4000;

    const fn slot(index: u64) -> SlotName {
        SlotName { holder: Holder::CNode(0x1000), index }
    }

    const fn endpoint(badge: u64) -> Cap {
        Cap::Endpoint { object: OBJECT, rights: Rights::ALL, badge }
    }

    /// An original in slot 0, and capabilities with these badges derived from it, one by one.
    fn derived(badges: &[u64]) -> Slots {
        let mut slots = Slots::default();
        slots.add_original(slot(0), endpoint(0));
        for (index, badge) in (1..).zip(badges) {
            slots.insert(slot(index), endpoint(*badge), slot(0), false);
        }
        slots
    }

    #[test]
    fn a_copy_of_a_badged_capability_is_its_sibling() {
        let mut slots = derived(&[5]);
        slots.insert(slot(2), endpoint(5), slot(1), false);
        assert_eq!(slots.first_child(slot(0)), Some(slot(1)));
        assert_eq!(slots.first_child(slot(2)), None);
        // The first with its badge is the parent of those behind it.
        assert_eq!(slots.first_child(slot(1)), Some(slot(2)));
        let mut slots = derived(&[0]);
        slots.insert(slot(2), endpoint(0), slot(1), false);
        assert_eq!(slots.first_child(slot(1)), None, "a copy without badge cannot be revoked");
    }

    #[test]
    fn who_begins_a_run_of_a_badge_hands_that_on() {
        let mut slots = derived(&[7, 5]);
        slots.insert(slot(3), endpoint(5), slot(2), false);
        slots.remove(slot(2));
        assert!(slots.filled(slot(3)).is_some_and(|filled| filled.first_badged));
        assert_eq!(slots.first_child(slot(3)), None, "another badge is behind it");
    }

    #[test]
    fn a_capability_is_final_while_no_neighbour_is_to_its_object() {
        let mut slots = derived(&[]);
        assert!(slots.is_final(slot(0)));
        slots.insert(slot(1), endpoint(0), slot(0), false);
        assert!(!slots.is_final(slot(0)) && !slots.is_final(slot(1)));
        slots.relocate(slot(1), slot(9), endpoint(0));
        slots.remove(slot(0));
        assert!(slots.is_final(slot(9)));
    }

    #[test]
    fn any_number_of_capabilities_finds_a_place_behind_one() {
        let badges: Vec<u64> = (1..=400).collect();
        let slots = derived(&badges);
        let order: Vec<u64> = slots.in_order().map(|(slot, _)| slot.index).collect();
        let expected: Vec<u64> = core::iter::once(0).chain((1..=400).rev()).collect();
        assert_eq!(order, expected);
    }
}
