//! Deletion: what happens when capabilities, and with the last of them objects, go away.
//! (objects.md §4)
//!
//! Everything here runs in small steps between which the kernel is consistent, and never
//! recursively. An object that takes long to delete is first turned into a *zombie*, a capability
//! that only says what is left to do; a preempted deletion finds the zombie and goes on.
//!
//! # Nested containers
//!
//! A CNode in deletion may hold the last capability of another CNode, and so on, to any depth.
//! The inner container is then *parked*: it changes places with its own first slot, so that its
//! zombie stands inside itself and the outer deletion goes on with what had stood there. Parked
//! zombies are linked, with the slot where the deletion began, in a ring; when the first
//! container is empty, its slot takes over the next of the ring, until the ring is empty. A
//! parked zombie that a revocation meets is deleted in place and leaves the ring.

use crate::cap::{Cap, Remains};
use crate::kernel::{Kernel, Preempted};
use crate::mem::{Mem, Obj};
use crate::slot::Slot;
use crate::thread::{self, HELD_SLOTS, Thread};

/// Whether a deletion step left something to do.
#[derive(PartialEq, Eq)]
enum Progress {
    Done,
    More,
}

/// What the immediate effects of a deletion leave in the slot.
enum Left {
    /// A capability without further meaning.
    Nothing,
    /// An object that has to be taken apart.
    Remains(Remains),
    /// Another capability, which has to be deleted in turn.
    Another,
}

impl Kernel {
    /// Deletes all descendants of a slot's capability.
    ///
    /// # Errors
    /// [`Preempted`] between two steps.
    pub(crate) fn revoke(&mut self, slot: Obj<Slot>) -> Result<(), Preempted> {
        let revoked = self[slot].cap;
        while let Some(child) = self.first_child(slot) {
            // The slot itself may lie in a CNode that goes with the child. Its capability goes
            // some steps before its memory does.
            let mut stands = true;
            while self.delete_step(child) == Progress::More {
                stands = stands && self[slot].cap == revoked;
                self.preemption_point()?;
            }
            if !stands {
                return Ok(());
            }
            self.preemption_point()?;
        }
        Ok(())
    }

    /// Empties a slot; with the last capability of an object, the object goes.
    ///
    /// # Errors
    /// [`Preempted`] between two steps.
    pub(crate) fn delete(&mut self, slot: Obj<Slot>) -> Result<(), Preempted> {
        while self.delete_step(slot) == Progress::More {
            self.preemption_point()?;
        }
        Ok(())
    }

    /// Empties a slot if that is one short step, which stops and wakes no thread. Returns whether
    /// it is; if not, nothing has changed.
    pub(crate) fn delete_at_once(&mut self, slot: Obj<Slot>) -> bool {
        match self[slot].cap {
            Cap::Zombie(_) | Cap::VSpace { .. } => return false,
            Cap::Null => return true,
            Cap::Untyped { .. } => {}
            Cap::Page(page) => self.unmap_page(page),
            Cap::PageTable { .. } => return self.delete_step(slot) == Progress::Done,
            Cap::Endpoint { endpoint, .. } if self.nobody_waits(endpoint) => {}
            _ if self.is_final(slot) => return false,
            _ => {}
        }
        self.remove_for_good(slot);
        true
    }

    /// One step of the deletion of whatever stands in a slot.
    fn delete_step(&mut self, slot: Obj<Slot>) -> Progress {
        match self[slot].cap {
            Cap::Null => Progress::Done,
            Cap::Zombie(Remains::Slots { left, slots, .. }) => self.reduce(slot, left, slots),
            Cap::Zombie(Remains::Endpoint(_) | Remains::Notification(_)) => {
                if self.dismiss_one(slot) {
                    return Progress::More;
                }
                self.remove_last(slot);
                Progress::Done
            }
            _ => self.finalise_into(slot),
        }
    }

    /// Does the immediate effects of a deletion, and leaves in the slot what is still to do.
    fn finalise_into(&mut self, slot: Obj<Slot>) -> Progress {
        match self.finalise(slot) {
            Left::Nothing => {
                self.remove_for_good(slot);
                Progress::Done
            }
            Left::Remains(remains) => {
                self[slot].cap = Cap::Zombie(remains);
                Progress::More
            }
            // At once: nobody may find in this slot what stood in another. There is no third.
            Left::Another => self.delete_step(slot),
        }
    }

    /// Empties a slot; with the last capability of an object, the object goes.
    fn remove_for_good(&mut self, slot: Obj<Slot>) {
        if Mem::SHADOWED && self.is_final(slot) {
            self.remove_last(slot);
        } else {
            self.remove(slot);
        }
    }

    /// Empties a slot whose object goes with it.
    fn remove_last(&mut self, slot: Obj<Slot>) {
        let cap = self[slot].cap;
        let extent = if Mem::SHADOWED { self.extent(&cap) } else { None };
        self.remove(slot);
        let is_memory = matches!(cap, Cap::Untyped { .. } | Cap::Page(_));
        if let Some(extent) = extent
            && !is_memory
        {
            self.mem.retire(extent);
        }
    }

    /// Sends one thread away that waits for the object of a zombie. Returns whether there was one.
    fn dismiss_one(&mut self, slot: Obj<Slot>) -> bool {
        match self[slot].cap {
            Cap::Zombie(Remains::Endpoint(endpoint)) => self.dismiss_waiter(endpoint),
            Cap::Zombie(Remains::Notification(object)) => self.dismiss_notified(object),
            _ => false,
        }
    }

    /// The effects of a capability's deletion that are done at once.
    fn finalise(&mut self, slot: Obj<Slot>) -> Left {
        let last = self.is_final(slot);
        match self[slot].cap {
            Cap::Page(_) | Cap::VSpace { .. } | Cap::PageTable { .. } | Cap::AsidPool { .. } => {
                self.finalise_space(slot, last);
            }
            _ if !last => {}
            Cap::Endpoint { endpoint, .. } if self.nobody_waits(endpoint) => {}
            Cap::Endpoint { endpoint, .. } => return Left::Remains(Remains::Endpoint(endpoint)),
            Cap::Notification { notification, .. } => {
                self.unbind_all(notification);
                return Left::Remains(Remains::Notification(notification));
            }
            Cap::Reply { reply, .. } => self.finalise_reply(reply),
            Cap::Thread { thread } => {
                self.finalise_thread(thread);
                let slots = thread::held_slots(thread);
                return Left::Remains(Remains::Slots { object_bits: 11, left: HELD_SLOTS, slots });
            }
            Cap::CNode { radix, slots, .. } => {
                let object_bits = radix + 5;
                let left = 1u32.checked_shl(radix.into()).unwrap_or(u32::MAX);
                return Left::Remains(Remains::Slots { object_bits, left, slots });
            }
            Cap::SchedContext { context, .. } => self.finalise_sched_context(context),
            Cap::IrqHandler { irq } => return self.finalise_irq(slot, irq),
            _ => {}
        }
        Left::Nothing
    }

    /// An interrupt loses its handler; the capability to the notification that it was bound to
    /// takes the place of the handler, to be deleted in turn.
    fn finalise_irq(&mut self, slot: Obj<Slot>, irq: u32) -> Left {
        self.release_irq(irq);
        let Some(binding) = self.irqs.slot(irq) else { return Left::Nothing };
        let cap = self[binding].cap;
        if cap == Cap::Null {
            return Left::Nothing;
        }
        self.remove(slot);
        self.relocate(binding, slot, cap);
        Left::Another
    }

    /// Removes all that other objects know of a thread.
    fn finalise_thread(&mut self, thread: Obj<Thread>) {
        self.suspend(thread);
        self.unbind_notification(thread);
        if let Some(context) = self[thread].sched_context {
            self.unbind_thread(context);
            self.complete_yield(context);
        }
        for core in self.cores.iter_mut() {
            if core.current == Some(thread) {
                core.current = None;
            }
            if core.loaded == Some(thread) {
                core.loaded = None;
            }
            if core.fpu_holder == Some(thread) {
                core.fpu_holder = None;
            }
        }
    }

    /// One step of emptying a container whose zombie stands in `slot`.
    fn reduce(&mut self, slot: Obj<Slot>, left: u32, slots: Obj<Slot>) -> Progress {
        let parked = slot == slots;
        if left == u32::from(parked) {
            return self.finish_container(slot, parked);
        }
        let inner = slots.nth(left - 1);
        let cap = self[inner].cap;
        match cap {
            Cap::Null => self.set_left(slot, left - 1),
            Cap::Zombie(Remains::Slots { left: 0, .. }) => {
                self.finish_container(inner, false);
            }
            Cap::Zombie(Remains::Slots { slots: its, .. }) => self.park(slot, inner, its),
            Cap::Zombie(_) if self.dismiss_one(inner) => {}
            Cap::Zombie(_) => self.remove_last(inner),
            _ => {
                self.finalise_into(inner);
            }
        }
        Progress::More
    }

    fn set_left(&mut self, slot: Obj<Slot>, now_left: u32) {
        if let Cap::Zombie(Remains::Slots { left, .. }) = &mut self[slot].cap {
            *left = now_left;
        }
    }

    /// Parks the container whose zombie stands in `inner`: the zombie goes into the container's
    /// own first slot, and what stood there into `inner`. A container that holds its own last
    /// capability (`slot` is `inner`) is met again in its first slot by the revocation that
    /// deletes it, since nobody else can reach it.
    fn park(&mut self, slot: Obj<Slot>, inner: Obj<Slot>, slots: Obj<Slot>) {
        let (zombie, first) = (self[inner].cap, self[slots].cap);
        let ring = (self[inner].ring_next, self[inner].ring_previous);
        if first == Cap::Null {
            self.relocate(inner, slots, zombie);
        } else {
            self.exchange(inner, first, slots, zombie);
            let (next, previous) = (self[slots].ring_next, self[slots].ring_previous);
            self.set_ring(inner, next, previous);
        }
        self.set_ring(slots, ring.0, ring.1);
        if slot != inner {
            self.join_rings(slot, slots);
        }
    }

    /// The container of a zombie in `slot` is empty: the zombie goes, and unless it was parked,
    /// the next container of its ring takes the slot.
    fn finish_container(&mut self, slot: Obj<Slot>, parked: bool) -> Progress {
        let next = self.leave_ring(slot);
        self.remove_last(slot);
        match next {
            Some(next) if !parked => {
                let zombie = self[next].cap;
                let ring = (self[next].ring_next, self[next].ring_previous);
                self.relocate(next, slot, zombie);
                self.set_ring(slot, ring.0, ring.1);
                Progress::More
            }
            _ => Progress::Done,
        }
    }

    /// Puts a slot into the ring position of another, or out of any ring.
    fn set_ring(&mut self, slot: Obj<Slot>, next: Option<Obj<Slot>>, previous: Option<Obj<Slot>>) {
        self[slot].ring_next = next;
        self[slot].ring_previous = previous;
        if let Some(next) = next {
            self[next].ring_previous = Some(slot);
        }
        if let Some(previous) = previous {
            self[previous].ring_next = Some(slot);
        }
    }

    /// Joins the rings of two zombies; a slot that is in no ring is a ring by itself.
    fn join_rings(&mut self, a: Obj<Slot>, b: Obj<Slot>) {
        let a_next = self[a].ring_next.unwrap_or(a);
        let b_last = self[b].ring_previous.unwrap_or(b);
        self[a].ring_next = Some(b);
        self[b].ring_previous = Some(a);
        self[b_last].ring_next = Some(a_next);
        self[a_next].ring_previous = Some(b_last);
    }

    /// Takes a zombie out of its ring. Returns the next of the ring, if it was not alone.
    fn leave_ring(&mut self, slot: Obj<Slot>) -> Option<Obj<Slot>> {
        let next = self[slot].ring_next.take();
        let previous = self[slot].ring_previous.take();
        let (next, previous) = (next.filter(|next| *next != slot)?, previous?);
        if next == previous {
            self[next].ring_next = None;
            self[next].ring_previous = None;
        } else {
            self[previous].ring_next = Some(next);
            self[next].ring_previous = Some(previous);
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use abi::bootinfo::slot;
    use abi::{Invocation, ObjectType};

    use crate::cap::Cap;
    use crate::sim::System;

    #[test]
    fn a_deleted_handler_does_not_show_its_notification() {
        let mut system = System::new();
        let (handler, object) = (system.free_slot(), system.make(ObjectType::Notification, 0));
        let get = Invocation::IrqControlGet;
        let answer = system.invoke(slot::IRQ_CONTROL, get, &[40, handler, 64], &[slot::CNODE]);
        assert_eq!(answer, Ok([].into()));
        let bind = Invocation::IrqHandlerSetNotification;
        assert_eq!(system.invoke(handler, bind, &[], &[object]), Ok([].into()));
        assert_eq!(system.delete_slot(object), Ok([].into()));
        let place = system.slot(handler);
        system.delete_step(place);
        assert!(matches!(system.cap(handler), Cap::Zombie(_)), "{:?}", system.cap(handler));
        assert_eq!(system.delete(place), Ok(()));
        assert_eq!(system.cap(handler), Cap::Null);
    }
}
