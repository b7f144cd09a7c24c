//! Deletion. (objects.md §4)

use crate::cap::{Address, Cap};
use crate::model::Model;
use crate::slots::{Holder, SlotName};

impl Model {
    /// Deletes all descendants.
    pub(crate) fn revoke(&mut self, slot: SlotName) {
        while let Some(child) = self.slots.first_child(slot) {
            self.delete(child);
        }
    }

    /// Empties a slot. With the last capability to an object, the object goes, and with that
    /// what it holds.
    pub(crate) fn delete(&mut self, slot: SlotName) {
        let mut doomed = vec![slot];
        while let Some(slot) = doomed.pop() {
            let Some(cap) = self.slots.get(slot) else { continue };
            if let Cap::Page { .. } = cap {
                self.forget_mapping(cap);
            }
            if self.slots.is_final(slot) {
                doomed.extend(self.destroy(cap));
            }
            self.slots.remove(slot);
        }
    }

    /// A thread goes. (objects.md §4, "TCB")
    fn destroy_thread(&mut self, thread: Address) {
        if let Some(context) = self.context_of(thread) {
            self.unbind_thread(context);
            self.complete_yield(context);
        }
        self.suspend(thread);
        self.threads.remove(&thread);
        if self.scheduler.current == Some(thread) {
            self.scheduler.current = None;
        }
    }

    /// Ends an object; the slots that it held are to be deleted. (objects.md §4, the table)
    fn destroy(&mut self, cap: Cap) -> Vec<SlotName> {
        match cap {
            Cap::CNode { object, .. } => {
                self.nodes.remove(&object);
                return self.slots.of(Holder::CNode(object)).collect();
            }
            Cap::Endpoint { object, .. } => {
                let waiters = self.endpoints.get(&object).cloned().unwrap_or_default();
                self.send_all_away(&waiters);
                self.endpoints.remove(&object);
            }
            Cap::Reply { object, .. } => self.destroy_reply(object),
            Cap::SchedContext { object, .. } => self.destroy_context(object),
            Cap::Thread { object } => {
                self.destroy_thread(object);
                return self.slots.of(Holder::Thread(object)).collect();
            }
            Cap::Notification { object, .. } => {
                for thread in self.threads.values_mut() {
                    thread.notification.take_if(|bound| *bound == object);
                }
                let known = self.notifications.get(&object);
                let waiters = known.map(|known| known.waiters.clone()).unwrap_or_default();
                self.send_all_away(&waiters);
                self.notifications.remove(&object);
            }
            Cap::IrqHandler { irq } => {
                self.interrupts.remove(&irq);
                return vec![Self::irq_slot(irq)];
            }
            Cap::VSpace { object, asid } => {
                self.release_asid(asid, object);
                self.tables.remove(object);
            }
            Cap::PageTable { object, mapping } => {
                if let Some(mapping) = mapping {
                    self.unmap_table(mapping, object);
                }
                self.tables.remove(object);
            }
            Cap::AsidPool { object, index } => self.remove_pool(index, object),
            _ => {}
        }
        Vec::new()
    }
}
