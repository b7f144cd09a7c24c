//! Where things are in the kernel's half of the virtual address space.
//!
//! | from | what | access |
//! |---|---|---|
//! | [`WINDOW_BASE`] | RAM, at most 64 GiB | read, write |
//! | [`IMAGE_BASE`] | the image: text; constants; data, stacks | execute; read; read, write |
//! | [`DEVICE_BASE`] | registers of UART and interrupt controller | device, read, write |
//! | [`DEVICE_TREE_BASE`] | the device tree | read |
//!
//! All of it hangs below one level-1 table, and nothing of it is accessible from EL0.

/// Virtual address of the first byte of the window (see [`crate::handover::Window`]). One `mov`
/// loads it.
pub const WINDOW_BASE: usize = 0xffff_0000_0000_0000;

/// Where the window starts: known when the kernel is compiled, so that it takes no load.
#[derive(Clone, Copy, Debug)]
pub struct WindowBase;

impl WindowBase {
    /// The window's first byte.
    #[inline(always)]
    #[must_use]
    pub const fn pointer(self) -> *mut u8 {
        WINDOW_BASE as *mut u8
    }
}

/// Virtual address of the kernel's image. The linker script has the same number.
pub(super) const IMAGE_BASE: u64 = 0xffff_0040_0000_0000;

/// Virtual address of device registers.
pub(super) const DEVICE_BASE: u64 = 0xffff_0050_0000_0000;
/// The PL011's page.
pub(super) const UART_BASE: u64 = DEVICE_BASE;
/// GICD: up to 64 KiB.
pub(super) const DISTRIBUTOR_BASE: u64 = DEVICE_BASE + 0x1_0000;
/// GICC: up to 128 KiB.
pub(super) const CPU_INTERFACE_BASE: u64 = DEVICE_BASE + 0x2_0000;
/// GICR: one area of [`REDISTRIBUTOR_STRIDE`] for each region.
pub(super) const REDISTRIBUTOR_BASE: u64 = DEVICE_BASE + 0x400_0000;
/// Bytes between the areas of two GICR regions.
pub(super) const REDISTRIBUTOR_STRIDE: u64 = 0x400_0000;

/// Virtual address of the device tree's pages.
pub(super) const DEVICE_TREE_BASE: u64 = 0xffff_0060_0000_0000;

/// Bytes of a page.
pub(super) const PAGE: u64 = 4096;

/// Bytes between the stacks of two cores: a guard page, then the stack.
pub(super) const STACK_STRIDE: u64 = 0x10000;
/// Bytes at the top of each stack that hold the core's [`super::core_local::CoreLocal`].
pub(super) const CORE_LOCAL_BYTES: u64 = 64;
