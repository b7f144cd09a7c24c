//! The pager over a machine that is bytes.

mod fake;
mod faults;
mod hostile;
mod invariants;
mod lacks;
mod model;
mod sharing;

pub(super) use fake::Fake;
