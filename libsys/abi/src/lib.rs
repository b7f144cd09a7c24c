//! The user ABI: what the kernel and every program agree on.
//!
//! Binary compatible with seL4 16 in the MCS configuration on aarch64 at EL1 with 48-bit virtual
//! addresses. A word is 64 bits, little endian. The crate has no dependency, no `unsafe` and no
//! state: it is the one source of truth for kernel, user space and host tools.
//!
//! | module | what |
//! |---|---|
//! | [`syscall`] | system call numbers |
//! | [`message`] | the message-information word and message limits |
//! | [`buffer`] | layout of the IPC buffer |
//! | [`invocation`] | labels of invocations on kernel objects |
//! | [`object`] | object types, sizes and retype rules |
//! | [`rights`] | rights, guards and virtual-memory attributes |
//! | [`error`] | error replies and lookup failures |
//! | [`fault`] | fault messages and their replies |
//! | [`foreign`] | system calls of other systems: our extension |
//! | [`registers`] | order of registers in messages |
//! | [`bootinfo`] | boot information and initial capability slots |
//! | [`directory`] | what components of a layout find by name: ours |
//! | [`time`] | limits of scheduling parameters |
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod bootinfo;
pub mod buffer;
pub mod directory;
pub mod error;
pub mod fault;
pub mod foreign;
pub mod invocation;
pub mod message;
pub mod object;
pub mod registers;
pub mod rights;
pub mod syscall;
pub mod time;

pub use error::{Error, LookupFailure};
pub use fault::Fault;
pub use foreign::{ForeignCall, SystemCalls};
pub use invocation::Invocation;
pub use message::MessageInfo;
pub use object::ObjectType;
pub use rights::{GuardWord, Rights, VmAttributes};
pub use syscall::Syscall;

/// Labels of invocations and faults from here on are ours: the base ABI has none so high.
pub const EXTENSIONS: u64 = 1 << 32;
/// First address that user level cannot map: user space is `0..USER_END`.
pub const USER_END: u64 = 0x0000_8000_0000_0000;
/// Last user address, inclusive.
pub const USER_TOP: u64 = USER_END - 1;
/// Bits of a capability pointer; the depth of an ordinary lookup.
pub const WORD_BITS: u32 = 64;
/// Highest thread priority; the lowest is 0.
pub const MAX_PRIORITY: u8 = 255;
/// Bits of the smallest page.
pub const PAGE_BITS: u32 = 12;
