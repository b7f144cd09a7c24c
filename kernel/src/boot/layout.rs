//! Where everything of the root task goes: user addresses, capability slots, and the places of
//! kernel objects in their block of memory. Pure arithmetic over a few numbers. (abi.md §10, §11)

use core::ops::Range;

use abi::PAGE_BITS;
use abi::bootinfo::{ExtraHeader, SlotRegion, slot};
use abi::object::{ASID_POOL_BITS, MIN_SCHED_CONTEXT_BITS, SLOT_BITS};

use super::failure::BootFailure;
use super::image::{Image, ImageError};
use crate::thread::THREAD_BYTES;

/// Bytes of a page.
pub(super) const PAGE: u64 = 1 << PAGE_BITS;
/// `log2` of the bytes that a whole table of each level translates (Arm ARM D8.2).
const SPAN_BITS: [u32; 4] = [48, 39, 30, 21];
/// Bytes of the header before the device tree.
const EXTRA_HEADER: u64 = size_of::<ExtraHeader>() as u64;
/// Bytes of the scheduling context.
const SCHED_CONTEXT_BYTES: u64 = 1 << MIN_SCHED_CONTEXT_BITS;

/// User addresses of the root task: its image, then its IPC buffer, its boot information, and the
/// extra boot information, without gaps. All are multiples of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Addresses {
    /// The image, rounded outwards.
    pub(super) image: Range<u64>,
    /// The page of the IPC buffer.
    pub(super) ipc_buffer: u64,
    /// The page of the boot information.
    pub(super) boot_info: u64,
    /// The extra boot information; perhaps empty.
    pub(super) extra: Range<u64>,
    /// Bytes of the extra boot information that count.
    pub(super) extra_length: u64,
}

impl Addresses {
    /// The addresses for an image and a device tree of `device_tree` bytes (0: none).
    pub(super) fn new(image: &Image, device_tree: u64) -> Result<Self, ImageError> {
        Self::around(&image.extent(), device_tree)
    }

    /// The same for an image from the first address of `extent` to the last.
    pub(super) fn around(extent: &Range<u64>, device_tree: u64) -> Result<Self, ImageError> {
        let start = extent.start & !(PAGE - 1);
        let end = extent.end.next_multiple_of(PAGE);
        let extra_length = if device_tree == 0 { 0 } else { EXTRA_HEADER + device_tree };
        let extra = end + 2 * PAGE;
        // No overflow: the image ends in user space, and a device tree is no longer than RAM.
        let addresses = Self {
            image: start..end,
            ipc_buffer: end,
            boot_info: end + PAGE,
            extra: extra..extra + extra_length.next_multiple_of(PAGE),
            extra_length,
        };
        if addresses.extra.end > abi::USER_END {
            return Err(ImageError::OutsideUserSpace { address: end });
        }
        Ok(addresses)
    }

    /// The translation tables of `level` (0 to 3).
    pub(super) fn tables(&self, level: usize) -> Tables {
        let bits = SPAN_BITS[level];
        let first = self.image.start >> bits;
        let last = (self.extra.end - 1) >> bits;
        Tables { first: first << bits, bits, count: last - first + 1 }
    }

    /// Translation tables below the top-level one.
    pub(super) fn table_count(&self) -> u64 {
        (1..=3).map(|level| self.tables(level).count).sum()
    }
}

/// The tables of one level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tables {
    /// First user address of the first table.
    pub(super) first: u64,
    /// `log2` of the bytes that each translates.
    pub(super) bits: u32,
    /// How many there are, side by side.
    pub(super) count: u64,
}

impl Tables {
    /// Which of the tables translates a user address.
    pub(super) fn index_of(self, address: u64) -> u64 {
        (address - self.first) >> self.bits
    }
}

/// Pages of a page-aligned range of addresses.
pub(super) fn pages(range: &Range<u64>) -> u64 {
    (range.end - range.start) >> PAGE_BITS
}

/// The slots of the root CNode behind the fixed ones, in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slots {
    /// Translation tables, upper levels first.
    pub(super) paging: SlotRegion,
    /// Frames of the extra boot information.
    pub(super) extra_pages: SlotRegion,
    /// Scheduling control, one per core.
    pub(super) sched_control: SlotRegion,
    /// Frames of the image.
    pub(super) image_frames: SlotRegion,
    /// Everything behind: untyped memory, then nothing.
    pub(super) rest: SlotRegion,
}

impl Slots {
    /// The slots of a root CNode of `1 << radix` slots.
    pub(super) fn new(addresses: &Addresses, cores: u64, radix: u32) -> Result<Self, BootFailure> {
        let available = 1 << radix;
        let mut end = slot::FIRST_DYNAMIC;
        let mut next = |count: u64| {
            let start = end;
            end = start.saturating_add(count);
            SlotRegion { start, end }
        };
        let paging = next(addresses.table_count());
        let extra_pages = next(pages(&addresses.extra));
        let sched_control = next(cores);
        let image_frames = next(pages(&addresses.image));
        if end > available {
            return Err(BootFailure::TooFewSlots { needed: end, available });
        }
        let rest = SlotRegion { start: end, end: available };
        Ok(Self { paging, extra_pages, sched_control, image_frames, rest })
    }
}

/// The kernel objects of the root task in one block of memory: distances in bytes from its start,
/// which is aligned to [`Self::alignment`], so that every object is aligned to its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Objects {
    /// `log2` of the slots of the root CNode, which comes first.
    pub(super) cnode_radix: u32,
    /// The top-level translation table.
    pub(super) vspace: u64,
    /// The other translation tables.
    pub(super) tables: u64,
    /// The ASID pool.
    pub(super) asid_pool: u64,
    /// The frame of the IPC buffer.
    pub(super) ipc_buffer: u64,
    /// The frame of the boot information.
    pub(super) boot_info: u64,
    /// The thread.
    pub(super) thread: u64,
    /// The scheduling context.
    pub(super) sched_context: u64,
    /// What belongs to the kernel alone.
    pub(super) private: u64,
    /// The frames of the extra boot information. What lies before them must be zero.
    pub(super) extra: u64,
    /// Bytes of all.
    pub(super) bytes: u64,
}

impl Objects {
    /// The places of everything that `addresses` needs, and of `private` bytes for the kernel.
    pub(super) fn new(addresses: &Addresses, cnode_radix: u32, private: u64) -> Self {
        let mut end = 0;
        let mut next = |bytes: u64| {
            let start = end;
            end += bytes;
            start
        };
        next(1 << (cnode_radix + SLOT_BITS));
        Self {
            cnode_radix,
            vspace: next(PAGE),
            tables: next(addresses.table_count() * PAGE),
            asid_pool: next(1 << ASID_POOL_BITS),
            ipc_buffer: next(PAGE),
            boot_info: next(PAGE),
            thread: next(THREAD_BYTES),
            sched_context: next(SCHED_CONTEXT_BYTES),
            private: {
                // Smaller objects end here: on a page, so that no crumbs are left over.
                let start = THREAD_BYTES + SCHED_CONTEXT_BYTES;
                next((start + private).next_multiple_of(PAGE) - start)
            },
            extra: next(pages(&addresses.extra) * PAGE),
            bytes: end,
        }
    }

    /// What the start of the block must be a multiple of: the size of the largest object.
    pub(super) fn alignment(&self) -> u64 {
        PAGE.max(1 << (self.cnode_radix + SLOT_BITS))
    }
}

#[cfg(test)]
#[path = "tests/layout.rs"]
mod tests;
