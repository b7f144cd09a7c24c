//! The thread block: what a thread finds around the address in TPIDR_EL0.
//!
//! ```text
//! thread pointer - 32   the library's own: stack, parent, panics
//! thread pointer        sixteen bytes that the ELF rules leave to the library: IPC buffer, thread
//! thread pointer + 16   thread-local variables, a copy of the image's .tdata
//! ```
//!
//! Invariant B1: in every thread that runs code of this library, TPIDR_EL0 holds such an address;
//! the block lives as long as the thread, and its `ipc_buffer` is mapped readable and writable,
//! 1024 bytes, without a Rust object in it. The entry code establishes it for the first thread of
//! a program, [`place_block`] for every other.

use core::arch::asm;
use core::cell::Cell;
use core::mem::offset_of;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::cap::Cap;
use crate::machine::window::Window;
use crate::object::Thread;

/// Per-thread data of the library.
#[repr(C)]
struct ThreadBlock {
    stack_start: AtomicU64,
    stack_end: AtomicU64,
    parent: AtomicU64,
    panics: AtomicU64,
    ipc_buffer: Cell<*mut u64>,
    thread: AtomicU64,
}

/// Bytes below the thread pointer: `HEADER_SIZE` of the linker script.
const HEADER: u64 = offset_of!(ThreadBlock, ipc_buffer) as u64;
const _: () = assert!(HEADER == 32 && size_of::<ThreadBlock>() == 48);

unsafe extern "C" {
    /// Initial values of the thread-local variables, from the linker script.
    static tls_start: u8;
    static tls_end: u8;
}

/// What a block says about its thread.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The thread.
    pub(crate) thread: Cap<Thread>,
    /// Address of its IPC buffer.
    pub(crate) ipc_buffer: u64,
    /// Addresses of its stack.
    pub(crate) stack: Range<u64>,
    /// Who is told when it ends: the word of a [`Parent`](crate::exit::Parent).
    pub(crate) parent: u64,
}

/// The current thread's block.
#[inline(always)]
fn current() -> &'static ThreadBlock {
    let pointer: *const u8;
    // SAFETY: reading TPIDR_EL0 has no effect; the value is constant while the thread lives, so
    // that one reading may serve several accesses.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer, options(pure, nomem, nostack, preserves_flags));
    }
    // SAFETY: B1: the block lives as long as the thread that uses the reference, which never
    // passes it to another (the function is private and no caller keeps it).
    unsafe { &*pointer.sub(HEADER as usize).cast::<ThreadBlock>() }
}

/// The current thread.
pub(crate) fn current_thread() -> Cap<Thread> {
    Cap::at(current().thread.load(Ordering::Relaxed))
}

/// Who is told when the current thread ends: the word of a [`Parent`](crate::exit::Parent).
pub(crate) fn parent() -> u64 {
    current().parent.load(Ordering::Relaxed)
}

/// The addresses of the current thread's stack.
pub(crate) fn stack() -> Range<u64> {
    let block = current();
    block.stack_start.load(Ordering::Relaxed)..block.stack_end.load(Ordering::Relaxed)
}

/// Counts a panic of the current thread; answers how many there were before.
pub(crate) fn count_panic() -> u64 {
    current().panics.fetch_add(1, Ordering::Relaxed)
}

/// The current thread's IPC buffer. Asked for once for several accesses: each asking reads it
/// from the thread's block.
#[derive(Clone, Copy)]
pub(crate) struct Buffer(*mut u64);

/// The current thread's IPC buffer.
#[inline(always)]
pub(crate) fn buffer() -> Buffer {
    Buffer(current().ipc_buffer.get())
}

/// Offsets are in bytes, multiples of 8 below 1024. The kernel accesses the buffer only while the
/// thread is in a system call, whose instruction is known to access memory.
impl Buffer {
    /// Reads a word.
    #[inline(always)]
    pub(crate) fn read(self, offset: u64) -> u64 {
        debug_assert!(offset < abi::buffer::SIZE && offset.is_multiple_of(8));
        // SAFETY: B1: the buffer has `SIZE` bytes; every caller in this crate passes an offset
        // of the ABI's buffer layout. The pointer does not leave its thread: it is not `Send`.
        unsafe { self.0.byte_add(offset as usize).read() }
    }

    /// Writes a word.
    #[inline(always)]
    pub(crate) fn write(self, offset: u64, value: u64) {
        debug_assert!(offset < abi::buffer::SIZE && offset.is_multiple_of(8));
        // SAFETY: as in `read`.
        unsafe { self.0.byte_add(offset as usize).write(value) }
    }
}

/// Fills the block of the calling thread, the program's first, which has none yet.
///
/// # Safety
/// Called once, by the first thread, before anything uses its block: TPIDR_EL0 points into
/// memory for a block that the linker script has set aside.
pub(super) unsafe fn fill_first(identity: &Identity) {
    let block = current();
    let source = &raw const tls_start;
    // SAFETY: the linker script leaves room for the template behind the block, which nothing
    // else uses yet; two symbols of one section.
    unsafe {
        let length = (&raw const tls_end).offset_from_unsigned(source);
        let variables = core::ptr::from_ref(block).add(1).cast::<u8>().cast_mut();
        core::ptr::copy_nonoverlapping(source, variables, length);
    }
    block.stack_start.store(identity.stack.start, Ordering::Relaxed);
    block.stack_end.store(identity.stack.end, Ordering::Relaxed);
    block.parent.store(identity.parent, Ordering::Relaxed);
    let buffer = core::ptr::with_exposed_provenance_mut(identity.ipc_buffer as usize);
    block.ipc_buffer.set(buffer);
    block.thread.store(identity.thread.pointer(), Ordering::Relaxed);
}

/// Puts the block of a thread that does not run yet behind its IPC buffer, which starts at the
/// window's first byte. Answers the value for the thread's TPIDR_EL0.
pub(crate) fn place_block(window: &Window, identity: &Identity) -> u64 {
    let block = abi::buffer::SIZE;
    let words = [
        identity.stack.start,
        identity.stack.end,
        identity.parent,
        0,
        identity.ipc_buffer,
        identity.thread.pointer(),
    ];
    let mut offset = block;
    for word in words {
        window.write_word(offset, word);
        offset += 8;
    }
    window.write_bytes(offset, template());
    window.address() + block + HEADER
}

/// The initial values of the thread-local variables.
fn template() -> &'static [u8] {
    let start = &raw const tls_start;
    // SAFETY: both symbols delimit one read-only section of the image, which nothing writes.
    unsafe { core::slice::from_raw_parts(start, (&raw const tls_end).offset_from_unsigned(start)) }
}
