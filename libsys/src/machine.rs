//! The machine under a program: everything that needs an instruction or an address, and with it
//! all of the library's unsafe code.
//!
//! Off the target `host` stands in the place of `aarch64`: the same functions, which stop the
//! test that reaches them.

#[cfg_attr(not(target_os = "none"), path = "machine/host.rs")]
mod aarch64;
mod closure;
#[cfg(test)]
mod counting;
mod given;
mod heap;
mod mutex;
mod program;
mod shared;
mod thread_local;
mod view;
mod waker;
pub mod window;

#[cfg(test)]
pub(crate) use aarch64::fake;
pub(crate) use aarch64::{
    Identity, bare, boot_info, buffer, call, counter, counter_frequency, current_thread,
    extra_boot_info, is_initial, modules, parent, place_block, probe_stack, receive, send,
    send_receive, simple, wait_word, with_all_registers,
};
pub(crate) use closure::start;
#[cfg(test)]
pub(crate) use counting::allocations;
pub(crate) use given::Given;
pub use heap::Heap;
pub(crate) use heap::{set_pool as set_heap_pool, usage as heap_usage};
pub use mutex::{Guard, Mutex};
pub use program::run;
pub use thread_local::{Template, ThreadLocal};
pub use waker::Storage;
pub(crate) use waker::waker;
