//! The conformance suite: a root task that proves, statement by statement, that the kernel
//! under it follows the user ABI.
//!
//! | module | what |
//! |---|---|
//! | [`framework`] | what a test is, what it gets, and how it is run |
//! | [`tests`] | one module for each section of the ABI documents |
//!
//! The last line on the console is `N passed, N failed, N skipped`. Words `suite=PREFIX` in the
//! boot command line choose the tests whose names begin with one of the prefixes.
#![no_std]
#![allow(
    clippy::result_large_err,
    clippy::large_enum_variant,
    reason = "there is no heap for the text of a failure"
)]

pub mod framework;
pub mod tests;
