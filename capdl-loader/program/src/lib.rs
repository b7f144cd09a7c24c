//! Files of programs, as our tools take and make them.
//!
//! | module | what |
//! |---|---|
//! | [`elf`] | reading the parts of an ELF file that matter, exchanging a segment |
//! | [`modules`] | files that travel in a program |
//! | [`samples`] | hand-made files, for tests |
//!
//! It depends on nothing but the standard library, so that whatever builds first can use it.
#![forbid(unsafe_code)]

pub mod elf;
pub mod modules;
pub mod samples;

/// The result of something that may fail for a reason told in one sentence.
pub type Fallible<T> = Result<T, String>;
