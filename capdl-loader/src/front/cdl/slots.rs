//! What is in slots.

use std::collections::HashMap;

use layout::cap::{Cap, Entry, Place};
use layout::object::Kind;
use layout::thread::{Role, RoleEntry};
use layout::{ObjectId, Span};

use super::Builder;
use super::copies::Copy;
use super::derivations::Parent;
use super::symbols::Selected;
use super::text::{CapText, EntryText, Held, Reference, Selection, SlotText, Word};
use crate::code::Code;
use crate::front::thread_slots::THREAD_SLOTS;

/// Capabilities that have a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    /// The first one.
    pub(super) place: Place,
    /// How many, in consecutive slots.
    pub(super) count: u32,
    /// Whether they are named as an array.
    pub(super) is_array: bool,
    /// Where that is written.
    pub(super) span: Span,
}

/// What an entry puts into slots.
enum Content {
    /// These.
    Caps(Vec<Cap>),
    /// Copies of so many others.
    Copies(u32),
}

impl Content {
    fn count(&self) -> usize {
        match self {
            Self::Caps(caps) => caps.len(),
            Self::Copies(count) => *count as usize,
        }
    }
}

impl<'t> Builder<'t, '_> {
    /// Fills all slots; copies get their capability later.
    pub(super) fn fill_slots(&mut self, statements: &'t [CapText<'t>]) {
        let mut next = HashMap::new();
        let counts = self.count_labels(statements);
        for statement in statements {
            match statement {
                CapText::Name(name, node, slot) => self.name_slot(*name, node, *slot),
                CapText::Slots(object, entries) => {
                    let Some(Selected::Objects(containers)) = self.select(object) else { continue };
                    for container in containers {
                        if self.has_slots(container, object.span) {
                            self.fill_one(container, entries, &counts, &mut next);
                        }
                    }
                }
            }
        }
    }

    /// How many capabilities each name stands for that is given to capabilities to objects: they
    /// may be copied before.
    fn count_labels(&mut self, statements: &'t [CapText<'t>]) -> HashMap<&'t str, u32> {
        let mut counts = HashMap::new();
        let entries = statements.iter().flat_map(|statement| match statement {
            CapText::Slots(_, entries) => entries.as_slice(),
            CapText::Name(..) => &[],
        });
        for entry in entries {
            let (Some(label), Held::Object(object)) = (&entry.label, &entry.held) else { continue };
            if self.symbols.get(object.name).is_none() {
                continue;
            }
            if let Some(Selected::Objects(objects)) = self.select(object) {
                counts.insert(label.name, objects.len() as u32);
            }
        }
        counts
    }

    fn name_slot(&mut self, name: Word<'t>, node: &Reference<'t>, slot: SlotText<'t>) {
        let Some(node) = self.select_one(node) else { return };
        let Some(slot) = self.slot_number(node, slot) else { return };
        let place = Place { node, slot };
        let label = Label { place, count: 1, is_array: false, span: name.span };
        self.add_label(name.text, label);
    }

    /// Whether an object has slots; tells it if not.
    fn has_slots(&mut self, container: ObjectId, span: Span) -> bool {
        let object = &self.model[container];
        let has = matches!(
            object.kind,
            Kind::CNode(_)
                | Kind::PageTable(_)
                | Kind::AsidPool(_)
                | Kind::Thread(_)
                | Kind::Irq(_)
        );
        if !has {
            let message = format!("`{}` has no slots: {}", object.name, object.kind.noun());
            let help = "slots are in cnode, tcb, pgd, pud, pd, pt, asid_pool and interrupts";
            self.problems.error(Code::WRONG_TYPE, span, message, help);
        }
        has
    }

    fn fill_one(
        &mut self,
        container: ObjectId,
        entries: &'t [EntryText<'t>],
        counts: &HashMap<&'t str, u32>,
        next: &mut HashMap<ObjectId, u64>,
    ) {
        for entry in entries {
            let Some(content) = self.content_of(entry, counts) else { continue };
            let count = content.count();
            if !self.allow(count, entry.span) {
                return;
            }
            let free = next.entry(container).or_default();
            let first = match entry.slot {
                None => Some(*free),
                Some(slot) => self.slot_number(container, slot),
            };
            let Some(first) = first else { continue };
            let Some(end) = first.checked_add(count as u64) else {
                let help = "slots have numbers of 64 bits";
                let message = "these slots do not exist";
                self.problems.error(Code::SLOT_RANGE, entry.span, message, help);
                continue;
            };
            *free = end.max(*free);
            self.fill_entry(container, entry, first, content);
        }
    }

    /// What an entry puts into slots; nothing, once what is wrong has been told.
    fn content_of(
        &mut self,
        entry: &'t EntryText<'t>,
        counts: &HashMap<&'t str, u32>,
    ) -> Option<Content> {
        match &entry.held {
            Held::Object(object) => self.capabilities(object, entry).map(Content::Caps),
            Held::Copy(name) => {
                let known = counts.get(name.name).copied();
                Some(Content::Copies(self.copied_count(name, known)))
            }
        }
    }

    /// How many capabilities a name in angle brackets stands for.
    fn copied_count(&mut self, name: &Reference<'t>, known: Option<u32>) -> u32 {
        let Some(elements) = &name.elements else { return 1 };
        let last = u64::from(known.unwrap_or(1)).saturating_sub(1);
        let count = |selection: &Selection| match *selection {
            Selection::One(_) => 1,
            Selection::Through(first, end) => {
                let range = first.unwrap_or(0).abs_diff(end.unwrap_or(last));
                range.saturating_add(1)
            }
        };
        let sum = elements.iter().map(count).fold(0, u64::saturating_add);
        let all = if elements.is_empty() { last + 1 } else { sum };
        u32::try_from(all).unwrap_or(u32::MAX)
    }

    fn fill_entry(
        &mut self,
        container: ObjectId,
        entry: &'t EntryText<'t>,
        first: u64,
        content: Content,
    ) {
        let count = content.count() as u32;
        let place = |index: u64| Place { node: container, slot: first + index };
        if let Some(label) = &entry.label {
            let is_array = label.elements.is_some();
            let label_of = Label { place: place(0), count, is_array, span: label.span };
            self.add_label(label.name, label_of);
        }
        if let Some(parent) = &entry.parent {
            let children = (0..u64::from(count)).map(|index| Parent {
                child: place(index),
                parent,
                span: entry.span,
            });
            self.parents.extend(children);
        }
        match content {
            Content::Caps(caps) => {
                for (cap, index) in caps.into_iter().zip(0..) {
                    self.put_cap(place(index), cap, entry.span);
                }
            }
            Content::Copies(count) => {
                for index in 0..count {
                    self.put_copy(entry, place(index.into()), index);
                }
            }
        }
    }

    fn put_copy(&mut self, entry: &'t EntryText<'t>, place: Place, index: u32) {
        let Held::Copy(name) = &entry.held else { return };
        let Some(mask) = self.mask_of(entry) else { return };
        // Some capability has to be there until the right one is known.
        let Some(position) = self.put_cap(place, Cap::IrqControl, entry.span) else { return };
        let element = name.elements.as_ref().map(|elements| (elements.clone(), index));
        let (name, span) = (name.name.to_string(), entry.span);
        self.copies.push(Copy { container: place.node, position, name, element, mask, span });
    }

    /// Puts a capability into a slot, and says its place in the object's list.
    fn put_cap(&mut self, place: Place, cap: Cap, span: Span) -> Option<usize> {
        let Place { node, slot } = place;
        let role = self.role_of(node, slot, span);
        let slots = match &mut self.model[node].kind {
            Kind::CNode(cnode) => &mut cnode.slots,
            Kind::PageTable(table) => &mut table.slots,
            Kind::AsidPool(pool) => &mut pool.slots,
            Kind::Thread(thread) => {
                thread.roles.push(RoleEntry { role: role?, cap, span });
                return Some(thread.roles.len() - 1);
            }
            Kind::Irq(irq) => {
                if slot != 0 || irq.notification.is_some() {
                    let message = "an interrupt has one slot, 0, for its notification";
                    let help = "leave one capability in it";
                    self.problems.error(Code::SLOT_RANGE, span, message, help);
                    return None;
                }
                irq.notification = Some(cap);
                return Some(0);
            }
            _ => return None,
        };
        slots.push(Entry { slot, cap, span });
        Some(slots.len() - 1)
    }

    /// What a thread's slot is for; nothing for other objects, or once it is told that the slot
    /// does not exist.
    fn role_of(&mut self, node: ObjectId, slot: u64, span: Span) -> Option<Role> {
        if !matches!(self.model[node].kind, Kind::Thread(_)) {
            return None;
        }
        let slot = usize::try_from(slot).ok().and_then(|slot| THREAD_SLOTS.get(slot));
        match slot {
            Some((_, Some(role))) => return Some(*role),
            Some((name, None)) => {
                let message = format!("with MCS a thread of this machine has no `{name}`");
                let help = "take it out; a server keeps its `rtreply` in its CSpace";
                self.problems.error(Code::FOREIGN, span, message, help);
            }
            None => {
                let help = "threads have the slots 0 to 9";
                self.problems.error(Code::SLOT_RANGE, span, "a thread has no such slot", help);
            }
        }
        None
    }

    /// The number of a slot as it is written.
    pub(super) fn slot_number(&mut self, node: ObjectId, slot: SlotText<'t>) -> Option<u64> {
        let word = match slot {
            SlotText::Number(number) => return Some(number.value),
            SlotText::Word(word) => word,
        };
        let is_thread = matches!(self.model[node].kind, Kind::Thread(_));
        let named = THREAD_SLOTS.iter().zip(0..).find(|((name, _), _)| *name == word.text);
        match named.filter(|_| is_thread) {
            Some((_, number)) => Some(number),
            None => {
                let message = format!("`{}` has no slot `{}`", self.model[node].name, word.text);
                let help = "threads have cspace, vspace, ipc_buffer_slot, fault_ep_slot, sc_slot, \
                            temp_fault_ep_slot and bound_notification; others have numbers";
                self.problems.error(Code::UNKNOWN_KEY, slot.span(), message, help);
                None
            }
        }
    }

    /// Gives capabilities a name. The same entry in several objects names those of the first.
    fn add_label(&mut self, name: &'t str, label: Label) {
        match self.labels.get(name) {
            None => drop(self.labels.insert(name, label)),
            Some(other) if other.span == label.span => {}
            Some(other) => {
                let message = format!("there are two capabilities `{name}`");
                let error = crate::Diagnostic::error(Code::DUPLICATE_NAME, message);
                let error = error.at(label.span, "again").at(other.span, "first");
                self.problems.push(error.help("give one of them another name"));
            }
        }
    }
}
