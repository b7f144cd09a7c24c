//! What Tessera reads from outside, fed with arbitrary bytes.
//!
//! A *target* is a reader as a function from bytes to nothing: it must come back, whatever the
//! bytes. Each is one file of `targets`. Two tools drive them:
//!
//! * `cargo xtask fuzz`, with nothing but this crate: deterministic mutations of a small corpus,
//!   each execution watched from outside ([`runner`]), so that a panic, an abort, an overflown
//!   stack, too much memory and a hang are all found, shrunk and printed as a test.
//! * libFuzzer: `ci/fuzz/libfuzzer` is laid out for `cargo fuzz`, over the same table and corpus.
//!
//! **Add a target**: a file in `targets`, its line in the table below and its `[[bin]]` in
//! `libfuzzer/Cargo.toml`; a few good inputs in `corpus/NAME`. A crash that was found goes to
//! `crashes/NAME` (`--keep` puts it there) and is replayed for ever.
//!
//! | module | idea |
//! |---|---|
//! | [`targets`] | what is fuzzed |
//! | [`corpus`] | files to begin with |
//! | [`mutation`], [`random`] | other inputs made from them |
//! | [`runner`] | executions, each watched by another process |

pub mod corpus;
pub mod mutation;
pub mod random;
pub mod runner;
pub mod targets;

pub use targets::{TARGETS, Target};

/// Feeds a target, as libFuzzer and tests of former crashes do.
///
/// # Panics
///
/// If there is no such target, and wherever the target does.
pub fn run(name: &str, bytes: &[u8]) {
    let target = Target::named(name).unwrap_or_else(|| panic!("there is no target `{name}`"));
    (target.run)(bytes);
}
