//! The machine itself.

mod block;
mod entry;
mod svc;

pub(crate) use block::{buffer_read, buffer_write, current_thread, place_block};
pub(crate) use entry::{extra_boot_info, keep};
pub(crate) use svc::{call, receive, send, send_receive, simple, with_all_registers};
