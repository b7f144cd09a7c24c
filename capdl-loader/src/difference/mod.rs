//! What differs between two systems, by the names that people use.
//!
//! | module | what |
//! |---|---|
//! | [`access`] | who holds and sees what, in words |
//! | [`compare`] | what was gained, lost, changed, moved |
//! | [`show`] | the differences as text or JSON |

pub mod access;
pub mod compare;
pub mod show;

#[cfg(test)]
mod tests;

pub use compare::Difference;
