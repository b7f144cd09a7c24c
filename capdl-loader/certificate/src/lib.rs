//! Checks proofs that no authority, or no information, gets from here to there in a system.
//!
//! A proof is a *closed set* of points: it contains where things begin, does not contain where
//! they must not arrive, and nothing leads out of it. Finding such a set takes a search over the
//! whole system; checking it takes one look at each [`Fact`], in any order, without memory of its
//! own. So a loader can check on the target what a tool has found on the host, and need not trust
//! that tool: only the rules of this crate and the facts, which it can read from what it builds.
//!
//! | module | what |
//! |---|---|
//! | [`point`] | what things get to |
//! | [`fact`] | what a system consists of, bit by bit |
//! | [`rule`] | what leads where because of one fact |
//! | [`verify`](mod@verify) | the check |
//!
//! ```
//! use certificate::{Claim, Fact, Held, Points, Relation, Rights, Set, verify};
//!
//! // Two threads, 0 and 1, with a CSpace each, 2 and 3, and one notification, 4.
//! let facts = [
//!     Fact::Role { thread: 0, cap: Held::CNode(2) },
//!     Fact::Role { thread: 1, cap: Held::CNode(3) },
//!     Fact::Slot { node: 2, cap: Held::Notification(4, Rights::WRITE) },
//!     Fact::Slot { node: 3, cap: Held::Notification(4, Rights::READ) },
//! ];
//! let points = Points { objects: 5, regions: 0 };
//! // What thread 1 does has no effect on thread 0: it can take signals, but not send them.
//! let (from, to) = ([points.object(1)], [points.object(0)]);
//! let mut words = [0; 1];
//! for object in [1, 3, 4] {
//!     words[0] |= 1 << points.object(object).index();
//! }
//! let claim = Claim { relation: Relation::Flow, from: &from, to: &to, trusted: Set::EMPTY };
//! assert_eq!(verify(points, facts, &claim, Set::new(&words)), Ok(()));
//! // The other direction cannot be proven, whatever the set.
//! let claim = Claim { from: &to, to: &from, ..claim };
//! assert!(verify(points, facts, &claim, Set::new(&words)).is_err());
//! ```
#![no_std]
#![forbid(unsafe_code)]

pub mod fact;
pub mod point;
pub mod rule;
pub mod verify;

pub use abi::Rights;
pub use fact::{Fact, Held};
pub use point::{Point, Points, Set};
pub use rule::Relation;
pub use verify::{Claim, Refusal, verify};
