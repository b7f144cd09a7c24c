//! What every user program of Tessera needs: entry, system calls, typed capabilities, a console.
//!
//! ```no_run
//! // #![no_std] and #![no_main] come first.
//! use libsys::println;
//!
//! #[libsys::main]
//! fn main() {
//!     println!("hello from EL0");
//! }
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`object`] | the kernel's objects; each invocation is a method of its [`Cap`] |
//! | [`syscall`] | the eleven system calls below that, with any register value |
//! | [`invoke`] | raw messages to kernel objects, for what the methods cannot express |
//! | [`ipc_buffer`] | the thread's message words, capabilities and receive path |
//! | [`fault`] | what a fault handler receives |
//! | [`foreign`] | what a server of another system's programs receives and answers |
//! | [`initial`] | the capabilities that the initial thread has from the start |
//! | [`bootstrap`] | slots, objects, device pages and mappings of the initial thread |
//! | [`memory`] | objects and mapped memory that can be freed |
//! | [`modules`] | files that travel in the program's image |
//! | [`symbols`] | one of them: the names of its functions |
//! | [`window`] | memory mapped to be looked at |
//! | [`thread`] | further threads that run a closure |
//! | [`pool`] | a few threads that do many jobs |
//! | [`time`] | the counter, and waiting for the next period |
//! | [`worker`] | their parts: stack, IPC buffer, scheduling context |
//! | [`layout`] | what the layout of the system gives to a component |
//! | [`heartbeat`] | signs of life, for a supervisor that wants some |
//! | [`process`] | programs and threads in address spaces of their own |
//! | [`pager`] | memory from a pager, and files for one |
//! | [`server`] | interfaces, declared once; servers and their clients |
//! | [`service`] | what drivers and other servers do for their clients: both halves |
//! | [`executor`] | many futures on one thread, which sleeps in one system call |
//! | [`ring`] | queues in shared memory, between tasks that need not trust each other |
//! | [`start`] | what a main function may take and return |
//! | [`mod@exit`] | how programs and threads end |
//! | [`heap`] | the memory behind the crate `alloc` |
//! | [`logger`] | the `log` facade |
//! | [`console`] | `print!` and `println!` |
//! | [`debug`] | the calls that debug and benchmark images have |
//!
//! Programs are linked by `libsys/user.ld`; `.cargo/config.toml` says so. Each thread has
//! variables of its own ([`thread_local!`]); threads share values through a [`Mutex`].
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bootstrap;
pub mod cap;
pub mod console;
pub mod debug;
pub mod device_tree;
pub mod executor;
pub mod exit;
pub mod fault;
pub mod foreign;
pub mod heap;
pub mod heartbeat;
pub mod initial;
pub mod invoke;
pub mod ipc_buffer;
pub mod layout;
pub mod logger;
#[allow(unsafe_code, reason = "instructions and addresses")]
mod machine;
pub mod memory;
pub mod modules;
pub mod object;
pub mod pager;
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "hosts have their own"))]
mod panic;
pub mod pool;
pub mod process;
pub mod ring;
pub mod server;
pub mod service;
pub mod start;
pub mod symbols;
pub mod syscall;
pub mod thread;
pub mod time;
pub mod worker;

pub use abi::bootinfo::BootInfo;
pub use abi::{Error, GuardWord, LookupFailure, MessageInfo, ObjectType, Rights, VmAttributes};
pub use cap::{Badge, Cap, SlotPath};
pub use syscall::{Message, Received};

pub use bootstrap::System;
pub use exit::{exit, stop};
pub use log;
pub use machine::window;
pub use machine::{Guard, Mutex, ThreadLocal};

#[doc(hidden)]
pub use machine::{Template, run};

/// Makes a function the main function of a program.
///
/// It takes nothing or one [`start::Argument`] and returns a [`start::Outcome`]: see [`start`].
/// The program ends when it returns.
///
/// ```no_run
/// use libsys::{System, println};
///
/// #[libsys::main]
/// fn program(system: System) {
///     println!("{} bytes of memory", system.allocator.bytes_left());
/// }
/// # fn main() {}
/// ```
pub use macros::main;

/// The allocator of the crate `alloc`, unless the program brings another.
#[cfg(all(target_os = "none", feature = "heap"))]
#[global_allocator]
static HEAP: heap::Heap = heap::Heap;

/// The page of the boot information, as bytes. Empty before the program is entered through
/// [`entry!`].
#[must_use]
pub fn boot_info() -> &'static [u8] {
    machine::boot_info()
}

/// The bytes behind the boot information: chunks with a header each. Empty before the program
/// is entered through [`entry!`].
#[must_use]
pub fn extra_boot_info() -> &'static [u8] {
    machine::extra_boot_info()
}

/// The thread that asks.
#[must_use]
pub fn current_thread() -> Cap<object::Thread> {
    machine::current_thread()
}
