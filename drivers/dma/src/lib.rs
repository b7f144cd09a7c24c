//! Memory that devices reach without the processor.
//!
//! The layout gives a driver regions that its device may reach, and says where they lie in
//! physical memory ([`libsys::layout::Component::dma`]). A [`Region`] is such memory made known
//! to this crate; one of them is the [`pool`] that the driver's own buffers come from. A
//! [`Piece`] is a part of either, which a queue hands to the device.
//!
//! | module | what |
//! |---|---|
//! | [`region`] | memory of the layout, and parts of it |
//! | [`pool`] | pages for a driver's own queues and buffers |
//! | [`hal`] | both as the crate `virtio-drivers` wants them |
//! | `fake` | such memory on hosts, for tests |
//!
//! What is true of all memory here:
//!
//! Invariant D1: the bytes of a [`Region`], and so those of each [`Piece`], are mapped, readable
//! and writable for as long as the program lives; no Rust object lives there; and the device
//! finds them one behind the other from the region's physical address on.
#![no_std]

#[cfg(not(target_os = "none"))]
extern crate std;

#[cfg(not(target_os = "none"))]
pub mod fake;
pub mod hal;
pub mod pool;
pub mod region;

pub use hal::Frames;
pub use pool::{Buffer, PoolError};
pub use region::{Piece, Region};
