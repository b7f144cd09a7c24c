//! Drives the UART PL011 (Arm PrimeCell UART, technical reference manual DDI 0183).
//!
//! | module | what |
//! |---|---|
//! | [`registers`] | the registers, and what their bits mean |
//! | [`framing`] | baud rate and line settings as register values |
//! | [`uart`] | the device: a line for a terminal |
//! | [`fake`] | a UART in software, well-behaved or not |
//!
//! The device is driven by interrupts in both directions. Received characters interrupt when the
//! FIFO is half full, or when nothing has followed for 32 bit times. What is sent fills the FIFO;
//! the rest follows when an eighth of it is left. Nothing waits for the device.
//!
//! A component of a layout needs the device, its clients' calls and reply objects for those that
//! wait; see `terminal::serve` for words that choose clients. `clock=HERTZ` is the clock of the
//! UART (24 MHz without), `baud=RATE` what it begins with.
//!
//! Registers are a trait of ours rather than those of the crate `arm-pl011-uart`: that reaches them
//! through pointers into memory, where no fake can have a FIFO behind its data register. Its `Uart`
//! drops the good character that comes with the news of an overrun, and can only take over a device
//! by stopping it, also in the middle of what an earlier driver has acknowledged.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod fake;
pub mod framing;
pub mod registers;
#[cfg(test)]
mod tests;
pub mod uart;

pub use framing::Framing;
pub use registers::{Register, Registers};
pub use uart::Uart;
