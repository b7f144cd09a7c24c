//! What all virtio drivers need.
//!
//! The crate `virtio-drivers` has the transports and the queues; here they meet the layout and
//! [`dma`]'s memory, and nothing that a device writes is believed.
//!
//! | module | what |
//! |---|---|
//! | [`mod@device`] | a device that the layout gives, by its name; and its memory |
//! | [`mmio`] | the transport of registers in memory |
//! | [`pci`] | the transport of a function of PCI |
//! | [`start`] | reset, negotiation of features, configuration |
//! | [`queue`] | buffers in flight, and those that the device has used |
//! | `fake` | a device on hosts, for tests |
//!
//! # What a device may not do
//!
//! A device that answers what was never asked, twice, or more than there was room for, is
//! [misbehaving](queue::Misbehaviour): its driver resets it. Whatever it writes into its rings and
//! registers, no access leaves the memory that it was given, nothing panics, and no loop waits
//! for it. Two parts of `virtio-drivers` would do so and are not used: the features
//! `VIRTIO_F_EVENT_IDX` (whose comparison of indices forgets that they wrap, so that a batch is
//! never announced) and `VIRTIO_F_INDIRECT_DESC` (whose tables lie in the heap, where no device
//! reaches), and everything that spins until a register or an index changes.
//!
//! Specification: Virtual I/O Device (VIRTIO) Version 1.2, OASIS, 2022.
#![no_std]

extern crate alloc;
#[cfg(not(target_os = "none"))]
extern crate std;

pub mod device;
#[cfg(not(target_os = "none"))]
pub mod fake;
pub mod mmio;
pub mod pci;
pub mod queue;
pub mod start;

pub use device::{AnyTransport, DeviceError, device, provide_pool};
pub use queue::{Misbehaviour, Queue, QueueError, Token, Used};
pub use start::{StartError, VERSION_1, begin, finish, reset, retire};
pub use virtio_drivers::transport::{self, DeviceType, Transport};
