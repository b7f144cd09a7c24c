//! From a question to an answer.

use certificate::{Refusal, Relation};
use layout::names::RegionId;
use layout::policy::Access;

use super::parse::{Asked, Question};
use crate::authority::assertion::{access_name, unconfined};
use crate::authority::label::{Labels, Step};
use crate::authority::proof::{Certificate, Proof};
use crate::authority::search::Reach;
use crate::authority::subject::{CONTROLS, control_name, control_point};
use crate::authority::timing::Timing;
use crate::authority::{Outcome, PartyId, Subject, System, Trust};

/// Something that is the case, and how it comes about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Who can, or what is reached.
    pub what: String,
    /// The shortest way to it.
    pub steps: Vec<Step>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What was found.
    pub findings: Vec<Finding>,
    /// What was proven.
    pub proofs: Vec<Proof>,
    /// What else to know.
    pub notes: Vec<String>,
}

/// Answers a question.
///
/// # Errors
/// A proof did not pass its check: the rules of the search and of the check disagree.
pub fn answer(system: &System<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let labels = Labels::new(system);
    let asking = Asking { system, labels, trust: &asked.trust };
    let mut answer = match asked.question {
        Question::Who { access, subject } => asking.who(access, subject),
        Question::Holds(control) => asking.holds(control),
        Question::Path { from, to } => asking.path(from, to),
        Question::Compromised(party) => asking.compromised(party),
    }?;
    answer.notes.extend(asking.devices());
    Ok(answer)
}

struct Asking<'a> {
    system: &'a System<'a>,
    labels: Labels<'a>,
    trust: &'a Trust,
}

impl Asking<'_> {
    fn who(&self, access: Access, subject: Subject) -> Result<Answer, Refusal> {
        let who = self.system.who(subject.points(self.system, access), self.trust);
        let others = format!("can {} {}", access_name(access), subject.name(self.system));
        self.listed(who.witnesses, who.others, &others)
    }

    fn holds(&self, control: layout::policy::Control) -> Result<Answer, Refusal> {
        let to = vec![control_point(self.system.points, control)];
        let who = self.system.who(to, self.trust);
        let others = format!("holds {}, or can come to hold it", control_name(control));
        self.listed(who.witnesses, who.others, &others)
    }

    /// Who can, and that nobody else can.
    fn listed(
        &self,
        witnesses: Vec<(PartyId, Vec<crate::authority::graph::Edge>)>,
        others: Result<Certificate, Refusal>,
        claim: &str,
    ) -> Result<Answer, Refusal> {
        let findings = witnesses.into_iter().map(|(party, path)| Finding {
            what: self.system.parties[party].name.clone(),
            steps: self.labels.steps(&path),
        });
        let findings: Vec<Finding> = findings.collect();
        let nobody = if findings.is_empty() { "nobody" } else { "nobody else" };
        let proof = Proof { claim: format!("{nobody} {claim}"), certificate: others? };
        Ok(Answer { findings, proofs: vec![proof], notes: Vec::new() })
    }

    fn path(&self, from: Subject, to: Subject) -> Result<Answer, Refusal> {
        let (start, end) = (from.places(self.system), to.places(self.system));
        let names = (from.name(self.system), to.name(self.system));
        let mut answer = Answer::default();
        match self.system.prove(Relation::Flow, start, end, self.trust) {
            Outcome::Reached(path) => answer.findings.push(Finding {
                what: format!("{} can affect {}", names.0, names.1),
                steps: self.labels.steps(&path),
            }),
            Outcome::Closed(certificate) => answer.proofs.push(Proof {
                claim: format!("nothing flows from {} to {}", names.0, names.1),
                certificate,
            }),
            Outcome::Unproven(refusal) => return Err(refusal),
        }
        if let (Subject::Party(one), Subject::Party(other)) = (from, to) {
            let timing = Timing::of(self.system.model, &self.system.parties);
            answer.notes.extend(self.shared_time(&timing, one, other));
        }
        Ok(answer)
    }

    fn compromised(&self, party: PartyId) -> Result<Answer, Refusal> {
        let system = self.system;
        let name = &system.parties[party].name;
        let from = system.agents(party);
        let (reach, trusted) = system.reach(Relation::Authority, &from, self.trust);
        let mut answer = Answer::default();
        let others: Vec<PartyId> =
            system.parties.iter().map(|(id, _)| id).filter(|id| *id != party).collect();
        let is_met = |reach: &Reach, id: &PartyId| {
            system.agents(*id).into_iter().find(|point| reach.set.contains(*point))
        };
        let (controlled, safe): (Vec<PartyId>, Vec<PartyId>) =
            others.iter().partition(|id| is_met(&reach, id).is_some());
        for id in &controlled {
            let point = is_met(&reach, id);
            let what = format!("controls {}", system.parties[*id].name);
            answer.findings.extend(point.map(|point| self.finding(what, &reach, point)));
        }
        self.reached_regions(&reach, &mut answer);
        for control in CONTROLS {
            let point = control_point(system.points, control);
            if reach.set.contains(point) {
                let what = format!("can hold {}", control_name(control));
                answer.findings.push(self.finding(what, &reach, point));
            }
        }
        let certificate = Certificate {
            relation: Relation::Authority,
            to: system.all_agents(safe.iter().copied()),
            from,
            trusted,
            closed: reach.set,
        };
        certificate.check(system)?;
        let claim = format!("{name} cannot come to control anybody else");
        answer.proofs.push(Proof { claim, certificate });
        self.influenced(party, &controlled, &safe, &mut answer)?;
        Ok(answer)
    }

    /// The regions that can be written or read.
    fn reached_regions(&self, reach: &Reach, answer: &mut Answer) {
        let regions = (0..).map(RegionId).take(self.system.model.regions.len());
        for subject in regions.map(Subject::Region) {
            for access in [Access::Write, Access::Read] {
                let points = subject.points(self.system, access);
                if let Some(point) = points.into_iter().find(|point| reach.set.contains(*point)) {
                    let name = subject.name(self.system);
                    let what = format!("can {} {name}", access_name(access));
                    answer.findings.push(self.finding(what, reach, point));
                }
            }
        }
    }

    /// Who else can notice what the party and all that it controls do.
    fn influenced(
        &self,
        party: PartyId,
        controlled: &[PartyId],
        safe: &[PartyId],
        answer: &mut Answer,
    ) -> Result<(), Refusal> {
        let system = self.system;
        let from = system.all_agents(controlled.iter().copied().chain([party]));
        let (reach, trusted) = system.reach(Relation::Flow, &from, self.trust);
        let mut unaffected = Vec::new();
        for id in safe {
            let agents = system.agents(*id);
            match agents.iter().find(|point| reach.set.contains(**point)) {
                Some(point) => {
                    let what = format!("can affect {}", system.parties[*id].name);
                    answer.findings.push(self.finding(what, &reach, *point));
                }
                None => unaffected.push(*id),
            }
        }
        let to = system.all_agents(unaffected);
        let relation = Relation::Flow;
        let certificate = Certificate { relation, from, to, trusted, closed: reach.set };
        certificate.check(system)?;
        let claim = format!("{} cannot affect anybody else", system.parties[party].name);
        answer.proofs.push(Proof { claim, certificate });
        let timing = Timing::of(system.model, &system.parties);
        let others = system.parties.iter().map(|(id, _)| id).filter(|id| *id != party);
        answer.notes.extend(others.filter_map(|id| self.shared_time(&timing, party, id)));
        Ok(())
    }

    fn finding(&self, what: String, reach: &Reach, point: certificate::Point) -> Finding {
        Finding { what, steps: self.labels.steps(&reach.path(point)) }
    }

    /// That two parties can notice each other by time.
    fn shared_time(&self, timing: &Timing, one: PartyId, other: PartyId) -> Option<String> {
        let cores = timing.shared(one, other);
        let (one, other) = (&self.system.parties[one].name, &self.system.parties[other].name);
        let list: Vec<String> = cores.iter().map(ToString::to_string).collect();
        let list = list.join(", ");
        (!cores.is_empty())
            .then(|| format!("apart from that, {one} and {other} share the time of core {list}"))
    }

    /// What was taken for granted about devices.
    fn devices(&self) -> Vec<String> {
        let model = self.system.model;
        let mut notes = Vec::new();
        let trusted: Vec<&str> =
            self.trust.devices.iter().map(|id| model[*id].name.as_str()).collect();
        if !trusted.is_empty() {
            let names = trusted.join(", ");
            notes.push(format!("trusted to keep to their own memory: {names}"));
        }
        let loose = unconfined(model).filter(|id| !self.trust.devices.contains(id));
        let loose: Vec<&str> = loose.map(|id| model[id].name.as_str()).collect();
        if !loose.is_empty() {
            let names = loose.join(", ");
            notes.push(format!("without an IOMMU, these reach all memory: {names}"));
        }
        if model.components.is_empty() {
            let note = "an import does not say which of its frames are devices that reach memory \
                        without the processor; none is taken to";
            notes.push(note.into());
        }
        notes
    }
}
