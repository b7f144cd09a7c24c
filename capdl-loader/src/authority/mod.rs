//! Who has authority over what, and what can learn of what.
//!
//! A system's [`Graph`] has a point for each side of each object, and an edge with a reason for
//! everything that a capability, a mapping, a handler, an interrupt or a device lets through.
//! There are two: of *authority* (whoever controls the first point can come to control or use
//! the second) and of *data flow* (what happens at the first can be noticed at the second).
//! Interference by time alone is apart: [`timing`] names who shares a core with whom.
//!
//! | module | what |
//! |---|---|
//! | [`party`] | components; in imports, groups of threads that share their spaces |
//! | [`facts`] | the system as [`certificate`] sees it |
//! | [`why`] | the reasons |
//! | [`flow`], [`control`] | the edges of the two relations |
//! | [`graph`] | edges by where they begin or end |
//! | [`search`] | shortest paths, closed sets |
//! | [`label`] | what points and steps are called |
//! | [`proof`] | a search's outcome: a witness, or a certificate that was checked |
//! | [`assertion`] | what a layout claims of itself |
//! | [`goal`] | what has to be proven for that |
//! | [`subject`] | what can be written, read, called, signalled |
//! | [`timing`] | who shares a core |

pub mod assertion;
pub mod control;
pub mod facts;
pub mod flow;
pub mod goal;
pub mod graph;
pub mod label;
pub mod party;
pub mod proof;
pub mod search;
pub mod subject;
pub mod timing;
pub mod why;

pub use graph::Graph;
pub use party::{Parties, PartyId};
pub use proof::{Outcome, System, Trust};
pub use subject::Subject;
pub use why::Why;

#[cfg(test)]
mod assertion_tests;
#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
