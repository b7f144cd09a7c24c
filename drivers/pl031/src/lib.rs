//! Drives the real-time clock PL031 (Arm PrimeCell RTC, technical reference manual DDI 0224).
//!
//! | module | what |
//! |---|---|
//! | [`registers`] | the registers |
//! | [`alarms`] | who waits for which time |
//! | [`clock`] | serves `libsys::service::clock` |
//! | [`fake`] | a clock in software, well-behaved or not |
//!
//! The device counts seconds in 32 bits, until 2106. It interrupts when a time has come, and is
//! told the earliest one that somebody waits for; nobody polls.
//!
//! A component of a layout needs the device, its clients' calls and reply objects for those that
//! wait. Each client has an equal share of those, at least one: who waits more often than that ends
//! its own oldest wait, so that a client that dies again and again takes nothing from others.
//! `set=NAME` names a client that may set the clock.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod alarms;
pub mod clock;
pub mod fake;
pub mod registers;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use registers::{Register, Registers};
