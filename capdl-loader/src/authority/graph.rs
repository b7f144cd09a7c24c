//! Edges by where they begin or end.

use certificate::point::Machine;
use certificate::{Point, Points, Relation};
use layout::{Model, Span};

use super::party::Parties;
use super::why::Why;
use super::{control, facts, flow};

/// That one point leads to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Edge {
    /// Where it begins.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
    /// Why.
    pub why: Why,
    /// Where that is written.
    pub span: Span,
}

/// In which direction edges are looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From where they begin.
    Forward,
    /// From where they end.
    Backward,
}

/// All edges of a relation.
#[derive(Clone, Debug)]
pub struct Graph {
    /// How its points are numbered.
    pub points: Points,
    relation: Relation,
    edges: Vec<Edge>,
    /// By direction.
    lookup: [Lookup; 2],
}

/// Places of edges, sorted by one of their ends.
#[derive(Clone, Debug)]
struct Lookup {
    /// Where the places of each point begin; one more than points.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Lookup {
    fn new(points: Points, edges: &[Edge], end: impl Fn(&Edge) -> Point) -> Self {
        let mut starts = vec![0_u32; points.count() + 1];
        for edge in edges {
            starts[end(edge).index() + 1] += 1;
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        let mut places = vec![0; edges.len()];
        for (edge, place) in edges.iter().zip(0..) {
            let slot = &mut next[end(edge).index()];
            places[*slot as usize] = place;
            *slot += 1;
        }
        Self { starts, places }
    }
}

impl Graph {
    /// Of a model.
    #[must_use]
    pub fn new(model: &Model, parties: &Parties, relation: Relation) -> Self {
        let points = facts::points(model);
        let mut weaver = Weaver { points, edges: Vec::with_capacity(4 * model.objects.len()) };
        match relation {
            Relation::Authority => control::weave(model, parties, &mut weaver),
            Relation::Flow => flow::weave(model, parties, &mut weaver),
        }
        let edges = weaver.edges;
        let forward = Lookup::new(points, &edges, |edge| edge.from);
        let backward = Lookup::new(points, &edges, |edge| edge.to);
        Self { points, relation, edges, lookup: [forward, backward] }
    }

    /// The relation whose edges these are.
    #[must_use]
    pub const fn relation(&self) -> Relation {
        self.relation
    }

    /// All edges but those between objects and the memory that contains them.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges at a point: those that begin, or those that end there.
    pub fn at(&self, point: Point, direction: Direction) -> impl Iterator<Item = Edge> {
        let lookup = &self.lookup[direction as usize];
        let range = lookup.starts[point.index()]..lookup.starts[point.index() + 1];
        let places = &lookup.places[range.start as usize..range.end as usize];
        let stored = places.iter().map(|place| self.edges[*place as usize]);
        stored.chain(self.memory(point, direction))
    }

    /// The edges at a point between objects and the memory that contains them, as devices reach
    /// it: too many to be stored.
    fn memory(&self, point: Point, direction: Direction) -> impl Iterator<Item = Edge> {
        let objects = 2 * self.points.objects;
        let is_object = point.0 < objects;
        let written = self.points.machine(Machine::MemoryIn);
        let read = self.points.machine(Machine::MemoryOut);
        let flows = self.relation == Relation::Flow;
        let (all, one) = match direction {
            Direction::Forward if point == written => (objects, None),
            Direction::Forward => (0, (is_object && flows).then_some(read)),
            Direction::Backward if point == read && flows => (objects, None),
            Direction::Backward => (0, is_object.then_some(written)),
        };
        (0..all).map(Point).chain(one).map(move |other| {
            let (from, to) = match direction {
                Direction::Forward => (point, other),
                Direction::Backward => (other, point),
            };
            let why = if from == written { Why::Contains } else { Why::IsInMemory };
            Edge { from, to, why, span: Span::NOWHERE }
        })
    }
}

/// What edges are added to.
pub(super) struct Weaver {
    pub(super) points: Points,
    pub(super) edges: Vec<Edge>,
}

impl Weaver {
    /// Adds one edge.
    pub(super) fn add(&mut self, from: Point, why: Why, to: Point, span: Span) {
        self.edges.push(Edge { from, to, why, span });
    }

    /// Adds an edge, and one back.
    pub(super) fn pair(&mut self, one: Point, why: [Why; 2], other: Point, span: Span) {
        self.add(one, why[0], other, span);
        self.add(other, why[1], one, span);
    }

    /// Adds an edge if `condition`.
    pub(super) fn add_if(&mut self, condition: bool, from: Point, why: Why, to: (Point, Span)) {
        if condition {
            self.add(from, why, to.0, to.1);
        }
    }
}
