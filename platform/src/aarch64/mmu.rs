//! The kernel's mappings: the image before the MMU is on, the rest once the board is known.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::facts::Mapped;
use super::layout::{DEVICE_TREE_BASE, IMAGE_BASE, PAGE, STACK_STRIDE, UART_BASE, WINDOW_BASE};
use super::paging::Kind;
use super::tables::{IDENTITY_ROOT, KERNEL_ROOT, Mapper, OutOfTables};
use super::{console, cpu};
use crate::address::PhysicalRange;
use crate::board::{Board, CORES};
use crate::features::{self, Unsupported};

/// What a block of the second translation level covers.
const BLOCK: u64 = 2 << 20;

/// Virtual minus physical address of the image.
static IMAGE_OFFSET: AtomicU64 = AtomicU64::new(0);

/// Symbols of the linker script: the bounds of the image's parts, all page-aligned. Only their
/// addresses mean anything.
mod symbol {
    unsafe extern "C" {
        pub(super) static tessera_image_start: u8;
        pub(super) static tessera_text_end: u8;
        pub(super) static tessera_constants_end: u8;
        pub(super) static tessera_stacks: u8;
        pub(super) static tessera_image_end: u8;
    }
}

/// The parts of the image as this code sees their addresses.
struct Image {
    start: u64,
    text_end: u64,
    constants_end: u64,
    stacks: u64,
    end: u64,
}

impl Image {
    fn here() -> Self {
        Self {
            start: &raw const symbol::tessera_image_start as u64,
            text_end: &raw const symbol::tessera_text_end as u64,
            constants_end: &raw const symbol::tessera_constants_end as u64,
            stacks: &raw const symbol::tessera_stacks as u64,
            end: &raw const symbol::tessera_image_end as u64,
        }
    }
}

/// Build the tables for the image and for the switch to them. Called with the MMU off: addresses
/// are physical, and nothing here may follow a pointer that is stored in memory.
#[unsafe(no_mangle)]
extern "C" fn tessera_early_tables() {
    if features::check(cpu::memory_features()) == Err(Unsupported::Granule) {
        // The MMU could not be switched on to say so later.
        console::stop_early(const { Unsupported::Granule.reason() });
    }
    // SAFETY: the boot core, first of all; the image's pointers are physical still.
    let mut mapper = unsafe { Mapper::new(0) };
    mapper.clear();
    // Cannot fail: the pool is larger than what the image needs.
    let _ = map_image(&mut mapper, &Image::here());
}

/// Map the parts of the image with their rights, leaving out a page below each stack.
fn map_image(mapper: &mut Mapper, image: &Image) -> Result<(), OutOfTables> {
    let first_block = PhysicalRange::new(image.start, image.start + BLOCK);
    mapper.map(IDENTITY_ROOT, image.start, first_block, Kind::IdentityText)?;
    let mut part = |from: u64, to: u64, kind| {
        let at = IMAGE_BASE + (from - image.start);
        mapper.map(KERNEL_ROOT, at, PhysicalRange::new(from, to), kind)
    };
    part(image.start, image.text_end, Kind::Text)?;
    part(image.text_end, image.constants_end, Kind::ReadOnly)?;
    part(image.constants_end, image.stacks, Kind::ReadWrite)?;
    for core in 0..CORES as u64 {
        let guard = image.stacks + core * STACK_STRIDE;
        part(guard + PAGE, guard + STACK_STRIDE, Kind::ReadWrite)?;
    }
    Ok(())
}

/// The mapper for the rest of the boot, now that the image runs at its virtual address.
///
/// # Safety
/// Once, on the boot core; `image` is the physical address of the image.
pub(super) unsafe fn mapper(image: u64) -> Mapper {
    IMAGE_OFFSET.store(IMAGE_BASE - image, Relaxed);
    // SAFETY: the mapper of `tessera_early_tables` is gone; the rest is the caller's promise.
    unsafe { Mapper::new(IMAGE_BASE - image) }
}

/// The physical address of something in the image.
pub(super) fn physical(pointer: u64) -> u64 {
    pointer - IMAGE_OFFSET.load(Relaxed)
}

/// The pages of the image in physical memory.
pub(super) fn image_range() -> PhysicalRange {
    let image = Image::here();
    PhysicalRange::new(physical(image.start), physical(image.end))
}

/// Whether an address lies in the unmapped page below a core's stack.
pub(super) fn is_guard_page(address: u64) -> bool {
    let image = Image::here();
    (image.stacks..image.end).contains(&address) && (address - image.stacks) % STACK_STRIDE < PAGE
}

/// Map the pages that hold `length` bytes of the device tree at `physical`; returns where the
/// tree appears.
pub(super) fn map_device_tree(
    mapper: &mut Mapper,
    physical: u64,
    length: u64,
) -> Result<*const u8, OutOfTables> {
    let range = PhysicalRange::new(physical, physical.saturating_add(length)).outwards(PAGE);
    mapper.map(KERNEL_ROOT, DEVICE_TREE_BASE, range, Kind::ReadOnly)?;
    Ok((DEVICE_TREE_BASE + (physical - range.start)) as *const u8)
}

/// Map the UART and open the console on it; without one, settle for no output.
pub(super) fn open_console(mapper: &mut Mapper, uart: Option<PhysicalRange>) {
    let Some(uart) = uart else { return console::close() };
    let start = uart.start & !(PAGE - 1);
    let range = PhysicalRange::new(start, start + PAGE);
    match mapper.map(KERNEL_ROOT, UART_BASE, range, Kind::Device) {
        Ok(()) => console::open(),
        Err(OutOfTables) => console::close(),
    }
}

/// Open the console where QEMU's `virt` board has it. Only for a boot that fails before it knows
/// better.
pub(super) fn open_fallback_console() {
    // SAFETY: the boot core runs alone and is about to stop: the mapper that it had is not used
    // any more.
    let mut mapper = unsafe { Mapper::new(IMAGE_OFFSET.load(Relaxed)) };
    let uart = PhysicalRange::new(console::FALLBACK_UART, console::FALLBACK_UART + PAGE);
    open_console(&mut mapper, Some(uart));
}

/// Why the window cannot be mapped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragmented;

/// Map RAM, without what is reserved and without the image, into the window.
pub(super) fn map_window(
    mapper: &mut Mapper,
    board: &Board,
    window_start: u64,
) -> Result<Mapped, Fragmented> {
    let mut mapped = Mapped::new();
    for range in &board.memory {
        mapped.push(*range).map_err(|_| Fragmented)?;
    }
    for hole in board.reserved.iter().copied().chain([image_range()]) {
        cut(&mut mapped, hole)?;
    }
    for range in &mapped {
        let at = WINDOW_BASE as u64 + (range.start - window_start);
        mapper.map(KERNEL_ROOT, at, *range, Kind::ReadWrite).map_err(|OutOfTables| Fragmented)?;
    }
    Ok(mapped)
}

/// Take `hole` out of every range.
fn cut(ranges: &mut Mapped, hole: PhysicalRange) -> Result<(), Fragmented> {
    let mut rest = Mapped::new();
    let parts = ranges.iter().flat_map(|range| range.without(hole));
    for part in parts.filter(|part| !part.is_empty()) {
        rest.push(part).map_err(|_| Fragmented)?;
    }
    *ranges = rest;
    Ok(())
}
