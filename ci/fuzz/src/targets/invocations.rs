//! System calls in any order, on the kernel and on the model of its ABI at once.

use super::Target;

/// The target: bytes decide what the threads of a small system do.
pub(super) const TARGET: Target =
    Target { name: "invocations", run: invocations::run, words: &[&[0; 8], &[128; 8], &[255; 8]] };
