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
//! | [`fault`] | what a fault handler receives |
//! | [`initial`] | the capabilities that the initial thread has from the start |
//! | [`bootstrap`] | slots, objects, device pages and mappings of the initial thread |
//! | [`window`] | memory mapped to be looked at |
//! | [`worker`] | further threads in the same address space |
//! | [`process`] | a thread in an address space of its own |
//! | [`ring`] | queues in shared memory, between tasks that need not trust each other |
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
pub mod fault;
pub mod initial;
pub mod invoke;
pub mod ipc_buffer;
#[allow(unsafe_code, reason = "instructions and addresses")]
mod machine;
pub mod object;
#[cfg(all(target_os = "none", feature = "panic-handler"))]
mod panic;
pub mod process;
pub mod ring;
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

/// The thread that asks.
#[must_use]
pub fn current_thread() -> Cap<object::Thread> {
    machine::current_thread()
}

/// Ends the program: stops the machine in a debug image, the initial and the calling thread in
/// a release image.
///
/// The halt of debug images is an unknown system call in a release image: a fault, which stops
/// a thread without fault handler right there.
pub fn stop() -> ! {
    debug::halt();
    // Should a thread refuse to be suspended, there is nothing left to try but again.
    let _ = initial::THREAD.suspend();
    loop {
        let _ = current_thread().suspend();
    }
}
