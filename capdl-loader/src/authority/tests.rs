//! The search against the checker's rules, applied again and again until nothing changes.

use std::collections::BTreeSet;

use certificate::verify::for_each_lead;
use certificate::{Point, Relation};
use layout::Model;
use proptest::prelude::*;

use super::graph::Direction;
use super::proof::{Outcome, System, Trust};
use super::search::{PointSet, search};
use super::{facts, random};

const RELATIONS: [Relation; 2] = [Relation::Authority, Relation::Flow];

/// All pairs of which the first leads to the second, by the checker's rules.
fn leads(system: &System<'_>, relation: Relation) -> BTreeSet<(Point, Point)> {
    let mut leads = BTreeSet::new();
    let facts = facts::facts(system.model, &system.parties);
    for_each_lead(system.points, facts, relation, |from, to| {
        leads.insert((from, to));
    });
    leads
}

fn all_points(system: &System<'_>) -> impl Iterator<Item = Point> + use<> {
    (0..u32::try_from(system.points.count()).expect("few")).map(Point)
}

/// What is reached from a point, by brute force.
fn brute(leads: &BTreeSet<(Point, Point)>, from: Point) -> BTreeSet<Point> {
    let mut reached = BTreeSet::from([from]);
    loop {
        let next = leads.iter().filter(|(from, _)| reached.contains(from)).map(|(_, to)| *to);
        let next: Vec<Point> = next.collect();
        let before = reached.len();
        reached.extend(next);
        if reached.len() == before {
            return reached;
        }
    }
}

fn check_edges(model: &Model) -> Result<(), TestCaseError> {
    let system = System::new(model);
    for relation in RELATIONS {
        let leads = leads(&system, relation);
        for direction in [Direction::Forward, Direction::Backward] {
            let graph = system.graph(relation);
            let edges = all_points(&system).flat_map(|point| graph.at(point, direction));
            let edges: BTreeSet<_> = edges.map(|edge| (edge.from, edge.to)).collect();
            let difference: Vec<_> = edges.symmetric_difference(&leads).collect();
            prop_assert!(difference.is_empty(), "{relation:?} {direction:?} {difference:?}");
        }
    }
    Ok(())
}

fn check_search(model: &Model, from: u32, to: u32) -> Result<(), TestCaseError> {
    let system = System::new(model);
    let count = u32::try_from(system.points.count()).expect("few");
    let (from, to) = (Point(from % count), Point(to % count));
    for relation in RELATIONS {
        let reached = brute(&leads(&system, relation), from);
        let nothing = PointSet::new(system.points);
        let graph = system.graph(relation);
        let (reach, _) = search(graph, Direction::Forward, &[from], &nothing, None);
        let found: BTreeSet<Point> =
            all_points(&system).filter(|p| reach.set.contains(*p)).collect();
        prop_assert_eq!(&found, &reached);
        let (back, _) = search(graph, Direction::Backward, &[to], &nothing, None);
        prop_assert_eq!(back.set.contains(from), reached.contains(&to));
        match system.prove(relation, vec![from], vec![to], &Trust::default()) {
            Outcome::Reached(path) => {
                prop_assert!(reached.contains(&to));
                prop_assert_eq!(path.first().map_or(from, |edge| edge.from), from);
                prop_assert_eq!(path.last().map_or(from, |edge| edge.to), to);
                prop_assert!(path.windows(2).all(|pair| pair[0].to == pair[1].from));
            }
            Outcome::Closed(_) => prop_assert!(!reached.contains(&to)),
            Outcome::Unproven(refusal) => prop_assert!(false, "refused: {refusal:?}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_edges_are_what_the_checker_demands(model in random::models()) {
        check_edges(&model)?;
    }

    #[test]
    fn the_search_finds_what_brute_force_finds(
        model in random::models(),
        from: u32,
        to: u32,
    ) {
        check_search(&model, from, to)?;
    }

    #[test]
    fn a_certificate_that_lacks_a_point_is_refused(
        model in random::models(),
        from: u32,
        without: u32,
    ) {
        let system = System::new(&model);
        let count = u32::try_from(system.points.count()).expect("few");
        let from = Point(from % count);
        let nowhere = Vec::new();
        let outcome = system.prove(Relation::Flow, vec![from], nowhere, &Trust::default());
        if let Outcome::Closed(mut certificate) = outcome {
            let members = all_points(&system).filter(|point| certificate.closed.contains(*point));
            let members: Vec<Point> = members.collect();
            certificate.closed.remove(members[without as usize % members.len()]);
            prop_assert!(certificate.check(&system).is_err());
        }
    }

    #[test]
    fn who_can_is_everybody_from_whom_there_is_a_path(model in random::models(), to: u32) {
        let system = System::new(&model);
        let to = Point(to % u32::try_from(system.points.count()).expect("few"));
        let who = system.who(vec![to], &Trust::default());
        prop_assert!(who.others.is_ok());
        for (party, _) in system.parties.iter() {
            let agents = system.agents(party);
            let outcome =
                system.prove(Relation::Authority, agents, vec![to], &Trust::default());
            let can = who.witnesses.iter().any(|(witness, _)| *witness == party);
            prop_assert_eq!(can, matches!(outcome, Outcome::Reached(_)));
        }
    }
}
