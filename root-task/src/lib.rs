//! The portable parts of the initial task.
//!
//! | module | what |
//! |---|---|
//! | [`loader`] | makes the system of a layout, and verifies it |
//! | [`pager`] | memory for components, a page at a time |
//! | [`trust`] | whether a system is from whom it should be |
//! | [`Inventory`], [`Size`] | what the system has, for people |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod inventory;
pub mod loader;
pub mod pager;
mod size;
pub mod trust;

pub use inventory::Inventory;
pub use size::Size;
