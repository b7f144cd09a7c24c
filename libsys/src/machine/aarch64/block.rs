//! The thread block: what a thread finds behind TPIDR_EL0.
//!
//! Invariant B1: in every thread that runs code of this library, TPIDR_EL0 holds the address of
//! a [`ThreadBlock`] that lives as long as the thread, and its `ipc_buffer` is mapped readable
//! and writable, 1024 bytes, used by this thread and the kernel only. The entry code
//! establishes it for the initial thread, [`place_block`] for every other.

use core::arch::asm;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::machine::window::Window;

/// Per-thread data of the library.
#[repr(C)]
pub(super) struct ThreadBlock {
    ipc_buffer: AtomicPtr<u64>,
}

impl ThreadBlock {
    /// A block without a buffer.
    pub(super) const fn new() -> Self {
        Self { ipc_buffer: AtomicPtr::new(core::ptr::null_mut()) }
    }

    /// Sets the address of the thread's IPC buffer.
    pub(super) fn set_ipc_buffer(&self, address: *mut u64) {
        self.ipc_buffer.store(address, Ordering::Relaxed);
    }
}

/// The word of the current thread's IPC buffer at `offset` bytes.
#[inline(always)]
fn buffer_word(offset: u64) -> *mut u64 {
    debug_assert!(offset < abi::buffer::SIZE && offset.is_multiple_of(8));
    let block: *const ThreadBlock;
    // SAFETY: reading TPIDR_EL0 has no effect; the value is constant while the thread lives, so
    // that one reading may serve several accesses.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) block, options(pure, nomem, nostack, preserves_flags));
    }
    // SAFETY: B1: the block lives, and the buffer has `SIZE` bytes; every caller in this crate
    // passes an offset of the ABI's buffer layout.
    unsafe { (*block).ipc_buffer.load(Ordering::Relaxed).byte_add(offset as usize) }
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
pub(crate) fn place_block(window: &Window) -> u64 {
    window.write_word(abi::buffer::SIZE, window.address());
    window.address() + abi::buffer::SIZE
}
