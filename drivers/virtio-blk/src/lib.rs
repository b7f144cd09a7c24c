//! A driver of virtio disks (VIRTIO 1.2, section 5.2).
//!
//! [`Disk`] is what [`libsys::service::block::Server`] wants below its clients: it takes jobs,
//! many at a time, and says what was done. The data goes between the device and the memory that
//! driver and client share, if the layout lets the device reach that (`dma_by`); else it is copied
//! through pages of the pool. Nobody waits but for the interrupt.
//!
//! | module | what |
//! |---|---|
//! | [`features`] | what the device offers, and its configuration |
//! | [`header`] | what stands before and behind the data of a request |
//! | [`memories`] | where the data of clients lies |
//! | [`disk`] | requests in flight |
//! | [`caller`] | who waits for an answer |
//!
//! A device that misbehaves is reset; what it had fails with
//! [`Outcome::Device`](libsys::service::block::Outcome::Device), and it starts anew.
//!
//! The program `virtio-blk` serves the clients of its layout:
//!
//! | in the layout | what |
//! |---|---|
//! | `device = ["disk"]` | the device, whatever its name |
//! | `map = { pool = "rw" }` | a region of 32 KiB or more that the device reaches |
//! | `arguments = ["fs=2048+65536"]` | the ranges: see [`libsys::service::block::ranges`] |
//! | `service = { from, to, size, dma_by }` | a client |
//! | `replies` | one more than there are clients |
//!
//! For clients without `dma_by` the pool has 16 KiB more, or up to 256 KiB.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod caller;
pub mod disk;
pub mod features;
pub mod header;
pub mod memories;
#[cfg(test)]
mod tests;

pub use disk::Disk;
