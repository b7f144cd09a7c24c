//! The portable parts of the initial task.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod inventory;
mod size;

pub use inventory::Inventory;
pub use size::Size;
