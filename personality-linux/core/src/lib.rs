//! What Linux programs expect of their kernel, as a portable library without a machine below it.
//!
//! A program can do nothing but fault: each of its calls and each access to memory that is not
//! mapped arrives at [`Linux`], which does what Linux would do, and lets the thread go on. Whatever
//! that takes of the machine is the trait [`machine::Machine`].
//!
//! | module | what |
//! |---|---|
//! | [`linux`] | the whole state, and what happens to it: calls, faults, input, time |
//! | [`calls`] | one table line for each call; the families of calls |
//! | [`abi`] | numbers and layouts of Linux on arm64 |
//! | [`machine`] | what is needed of the machine |
//! | [`memory`] | address spaces, copy-on-write, the page cache |
//! | [`files`] | nodes, paths, descriptors, pipes |
//! | [`object`] | what descriptors stand for that no path leads to |
//! | [`terminal`] | the console and pseudo terminals |
//! | [`process`] | processes, threads, programs, signals, the end |
//! | [`waiting`] | what threads wait for |
//! | [`fake`] | a machine for tests |
//!
//! A call that has to wait stays in its thread as a value, the decoded call, and is tried again
//! when something that it waits for has changed. So nothing is held while it waits, an interrupted
//! call is a value less, and all of it runs, step by step, on the development machine.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod abi;
pub mod calls;
pub mod fake;
mod files;
pub mod linux;
pub mod machine;
mod memory;
mod object;
mod process;
mod terminal;
mod waiting;

pub use files::archive::Damaged;
pub use linux::{Linux, Program};
