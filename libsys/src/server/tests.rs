//! Interfaces and servers in tests, with a made-up kernel.

pub(crate) mod fake;
mod messages;
mod refusals;
mod serving;
mod sessions;
