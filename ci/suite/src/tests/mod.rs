//! The tests: one module for each section of the ABI documents, named after it.
//!
//! A section with many statements has several modules.

use crate::framework::test::Test;

pub mod abi_1_entering;

/// All tests, in the order of the documents.
pub const MODULES: &[&[Test]] = &[abi_1_entering::TESTS];
