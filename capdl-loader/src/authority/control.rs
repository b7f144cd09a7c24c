//! The edges of authority: whoever controls the first point can come to control or use the
//! second.

use certificate::Point;
use certificate::point::Machine;
use layout::cap::{Cap, Entry};
use layout::names::{Region, RegionKind};
use layout::object::Kind;
use layout::thread::Thread;
use layout::{Model, ObjectId, Rights, Span};

use super::facts::{self, Reliance};
use super::graph::Weaver;
use super::party::Parties;
use super::why::Why;

/// Adds all of them but those of [`Graph::memory`](super::graph::Graph).
pub(super) fn weave(model: &Model, parties: &Parties, weaver: &mut Weaver) {
    let reliance = Reliance::new(model, parties);
    for (id, object) in model.objects() {
        let here = weaver.points.object(id.0);
        match &object.kind {
            Kind::CNode(node) => {
                node.slots.iter().for_each(|entry| weaver.holds(id, entry, &reliance))
            }
            Kind::PageTable(table) => {
                for entry in &table.slots {
                    weaver.maps(here, entry, reliance.has(id, entry));
                }
            }
            Kind::Thread(thread) => weaver.acts(here, thread),
            Kind::Irq(_) => {
                let control = weaver.points.machine(Machine::IrqControl);
                weaver.add(control, Why::MayTake, here, object.span);
            }
            _ => (),
        }
    }
    let points = weaver.points;
    for (one, other) in facts::overlaps(model) {
        let span = model[other].span;
        let (sides, others) = (|o| points.object(o), |o| points.behind(o));
        weaver.pair(sides(one.0), [Why::IsPartly; 2], sides(other.0), span);
        weaver.pair(others(one.0), [Why::IsPartly; 2], others(other.0), span);
    }
    for (reply, endpoint) in facts::answers(model, parties) {
        let (clients, answers) = (points.object(endpoint.0), points.behind(reply.0));
        weaver.add(clients, Why::MayBeAnsweredBy, answers, model[reply].span);
    }
    for (region, id) in model.regions.iter().zip(0..) {
        weaver.reaches(region, id);
    }
}

impl Weaver {
    /// What a capability in a slot of `node` gives authority over.
    fn holds(&mut self, node: ObjectId, entry: &Entry, reliance: &Reliance<'_>) {
        let (points, span) = (self.points, entry.span);
        let (holder, hands_out) = (points.object(node.0), points.behind(node.0));
        let object = match entry.cap.object() {
            Some(object) => object,
            None => return self.add(holder, Why::Has, control(entry.cap, self), span),
        };
        let (at, behind) = (points.object(object.0), points.behind(object.0));
        match entry.cap {
            Cap::Endpoint { rights, .. } => self.meets(node, object, rights, span),
            Cap::Notification { rights, .. } => {
                let [writes, reads] = writes_reads(rights);
                self.add_if(writes, holder, Why::Signals, (at, span));
                self.add_if(reads, holder, Why::Waits, (behind, span));
            }
            Cap::Frame { rights, .. } => self.sees(holder, object, rights, span),
            Cap::Reply { rights, .. } => {
                self.add(holder, Why::Uses, at, span);
                self.add(hands_out, Why::AnswersBy, behind, span);
                self.add_if(rights.contains(Rights::GRANT), behind, Why::Carries, (holder, span));
            }
            Cap::Untyped(_) => {
                self.add(holder, Why::Uses, at, span);
                // It can be made into reply objects with all rights.
                self.add(hands_out, Why::HoldsAll, holder, span);
            }
            Cap::CNode { .. } if reliance.is_anothers(node, object) => {
                self.add(holder, Why::Controls, at, span);
            }
            Cap::CNode { .. } => {
                self.add(holder, Why::Structure, at, span);
                if object != node {
                    // Where the endpoint and where the reply object lies no longer tells.
                    self.add(hands_out, Why::HoldsAll, holder, span);
                    self.add(behind, Why::HoldsAll, at, span);
                    self.pair(hands_out, [Why::Structure; 2], behind, span);
                }
            }
            Cap::Thread(_) | Cap::PageTable(_) => self.add(holder, Why::Controls, at, span),
            _ => self.add(holder, Why::Uses, at, span),
        }
    }

    /// What a capability to an endpoint gives, to its holder and to others.
    fn meets(&mut self, node: ObjectId, endpoint: ObjectId, rights: Rights, span: Span) {
        let points = self.points;
        let (holder, hands_out) = (points.object(node.0), points.behind(node.0));
        let (clients, servers) = (points.object(endpoint.0), points.behind(endpoint.0));
        let [writes, reads] = writes_reads(rights);
        if writes && rights.intersects(Rights::GRANT.or(Rights::GRANT_REPLY)) {
            self.add(holder, Why::Calls, clients, span);
        }
        if writes && rights.contains(Rights::GRANT) {
            self.add(servers, Why::MayBeHandedOver, holder, span);
        }
        if reads {
            self.add(holder, Why::Serves, servers, span);
            self.add(clients, Why::IsReceivedBy, hands_out, span);
        }
    }

    /// What a capability to a frame gives.
    fn sees(&mut self, who: Point, frame: ObjectId, rights: Rights, span: Span) {
        let [writes, reads] = writes_reads(rights);
        self.add_if(writes, who, Why::Writes, (self.points.object(frame.0), span));
        self.add_if(reads, who, Why::Reads, (self.points.behind(frame.0), span));
    }

    fn maps(&mut self, table: Point, entry: &Entry, is_relied_on: bool) {
        match entry.cap {
            Cap::PageTable(child) => {
                let child = self.points.object(child.0);
                self.pair(table, [Why::Structure; 2], child, entry.span);
            }
            Cap::Frame { object, rights, .. } => {
                self.sees(table, object, rights, entry.span);
                let frame = self.points.object(object.0);
                self.add_if(is_relied_on, frame, Why::RunsBy, (table, entry.span));
            }
            _ => (),
        }
    }

    fn acts(&mut self, here: Point, thread: &Thread) {
        for entry in &thread.roles {
            let span = entry.span;
            let Some(object) = entry.cap.object() else { continue };
            let (at, behind) = (self.points.object(object.0), self.points.behind(object.0));
            match entry.cap {
                Cap::CNode { .. } => self.add(here, Why::Structure, at, span),
                Cap::PageTable(_) => self.pair(here, [Why::Structure; 2], at, span),
                // The answer to a fault sets registers.
                Cap::Endpoint { .. } => self.add(behind, Why::AnswersFaultsOf, here, span),
                Cap::Frame { rights, .. } => self.sees(here, object, rights, span),
                Cap::Notification { .. } => self.add(here, Why::Waits, behind, span),
                _ => (),
            }
        }
    }

    fn reaches(&mut self, region: &Region, id: u32) {
        let (points, span) = (self.points, region.span);
        let device = points.device(id);
        for frame in &region.frames {
            let (at, behind) = (points.object(frame.0), points.behind(frame.0));
            match &region.kind {
                RegionKind::Device { .. } => {
                    self.pair(at, [Why::HasRegistersOf, Why::HasRegistersIn], device, span);
                    self.add(device, Why::HasRegistersIn, behind, span);
                }
                RegionKind::Memory { dma_by } => {
                    for by in dma_by {
                        let device = points.device(by.value.0);
                        self.add(device, Why::ReachesByDma, at, by.span);
                        self.add(device, Why::ReachesByDma, behind, by.span);
                    }
                }
            }
        }
        if matches!(region.kind, RegionKind::Device { has_dma: true, .. }) {
            let dma = points.dma(id);
            self.add(device, Why::IsUnconfined, dma, span);
            self.add(dma, Why::ReachesMemory, points.machine(Machine::MemoryIn), span);
        }
    }
}

/// Whether it can be changed, and whether it can be observed.
fn writes_reads(rights: Rights) -> [bool; 2] {
    [rights.contains(Rights::WRITE), rights.contains(Rights::READ)]
}

/// What a capability to no object controls.
fn control(cap: Cap, weaver: &Weaver) -> Point {
    weaver.points.machine(match cap {
        Cap::IrqControl => Machine::IrqControl,
        Cap::AsidControl => Machine::AsidControl,
        Cap::SchedControl { .. } => Machine::SchedControl,
        Cap::DomainControl => Machine::DomainControl,
        _ => Machine::Firmware,
    })
}
