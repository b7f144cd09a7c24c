//! What has to be proven for an assertion to hold.

use certificate::{Point, Relation};
use layout::Model;
use layout::names::{ComponentId, RegionId};
use layout::policy::{Assertion, Claim, Subject as Claimed};

use super::assertion::{access_name, unconfined};
use super::party::PartyId;
use super::proof::{Certificate, Outcome, Proof, System, Trust};
use super::search::PointSet;
use super::subject::{Subject, control_name, control_point};

/// That nothing gets from some points to others.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The claim, in words.
    pub claim: String,
    /// How nothing gets there.
    pub relation: Relation,
    /// Where it would begin.
    pub from: Vec<Point>,
    /// Where it would arrive.
    pub to: Vec<Point>,
    /// Who and what is trusted to let nothing through.
    pub trust: Trust,
}

/// The goals of an assertion. `None`: it is about an object that does not exist.
#[must_use]
pub fn goals(system: &System<'_>, assertion: &Assertion) -> Option<Vec<Goal>> {
    let words = words(system.model, assertion);
    Some(match &assertion.claim {
        Claim::Isolated { one, other, trusting, trusting_devices } => {
            let trust = Trust { parties: parties(trusting), devices: trusting_devices.clone() };
            let goal = |from: &[ComponentId], to: &[ComponentId], way: &str| Goal {
                claim: format!("{words}, {way}"),
                relation: Relation::Flow,
                from: system.all_agents(parties(from)),
                to: system.all_agents(parties(to)),
                trust: trust.clone(),
            };
            vec![goal(one, other, "there"), goal(other, one, "and back")]
        }
        Claim::Only { access, what, are, trusting_devices } => {
            let trust = Trust { parties: parties(are), devices: trusting_devices.clone() };
            let subject = subject(system, what)?;
            let is_other =
                |id: &PartyId| !trust.parties.contains(id) && Subject::Party(*id) != subject;
            let others = system.parties.iter().map(|(id, _)| id).filter(is_other);
            let (from, to) = (system.all_agents(others), subject.points(system, *access));
            vec![Goal { claim: words, relation: Relation::Authority, from, to, trust }]
        }
        Claim::NeverHolds { who, controls } => {
            let devices: Vec<RegionId> = unconfined(system.model).collect();
            let goal = |control: &layout::policy::Control| Goal {
                claim: format!("{words}: {}", control_name(*control)),
                relation: Relation::Authority,
                from: system.all_agents(parties(who)),
                to: vec![control_point(system.points, *control)],
                trust: Trust { parties: Vec::new(), devices: devices.clone() },
            };
            controls.iter().map(goal).collect()
        }
    })
}

/// What an assertion of this kind is about; `None`: there is no such object.
#[must_use]
pub fn subject(system: &System<'_>, what: &Claimed) -> Option<Subject> {
    Some(match what {
        Claimed::Region(region) => Subject::Region(*region),
        Claimed::Component(component) => Subject::Party(PartyId(component.0)),
        Claimed::Object(name) => {
            let mut objects = system.model.objects();
            Subject::Object(objects.find(|(_, object)| object.name == *name)?.0)
        }
    })
}

/// The proofs of an assertion; `None`: it does not hold.
#[must_use]
pub fn proofs(system: &System<'_>, assertion: &Assertion) -> Option<Vec<Proof>> {
    let prove = |goal: Goal| {
        let Goal { claim, relation, from, to, trust } = goal;
        match system.prove(relation, from, to, &trust) {
            Outcome::Closed(certificate) => Some(Proof { claim, certificate }),
            Outcome::Reached(_) | Outcome::Unproven(_) => None,
        }
    };
    goals(system, assertion)?.into_iter().map(prove).collect()
}

impl Goal {
    /// Whether this is what a certificate proves, if it passes its check.
    #[must_use]
    pub fn is_of(&self, certificate: &Certificate, system: &System<'_>) -> bool {
        let set = |points: &[Point]| PointSet::of(system.points, points.iter().copied());
        certificate.relation == self.relation
            && set(&certificate.from) == set(&self.from)
            && set(&certificate.to) == set(&self.to)
            && certificate.trusted == system.trusted(&self.trust, &self.from)
    }
}

/// An assertion in words, by the names of the layout: two that say the same read the same.
#[must_use]
pub fn words(model: &Model, assertion: &Assertion) -> String {
    let components = |ids: &[ComponentId]| listed(ids.iter().map(|id| &*model[*id].name));
    let devices = |ids: &[RegionId]| listed(ids.iter().map(|id| &*model[*id].name));
    match &assertion.claim {
        Claim::Isolated { one, other, trusting, trusting_devices } => format!(
            "{} and {} are isolated, trusting {} and the devices {}",
            components(one),
            components(other),
            components(trusting),
            devices(trusting_devices)
        ),
        Claim::Only { access, what, are, trusting_devices } => {
            let what = match what {
                Claimed::Region(region) => &model[*region].name,
                Claimed::Component(component) => &model[*component].name,
                Claimed::Object(name) => name,
            };
            format!(
                "only {} can {} {what}, trusting the devices {}",
                components(are),
                access_name(*access),
                devices(trusting_devices)
            )
        }
        Claim::NeverHolds { who, controls } => {
            let controls = listed(controls.iter().map(|control| control_name(*control)));
            format!("{} never holds {controls}", components(who))
        }
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}

fn parties(components: &[ComponentId]) -> Vec<PartyId> {
    components.iter().map(|component| PartyId(component.0)).collect()
}
