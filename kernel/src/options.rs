//! What the image was built with.

use abi::registers::{SPSR_DEBUG, SPSR_RELEASE};

/// Whether the image has debug calls and prints what it refuses.
pub const DEBUG: bool = cfg!(feature = "debug");
/// Whether the image has benchmark calls.
pub const BENCHMARK: bool = cfg!(feature = "benchmark");
/// SPSR of a new thread.
pub const FRESH_SPSR: u64 = if DEBUG { SPSR_DEBUG } else { SPSR_RELEASE };
