//! What a layout claims of itself.

use certificate::Point;
use layout::Model;
use layout::names::{RegionId, RegionKind};
use layout::policy::{Access, Assertion, Claim, Control};

use super::goal::{Goal, goals, subject};
use super::label::Labels;
use super::proof::{Outcome, System, Trust};
use super::subject::{Subject, control_name};
use super::{Why, graph::Edge};
use crate::code::Code;
use crate::{Diagnostic, Report};

/// Checks all assertions of a model.
#[must_use]
pub fn check(model: &Model) -> Report {
    let mut report = Report::default();
    if model.assertions.is_empty() {
        return report;
    }
    let system = System::new(model);
    let judge = Judge { system: &system, labels: Labels::new(&system) };
    for assertion in &model.assertions {
        for found in judge.assertion(assertion) {
            report.push(found);
        }
    }
    report
}

/// Devices that nothing but themselves keeps from all memory.
pub fn unconfined(model: &Model) -> impl Iterator<Item = RegionId> {
    let regions = (0..).map(RegionId).zip(&model.regions);
    let unconfined = regions
        .filter(|(_, region)| matches!(region.kind, RegionKind::Device { has_dma: true, .. }));
    unconfined.map(|(id, _)| id)
}

/// By what somebody gets at something.
#[derive(Clone, Copy)]
enum Means {
    /// Capabilities, if every device keeps to its memory.
    Capabilities,
    /// Devices that are neither confined nor trusted, too.
    Devices,
}

struct Judge<'a> {
    system: &'a System<'a>,
    labels: Labels<'a>,
}

impl Judge<'_> {
    fn assertion(&self, assertion: &Assertion) -> Vec<Diagnostic> {
        let Some(goals) = goals(self.system, assertion) else {
            let found = Diagnostic::error(Code::DANGLING, "an assertion is about no object");
            let found = found.at(assertion.span, "there is no object of this name");
            return vec![found.help("name an object, a component, a region or a device")];
        };
        match &assertion.claim {
            Claim::Isolated { .. } => {
                goals.into_iter().filter_map(|goal| self.isolated(assertion, goal)).collect()
            }
            Claim::Only { access, what, .. } => {
                let subject = subject(self.system, what);
                let only = |goal| Some(self.only(assertion, *access, subject?, goal));
                goals.into_iter().filter_map(only).flatten().collect()
            }
            Claim::NeverHolds { controls, .. } => {
                let each = controls.iter().zip(goals);
                each.filter_map(|(control, goal)| self.never_holds(assertion, *control, goal))
                    .collect()
            }
        }
    }

    /// That nothing flows from `one` to `other`.
    fn isolated(&self, assertion: &Assertion, goal: Goal) -> Option<Diagnostic> {
        let Goal { relation, from, to, trust, .. } = goal;
        let path = match self.system.prove(relation, from, to, &trust) {
            Outcome::Closed(_) => return None,
            Outcome::Unproven(refusal) => return Some(unproven(assertion, refusal)),
            Outcome::Reached(path) => path,
        };
        let (from, to) = self.ends(&path);
        let message = format!("`{from}` and `{to}` are not isolated");
        let label = format!("but something flows from {from} to {to}");
        let help = if crosses_dma(&path) {
            self.dma_help(&trust)
        } else {
            "take one of these steps away, or name who may pass it on in `trusting`".to_string()
        };
        let found = Diagnostic::error(Code::ASSERTION, message).at(assertion.span, label);
        Some(self.with_steps(found, &path).help(help))
    }

    /// That nobody else gets at something.
    fn only(
        &self,
        assertion: &Assertion,
        access: Access,
        subject: Subject,
        Goal { to, trust, .. }: Goal,
    ) -> Vec<Diagnostic> {
        let devices = unconfined(self.system.model).collect();
        let sure = Trust { parties: trust.parties.clone(), devices };
        let found = self.others(assertion, access, subject, (&to, &sure), Means::Capabilities);
        if !found.is_empty() {
            return found;
        }
        self.others(assertion, access, subject, (&to, &trust), Means::Devices)
    }

    /// Everybody who is not trusted and gets to these points.
    fn others(
        &self,
        assertion: &Assertion,
        access: Access,
        subject: Subject,
        (to, trust): (&[Point], &Trust),
        means: Means,
    ) -> Vec<Diagnostic> {
        let who = self.system.who(to.to_vec(), trust);
        if let Err(refusal) = who.others {
            return vec![unproven(assertion, refusal)];
        }
        let verb = access_name(access);
        let what = subject.name(self.system);
        let others = who.witnesses.into_iter().filter(|(id, _)| Subject::Party(*id) != subject);
        let found = others.map(|(id, path)| {
            let name = &self.system.parties[id].name;
            let found = match means {
                Means::Capabilities => {
                    let message = format!("`{name}`, too, can {verb} `{what}`");
                    Diagnostic::error(Code::ASSERTION, message)
                        .help("take one of these steps away, or name it in `are`")
                }
                Means::Devices => {
                    let message =
                        format!("`{name}` can {verb} `{what}` if its device leaves its memory");
                    Diagnostic::error(Code::ASSERTION, message).help(self.dma_help(trust))
                }
            };
            let found = found.at(assertion.span, "claimed here");
            self.with_steps(found, &path)
        });
        found.collect()
    }

    /// That nobody of `who` has, or can be given, a capability. This is about capabilities:
    /// devices that overwrite the kernel are not looked at.
    fn never_holds(
        &self,
        assertion: &Assertion,
        control: Control,
        Goal { relation, from, to, trust, .. }: Goal,
    ) -> Option<Diagnostic> {
        let path = match self.system.prove(relation, from, to, &trust) {
            Outcome::Closed(_) => return None,
            Outcome::Unproven(refusal) => return Some(unproven(assertion, refusal)),
            Outcome::Reached(path) => path,
        };
        let (name, cap) = (self.ends(&path).0, control_name(control));
        let message = match path.iter().filter(|edge| !edge.why.is_structure()).count() {
            1 => format!("`{name}` holds `{cap}`"),
            _ => format!("`{name}` can come to hold `{cap}`"),
        };
        let found = Diagnostic::error(Code::ASSERTION, message).at(assertion.span, "claimed here");
        let help = "take one of these steps away, or name it in `except`";
        Some(self.with_steps(found, &path).help(help))
    }

    /// What a path begins and ends at.
    fn ends(&self, path: &[Edge]) -> (String, String) {
        let name = |point: Option<Point>| point.map_or(String::new(), |p| self.labels.name(p));
        (name(path.first().map(|edge| edge.from)), name(path.last().map(|edge| edge.to)))
    }

    /// Shows each step where it is written.
    fn with_steps(&self, mut found: Diagnostic, path: &[Edge]) -> Diagnostic {
        for (step, number) in self.labels.steps(path).into_iter().zip(1..) {
            let text = format!("{number}. {step}");
            found = match step.span.is_somewhere() {
                true => found.at(step.span, text),
                false => found.note(text),
            };
        }
        found
    }

    fn dma_help(&self, trust: &Trust) -> String {
        let model = self.system.model;
        let devices = unconfined(model).filter(|device| !trust.devices.contains(device));
        let names: Vec<String> = devices.map(|id| format!("\"{}\"", model[id].name)).collect();
        let names = names.join(", ");
        format!(
            "without an IOMMU, a driver reaches all memory; if these keep to theirs, write \
            `trusting_dma = [{names}]`"
        )
    }
}

fn crosses_dma(path: &[Edge]) -> bool {
    path.iter().any(|edge| matches!(edge.why, Why::ReachesMemory | Why::IsReachedBy))
}

fn unproven(assertion: &Assertion, refusal: certificate::Refusal) -> Diagnostic {
    let message =
        format!("the proof of an assertion was refused ({refusal:?}): a defect of the tool");
    Diagnostic::error(Code::ASSERTION, message).at(assertion.span, "claimed here")
}

/// The verb of an access.
#[must_use]
pub const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Call => "call",
        Access::Signal => "signal",
    }
}
