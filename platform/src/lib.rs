//! The machine that the kernel runs on.
//!
//! Everything that is an instruction, a register or a board address lives here; the kernel above
//! decides and this crate does. [`contract::Platform`] states what a machine offers. Two types
//! implement it, both named [`Machine`]: the real one in `aarch64`, and an observable fake in
//! `host`, so that the whole kernel runs inside a host test.
//!
//! | portable | says |
//! |---|---|
//! | [`address`] | physical addresses and ranges |
//! | [`board`] | what the device tree says about the machine |
//! | [`context`] | what is saved of a thread |
//! | [`contract`] | what a machine offers |
//! | [`features`] | what a core's identification registers must promise |
//! | [`handover`] | what the boot path hands to the kernel, and how a core returns to a thread |
//! | [`translation`] | memory types of mappings |
//!
//! Beside the machine value there are seven free functions that need no exclusive access, the
//! same on both machines: [`console`], [`message!`] and [`stop`] print and stop; [`current_core`],
//! [`relax`], [`store_user_state`] and [`wait_for_interrupt`] serve code that holds no lock.
//!
//! This crate and the kernel's crate root are the only places that select by configuration.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

pub mod address;
pub mod board;
pub mod context;
pub mod contract;
pub mod features;
pub mod handover;
pub mod translation;

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
pub mod aarch64;
#[cfg(not(target_os = "none"))]
pub mod host;

#[cfg(target_os = "none")]
use aarch64 as machine;
#[cfg(not(target_os = "none"))]
use host as machine;

pub use machine::{
    Machine, console, current_core, hold, relax, stop, store_user_state, wait_for_interrupt,
};

/// Print one line on the early console: `message!("{} cores", n)`. Works on any core at any time
/// after the first instructions of boot; lines of two cores may mix.
#[macro_export]
macro_rules! message {
    ($($argument:tt)*) => {{
        use ::core::fmt::Write as _;
        // The console never fails; `fmt::Write` only has room for an error.
        let _ = ::core::writeln!($crate::console(), $($argument)*);
    }};
}
