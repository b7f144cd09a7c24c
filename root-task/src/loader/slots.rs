//! The capabilities of the system, and the end of those that nobody keeps.

use alloc::vec::Vec;

use libsys::object::Budget;
use libsys::{Badge, Cap, Error, GuardWord, SlotPath, initial};
use packed::record::{How, Slot};
use packed::{Cell, Origin};

use super::threads::share;
use super::{Loader, Stop, cells};

impl Loader {
    /// Fills all slots: copies, then what is moved, then what is derived from those.
    pub(super) fn put_capabilities(&self) -> Result<(), Stop> {
        if self.put_all(How::Copied)? {
            self.put_all(How::Moved)?;
        }
        for row in self.image.layout.derived.rows() {
            let to = self.slot(row.node, row.slot);
            let from = self.slot(row.parent_node, row.parent_slot);
            let made = match row.data {
                0 => to.copy_from(from, row.rights),
                data => to.mint_from(from, row.rights, Badge(data)),
            };
            made.map_err(self.refused("deriving a capability", row.node))?;
        }
        Ok(())
    }

    /// Fills the slots that are filled this way; says whether there are others.
    fn put_all(&self, how: How) -> Result<bool, Stop> {
        let mut others = false;
        // Slots ascend by node.
        let mut last = None;
        for (row, slot) in (0..).zip(self.image.layout.slots.rows()) {
            if slot.how != how {
                others = true;
                continue;
            }
            let (root, bits) = match last {
                Some((node, found)) if node == slot.node => found,
                _ => self.node(slot.node),
            };
            last = Some((slot.node, (root, bits)));
            let to = SlotPath::with_depth(root, slot.slot.into(), bits);
            self.put_into(to, &slot).map_err(|error| Stop::SlotRefused { row, error })?;
        }
        Ok(others)
    }

    /// Puts a capability that is no child of another slot's.
    pub(crate) fn put(&self, slot: &Slot) -> Result<(), Error> {
        self.put_into(self.slot(slot.node, slot.slot), slot)
    }

    fn put_into(&self, to: SlotPath, slot: &Slot) -> Result<(), Error> {
        let from = self.origin(slot.origin);
        match (slot.how, slot.data) {
            (How::Copied, 0) => to.copy_from(from, slot.rights),
            // The word of a guard is minted like a badge.
            (How::Copied, data) => to.mint_from(from, slot.rights, Badge(data)),
            (How::Moved, 0) => to.move_from(from),
            (How::Moved, guard) => to.mutate_from(from, GuardWord::from_word(guard)),
            (How::Derived, _) => Ok(()),
        }
    }

    /// A slot of a CNode of the system.
    #[must_use]
    pub fn slot(&self, node: Cell, slot: u32) -> SlotPath {
        let (root, bits) = self.node(node);
        SlotPath::with_depth(root, slot.into(), bits)
    }

    fn origin(&self, origin: Origin) -> SlotPath {
        SlotPath::new(initial::CNODE, self.origin_slot(origin))
    }

    /// The loader's slot with the capability that a row names.
    fn origin_slot(&self, origin: Origin) -> u64 {
        match origin {
            Origin::Cell(cell) => self.base + u64::from(cell.0),
            Origin::IrqControl => initial::IRQ_CONTROL.pointer(),
            Origin::AsidControl => initial::ASID_CONTROL.pointer(),
            Origin::DomainControl => initial::DOMAIN.pointer(),
            Origin::SecureMonitor => initial::SMC.pointer(),
            Origin::SchedControl(core) => {
                let control = initial::sched_control(self.boot, core.into());
                control.map_or(0, Cap::pointer)
            }
        }
    }

    /// Deletes what nobody may have once the system runs: control over interrupts, address spaces,
    /// domains and the firmware, and the loader's own capabilities to what others have now.
    /// Pools of names stay: with their last capability the names would go, and the spaces with
    /// them.
    pub(super) fn drop_capabilities(&self) -> Result<(), Stop> {
        self.drop_controls(&[
            initial::IRQ_CONTROL.pointer(),
            initial::ASID_CONTROL.pointer(),
            initial::DOMAIN.pointer(),
            initial::SMC.pointer(),
        ])?;
        for row in self.image.layout.dropped.rows() {
            for cell in cells(row.first, row.count) {
                self.path(cell).delete().map_err(self.refused("dropping", cell))?;
            }
        }
        Ok(())
    }

    /// Gives up control over time. The loader keeps what the layout gives it as supervisor.
    pub(super) fn drop_time(&self) -> Result<(), Stop> {
        let refused = || self.refused("taking its own time", Cell(u32::MAX));
        let core = initial::sched_control(self.boot, self.boot.node_id).unwrap_or(Cap::NULL);
        let own = self.image.layout.supervisor.rows().next();
        if let Some(own) = own {
            let time = Budget { sporadic: true, ..share(own.budget, own.period) };
            core.configure(initial::SCHED_CONTEXT, time).map_err(refused())?;
        }
        let controls: Vec<u64> = self.boot.sched_control.slots().collect();
        self.drop_controls(&controls)?;
        // From here on others may keep it from running.
        let priority = own.map_or(abi::MAX_PRIORITY, |own| own.priority);
        initial::THREAD.set_priority(initial::THREAD, priority).map_err(refused())
    }

    /// Deletes those that no component gets again.
    fn drop_controls(&self, controls: &[u64]) -> Result<(), Stop> {
        let renewed = self.renewed_controls();
        for slot in controls.iter().filter(|slot| !renewed.contains(slot)) {
            let path = SlotPath::new(initial::CNODE, *slot);
            path.delete().map_err(self.refused("dropping a control", Cell(u32::MAX)))?;
        }
        Ok(())
    }

    /// The slots of controls that a component gets again when it is started again.
    fn renewed_controls(&self) -> Vec<u64> {
        let spaces: Vec<Cell> =
            self.image.layout.recipes.rows().filter_map(|row| row.cspace).collect();
        if spaces.is_empty() {
            return Vec::new();
        }
        let rows = self.image.layout.slots.rows();
        let controls = rows.filter(|row| {
            let is_control = !matches!(row.origin, Origin::Cell(_));
            is_control && row.how == How::Copied && spaces.contains(&row.node)
        });
        controls.map(|row| self.origin_slot(row.origin)).collect()
    }
}
