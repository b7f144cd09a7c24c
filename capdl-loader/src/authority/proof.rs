//! A search's outcome: a witness, or a certificate that was checked.

use std::cell::OnceCell;

use certificate::{Claim, Point, Points, Refusal, Relation};
use layout::Model;
use layout::names::RegionId;

use super::facts;
use super::graph::{Direction, Edge, Graph};
use super::party::{Parties, PartyId};
use super::search::{PointSet, Reach, search};

/// A model with its parties and, once needed, its graphs.
#[derive(Debug)]
pub struct System<'a> {
    /// What is asked about.
    pub model: &'a Model,
    /// Who acts in it.
    pub parties: Parties,
    /// How its points are numbered.
    pub points: Points,
    authority: OnceCell<Graph>,
    flow: OnceCell<Graph>,
}

/// Who and what is trusted to let nothing through.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Parties.
    pub parties: Vec<PartyId>,
    /// Devices that access only the memory that they are said to.
    pub devices: Vec<RegionId>,
}

/// That something leads nowhere, with all that is needed to check it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What does not get there.
    pub relation: Relation,
    /// Where it would begin.
    pub from: Vec<Point>,
    /// Where it would arrive.
    pub to: Vec<Point>,
    /// Points that are trusted.
    pub trusted: PointSet,
    /// The proof.
    pub closed: PointSet,
}

/// That something is not the case, with the proof that was checked.
#[derive(Clone, Debug)]
pub struct Proof {
    /// What is not the case.
    pub claim: String,
    /// The closed set.
    pub certificate: Certificate,
}

/// What came out.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// There is a path; this is a shortest.
    Reached(Vec<Edge>),
    /// There is none, and the certificate was checked.
    Closed(Certificate),
    /// None was found, but the certificate was refused: the rules of search and check disagree.
    Unproven(Refusal),
}

/// Who can get somewhere, and that nobody else can.
#[derive(Clone, Debug)]
pub struct Who {
    /// Each with a shortest path.
    pub witnesses: Vec<(PartyId, Vec<Edge>)>,
    /// That the others cannot.
    pub others: Result<Certificate, Refusal>,
}

impl<'a> System<'a> {
    /// Of a model.
    #[must_use]
    pub fn new(model: &'a Model) -> Self {
        let (authority, flow) = (OnceCell::new(), OnceCell::new());
        let parties = Parties::of(model);
        Self { model, parties, points: facts::points(model), authority, flow }
    }

    /// The edges of a relation.
    #[must_use]
    pub fn graph(&self, relation: Relation) -> &Graph {
        let cell = match relation {
            Relation::Authority => &self.authority,
            Relation::Flow => &self.flow,
        };
        cell.get_or_init(|| Graph::new(self.model, &self.parties, relation))
    }

    /// Where a party acts.
    #[must_use]
    pub fn agents(&self, party: PartyId) -> Vec<Point> {
        let agents = self.parties[party].agents.iter();
        agents.map(|agent| self.points.object(agent.0)).collect()
    }

    /// Where some parties act.
    #[must_use]
    pub fn all_agents(&self, parties: impl IntoIterator<Item = PartyId>) -> Vec<Point> {
        parties.into_iter().flat_map(|party| self.agents(party)).collect()
    }

    /// The points that are trusted, without those where something begins.
    pub(super) fn trusted(&self, trust: &Trust, from: &[Point]) -> PointSet {
        let agents = trust.parties.iter().flat_map(|party| &self.parties[*party].agents);
        let agents = agents.flat_map(|id| [self.points.object(id.0), self.points.behind(id.0)]);
        let devices = trust.devices.iter().map(|device| self.points.dma(device.0));
        let mut trusted = PointSet::of(self.points, agents.chain(devices));
        from.iter().for_each(|point| trusted.remove(*point));
        trusted
    }

    /// Whether something gets from one of some points to one of others.
    #[must_use]
    pub fn prove(
        &self,
        relation: Relation,
        from: Vec<Point>,
        to: Vec<Point>,
        trust: &Trust,
    ) -> Outcome {
        let trusted = self.trusted(trust, &from);
        let targets = PointSet::of(self.points, to.iter().copied());
        let graph = self.graph(relation);
        let (reach, met) = search(graph, Direction::Forward, &from, &trusted, Some(&targets));
        if let Some(point) = met {
            return Outcome::Reached(reach.path(point));
        }
        let certificate = Certificate { relation, from, to, trusted, closed: reach.set };
        match certificate.check(self) {
            Ok(()) => Outcome::Closed(certificate),
            Err(refusal) => Outcome::Unproven(refusal),
        }
    }

    /// All that gets somewhere from some points, and the set of what is trusted.
    #[must_use]
    pub fn reach(&self, relation: Relation, from: &[Point], trust: &Trust) -> (Reach, PointSet) {
        let trusted = self.trusted(trust, from);
        (search(self.graph(relation), Direction::Forward, from, &trusted, None).0, trusted)
    }

    /// Which parties, but for the trusted, can get authority over one of some points.
    #[must_use]
    pub fn who(&self, to: Vec<Point>, trust: &Trust) -> Who {
        let trusted = self.trusted(trust, &[]);
        let graph = self.graph(Relation::Authority);
        let (reach, _) = search(graph, Direction::Backward, &to, &trusted, None);
        let (mut witnesses, mut from) = (Vec::new(), Vec::new());
        for (party, _) in self.parties.iter().filter(|(id, _)| !trust.parties.contains(id)) {
            let agents = self.agents(party);
            let reached = agents.iter().copied().filter(|point| reach.set.contains(*point));
            match reached.min_by_key(|point| (reach.length(*point), *point)) {
                Some(nearest) => witnesses.push((party, reach.path(nearest))),
                None => from.extend(agents),
            }
        }
        let closed = reach.set.complement(self.points);
        let relation = Relation::Authority;
        let certificate = Certificate { relation, from, to, trusted, closed };
        Who { witnesses, others: certificate.check(self).map(|()| certificate) }
    }
}

impl Certificate {
    /// Whether another is of the same claim: only the proof may differ.
    #[must_use]
    pub fn is_about(&self, other: &Self, system: &System<'_>) -> bool {
        let set = |points: &[Point]| PointSet::of(system.points, points.iter().copied());
        self.relation == other.relation
            && set(&self.from) == set(&other.from)
            && set(&self.to) == set(&other.to)
            && self.trusted == other.trusted
    }

    /// Checks it by rules that the search does not use.
    ///
    /// # Errors
    /// The first reason why it proves nothing.
    pub fn check(&self, system: &System<'_>) -> Result<(), Refusal> {
        let claim = Claim {
            relation: self.relation,
            from: &self.from,
            to: &self.to,
            trusted: self.trusted.as_set(),
        };
        let facts = facts::facts(system.model, &system.parties);
        certificate::verify(system.points, facts, &claim, self.closed.as_set())
    }
}
