//! What differs between two systems, by the names that people use.
//!
//! | module | what |
//! |---|---|
//! | [`access`] | who has authority over whom and what, in words |
//! | [`held`] | who holds which capabilities, and maps what how |
//! | [`rules`] | what the kernel and the supervisor do |
//! | [`compare`] | what was gained, lost, changed, moved |
//! | [`show`] | the differences as text or JSON |

pub mod access;
pub mod compare;
pub mod held;
pub mod rules;
pub mod show;

#[cfg(test)]
mod tests;

pub use compare::Difference;
