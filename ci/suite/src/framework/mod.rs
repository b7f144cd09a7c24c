//! What a test is, what it gets, and how it is run.
//!
//! A test is a function `fn(&mut World) -> Outcome`, listed in its module's `TESTS`:
//!
//! ```ignore
//! use crate::framework::prelude::*;
//!
//! pub const TESTS: &[Test] = &[test!(a_signal_is_kept)];
//!
//! /// objects §7: "Idle, no bound TCB: word=b, active."
//! fn a_signal_is_kept(world: &mut World) -> Outcome {
//!     let bell = world.create::<Notification>()?;
//!     let badged = world.mint(bell, Rights::ALL, 5)?;
//!     badged.signal();
//!     check_eq!(bell.poll(), 5);
//!     PASSED
//! }
//! ```
//!
//! The root thread runs tests at priority 255 on core 0. A helper thread (`world.spawn`) runs
//! on core 0 as well, unless told otherwise, when the root thread waits: `helper.join()` waits
//! until its closure has returned, `world.settle()` until all threads of core 0 are blocked.
//! Helpers get what they need by copy (capabilities are `Copy`) and answer through the
//! [`Board`](board::Board): shared words, zero at the start of each test.
//!
//! Everything that a test makes through its [`World`](world::World) is revoked behind it. A test
//! that faults or hangs is ended by the [guardian] and counts as failed.

pub mod bare;
pub mod board;
mod closure;
pub mod code;
pub mod command_line;
mod guardian;
pub mod helper;
pub mod image;
pub mod neighbour;
pub mod outcome;
mod runner;
pub mod test;
pub mod world;

/// What every test module uses.
pub mod prelude {
    pub use super::bare::{Bare, difference};
    pub use super::board::Board;
    pub use super::closure::Shared;
    pub use super::code;
    pub use super::command_line;
    pub use super::helper::Helper;
    pub use super::image::Image;
    pub use super::neighbour::Neighbour;
    pub use super::outcome::{Ending, Outcome, PASSED};
    pub use super::test::Test;
    pub use super::world::World;
    pub use crate::{check, check_eq, check_err, skip_if, test};
    pub use abi::registers::Register;
    pub use abi::{
        Error, Fault, GuardWord, Invocation, LookupFailure, MessageInfo, ObjectType, Rights,
        Syscall, VmAttributes,
    };
    pub use core::time::Duration;
    pub use libsys::object::{
        AsidControl, AsidPool, Budget, CNode, CopyRegisters, Domain, Endpoint, Huge, IrqControl,
        IrqHandler, Large, Notification, Page, PageTable, Reply, SchedContext, SchedControl,
        SlotRange, Small, Space, Thread, Untyped, UserContext, VSpace,
    };
    pub use libsys::syscall::RawRegisters;
    pub use libsys::{Badge, Cap, Message, Received, SlotPath, initial, ipc_buffer, syscall};
}

pub use runner::run;
