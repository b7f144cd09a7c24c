//! The edges of data flow: what happens at the first point can be noticed at the second.

use certificate::Point;
use certificate::point::Machine;
use layout::cap::{Cap, Entry};
use layout::names::{GiveUp, Region, RegionKind};
use layout::object::{Kind, Object};
use layout::thread::{Role, Thread};
use layout::{Model, ObjectId, Rights, Span};

use super::facts;
use super::graph::Weaver;
use super::party::Parties;
use super::why::Why;

const INSIDE: [Why; 2] = [Why::Structure; 2];
const CONTROL: [Why; 2] = [Why::Controls, Why::IsControlledBy];
const USE: [Why; 2] = [Why::Uses, Why::IsUsedBy];

/// Adds all of them but those of [`Graph::memory`](super::graph::Graph).
pub(super) fn weave(model: &Model, parties: &Parties, weaver: &mut Weaver) {
    let is_cspace = facts::cspaces(model);
    for (id, object) in model.objects() {
        weaver.object(id, object, &is_cspace);
    }
    let points = weaver.points;
    for derivation in &model.derivations {
        let (parent, child) = (derivation.parent.node, derivation.child.node);
        let (parent, child) = (points.object(parent.0), points.object(child.0));
        weaver.add(parent, Why::CanRevoke, child, derivation.span);
    }
    for (signal, irq) in facts::raised(model) {
        let span = model[signal].span;
        weaver.add(points.object(signal.0), Why::Raises, points.object(irq.0), span);
    }
    weaver.restarts(model);
    for (reply, endpoint) in facts::answers(model, parties) {
        let (reply, span) = (points.object(reply.0), model[reply].span);
        weaver.add(reply, Why::AnswersAt, points.behind(endpoint.0), span);
        weaver.add(points.object(endpoint.0), Why::HasCallersIn, reply, span);
    }
    for (one, other) in facts::overlaps(model) {
        for (from, to) in [
            (points.object(one.0), points.object(other.0)),
            (points.behind(one.0), points.behind(other.0)),
        ] {
            weaver.pair(from, [Why::IsPartly; 2], to, model[other].span);
        }
    }
    for (region, id) in model.regions.iter().zip(0..) {
        weaver.region(region, id);
    }
}

impl Weaver {
    fn object(&mut self, id: ObjectId, object: &Object, is_cspace: &[bool]) {
        let points = self.points;
        let here = points.object(id.0);
        if let Some(untyped) = object.inside {
            for end in [here, points.behind(id.0)] {
                self.add(points.object(untyped.0), Why::CanDestroy, end, object.span);
            }
        }
        match &object.kind {
            Kind::CNode(node) => node.slots.iter().for_each(|entry| match entry.cap {
                Cap::CNode { object, .. } if object != id && is_cspace[object.index()] => {
                    self.pair(here, CONTROL, points.object(object.0), entry.span);
                }
                _ => self.slot(here, entry),
            }),
            Kind::PageTable(table) => table.slots.iter().for_each(|entry| self.entry(here, entry)),
            Kind::Thread(thread) => {
                self.thread(here, thread);
                self.add(points.machine(Machine::Power), Why::StopsWith, here, object.span);
            }
            Kind::Irq(irq) => {
                let control = points.machine(Machine::IrqControl);
                self.add(control, Why::MayTake, here, object.span);
                let all = points.machine(Machine::Interrupts);
                self.add(here, Why::IsAmong, all, object.span);
                if let Some(bell) = irq.notification.as_ref().and_then(Cap::object) {
                    self.add(here, Why::Signals, points.object(bell.0), object.span);
                }
            }
            _ => (),
        }
    }

    /// What others notice when a component is restarted, or no longer is.
    fn restarts(&mut self, model: &Model) {
        let points = self.points;
        for (thread, restart) in facts::restarted(model) {
            let here = points.object(thread.0);
            for bell in restart.tells.iter().filter_map(Cap::object) {
                self.add(here, Why::TellsByRestart, points.object(bell.0), restart.span);
            }
            if restart.then == GiveUp::Halt {
                let manager = points.object(facts::manager(model, thread).0);
                let machine = points.machine(Machine::Power);
                self.add(here, Why::FailsUnder, manager, restart.span);
                self.add(manager, Why::HaltsIfLost, machine, restart.span);
            }
        }
    }

    /// What a capability in a slot of `node` lets through.
    fn slot(&mut self, node: Point, entry: &Entry) {
        let (points, span) = (self.points, entry.span);
        let (at, behind) = (|o: ObjectId| points.object(o.0), |o: ObjectId| points.behind(o.0));
        match entry.cap {
            Cap::Endpoint { object, rights, .. } => {
                if rights.contains(Rights::WRITE) {
                    self.add(node, Why::Sends, at(object), span);
                    self.add(behind(object), Why::IsAnsweredTo, node, span);
                }
                if rights.contains(Rights::READ) {
                    // Who takes a message leaves none for other receivers.
                    self.pair(node, [Why::TakesMessages, Why::IsReceivedBy], at(object), span);
                    self.add(node, Why::Answers, behind(object), span);
                }
            }
            Cap::Notification { object, rights, .. } => {
                let signals = rights.contains(Rights::WRITE);
                self.add_if(signals, node, Why::Signals, (at(object), span));
                if rights.contains(Rights::READ) {
                    self.pair(node, [Why::Takes, Why::Wakes], at(object), span);
                }
            }
            Cap::Frame { object, rights, .. } => self.memory(node, at(object), rights, span),
            Cap::CoreSignal(object) => self.add(node, Why::Signals, at(object), span),
            Cap::CNode { object, .. } => self.pair(node, INSIDE, at(object), span),
            Cap::Thread(object) | Cap::PageTable(object) => {
                self.pair(node, CONTROL, at(object), span);
            }
            Cap::Untyped(object)
            | Cap::Reply { object, .. }
            | Cap::SchedContext(object)
            | Cap::AsidPool(object)
            | Cap::Irq(object) => self.pair(node, USE, at(object), span),
            Cap::IrqControl => {
                self.add(node, Why::Has, points.machine(Machine::IrqControl), span);
                self.pair(node, USE, points.machine(Machine::Interrupts), span);
            }
            Cap::AsidControl => self.pair(node, USE, points.machine(Machine::AsidControl), span),
            Cap::SecureMonitor { .. } => {
                self.pair(node, USE, points.machine(Machine::Firmware), span);
            }
            Cap::SchedControl { .. } | Cap::DomainControl => (),
        }
    }

    fn memory(&mut self, who: Point, frame: Point, rights: Rights, span: Span) {
        self.add_if(rights.contains(Rights::WRITE), who, Why::Writes, (frame, span));
        self.add_if(rights.contains(Rights::READ), frame, Why::IsReadBy, (who, span));
    }

    fn entry(&mut self, table: Point, entry: &Entry) {
        match entry.cap {
            Cap::PageTable(child) => {
                self.pair(table, INSIDE, self.points.object(child.0), entry.span);
            }
            Cap::Frame { object, rights, .. } => {
                self.memory(table, self.points.object(object.0), rights, entry.span);
            }
            _ => (),
        }
    }

    fn thread(&mut self, here: Point, thread: &Thread) {
        for entry in &thread.roles {
            let span = entry.span;
            let (at, behind) =
                (|o: ObjectId| self.points.object(o.0), |o: ObjectId| self.points.behind(o.0));
            match (entry.role, entry.cap) {
                (_, Cap::CNode { object, .. }) | (Role::VSpace, Cap::PageTable(object)) => {
                    self.pair(here, INSIDE, at(object), span);
                }
                (_, Cap::Endpoint { object, .. }) => {
                    let (clients, servers) = (at(object), behind(object));
                    self.add(here, Why::FaultsTo, clients, span);
                    self.add(servers, Why::AnswersFaultsOf, here, span);
                }
                (_, Cap::Notification { object, .. }) => {
                    self.pair(here, [Why::Takes, Why::Wakes], at(object), span);
                }
                (_, cap) => self.slot(here, &Entry { slot: 0, cap, span }),
            }
        }
    }

    fn region(&mut self, region: &Region, id: u32) {
        let (points, span) = (self.points, region.span);
        let device = points.device(id);
        for frame in region.frames.iter().map(|frame| points.object(frame.0)) {
            match &region.kind {
                RegionKind::Device { .. } => {
                    self.pair(frame, [Why::HasRegistersOf, Why::HasRegistersIn], device, span);
                }
                RegionKind::Memory { dma_by } => {
                    for by in dma_by {
                        let reasons = [Why::IsReadByDmaOf, Why::ReachesByDma];
                        self.pair(frame, reasons, points.device(by.value.0), by.span);
                    }
                }
            }
        }
        if matches!(region.kind, RegionKind::Device { has_dma: true, .. }) {
            let dma = points.dma(id);
            self.pair(device, [Why::IsUnconfined, Why::Uses], dma, span);
            self.add(dma, Why::ReachesMemory, points.machine(Machine::MemoryIn), span);
            self.add(points.machine(Machine::MemoryOut), Why::IsReachedBy, dma, span);
        }
    }
}
