//! Shortest paths and closed sets.

use std::collections::VecDeque;

use certificate::{Point, Points, Set};

use super::graph::{Direction, Edge, Graph};

/// A set of points that can grow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PointSet(Vec<u64>);

impl PointSet {
    /// No point.
    #[must_use]
    pub fn new(points: Points) -> Self {
        Self(vec![0; points.words()])
    }

    /// These points.
    #[must_use]
    pub fn of(points: Points, members: impl IntoIterator<Item = Point>) -> Self {
        let mut set = Self::new(points);
        members.into_iter().for_each(|point| {
            set.insert(point);
        });
        set
    }

    /// Adds a point; whether it is new.
    pub fn insert(&mut self, point: Point) -> bool {
        let (word, bit) = (&mut self.0[point.index() / 64], 1 << (point.index() % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes a point out.
    pub fn remove(&mut self, point: Point) {
        self.0[point.index() / 64] &= !(1 << (point.index() % 64));
    }

    /// Whether a point is in it.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.as_set().contains(point)
    }

    /// For looking only.
    #[must_use]
    pub fn as_set(&self) -> Set<'_> {
        Set::new(&self.0)
    }

    /// All points that are not in it.
    #[must_use]
    pub fn complement(&self, points: Points) -> Self {
        Self::of(points, (0..).map(Point).take(points.count()).filter(|p| !self.contains(*p)))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// All that is reached from some points, each with the last edge of a shortest path to it. Edges
/// that only connect what one party acts through have no length.
#[derive(Clone, Debug)]
pub struct Reach {
    /// What was reached, and where it began.
    pub set: PointSet,
    last: Vec<Option<Edge>>,
    /// How many edges with a length lead to each point; `u32::MAX`: none do.
    distance: Vec<u32>,
    direction: Direction,
}

/// Searches from some points in a direction, on edges that do not begin at `blocked` points,
/// until nothing is left, or until a point of `targets` was reached.
#[must_use]
pub fn search(
    graph: &Graph,
    direction: Direction,
    from: &[Point],
    blocked: &PointSet,
    targets: Option<&PointSet>,
) -> (Reach, Option<Point>) {
    let points = graph.points;
    let mut reach = Reach {
        set: PointSet::new(points),
        last: vec![None; points.count()],
        distance: vec![u32::MAX; points.count()],
        direction,
    };
    let mut queue: VecDeque<(u32, Point)> = from.iter().map(|point| (0, *point)).collect();
    from.iter().for_each(|point| reach.distance[point.index()] = 0);
    while let Some((length, point)) = queue.pop_front() {
        if !reach.set.insert(point) {
            continue;
        }
        if targets.is_some_and(|targets| targets.contains(point)) {
            return (reach, Some(point));
        }
        for edge in graph.at(point, direction) {
            let next = reach.other_end(&edge);
            let length = length + u32::from(!edge.why.is_structure());
            if blocked.contains(edge.from) || length >= reach.distance[next.index()] {
                continue;
            }
            reach.distance[next.index()] = length;
            reach.last[next.index()] = Some(edge);
            match edge.why.is_structure() {
                true => queue.push_front((length, next)),
                false => queue.push_back((length, next)),
            }
        }
    }
    (reach, None)
}

impl Reach {
    /// The edges of a shortest path between where the search began and a point that was reached,
    /// from its beginning to its end.
    #[must_use]
    pub fn path(&self, point: Point) -> Vec<Edge> {
        let mut path = Vec::new();
        let mut here = point;
        while let Some(edge) = self.last[here.index()] {
            path.push(edge);
            here = match self.direction {
                Direction::Forward => edge.from,
                Direction::Backward => edge.to,
            };
        }
        if self.direction == Direction::Forward {
            path.reverse();
        }
        path
    }

    /// How many edges with a length the path to a point has.
    #[must_use]
    pub fn length(&self, point: Point) -> u32 {
        self.distance[point.index()]
    }

    fn other_end(&self, edge: &Edge) -> Point {
        match self.direction {
            Direction::Forward => edge.to,
            Direction::Backward => edge.from,
        }
    }
}
