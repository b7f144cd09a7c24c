//! Executions of a target, each watched by another process.
//!
//! The *worker* is this program again. Before each execution it notes the input in a file, so
//! that whatever ends it (a panic, the kernel's out-of-memory killer, an overflown stack), the
//! *watcher* knows what it was busy with; it also sees when the number of the execution stands
//! still. Shrinking starts a worker for each smaller input.

mod note;
mod report;
mod shrink;
mod watcher;
mod worker;

pub use report::{as_test, kept_as, summary};
pub use shrink::shrink;
pub use watcher::{Broken, Campaign, Outcome, Watcher, Why};
pub use worker::{EXECUTE, WORK, execute, work};
