//! The derivation tree: which capability came from which.
//!
//! The tree is kept as one doubly linked list of slots in the order of a pre-order walk. Whether a
//! slot is an ancestor of those behind it follows from the capabilities and from two marks:
//!
//! * *revocable*: the capability was made by retyping, or differs from what it was derived from,
//!   and so may have descendants;
//! * *first badged*: the slot starts a run of capabilities with the same badge.
//!
//! The descendants of a slot are the slots directly behind it for which [`Kernel::is_parent`]
//! holds. (objects.md §4)

use abi::Error;
use platform::address::PhysicalRange;

use crate::cap::{Cap, Change, Remains};
use crate::creation::Destination;
use crate::kernel::Kernel;
use crate::mem::{MarkedLink, Obj};
use crate::slot::Slot;
use crate::untyped;

/// How a new capability relates to the one it is inserted behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Made by retyping or at boot: an original, always revocable.
    Original,
    /// Derived by copying, minting, transfer or installation.
    Derived,
}

impl Kernel {
    /// The bytes of memory that the capability's object takes; `None` without memory.
    #[must_use]
    #[inline(always)]
    pub fn extent(&self, cap: &Cap) -> Option<PhysicalRange> {
        let sized = |start: u64, bits: u32| Some(PhysicalRange::new(start, start + (1 << bits)));
        match *cap {
            Cap::Untyped { bits, next, .. } => sized(untyped::start(next, bits).0, bits.into()),
            Cap::Endpoint { endpoint, .. } | Cap::Zombie(Remains::Endpoint(endpoint)) => {
                sized(self.mem.address(endpoint).0, 4)
            }
            Cap::Notification { notification, .. }
            | Cap::Zombie(Remains::Notification(notification)) => {
                sized(self.mem.address(notification).0, 6)
            }
            Cap::Reply { reply, .. } => sized(self.mem.address(reply).0, 5),
            Cap::CNode { radix, slots, .. } => {
                sized(self.mem.address(slots).0, u32::from(radix) + abi::object::SLOT_BITS)
            }
            Cap::Thread { thread } => sized(self.mem.address(thread).0, 11),
            Cap::SchedContext { bits, context } => sized(self.mem.address(context).0, bits.into()),
            Cap::VSpace { table, .. } | Cap::PageTable { table, .. } => {
                sized(self.mem.address(table).0, 12)
            }
            Cap::AsidPool { pool, .. } => sized(self.mem.address(pool).0, 12),
            Cap::Page(page) => sized(page.start().0, page.size().bits()),
            Cap::Zombie(Remains::Slots { object_bits, slots, .. }) => {
                let start = self.mem.address(slots).0 >> object_bits << object_bits;
                sized(start, object_bits.into())
            }
            _ => None,
        }
    }

    /// Whether the object of `outer` is, or contains, the object of `inner`.
    #[inline(always)]
    fn covers(&self, outer: &Cap, inner: &Cap) -> bool {
        match (outer, inner) {
            (Cap::Untyped { .. }, _) | (Cap::Page(_), Cap::Page(_)) => {
                match (self.extent(outer), self.extent(inner)) {
                    (Some(outer), Some(inner)) => outer.contains(inner),
                    _ => false,
                }
            }
            (Cap::IrqControl, Cap::IrqHandler { .. } | Cap::SgiSignal { .. }) => true,
            _ => outer.same_object(inner),
        }
    }

    /// Whether `parent` is an ancestor of `child`, which stands somewhere behind it with nothing
    /// but other descendants between.
    #[must_use]
    pub fn is_parent(&self, parent: Obj<Slot>, child: Obj<Slot>) -> bool {
        let (parent, child) = (&self[parent], &self[child]);
        if !parent.next.is_marked() || !self.covers(&parent.cap, &child.cap) {
            return false;
        }
        let same_badge =
            |mine: u64, its: u64| mine == 0 || (mine == its && !child.previous.is_marked());
        match (&parent.cap, &child.cap) {
            (Cap::Endpoint { badge: mine, .. }, Cap::Endpoint { badge: its, .. })
            | (Cap::Notification { badge: mine, .. }, Cap::Notification { badge: its, .. })
            | (Cap::Smc { badge: mine }, Cap::Smc { badge: its }) => same_badge(*mine, *its),
            _ => true,
        }
    }

    /// The first descendant of a slot.
    #[must_use]
    pub fn first_child(&self, slot: Obj<Slot>) -> Option<Obj<Slot>> {
        let next = self[slot].next.target()?;
        self.is_parent(slot, next).then_some(next)
    }

    /// Whether no other capability names the object of this one.
    #[must_use]
    pub fn is_final(&self, slot: Obj<Slot>) -> bool {
        let here = &self[slot];
        let same = |other: Option<Obj<Slot>>| {
            other.is_some_and(|other| here.cap.same_object(&self[other].cap))
        };
        !same(here.next.target()) && !same(here.previous.target())
    }

    /// Looks whether the capability in `slot` can be copied, if its kind can at all.
    ///
    /// # Errors
    /// [`Error::RevokeFirst`] for untyped memory with descendants, [`Error::IllegalOperation`]
    /// for a translation table that is not mapped.
    pub(crate) fn check_copy(&self, slot: Obj<Slot>) -> Result<(), Error> {
        match self[slot].cap {
            Cap::Untyped { .. } if self.first_child(slot).is_some() => Err(Error::RevokeFirst),
            Cap::VSpace { asid: None, .. } | Cap::PageTable { asid: None, .. } => {
                Err(Error::IllegalOperation)
            }
            _ => Ok(()),
        }
    }

    /// What a copy of `cap`, which stands in `slot`, would be. `Null` if it cannot be copied.
    ///
    /// # Errors
    /// Those of [`Self::check_copy`].
    pub fn derive(&self, slot: Obj<Slot>, cap: Cap) -> Result<Cap, Error> {
        self.check_copy(slot)?;
        match cap {
            Cap::Zombie(_) | Cap::IrqControl => Ok(Cap::Null),
            Cap::Page(page) => Ok(Cap::Page(page.with_mapping(None))),
            other => Ok(other),
        }
    }

    /// Puts `cap` into the empty slot `to`, directly behind `source` in the derivation list.
    pub fn insert(&mut self, source: Obj<Slot>, to: Obj<Slot>, cap: Cap, origin: Origin) {
        let mark = match origin {
            Origin::Original => true,
            Origin::Derived => derived_differently(&self[source].cap, &cap),
        };
        if let (Origin::Derived, Cap::Untyped { .. }) = (origin, cap) {
            untyped::mark_full(&mut self[source].cap);
        }
        self[to].cap = cap;
        self.list_behind(source, to, mark);
    }

    /// Puts a changed copy of the capability in `source`, which may be copied, into the empty slot
    /// `to`, directly behind it in the derivation list.
    #[inline(always)]
    pub(crate) fn insert_copy(&mut self, source: Obj<Slot>, to: Obj<Slot>, change: Change) {
        self[to].cap = self[source].cap;
        let copy = &mut self[to].cap;
        copy.change(change);
        if let Cap::Page(page) = copy {
            *page = page.with_mapping(None);
        }
        let mark = derived_differently(&self[source].cap, &self[to].cap);
        untyped::mark_full(&mut self[source].cap);
        self.list_behind(source, to, mark);
    }

    /// Makes `to`, which is in no list, the next of `source`.
    #[inline(always)]
    fn list_behind(&mut self, source: Obj<Slot>, to: Obj<Slot>, mark: bool) {
        let next = self[source].next.target();
        let slot = &mut self[to];
        slot.next = slot.next.with_target(next).with_mark(mark);
        slot.previous = slot.previous.with_target(Some(source)).with_mark(mark);
        if let Some(next) = next {
            let next = &mut self[next];
            next.previous = next.previous.with_target(Some(to));
        }
        let source = &mut self[source];
        source.next = source.next.with_target(Some(to));
    }

    /// Puts `count` originals, at least one, which `make` makes by their numbers, into consecutive
    /// empty slots. They stand directly behind their source, the last first. Each slot is written
    /// once.
    pub(crate) fn insert_originals(
        &mut self,
        Destination { source, first }: Destination,
        count: u32,
        make: impl Fn(u32) -> Cap,
    ) {
        let link = |slot| MarkedLink::NONE.with_target(slot).with_mark(true);
        let old_next = self[source].next.target();
        let mut next = link(old_next);
        for (index, slot) in (0..).zip(self.mem.run_mut(first, count)) {
            let previous = link(Some(first.nth(index + 1)));
            *slot = Slot { cap: make(index), next, previous, ..Slot::EMPTY };
            next = link(Some(first.nth(index)));
        }
        let last = first.nth(count - 1);
        self[last].previous = link(Some(source));
        if let Some(old_next) = old_next {
            let old_next = &mut self[old_next];
            old_next.previous = old_next.previous.with_target(Some(first));
        }
        let source = &mut self[source];
        source.next = source.next.with_target(Some(last));
    }

    /// Puts an original capability without ancestors into the empty slot `to`.
    pub fn insert_root(&mut self, to: Obj<Slot>, cap: Cap) {
        let slot = &mut self[to];
        slot.cap = cap;
        slot.next = slot.next.with_target(None).with_mark(true);
        slot.previous = slot.previous.with_target(None).with_mark(true);
    }

    /// Empties a slot and takes it out of the derivation list.
    pub fn remove(&mut self, slot: Obj<Slot>) {
        let (next, previous) = (self[slot].next.target(), self[slot].previous.target());
        let first_badged = self[slot].previous.is_marked();
        if let Some(next) = next {
            let next = &mut self[next];
            let mark = next.previous.is_marked() || first_badged;
            next.previous = next.previous.with_target(previous).with_mark(mark);
        }
        if let Some(previous) = previous {
            let previous = &mut self[previous];
            previous.next = previous.next.with_target(next);
        }
        self[slot] = Slot::EMPTY;
    }

    /// Moves the capability `cap` (that of `from`, perhaps with new data) to the empty slot `to`,
    /// which takes its place in the derivation list.
    pub fn relocate(&mut self, from: Obj<Slot>, to: Obj<Slot>, cap: Cap) {
        let (next, previous) = (self[from].next, self[from].previous);
        self[from] = Slot::EMPTY;
        self[to] = Slot { cap, next, previous, ..Slot::EMPTY };
        self.relink(to);
    }

    /// The same with the capability of `from` itself, perhaps with a new guard that it takes.
    #[inline(always)]
    pub(crate) fn relocate_with(&mut self, from: Obj<Slot>, to: Obj<Slot>, guard: Option<u64>) {
        self.relocate(from, to, self[from].cap);
        if let Some(guard) = guard {
            self[to].cap.attach(guard);
        }
    }

    /// Exchanges two slots with their places in the derivation list; `a` ends up holding
    /// `cap_for_a` and `b` holding `cap_for_b` (the other's capability, perhaps with new data).
    pub fn exchange(&mut self, a: Obj<Slot>, cap_for_a: Cap, b: Obj<Slot>, cap_for_b: Cap) {
        let (a_next, a_previous) = (self[a].next, self[a].previous);
        let (b_next, b_previous) = (self[b].next, self[b].previous);
        let swap = |link: crate::mem::MarkedLink<Slot>| {
            let target = link.target().map(|target| match target {
                target if target == a => b,
                target if target == b => a,
                target => target,
            });
            link.with_target(target)
        };
        let slot_a = &mut self[a];
        (slot_a.cap, slot_a.next, slot_a.previous) = (cap_for_a, swap(b_next), swap(b_previous));
        let slot_b = &mut self[b];
        (slot_b.cap, slot_b.next, slot_b.previous) = (cap_for_b, swap(a_next), swap(a_previous));
        self.relink(a);
        self.relink(b);
    }

    /// Makes the neighbours of a slot point at it.
    fn relink(&mut self, slot: Obj<Slot>) {
        if let Some(next) = self[slot].next.target() {
            let next = &mut self[next];
            next.previous = next.previous.with_target(Some(slot));
        }
        if let Some(previous) = self[slot].previous.target() {
            let previous = &mut self[previous];
            previous.next = previous.next.with_target(Some(slot));
        }
    }

    /// Inserts the transferred or installed copy of `source` and says whether that was possible;
    /// used where a refusal is silent.
    pub(crate) fn copy_silently(&mut self, source: Obj<Slot>, to: Obj<Slot>) -> bool {
        let cap = self[source].cap;
        match self.derive(source, cap) {
            Ok(Cap::Null) | Err(_) => false,
            Ok(cap) => {
                self.insert(source, to, cap, Origin::Derived);
                true
            }
        }
    }
}

/// Whether a derived capability differs from its source so that it can be revoked by itself.
fn derived_differently(source: &Cap, derived: &Cap) -> bool {
    match (source, derived) {
        (Cap::Endpoint { badge: old, .. }, Cap::Endpoint { badge: new, .. })
        | (Cap::Notification { badge: old, .. }, Cap::Notification { badge: new, .. })
        | (Cap::Smc { badge: old }, Cap::Smc { badge: new }) => old != new,
        (_, Cap::Untyped { .. })
        | (Cap::IrqControl, Cap::IrqHandler { .. } | Cap::SgiSignal { .. }) => true,
        _ => false,
    }
}
