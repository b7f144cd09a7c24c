//! What examples of the pager and the programs that they start agree on.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod btree;
pub mod keeper;
pub mod library;
pub mod lru;
pub mod policy;
pub mod setting;
pub mod store;
pub mod table;
pub mod toucher;
