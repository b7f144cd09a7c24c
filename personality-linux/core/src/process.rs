//! Processes and threads.
//!
//! | module | what |
//! |---|---|
//! | [`state`] | what a process and a thread consist of |
//! | [`exec`] | a program's address space and first registers, from its file |
//! | [`image`] | reading ELF files |
//! | [`stack`] | what a program finds on its stack |
//! | [`fork`] | `clone`: processes and threads |
//! | [`end`] | how threads and processes end, and who is told |
//! | [`floating`] | registers of floating point of copied threads |
//! | [`stubs`] | code that programs execute for the server |
//! | [`signals`] | sending signals |
//! | [`delivery`] | which signal acts next, and what it does |
//! | [`jobs`] | stopping, and going on |
//! | [`credentials`] | for whom a process works |
//! | [`handler`] | the frame on the stack of a handler, and the way back |

pub(crate) mod credentials;
pub(crate) mod delivery;
pub(crate) mod end;
pub(crate) mod exec;
pub(crate) mod floating;
pub(crate) mod fork;
pub(crate) mod handler;
pub(crate) mod image;
pub(crate) mod jobs;
pub(crate) mod signals;
pub(crate) mod stack;
pub(crate) mod state;
pub(crate) mod stubs;

pub(crate) use state::{Action, Flight, Pending, Process, Thread, ThreadState};
