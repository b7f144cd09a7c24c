//! What every user program of Tessera needs: entry, system calls, typed capabilities, a console.
//!
//! ```no_run
//! // #![no_std] and #![no_main] come first.
//! use libsys::bootstrap::System;
//! use libsys::object::Notification;
//! use libsys::{BootInfo, println};
//!
//! libsys::entry!(program);
//!
//! fn program(boot: &'static BootInfo) -> ! {
//!     let mut system = System::new(boot);
//!     libsys::console::open(&mut system).expect("a UART");
//!     let bell = system.allocator.create::<Notification>().expect("memory for a notification");
//!     bell.signal();
//!     println!("the bell says {}", bell.wait());
//!     libsys::stop()
//! }
//! # fn main() {}
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`object`] | the kernel's objects; each invocation is a method of its [`Cap`] |
//! | [`syscall`] | the eleven system calls below that, with any register value |
//! | [`invoke`] | raw messages to kernel objects, for what the methods cannot express |
//! | [`ipc_buffer`] | the thread's message words, capabilities and receive path |
//! | [`bootstrap`] | slots, objects, device pages and mappings of the initial thread |
//! | [`window`] | memory mapped to be looked at |
//! | [`worker`] | further threads in the same address space |
//! | [`process`] | a thread in an address space of its own |
//! | [`console`] | `print!` and `println!` |
//! | [`debug`] | the calls that debug and benchmark images have |
//!
//! A program's `build.rs` passes the linker script: see [`entry!`].
#![no_std]

#[cfg(test)]
extern crate std;

pub mod bootstrap;
pub mod cap;
pub mod console;
pub mod debug;
pub mod device_tree;
pub mod invoke;
pub mod ipc_buffer;
#[allow(unsafe_code, reason = "instructions and addresses")]
mod machine;
pub mod object;
#[cfg(all(target_os = "none", feature = "panic-handler"))]
mod panic;
pub mod process;
pub mod syscall;
pub mod worker;

pub use abi::bootinfo::BootInfo;
pub use abi::{Error, GuardWord, LookupFailure, MessageInfo, ObjectType, Rights, VmAttributes};
pub use cap::{Badge, Cap, SlotPath};
pub use syscall::{Message, Received};

#[doc(hidden)]
pub use machine::start;
pub use machine::window;

/// The bytes behind the boot information: chunks with a header each. Empty before the program
/// is entered through [`entry!`].
#[must_use]
pub fn extra_boot_info() -> &'static [u8] {
    machine::extra_boot_info()
}

/// Ends the initial thread: the machine, too, in a debug image.
///
/// In a release image the halt is an unknown system call, a fault that nobody handles: it stops
/// the thread as well.
pub fn stop() -> ! {
    debug::halt();
    loop {
        // The thread suspends itself; should that be refused, there is nothing left to try.
        let _ = Cap::<object::Thread>::at(abi::bootinfo::slot::THREAD).suspend();
    }
}
