//! Many futures on one thread, which sleeps in one system call.
//!
//! A server that has to wait while it serves (for a disk, for another client, for a time) makes
//! each call a task. What tasks wait for, the [`Reactor`] knows: messages become tasks, signals
//! and timers wake them. The [`Executor`] runs those that are ready, and when none is, it receives.
//!
//! ```no_run
//! use core::pin::pin;
//! use core::time::Duration;
//! use libsys::executor::{Arrival, Executor, NoClock, Reactor, Storage};
//! use libsys::object::{Endpoint, Notification, Reply};
//! use libsys::server::{Reception, Responder};
//! use libsys::{Cap, interface};
//!
//! interface! {
//!     /// Waits on behalf of others.
//!     pub mod bell {
//!         type Error = core::convert::Infallible;
//!
//!         /// Waits for signals of this mask.
//!         Wait = 1: fn wait(mask: u64) -> u64;
//!     }
//! }
//!
//! fn serve(calls: Cap<Endpoint>, bound: Cap<Notification>, replies: [Cap<Reply>; 32]) {
//!     let reception = Reception::new(calls).with_signals(bound);
//!     let reactor = Reactor::<_, _, 32>::new(reception, NoClock, replies);
//!     let tasks = pin!(Storage::<_, 32>::new());
//!     let mut executor = Executor::new(tasks).expect("few executors");
//!     let reactor = &reactor;
//!     executor.run(reactor, |arrival| {
//!         let Arrival::Call { request, caller } = arrival else { return None };
//!         let bell::Call::Wait(call) = bell::Call::accept(&request, caller)?;
//!         Some(async move {
//!             let signals = reactor.signalled(call.mask).await;
//!             call.answer(Ok(signals));
//!         })
//!     });
//! }
//! # fn main() {}
//! ```
//!
//! | module | what |
//! |---|---|
//! | `tasks` | the executor: tasks, and the rounds in which they run |
//! | `ready` | which tasks are ready; what a waker does |
//! | `reactor` | what tasks wait for |
//! | `arrival` | calls and faults, and who waits for their answers |
//! | `signals` | waiting for signals |
//! | `timers` | waiting for times |
//! | `clock` | where the time comes from |
//! | `slab` | values in numbered places |
//!
//! # Rules
//!
//! - Dropping a future cancels what it waits for; nothing refers to it any more.
//! - A wake-up costs setting a bit. It comes from the executor's own thread: another thread signals
//!   the executor's notification instead.
//! - When all places for tasks or all reply objects are in use, messages stay in the kernel until
//!   one is free; signals still arrive.

mod arrival;
mod clock;
mod reactor;
pub(crate) mod ready;
mod signals;
mod slab;
mod tasks;
#[cfg(test)]
mod tests;
mod timers;

pub use crate::machine::Storage;
pub use arrival::{Arrival, Caller};
pub use clock::{Clock, Counter, NoClock, Ticks};
pub use reactor::Reactor;
pub use signals::Signalled;
pub use tasks::Executor;
pub use timers::Sleep;
