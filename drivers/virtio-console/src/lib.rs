//! Consoles of virtio (section 5.3), as a [`terminal`] for several clients.
//!
//! | module | what |
//! |---|---|
//! | `console` | the device as a line of a terminal |
//!
//! One port. What `virtio-drivers` has for it sends byte by byte and spins for each; here several
//! buffers are in flight both ways. Words of the component are those of [`terminal::serve()`], and
//! its first device is the console. There is no speed to be set: other settings are refused.
#![no_std]

#[cfg(test)]
extern crate std;

mod console;
#[cfg(test)]
mod tests;

pub use console::Console;
