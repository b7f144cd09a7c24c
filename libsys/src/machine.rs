//! The machine under a program: everything that needs an instruction or an address, and with it
//! all of the library's unsafe code.
//!
//! Off the target `host` stands in the place of `aarch64`: the same functions, which stop the
//! test that reaches them.

#[cfg_attr(not(target_os = "none"), path = "machine/host.rs")]
mod aarch64;
mod program;
mod shared;
pub mod window;

pub(crate) use aarch64::{
    buffer_read, buffer_write, call, current_thread, extra_boot_info, place_block, receive, send,
    send_receive, simple, with_all_registers,
};
pub use program::start;
