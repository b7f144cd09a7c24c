//! What leads where because of one fact.
//!
//! These rules say the same as those that the search uses, in other words; a test compares them.

use abi::Rights;

use crate::fact::{Fact, Held};
use crate::point::{Machine, Point, Points};

/// What gets from point to point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Relation {
    /// Whoever controls the first can come to control, or use, the second.
    Authority,
    /// What happens at the first can be noticed at the second.
    Flow,
}

/// Rights of which one is needed for a call.
const CALL: Rights = Rights::GRANT.or(Rights::GRANT_REPLY);

/// Where the rules say that something leads.
pub(crate) struct Rules<F> {
    /// How points are numbered.
    pub(crate) points: Points,
    /// Told of every pair of points.
    pub(crate) lead: F,
}

impl<F: FnMut(Point, Point)> Rules<F> {
    fn both(&mut self, one: Point, other: Point) {
        (self.lead)(one, other);
        (self.lead)(other, one);
    }

    /// From `one` to `other` if there is a right.
    fn only_if(&mut self, condition: bool, one: Point, other: Point) {
        if condition {
            (self.lead)(one, other);
        }
    }

    /// All that one fact leads to.
    pub(crate) fn fact(&mut self, fact: Fact, relation: Relation) {
        let points = self.points;
        let (at, behind) = (|o| points.object(o), |o| points.behind(o));
        let once = |what| points.machine(what);
        let flows = relation == Relation::Flow;
        match fact {
            Fact::Object(object) => {
                (self.lead)(once(Machine::MemoryIn), at(object));
                (self.lead)(once(Machine::MemoryIn), behind(object));
                self.only_if(flows, at(object), once(Machine::MemoryOut));
                self.only_if(flows, behind(object), once(Machine::MemoryOut));
            }
            Fact::Slot { node, cap } if flows => self.slot_flow(at(node), cap),
            Fact::Slot { node, cap } => self.slot_authority(node, cap),
            Fact::Role { thread, cap } if flows => self.role_flow(at(thread), cap),
            Fact::Role { thread, cap } => self.role_authority(at(thread), cap),
            Fact::Entry { table, cap, is_relied_on } => {
                self.entry(at(table), cap, is_relied_on, flows);
            }
            Fact::Irq { irq, signals } => {
                (self.lead)(once(Machine::IrqControl), at(irq));
                self.only_if(flows, at(irq), once(Machine::Interrupts));
                signals.into_iter().for_each(|bell| self.only_if(flows, at(irq), at(bell)));
            }
            Fact::Raises { signal, irq } => self.only_if(flows, at(signal), at(irq)),
            Fact::Tells { thread, notification } => {
                self.only_if(flows, at(thread), at(notification));
            }
            Fact::Halts { thread, by } => {
                self.only_if(flows, at(thread), at(by));
                self.only_if(flows, at(by), once(Machine::Power));
            }
            Fact::Answers { reply, endpoint } => {
                self.only_if(flows, at(reply), behind(endpoint));
                self.only_if(flows, at(endpoint), at(reply));
                self.only_if(!flows, at(endpoint), behind(reply));
            }
            Fact::Runs { thread } => self.only_if(flows, once(Machine::Power), at(thread)),
            Fact::Inside { untyped, object } => {
                self.only_if(flows, at(untyped), at(object));
                self.only_if(flows, at(untyped), behind(object));
            }
            Fact::Derived { parent, child } => self.only_if(flows, at(parent), at(child)),
            Fact::Overlap { one, other } => {
                self.both(at(one), at(other));
                self.both(behind(one), behind(other));
            }
            Fact::Registers { .. } | Fact::Accesses { .. } | Fact::Unconfined { .. } => {
                self.device(fact, flows);
            }
        }
    }

    /// What a fact about a device leads to.
    fn device(&mut self, fact: Fact, flows: bool) {
        let points = self.points;
        let (at, behind) = (|o| points.object(o), |o| points.behind(o));
        let once = |what| points.machine(what);
        match fact {
            Fact::Registers { device, frame } => {
                self.both(at(frame), points.device(device));
                self.only_if(!flows, points.device(device), behind(frame));
            }
            Fact::Accesses { device, frame } => {
                (self.lead)(points.device(device), at(frame));
                self.only_if(flows, at(frame), points.device(device));
                self.only_if(!flows, points.device(device), behind(frame));
            }
            Fact::Unconfined { device } => {
                (self.lead)(points.device(device), points.dma(device));
                (self.lead)(points.dma(device), once(Machine::MemoryIn));
                self.only_if(flows, points.dma(device), points.device(device));
                self.only_if(flows, once(Machine::MemoryOut), points.dma(device));
            }
            _ => (),
        }
    }

    /// What a capability in a slot of `node` lets through.
    fn slot_flow(&mut self, node: Point, cap: Held) {
        let points = self.points;
        let (at, behind) = (|o| points.object(o), |o| points.behind(o));
        let can = |rights: Rights, right| rights.contains(right);
        match cap {
            Held::Endpoint(object, rights) => {
                self.only_if(can(rights, Rights::WRITE), behind(object), node);
                self.only_if(can(rights, Rights::READ), at(object), node);
                self.only_if(rights.intersects(Rights::READ_WRITE), node, at(object));
                self.only_if(can(rights, Rights::READ), node, behind(object));
            }
            Held::Notification(object, rights) => {
                self.only_if(rights.intersects(Rights::READ_WRITE), node, at(object));
                self.only_if(can(rights, Rights::READ), at(object), node);
            }
            Held::Frame(object, rights) => {
                self.only_if(can(rights, Rights::WRITE), node, at(object));
                self.only_if(can(rights, Rights::READ), at(object), node);
            }
            Held::CoreSignal(object) => (self.lead)(node, at(object)),
            Held::Untyped(object)
            | Held::Reply(object, _)
            | Held::CNode(object)
            | Held::CSpace(object)
            | Held::Thread(object)
            | Held::SchedContext(object)
            | Held::PageTable(object)
            | Held::AsidPool(object)
            | Held::Irq(object) => self.both(node, at(object)),
            Held::IrqControl => {
                (self.lead)(node, points.machine(Machine::IrqControl));
                self.both(node, points.machine(Machine::Interrupts));
            }
            Held::AsidControl => self.both(node, points.machine(Machine::AsidControl)),
            Held::SecureMonitor => self.both(node, points.machine(Machine::Firmware)),
            Held::SchedControl | Held::DomainControl => (),
        }
    }

    /// What a capability in a slot of `node` gives authority over.
    fn slot_authority(&mut self, node: u32, cap: Held) {
        let points = self.points;
        let (at, behind) = (|o| points.object(o), |o| points.behind(o));
        let (holder, hands_out) = (at(node), behind(node));
        match cap {
            Held::Endpoint(object, rights) => {
                let writes = rights.contains(Rights::WRITE);
                let reads = rights.contains(Rights::READ);
                self.only_if(writes && rights.intersects(CALL), holder, at(object));
                self.only_if(writes && rights.contains(Rights::GRANT), behind(object), holder);
                self.only_if(reads, holder, behind(object));
                self.only_if(reads, at(object), hands_out);
            }
            Held::Notification(object, rights) | Held::Frame(object, rights) => {
                self.only_if(rights.contains(Rights::WRITE), holder, at(object));
                self.only_if(rights.contains(Rights::READ), holder, behind(object));
            }
            Held::Reply(object, rights) => {
                (self.lead)(holder, at(object));
                (self.lead)(hands_out, behind(object));
                self.only_if(rights.contains(Rights::GRANT), behind(object), holder);
            }
            Held::Untyped(object) => {
                (self.lead)(holder, at(object));
                (self.lead)(hands_out, holder);
            }
            Held::CNode(object) => {
                (self.lead)(holder, at(object));
                if object != node {
                    // Where the endpoint and where the reply object lies no longer tells.
                    (self.lead)(hands_out, holder);
                    (self.lead)(behind(object), at(object));
                    self.both(hands_out, behind(object));
                }
            }
            Held::CSpace(object)
            | Held::Thread(object)
            | Held::SchedContext(object)
            | Held::PageTable(object)
            | Held::AsidPool(object)
            | Held::Irq(object)
            | Held::CoreSignal(object) => (self.lead)(holder, at(object)),
            Held::IrqControl => (self.lead)(holder, points.machine(Machine::IrqControl)),
            Held::AsidControl => (self.lead)(holder, points.machine(Machine::AsidControl)),
            Held::SchedControl => (self.lead)(holder, points.machine(Machine::SchedControl)),
            Held::DomainControl => (self.lead)(holder, points.machine(Machine::DomainControl)),
            Held::SecureMonitor => (self.lead)(holder, points.machine(Machine::Firmware)),
        }
    }

    fn role_flow(&mut self, thread: Point, cap: Held) {
        match cap {
            Held::Endpoint(object, _) => {
                (self.lead)(thread, self.points.object(object));
                (self.lead)(self.points.behind(object), thread);
            }
            Held::Notification(object, _) => self.both(thread, self.points.object(object)),
            _ => self.slot_flow(thread, cap),
        }
    }

    fn role_authority(&mut self, thread: Point, cap: Held) {
        let points = self.points;
        match cap {
            Held::CNode(object) => (self.lead)(thread, points.object(object)),
            Held::PageTable(object) => self.both(thread, points.object(object)),
            // The answer to a fault sets registers.
            Held::Endpoint(object, _) => (self.lead)(points.behind(object), thread),
            Held::Frame(object, rights) => {
                self.only_if(rights.contains(Rights::WRITE), thread, points.object(object));
                self.only_if(rights.contains(Rights::READ), thread, points.behind(object));
            }
            Held::Notification(object, _) => (self.lead)(thread, points.behind(object)),
            _ => (),
        }
    }

    fn entry(&mut self, table: Point, cap: Held, is_relied_on: bool, flows: bool) {
        let points = self.points;
        match cap {
            Held::PageTable(object) => self.both(table, points.object(object)),
            Held::Frame(object, rights) => {
                let frame = points.object(object);
                let reads = rights.contains(Rights::READ);
                self.only_if(rights.contains(Rights::WRITE), table, frame);
                self.only_if(flows && reads, frame, table);
                self.only_if(!flows && reads, table, points.behind(object));
                self.only_if(!flows && is_relied_on, frame, table);
            }
            _ => (),
        }
    }
}
