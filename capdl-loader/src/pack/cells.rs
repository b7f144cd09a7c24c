//! Capabilities that the loader needs besides those of the objects: pools, copies, interrupts.

use std::collections::HashMap;

use abi::Rights;
use layout::cap::Cap;
use layout::object::{Kind, Trigger};
use layout::{Model, ObjectId};
use packed::record::{self, Copies, CoreSignal, Interrupt, Pool, Spaces};
use packed::{Cell, System};

use super::numbering::{Numbering, pool_of};
use super::refusal;
use crate::Diagnostic;

/// Cells behind those of the objects.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    next: Cell,
    /// Pools, interrupts and signals by object.
    known: HashMap<ObjectId, Cell>,
    copies: Vec<Copies>,
    /// Copies with a badge or fewer rights, by what they are of.
    made: HashMap<(Cell, Rights, u64), Cell>,
}

impl Cells {
    pub(super) fn behind(numbering: &Numbering) -> Self {
        let next = Cell(numbering.total());
        Self { next, known: HashMap::new(), copies: Vec::new(), made: HashMap::new() }
    }

    /// The cell behind the last.
    pub(super) const fn end(&self) -> u32 {
        self.next.0
    }

    fn take(&mut self) -> Cell {
        let cell = self.next;
        self.next = cell.plus(1);
        cell
    }

    /// The cell of an object that is not made of memory.
    pub(super) fn known(&self, object: ObjectId) -> Option<Cell> {
        self.known.get(&object).copied()
    }

    /// Another capability to map a frame by.
    pub(super) fn second_view(&mut self, numbering: &Numbering, frame: Cell) -> Cell {
        self.copy(numbering, frame, Rights::ALL, 0)
    }

    /// The cell of a capability that may have a badge, and fewer rights than the object's first.
    pub(super) fn of(&mut self, numbering: &Numbering, cap: &Cap) -> Option<Cell> {
        let (object, rights, badge) = match *cap {
            Cap::Endpoint { object, rights, badge }
            | Cap::Notification { object, rights, badge } => (object, rights, badge.unwrap_or(0)),
            _ => (cap.object()?, Rights::ALL, 0),
        };
        if let Some(cell) = self.known(object) {
            return Some(cell);
        }
        let cell = Some(object).filter(|object| numbering.is_made(*object));
        let cell = cell.map(|object| numbering.cell(object))?;
        if rights == Rights::ALL && badge == 0 {
            return Some(cell);
        }
        let key = (cell, rights, badge);
        if let Some(made) = self.made.get(&key) {
            return Some(*made);
        }
        let made = self.copy(numbering, cell, rights, badge);
        self.made.insert(key, made);
        Some(made)
    }

    fn copy(&mut self, numbering: &Numbering, source: Cell, rights: Rights, badge: u64) -> Cell {
        let first = self.take();
        let goes_on = |last: &&mut Copies| {
            let alike = (last.rights, last.badge) == (rights, badge) && badge == 0;
            alike
                && last.source.plus(last.count) == source
                && last.first.plus(last.count) == first
                && numbering.are_of_one_run(last.source, source)
        };
        match self.copies.last_mut().filter(goes_on) {
            Some(last) => last.count += 1,
            None => self.copies.push(Copies { first, source, count: 1, rights, badge }),
        }
        first
    }

    /// Pools, and who gets names of them.
    pub(super) fn pools(&mut self, model: &Model, numbering: &Numbering, system: &mut System) {
        let mut placed = vec![false; model.objects.len()];
        for (id, object) in model.objects() {
            let Kind::AsidPool(pool) = &object.kind else { continue };
            let cell = (pool.high != Some(0)).then(|| {
                let cell = self.take();
                self.known.insert(id, cell);
                system.pools.push(Pool { memory: numbering.cell(id), pool: cell });
                cell
            });
            for space in pool.slots.iter().filter_map(|entry| entry.cap.object()) {
                placed[space.index()] = true;
                assign(system, cell, numbering.cell(space));
            }
        }
        let mut own = Vec::new();
        for memory in &numbering.pools {
            let pool = self.take();
            system.pools.push(Pool { memory: *memory, pool });
            own.push(pool);
        }
        let spaces = model.objects().filter(|(id, object)| {
            !placed[id.index()]
                && matches!(&object.kind, Kind::PageTable(table) if table.level == 0)
        });
        for (number, (space, _)) in spaces.enumerate() {
            let pool = pool_of(number).and_then(|index| own.get(index)).copied();
            assign(system, pool, numbering.cell(space));
        }
    }

    /// Copies, then interrupts and signals, whose notifications may be copies.
    pub(super) fn finish(
        &mut self,
        model: &Model,
        numbering: &Numbering,
        system: &mut System,
    ) -> Result<(), Diagnostic> {
        let mut interrupts = Vec::new();
        for (id, object) in model.objects() {
            let Kind::Irq(irq) = &object.kind else { continue };
            let number = irq.number.and_then(|number| u16::try_from(number).ok());
            let core = u8::try_from(irq.core).ok();
            let (Some(number), Some(core)) = (number, core) else {
                return Err(refusal(
                    object.span,
                    "an interrupt without a possible number and core",
                ));
            };
            let notification = irq.notification.and_then(|cap| self.of(numbering, &cap));
            let trigger = match irq.trigger {
                Trigger::Level => record::Trigger::Level,
                Trigger::Edge => record::Trigger::Edge,
            };
            interrupts.push((id, number, trigger, core, notification));
        }
        for (id, number, trigger, core, notification) in interrupts {
            let handler = self.take();
            self.known.insert(id, handler);
            system.interrupts.push(Interrupt { handler, number, trigger, core, notification });
        }
        for (id, object) in model.objects() {
            let Kind::CoreSignal(signal) = &object.kind else { continue };
            let parts = (u8::try_from(signal.number), u8::try_from(signal.core));
            let (Ok(number), Ok(core)) = parts else {
                return Err(refusal(object.span, "no such signal"));
            };
            let cell = self.take();
            self.known.insert(id, cell);
            system.core_signals.push(CoreSignal { cell, number, core });
        }
        system.copies = std::mem::take(&mut self.copies);
        Ok(())
    }
}

/// One more space for a pool.
fn assign(system: &mut System, pool: Option<Cell>, space: Cell) {
    match system.spaces.last_mut() {
        Some(last) if last.pool == pool && last.first.plus(last.count) == space => last.count += 1,
        _ => system.spaces.push(Spaces { pool, first: space, count: 1 }),
    }
}
