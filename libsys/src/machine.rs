//! The machine under a program: everything that needs an instruction or an address.
//!
//! Off the target the crate root puts `host.rs` in the place of this module: the same
//! functions, which stop the test that reaches them.

mod block;
mod entry;
mod svc;

pub(crate) use block::{buffer_read, buffer_write, place_block};
pub(crate) use entry::extra_boot_info;
pub use entry::start;
pub(crate) use svc::{call, receive, send, send_receive, simple, with_all_registers};
