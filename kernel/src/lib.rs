//! The Tessera microkernel: everything that it decides, as one portable library.
//!
//! No assembly, no instruction and no board address stands here; those are the platform's. The
//! same code runs on the machine and inside host tests.
//!
//! | where | what |
//! |---|---|
//! | [`mem`], [`maybe`] | the memory of objects |
//! | [`slot`], [`cap`], [`derivation`], [`cspace`], [`finalise`] | capabilities |
//! | [`untyped`], [`creation`], [`cnode`] | making objects, moving capabilities |
//! | [`endpoint`], [`notification`], [`reply`], [`transfer`], [`fault`], [`queue`] | messages |
//! | [`thread`], [`tcb`], [`configure`], [`residence`] | threads |
//! | [`sched_context`], [`sched_control`], [`refill`], [`accounting`] | time |
//! | [`scheduler`], [`ready`], [`release`], [`domain`] | who runs |
//! | [`space`] and the files that it names | address spaces |
//! | [`irq`], [`smc`] | interrupts, the secure monitor |
//! | [`entry`], [`syscall`], [`exception`], [`invoke`], [`call`], [`lock`] | the way in and out |
//! | [`fast`] | short cuts through all of that |
//! | [`boot`] | the first thread |
//! | [`debug`] | calls of debug images |
//! | `simulation` | a kernel as a value of a host program, beside its model |
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

pub mod accounting;
pub mod asid;
pub mod boot;
pub mod cache;
pub mod call;
pub mod cap;
pub mod cnode;
pub mod configure;
pub mod core_state;
pub mod creation;
pub mod cspace;
pub mod debug;
pub mod derivation;
pub mod domain;
pub mod endpoint;
pub mod entry;
pub mod exception;
pub mod fast;
pub mod fault;
pub mod finalise;
pub mod invariants;
pub mod invoke;
pub mod irq;
pub mod kernel;
pub mod lock;
pub mod maybe;
pub mod mem;
pub mod notification;
pub mod options;
pub mod page;
pub mod page_map;
pub mod page_table;
pub mod paging;
pub mod queue;
pub mod ready;
pub mod refill;
pub mod release;
pub mod reply;
pub mod residence;
pub mod sched_context;
pub mod sched_control;
pub mod scheduler;
pub mod shadow;
#[cfg(test)]
mod sim;
#[cfg(not(target_os = "none"))]
pub mod simulation;
pub mod slot;
pub mod smc;
pub mod space;
pub mod syscall;
pub mod table;
pub mod tcb;
#[cfg(test)]
pub(crate) mod testing;
pub mod thread;
pub mod transfer;
pub mod untyped;
pub mod utilisation;
