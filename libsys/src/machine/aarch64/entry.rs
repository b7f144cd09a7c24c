//! The first instructions of a program, and what they keep.
//!
//! The kernel starts the initial thread with the address of the boot information in x0, an
//! undefined stack and TPIDR_EL0 zero. `_start` gives it a stack and a thread block; the ELF
//! loader has cleared everything else.

use core::arch::global_asm;
use core::sync::atomic::{AtomicPtr, Ordering};

use abi::bootinfo::BootInfo;

use super::block::ThreadBlock;
use crate::cap::Cap;
use crate::initial;
use crate::object::Page;

/// Bytes of the initial thread's stack.
const STACK_SIZE: usize = 256 * 1024;

/// The initial thread's block; `_start` puts its address into TPIDR_EL0.
static BLOCK: ThreadBlock = ThreadBlock::new(initial::THREAD);
/// The boot information, for [`extra_boot_info`].
static BOOT_INFO: AtomicPtr<BootInfo> = AtomicPtr::new(core::ptr::null_mut());

unsafe extern "C" {
    /// First byte of the image, from the linker script: that of the first image frame.
    static image_start: u8;
    /// The page below the stack.
    static libsys_stack_guard: u8;
}

global_asm!(
    ".section .text.entry, \"ax\"",
    ".global _start",
    "_start:",
    "    adrp x1, libsys_stack",
    "    add  x1, x1, :lo12:libsys_stack",
    "    add  x1, x1, {size}",
    "    mov  sp, x1",
    "    adrp x1, {block}",
    "    add  x1, x1, :lo12:{block}",
    "    msr  tpidr_el0, x1",
    "    mov  x29, xzr",
    "    mov  x30, xzr",
    "    b    libsys_main",
    ".section .bss.stack, \"aw\", @nobits",
    ".balign 4096",
    ".global libsys_stack_guard",
    "libsys_stack_guard:",
    "    .zero 4096",
    "libsys_stack:",
    "    .zero {size}",
    ".text",
    block = sym BLOCK,
    size = const STACK_SIZE,
);

/// Keeps what the kernel handed over, for IPC and for [`extra_boot_info`], and unmaps the page
/// below the stack, so that a stack that is too small faults instead of running into data.
///
/// # Safety
/// `boot` is what the kernel passed to the initial thread, and TPIDR_EL0 holds the address of
/// [`BLOCK`].
pub(crate) unsafe fn keep(boot: &'static BootInfo) {
    BLOCK.set_ipc_buffer(core::ptr::with_exposed_provenance_mut(boot.ipc_buffer as usize));
    BOOT_INFO.store(core::ptr::from_ref(boot).cast_mut(), Ordering::Relaxed);
    let guard = (&raw const libsys_stack_guard).addr() - (&raw const image_start).addr();
    let slot = boot.image_frames.start + (guard >> abi::PAGE_BITS) as u64;
    // Without the guard a program works as long as its stack suffices; so does this one.
    let _ = Cap::<Page>::at(slot).unmap();
}

/// The extra boot information: the bytes behind the boot information's frame.
pub(crate) fn extra_boot_info() -> &'static [u8] {
    let info = BOOT_INFO.load(Ordering::Relaxed);
    if info.is_null() {
        return &[];
    }
    // SAFETY: `keep` stored the kernel's pointer. The kernel maps `extra_length` bytes at the
    // next frame, initialised, and nothing in the program writes them.
    unsafe {
        let bytes = info.cast::<u8>().add(1 << abi::PAGE_BITS);
        core::slice::from_raw_parts(bytes, (*info).extra_length as usize)
    }
}
