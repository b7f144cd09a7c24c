//! A small interrupt controller: masks, triggers, routing, pending and active states.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::Trigger;

/// Interrupts below this exist once per core.
const PRIVATE: u32 = 32;
/// Software-generated interrupts are below this and always edge-triggered.
const SOFTWARE: u32 = 16;

/// An interrupt and the core it belongs to; shared interrupts belong to core 0 here.
type Line = (u32, usize);

/// The state of all interrupt lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Interrupts {
    enabled: BTreeSet<Line>,
    asserted: BTreeSet<Line>,
    active: BTreeSet<Line>,
    edge: BTreeSet<u32>,
    route: BTreeMap<u32, usize>,
}

impl Interrupts {
    /// Assert an interrupt: raise its line, or note its edge.
    pub(super) fn assert(&mut self, irq: u32, core: usize) {
        self.asserted.insert(line(irq, core));
    }

    /// Lower the line again.
    pub(super) fn release(&mut self, irq: u32, core: usize) {
        self.asserted.remove(&line(irq, core));
    }

    /// Deliver or stop delivering.
    pub(super) fn enable(&mut self, irq: u32, core: usize, enabled: bool) {
        if enabled {
            self.enabled.insert(line(irq, core));
        } else {
            self.enabled.remove(&line(irq, core));
        }
    }

    /// Whether the interrupt may be delivered.
    pub(super) fn is_enabled(&self, irq: u32, core: usize) -> bool {
        self.enabled.contains(&line(irq, core))
    }

    /// Choose level or edge.
    pub(super) fn set_trigger(&mut self, irq: u32, trigger: Trigger) {
        match trigger {
            Trigger::Edge => self.edge.insert(irq),
            Trigger::Level => self.edge.remove(&irq),
        };
    }

    /// Whether level or edge is chosen.
    pub(super) fn trigger(&self, irq: u32) -> Trigger {
        let edge = irq < SOFTWARE || self.edge.contains(&irq);
        if edge { Trigger::Edge } else { Trigger::Level }
    }

    /// Send a shared interrupt to `core`.
    pub(super) fn set_route(&mut self, irq: u32, core: usize) {
        self.route.insert(irq, core);
    }

    /// The core that a shared interrupt is sent to.
    pub(super) fn route(&self, irq: u32) -> usize {
        self.route.get(&irq).copied().unwrap_or(0)
    }

    /// The lowest-numbered interrupt that `core` could claim.
    pub(super) fn pending(&self, core: usize) -> Option<u32> {
        let mine = |irq| if irq < PRIVATE { core } else { 0 };
        let candidates = self.asserted.iter().filter(|(irq, owner)| *owner == mine(*irq));
        candidates
            .filter(|(irq, _)| *irq < PRIVATE || self.route(*irq) == core)
            .filter(|each| self.enabled.contains(each) && !self.active.contains(each))
            .map(|(irq, _)| *irq)
            .min()
    }

    /// Claim what [`Self::pending`] says; an edge is used up by it.
    pub(super) fn claim(&mut self, core: usize) -> Option<u32> {
        let irq = self.pending(core)?;
        self.active.insert(line(irq, core));
        if self.trigger(irq) == Trigger::Edge {
            self.release(irq, core);
        }
        Some(irq)
    }

    /// Finish a claimed interrupt.
    ///
    /// # Panics
    /// If the interrupt is not active: hardware leaves that unpredictable.
    pub(super) fn complete(&mut self, irq: u32, core: usize) {
        let was_active = self.active.remove(&line(irq, core));
        assert!(was_active, "completed interrupt {irq} on core {core} without claiming it");
    }
}

/// The key of an interrupt as seen by `core`.
fn line(irq: u32, core: usize) -> Line {
    (irq, if irq < PRIVATE { core } else { 0 })
}
