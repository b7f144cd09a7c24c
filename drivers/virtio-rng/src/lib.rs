//! Sources of random bytes of virtio (section 5.4).
//!
//! | module | what |
//! |---|---|
//! | `source` | the device: buffers for as many bytes as are wanted, and what it has put there |
//! | `driver` | all of it as a server |
//!
//! The driver keeps nothing in stock: it asks for bytes when clients want some, and what is left
//! of a buffer is wiped, so that no byte is ever given to two. The crate `virtio-drivers` has a
//! driver that spins until the device answers; this one sleeps.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod driver;
mod source;
#[cfg(test)]
mod tests;

pub use driver::{SetupError, serve};
pub use source::Source;
