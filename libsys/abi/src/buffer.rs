//! Layout of the IPC buffer: 1024 bytes, aligned to 1024.
//!
//! Offsets are in bytes. The kernel reaches the buffer through the frame capability in the
//! thread, wherever that frame is mapped.

use crate::message::MAX_LENGTH;

/// Size and alignment in bytes.
pub const SIZE: u64 = 1024;
/// `log2` of the size.
pub const SIZE_BITS: u32 = 10;
/// The tag; never used by the kernel.
pub const TAG: u64 = 0;
/// Message word 0. Words 0 to 3 travel in registers only.
pub const MESSAGE: u64 = 8;
/// A word for the user; never touched by the kernel.
pub const USER_DATA: u64 = MESSAGE + 8 * MAX_LENGTH as u64;
/// Three words: capability pointers on send, badges of unwrapped capabilities on receive.
pub const CAPS_OR_BADGES: u64 = 976;
/// Capability pointer to the CNode that receives a capability.
pub const RECEIVE_CNODE: u64 = 1000;
/// Index of the receive slot.
pub const RECEIVE_INDEX: u64 = 1008;
/// Depth of the receive slot.
pub const RECEIVE_DEPTH: u64 = 1016;

const _: () = assert!(USER_DATA == 968 && RECEIVE_DEPTH + 8 == SIZE);

/// Byte offset of message word `index`.
#[must_use]
pub const fn word(index: usize) -> u64 {
    MESSAGE + 8 * index as u64
}
