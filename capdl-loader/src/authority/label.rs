//! What points and steps are called.

use std::fmt;

use certificate::Point;
use certificate::point::Machine;
use layout::object::Kind;
use layout::{ObjectId, Span};

use super::graph::Edge;
use super::proof::System;

/// A step of a path, between names that people use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What is before.
    pub from: String,
    /// Why it leads on.
    pub words: &'static str,
    /// What is behind; none if it is the same.
    pub to: Option<String>,
    /// The object that the step is about, if the names do not say it.
    pub object: Option<String>,
    /// Where the reason is written.
    pub span: Span,
}

/// Names of the points of a system.
#[derive(Debug)]
pub struct Labels<'a> {
    system: &'a System<'a>,
    /// For frames: the region that they are in.
    region: Vec<Option<u32>>,
}

impl<'a> Labels<'a> {
    /// Those of a system.
    #[must_use]
    pub fn new(system: &'a System<'a>) -> Self {
        let mut region = vec![None; system.model.objects.len()];
        for (id, frames) in (0..).zip(system.model.regions.iter().map(|region| &region.frames)) {
            frames.iter().for_each(|frame| region[frame.index()] = Some(id));
        }
        Self { system, region }
    }

    /// The object of a point, if it is one's.
    #[must_use]
    pub fn object(&self, point: Point) -> Option<ObjectId> {
        (point.0 / 2 < self.system.points.objects).then_some(ObjectId(point.0 / 2))
    }

    /// What a point is called: a party by its name, whatever it acts through; memory by its
    /// region.
    #[must_use]
    pub fn name(&self, point: Point) -> String {
        let (model, points) = (self.system.model, self.system.points);
        if let Some(id) = self.object(point) {
            let object = &model[id];
            let acts = matches!(object.kind, Kind::Thread(_) | Kind::CNode(_) | Kind::PageTable(_));
            if let Some(party) = self.system.parties.party(id).filter(|_| acts) {
                return self.system.parties[party].name.clone();
            }
            return match self.region[id.index()] {
                Some(region) => model.regions[region as usize].name.clone(),
                None => object.name.clone(),
            };
        }
        let region = point.0 / 2 - points.objects;
        if let Some(device) = model.regions.get(region as usize) {
            return match point == points.dma(region) {
                true => format!("the DMA of {}", device.name),
                false => format!("the device {}", device.name),
            };
        }
        let what = Machine::ALL.into_iter().find(|what| points.machine(*what) == point);
        what.map_or("", machine_name).to_string()
    }

    /// The steps of a path, without those between what one party acts through.
    #[must_use]
    pub fn steps(&self, path: &[Edge]) -> Vec<Step> {
        let edges = path.iter().filter(|edge| !edge.why.is_structure());
        let steps = edges.map(|edge| {
            let (from, to) = (self.name(edge.from), self.name(edge.to));
            let object = [edge.to, edge.from].into_iter().find_map(|point| self.detail(point));
            let to = (from != to).then_some(to);
            Step { from, words: edge.why.words(), to, object, span: edge.span }
        });
        steps.collect()
    }

    /// The name of a frame of a region.
    fn detail(&self, point: Point) -> Option<String> {
        let id = self.object(point)?;
        self.region[id.index()].map(|_| self.system.model[id].name.clone())
    }
}

/// What something that there is once is called.
#[must_use]
pub const fn machine_name(what: Machine) -> &'static str {
    match what {
        Machine::MemoryIn | Machine::MemoryOut => "all memory",
        Machine::Firmware => "the firmware",
        Machine::IrqControl => "irq_control",
        Machine::Interrupts => "all interrupts",
        Machine::AsidControl => "asid_control",
        Machine::SchedControl => "sched_control",
        Machine::DomainControl => "domain",
        Machine::Power => "the machine",
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.from, self.words)?;
        if let Some(to) = &self.to {
            write!(f, " {to}")?;
        }
        match &self.object {
            Some(object) => write!(f, " ({object})"),
            None => Ok(()),
        }
    }
}
