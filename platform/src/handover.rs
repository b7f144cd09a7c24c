//! What the boot path hands to the kernel, and how a core goes back to a thread.

use core::ptr::NonNull;

use crate::address::PhysicalRange;
use crate::board::Board;
use crate::context::Context;

pub use crate::machine::WindowBase;

/// The most memory that the window shows: what 32-bit object names reach in 16-byte granules, but
/// for one page, so that the names of an object's parts never wrap.
pub const WINDOW_LIMIT: u64 = (64 << 30) - 4096;

/// The window starts at a multiple of this, so that it can be mapped by the largest blocks.
pub const WINDOW_ALIGNMENT: u64 = 1 << 30;

/// The direct map: physical address `start + n` appears at virtual address `base + n`.
///
/// Only RAM is mapped, without the pages of the kernel image and without what the device tree
/// reserves. It is readable, writable and never executable, at EL1 only.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Where `start` appears.
    pub base: WindowBase,
    /// The physical address at offset 0: the lowest RAM address rounded down to
    /// [`WINDOW_ALIGNMENT`]. No RAM that the kernel may use lies at offset 0.
    pub start: u64,
    /// Bytes up to the end of usable RAM; at most [`WINDOW_LIMIT`].
    pub length: u64,
}

/// Everything that the boot core tells the kernel.
///
/// Memory that the kernel may use is `board.memory` without `board.reserved`, `kernel_image`,
/// `board.initrd` and `device_tree_range`, as long as it needs the latter two.
#[derive(Debug)]
pub struct Handover {
    /// What the device tree says. `board.cores` is in logical order with the boot core first and
    /// no longer than the command line allows; `board.memory` lies wholly inside the window.
    pub board: Board,
    /// The device tree itself, mapped read-only. Valid until the kernel gives the memory of
    /// `device_tree_range` to somebody else: read it during boot only.
    pub device_tree: &'static [u8],
    /// Where the device tree lies in physical memory, rounded outwards to pages.
    pub device_tree_range: PhysicalRange,
    /// The pages of the kernel's own image, data and stacks.
    pub kernel_image: PhysicalRange,
    /// Device memory that the kernel keeps for itself: the interrupt controller. Not the UART.
    pub device_ranges: heapless::Vec<PhysicalRange, 8>,
    /// Physical address width in bits, at most 44.
    pub address_bits: u32,
    /// The direct map of RAM.
    pub window: Window,
}

/// The instruction to leave the kernel into a thread: what `boot`, `secondary` and `trap` return.
///
/// On hardware the exit path loads all registers from the context, and the next exception from
/// EL0 on this core stores them there: the context must stay in place until then. The kernel
/// guarantees it by keeping contexts in object memory and by stopping a thread's core before it
/// destroys the thread (the same invariant, I1, that makes its object names good).
#[repr(transparent)]
#[derive(Debug)]
#[must_use = "a core leaves the kernel only by returning this"]
pub struct Resume(NonNull<Context>);

impl Resume {
    /// Resume the thread whose registers are in `context`.
    pub fn new(context: &Context) -> Self {
        Self(NonNull::from(context))
    }

    /// The context that will be resumed.
    #[must_use]
    pub fn context(&self) -> NonNull<Context> {
        self.0
    }
}
