//! The thread block: what a thread finds behind TPIDR_EL0.
//!
//! Invariant B1: in every thread that runs code of this library, TPIDR_EL0 holds the address of
//! a [`ThreadBlock`] that lives as long as the thread, and its `ipc_buffer` is mapped readable
//! and writable, 1024 bytes, without a Rust object in it. The entry code establishes it for the
//! initial thread, [`place_block`] for every other.

use core::arch::asm;
use core::mem::offset_of;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::cap::Cap;
use crate::machine::window::Window;
use crate::object::Thread;

/// Per-thread data of the library.
#[repr(C)]
pub(super) struct ThreadBlock {
    ipc_buffer: AtomicPtr<u64>,
    thread: AtomicU64,
}

impl ThreadBlock {
    /// A block of this thread, without a buffer.
    pub(super) const fn new(thread: Cap<Thread>) -> Self {
        let ipc_buffer = AtomicPtr::new(core::ptr::null_mut());
        Self { ipc_buffer, thread: AtomicU64::new(thread.pointer()) }
    }

    /// Sets the address of the thread's IPC buffer.
    pub(super) fn set_ipc_buffer(&self, address: *mut u64) {
        self.ipc_buffer.store(address, Ordering::Relaxed);
    }
}

/// The current thread's block.
#[inline(always)]
fn current() -> &'static ThreadBlock {
    let block: *const ThreadBlock;
    // SAFETY: reading TPIDR_EL0 has no effect; the value is constant while the thread lives, so
    // that one reading may serve several accesses.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) block, options(pure, nomem, nostack, preserves_flags));
    }
    // SAFETY: B1: the block lives as long as the thread that uses the reference, which never
    // passes it to another (the function is private and no caller keeps it).
    unsafe { &*block }
}

/// The current thread.
pub(crate) fn current_thread() -> Cap<Thread> {
    Cap::at(current().thread.load(Ordering::Relaxed))
}

/// The word of the current thread's IPC buffer at `offset` bytes.
#[inline(always)]
fn buffer_word(offset: u64) -> *mut u64 {
    debug_assert!(offset < abi::buffer::SIZE && offset.is_multiple_of(8));
    // SAFETY: B1: the buffer has `SIZE` bytes; every caller in this crate passes an offset of
    // the ABI's buffer layout.
    unsafe { current().ipc_buffer.load(Ordering::Relaxed).byte_add(offset as usize) }
}

/// Reads the IPC buffer at `offset` bytes.
#[inline(always)]
pub(crate) fn buffer_read(offset: u64) -> u64 {
    // SAFETY: B1; volatile because the kernel writes the buffer during system calls.
    unsafe { buffer_word(offset).read_volatile() }
}

/// Writes the IPC buffer at `offset` bytes.
#[inline(always)]
pub(crate) fn buffer_write(offset: u64, value: u64) {
    // SAFETY: as in `buffer_read`.
    unsafe { buffer_word(offset).write_volatile(value) }
}

/// Puts the block of a thread that does not run yet behind its IPC buffer, which starts at the
/// window's first byte. Answers the value for the thread's TPIDR_EL0.
pub(crate) fn place_block(window: &Window, thread: Cap<Thread>) -> u64 {
    let block = abi::buffer::SIZE;
    window.write_word(block + offset_of!(ThreadBlock, ipc_buffer) as u64, window.address());
    window.write_word(block + offset_of!(ThreadBlock, thread) as u64, thread.pointer());
    window.address() + block
}
