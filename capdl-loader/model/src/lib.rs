//! The model of a system: every object, every capability, and the names that people use.
//!
//! Front ends make a [`Model`] of what a person or another tool wrote; checks, questions,
//! pictures and the packer only know the model. A model may be wrong in every way that a text
//! can be wrong: numbers are as wide as their text, any capability may stand in any slot. The
//! checks find what is wrong; behind them the packer takes only what is right.
//!
//! | module | what |
//! |---|---|
//! | [`span`] | where something was written |
//! | [`object`] | the kernel's objects |
//! | [`cap`] | capabilities, and the slots they are in |
//! | [`thread`] | threads and their time |
//! | [`memory`] | frames, their contents, tables |
//! | [`names`] | components, regions, devices, channels, pools |
//! | [`policy`] | what a system must keep to, and what is claimed of it |
//! | [`supervision`] | the loader as supervisor |
//!
//! ```
//! use layout::cap::{Cap, Entry};
//! use layout::object::{CNode, Kind, Object};
//! use layout::span::Span;
//! use layout::{Model, Rights};
//!
//! let mut model = Model::named("two");
//! let bell = model.add(Object::new("bell", Kind::Notification, Span::NOWHERE));
//! let cap = Cap::Notification { object: bell, rights: Rights::WRITE, badge: Some(1) };
//! let slots = vec![Entry { slot: 1, cap, span: Span::NOWHERE }];
//! model.add(Object::new("cspace", Kind::CNode(CNode { bits: 4, slots }), Span::NOWHERE));
//! assert_eq!(model[bell].name, "bell");
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod cap;
pub mod memory;
pub mod model;
pub mod names;
pub mod object;
pub mod policy;
pub mod span;
pub mod supervision;
pub mod thread;

pub use abi::{Rights, VmAttributes};
pub use model::{Model, Schedule, Target, Turn, TurnLength};
pub use object::ObjectId;
pub use span::Span;
