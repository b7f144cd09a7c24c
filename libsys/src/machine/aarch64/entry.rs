//! The first instructions of a program, and what they keep.
//!
//! The initial task begins with the address of the boot information in x0 and zeroes in x1 to x3;
//! every other program with what [`Handover`](crate::process::Handover) says, x1 not being 0.
//! The stack pointer and TPIDR_EL0 do not matter: `_start` sets both. If x4 is not 0, somebody else
//! may have left values in the floating-point registers, which the program may use: `_start` sets
//! them, too, to 0 (Arm ARM C7.2.204, MOVI; C5.2, FPCR and FPSR).

use core::arch::global_asm;
use core::sync::atomic::{AtomicPtr, Ordering};

use abi::bootinfo::BootInfo;

use super::block::{self, Identity};
use crate::cap::Cap;
use crate::exit::Parent;
use crate::initial;
use crate::object::Page;
use crate::start::{Origin, Start};

/// The boot information, for [`extra_boot_info`].
static BOOT_INFO: AtomicPtr<BootInfo> = AtomicPtr::new(core::ptr::null_mut());

unsafe extern "C" {
    /// First byte of the image, from the linker script: that of the first image frame.
    static image_start: u8;
    /// The page below the stack.
    static stack_guard: u8;
    static stack_start: u8;
    static stack_end: u8;
}

global_asm!(
    ".section .text.entry, \"ax\"",
    ".global _start",
    "_start:",
    "    cbz  x4, 0f",
    "    .irp v, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "    movi v\\v\\().2d, #0",
    "    .endr",
    "    .irp v, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "    movi v\\v\\().2d, #0",
    "    .endr",
    "    msr  fpcr, xzr",
    "    msr  fpsr, xzr",
    "0:  adrp x4, stack_end",
    "    add  x4, x4, :lo12:stack_end",
    "    mov  sp, x4",
    "    adrp x4, first_thread",
    "    add  x4, x4, :lo12:first_thread",
    "    msr  tpidr_el0, x4",
    "    mov  x29, xzr",
    "    mov  x30, xzr",
    "    b    libsys_main",
    ".text",
);

/// Takes what the program was started with and fills the first thread's block. The initial task
/// unmaps the page below its stack, so that a stack that is too small faults instead of running
/// into data; other programs never have one there.
///
/// # Safety
/// Called once, by the code that `_start` branches to, with the registers at entry.
pub(crate) unsafe fn begin(registers: [u64; 4]) -> Start {
    let [x0, buffer, thread, parent] = registers;
    let stack = (&raw const stack_start).addr() as u64..(&raw const stack_end).addr() as u64;
    if buffer != 0 {
        let thread = Cap::at(thread);
        // SAFETY: the caller's obligation.
        unsafe { block::fill_first(&Identity { thread, ipc_buffer: buffer, stack, parent }) };
        return Start { origin: Origin::Spawned { argument: x0 } };
    }
    // SAFETY: without an IPC buffer the kernel is who started the program; x0 is then the address
    // of the boot information, which it maps for as long as the program exists.
    let boot: &'static BootInfo = unsafe { &*core::ptr::with_exposed_provenance(x0 as usize) };
    let (thread, parent) = (initial::THREAD, Parent::Everybody.word());
    let identity = Identity { thread, ipc_buffer: boot.ipc_buffer, stack, parent };
    // SAFETY: the caller's obligation.
    unsafe { block::fill_first(&identity) };
    BOOT_INFO.store(core::ptr::from_ref(boot).cast_mut(), Ordering::Relaxed);
    let guard = (&raw const stack_guard).addr() - (&raw const image_start).addr();
    let slot = boot.image_frames.start + (guard >> abi::PAGE_BITS) as u64;
    // Without the guard a program works as long as its stack suffices; so does this one.
    let _ = Cap::<Page>::at(slot).unmap();
    Start { origin: Origin::Initial { boot } }
}

/// Whether this program is the initial task.
pub(crate) fn is_initial() -> bool {
    !BOOT_INFO.load(Ordering::Relaxed).is_null()
}

/// The boot information, as bytes.
pub(crate) fn boot_info() -> &'static [u8] {
    let info = BOOT_INFO.load(Ordering::Relaxed);
    if info.is_null() {
        return &[];
    }
    // SAFETY: `begin` stored the kernel's pointer: to a whole page, which the kernel has cleared
    // and filled and maps while the program exists, and which nothing in the program writes.
    unsafe { core::slice::from_raw_parts(info.cast(), 1 << abi::PAGE_BITS) }
}

/// The extra boot information: the bytes behind the boot information's frame.
pub(crate) fn extra_boot_info() -> &'static [u8] {
    let info = BOOT_INFO.load(Ordering::Relaxed);
    if info.is_null() {
        return &[];
    }
    // SAFETY: `begin` stored the kernel's pointer. The kernel maps `extra_length` bytes at the
    // next frame, initialised, and nothing in the program writes them.
    unsafe {
        let bytes = info.cast::<u8>().add(1 << abi::PAGE_BITS);
        core::slice::from_raw_parts(bytes, (*info).extra_length as usize)
    }
}
