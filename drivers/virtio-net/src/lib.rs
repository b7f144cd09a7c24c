//! Network cards of virtio (section 5.1), as a [switch](libsys::service::packet::Switch) for the
//! driver's clients.
//!
//! | module | what |
//! |---|---|
//! | `header` | what stands before a packet |
//! | `lane` | a queue whose chains are buffers of one size |
//! | `card` | the card: packets out and in, checksums, interrupts, a new start |
//! | `station` | who the clients are: the driver's words |
//! | `driver` | all of it as a server |
//!
//! # Words
//!
//! The component has a word for each client: its name, perhaps `=` and an address (else it has the
//! card's own) and, behind a comma, `everything` for one that may use any address and see all
//! packets: `alice`, `bob=52:54:00:00:00:02`, `probe=52:54:00:00:00:03,everything`.
//!
//! # What the card does
//!
//! Checksums of what is sent are left to the card, and those that it has verified are told, if
//! it offers both (`VIRTIO_NET_F_CSUM`, `VIRTIO_NET_F_GUEST_CSUM`; `virtio-drivers` has neither);
//! otherwise the driver finishes them. Receive buffers are not merged: without segmentation
//! offload no packet is longer than one. While the driver has packets to pass on, the card is
//! told not to interrupt. A card that does what none may do is reset and started again; what it
//! had is lost, as on a wire.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod card;
mod driver;
mod header;
mod lane;
mod station;
#[cfg(test)]
mod tests;

pub use card::NetworkCard;
pub use driver::{SetupError, serve};
pub use station::{Station, WordError};
