//! Which memory the objects of a system are made of, and where they come to lie.
//!
//! The host tool and the loader run the same [`Planner`] over the same runs of objects: the tool
//! with the untyped memory that it expects of a board, the loader with what the kernel really
//! gave. Equal memory gives equal addresses, so what the tool shows is what the loader does; and
//! other memory only gives other addresses.
//!
//! | module | what |
//! |---|---|
//! | [`run`] | equal objects that are made together |
//! | [`source`] | memory that objects are made of |
//! | [`planner`] | who gets which memory |
//!
//! # Order
//!
//! Objects are placed in this order, and within each line in the order of the layout:
//!
//! 1. what has an address, ascending;
//! 2. what lies together ([`Planner::reserve`]), the strictest alignment first;
//! 3. everything else, the largest first;
//! 4. what lies inside of untyped memory of the system, in the same order for each.
//!
//! Since sizes are powers of two, the third part wastes nothing: it fits if, and only if, any way
//! fits.
//!
//! ```
//! use abi::ObjectType;
//! use abi::bootinfo::UntypedDescriptor;
//! use plan::{Planner, Run, Step};
//!
//! let ram = UntypedDescriptor { address: 0x4000_0000, size_bits: 20, ..Default::default() };
//! let mut planner = Planner::new(&[ram]);
//! let mut steps = Vec::new();
//! let pages = Run { object: ObjectType::SmallPage, size: 0, count: 3 };
//! planner.place(pages, None, &mut |step| steps.push(step)).unwrap();
//! assert!(matches!(steps[0], Step::Make { address: 0x4000_0000, .. }));
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod planner;
pub mod run;
pub mod source;
#[cfg(test)]
mod tests;

pub use planner::{Planner, Refusal, Reservation, Step};
pub use run::Run;
pub use source::SourceId;
