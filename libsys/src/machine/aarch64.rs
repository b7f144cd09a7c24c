//! The machine itself.

mod block;
mod counter;
mod entry;
mod frames;
mod image;
pub(super) mod lines;
mod panic;
mod stack;
mod svc;
mod tls;

use block::count_panic;
pub(crate) use block::{Identity, buffer, current_thread, parent, place_block};
pub(crate) use counter::{counter, counter_frequency};
pub(crate) use entry::{begin, boot_info, extra_boot_info, is_initial};
use frames::Frames;
pub(crate) use image::modules;
pub(crate) use stack::probe_stack;
pub(crate) use svc::{
    bare, call, receive, send, send_receive, simple, wait_word, with_all_registers,
};
