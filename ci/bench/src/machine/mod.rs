//! Instructions that Rust has no words for: marks, bare threads, the timer.
#![allow(unsafe_code)]

pub(crate) use work::mark;
pub(crate) mod stub;
pub(crate) mod timer;
