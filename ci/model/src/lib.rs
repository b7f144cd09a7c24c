//! What the kernel does, as a specification that runs.
//!
//! Written from the ABI's documents alone, as maps and sets; it knows nothing of how the kernel
//! does it. Beside each rule stands the section that demands it. It covers one core and one domain.
//! Time stands still in it, so that no budget is used up but by a thread that yields; interrupts
//! that arrive, several cores and domains are not in it yet.
//!
//! | module | rules of |
//! |---|---|
//! | [`cap`] | rights, badges, guards, which object lies in which |
//! | [`slots`] | the derivation tree |
//! | [`lookup`] | capability pointers and slots |
//! | [`model`] | the whole state, and calls of kernel objects |
//! | [`state`] | threads, notifications, scheduling contexts |
//! | [`syscall`] | system calls and exceptions, by their phases |
//! | [`endpoint`], [`notification`], [`reply`], [`transfer`], [`fault`] | messages |
//! | [`scheduler`], [`context`] | who runs, and on what |
//! | [`untyped`], [`node`], [`deletion`] | objects and capabilities coming and going |
//! | [`space`], [`asid`] | address spaces |
//! | [`thread`], [`registers`] | what threads hold, their registers |
//! | [`interrupt`] | who has which interrupt |
//! | [`memory`] | words that programs and messages leave in memory |
#![forbid(unsafe_code)]

pub mod asid;
pub mod cap;
pub mod context;
pub mod deletion;
pub mod endpoint;
pub mod fault;
pub mod interrupt;
pub mod lookup;
pub mod memory;
pub mod model;
pub mod node;
pub mod notification;
pub mod registers;
pub mod reply;
pub mod scheduler;
pub mod slots;
pub mod space;
pub mod state;
pub mod syscall;
pub mod thread;
pub mod transfer;
pub mod untyped;

pub use cap::Cap;
pub use model::Model;
pub use slots::{Holder, SlotName};
