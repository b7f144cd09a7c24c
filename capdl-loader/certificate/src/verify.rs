//! The check.

use crate::fact::Fact;
use crate::point::{Point, Points, Set};
use crate::rule::{Relation, Rules};

/// That nothing gets from here to there.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What does not get there.
    pub relation: Relation,
    /// Where it would begin.
    pub from: &'a [Point],
    /// Where it would arrive.
    pub to: &'a [Point],
    /// Points that are trusted to let nothing through.
    pub trusted: Set<'a>,
}

/// Why a set proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A point where things begin is not in it, or is trusted.
    Begin(Point),
    /// A point where nothing may arrive is in it.
    Arrive(Point),
    /// A fact leads from a point in it to one that is not.
    Leak {
        /// The point in it.
        from: Point,
        /// The other.
        to: Point,
    },
}

/// Checks that `closed` proves `claim` for the system that consists of these facts.
///
/// # Errors
/// The first reason why it does not.
pub fn verify(
    points: Points,
    facts: impl IntoIterator<Item = Fact>,
    claim: &Claim<'_>,
    closed: Set<'_>,
) -> Result<(), Refusal> {
    let begins = |point: &&Point| closed.contains(**point) && !claim.trusted.contains(**point);
    if let Some(point) = claim.from.iter().find(|point| !begins(point)) {
        return Err(Refusal::Begin(*point));
    }
    if let Some(point) = claim.to.iter().find(|point| closed.contains(**point)) {
        return Err(Refusal::Arrive(*point));
    }
    let mut leak = None;
    let lead = |from, to| {
        if closed.contains(from) && !closed.contains(to) && !claim.trusted.contains(from) {
            leak.get_or_insert(Refusal::Leak { from, to });
        }
    };
    let mut rules = Rules { points, lead };
    facts.into_iter().for_each(|fact| rules.fact(fact, claim.relation));
    leak.map_or(Ok(()), Err)
}

/// Tells `lead` every pair of points of which the first leads to the second, in the order of
/// the facts: for tools that search, and for tests of those that do so by rules of their own.
pub fn for_each_lead(
    points: Points,
    facts: impl IntoIterator<Item = Fact>,
    relation: Relation,
    lead: impl FnMut(Point, Point),
) {
    let mut rules = Rules { points, lead };
    facts.into_iter().for_each(|fact| rules.fact(fact, relation));
}
