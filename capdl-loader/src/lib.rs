//! Layouts: describe a system, check it, see it, pack it. The library behind the tool `capdl`.
//!
//! | module | what |
//! |---|---|
//! | [`board`] | what machines have |
//! | [`check`] | what is wrong with a system |
//! | [`promised`] | whose time the processor's is |
//! | [`placement`] | where objects come to lie |
//! | [`sources`] | the files that were read, for lines and columns |
//! | [`diagnostic`] | what is wrong, where, and what helps |
//! | [`code`] | the numbers of the checks |
//! | [`authority`] | who has authority over what, and what can learn of what |
//! | [`question`] | what people ask about that |
//! | [`draw`] | pictures |
//! | [`report`] | what a system takes |
//! | [`dump`] | what an image says, in words |
//! | [`difference`] | what differs between two systems |
//! | [`json`] | JSON to be written |
//! | [`explanation`] | what each check means |
//! | [`front`] | readers: from a file of any format to a model |
//! | [`export`] | writers: from a model to another tool's format |
//! | [`generate`] | systems of any size, to measure with |
//! | [`pack`] | from a model to the image that the loader builds |
//! | [`verb`] | what the tool can do |
#![forbid(unsafe_code)]
// They panic when nobody reads any more; `verb::output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod authority;
pub mod board;
pub mod check;
pub mod code;
pub mod diagnostic;
pub mod difference;
pub mod draw;
pub mod dump;
pub mod explanation;
pub mod export;
pub mod front;
pub mod generate;
pub mod json;
pub mod pack;
pub mod placement;
pub mod promised;
pub mod question;
pub mod report;
pub mod sources;
pub mod verb;

pub use diagnostic::{Diagnostic, Report, Severity};
pub use sources::Sources;

#[cfg(test)]
mod testing;
