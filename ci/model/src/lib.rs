//! What the kernel does, as a specification that runs.
//!
//! Written from the ABI's documents alone, as maps and sets; it knows nothing of how the kernel
//! does it. Beside each rule stands the section that demands it. So far it covers capabilities,
//! derivation, memory, address spaces and what threads hold; messages and time are not in it
//! (issue 9).
//!
//! | module | rules of |
//! |---|---|
//! | [`cap`] | rights, badges, guards, which object lies in which |
//! | [`slots`] | the derivation tree |
//! | [`lookup`] | capability pointers and slots |
//! | [`model`] | the whole state, and calls |
//! | [`untyped`], [`node`], [`deletion`] | objects and capabilities coming and going |
//! | [`space`], [`asid`] | address spaces |
//! | [`thread`] | what threads hold |
//! | [`interrupt`] | who has which interrupt |
#![forbid(unsafe_code)]

pub mod asid;
pub mod cap;
pub mod deletion;
pub mod interrupt;
pub mod lookup;
pub mod model;
pub mod node;
pub mod slots;
pub mod space;
pub mod thread;
pub mod untyped;

pub use cap::Cap;
pub use model::{Message, Model, Outcome};
pub use slots::{Holder, SlotName};
