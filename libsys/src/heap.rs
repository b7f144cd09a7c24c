//! The heap: where the crate `alloc` gets its memory from.
//!
//! A program begins with 128 KiB in its image, which cost nothing if it never allocates. From
//! then on the heap takes memory from a [`Pool`]. When that is used up, allocations fail: those
//! that can say so (`Vec::try_reserve`) do, the others panic. Memory never leaves the heap again.
//!
//! Programs that bring their own allocator turn the feature `heap` of this library off, and may
//! build theirs on [`Heap`].

use abi::{PAGE_BITS, Rights, VmAttributes};
use core::alloc::Layout;
use core::ops::Range;

use crate::bootstrap::{AddressSpace, AllocationError, Allocator};
use crate::cap::Cap;
pub use crate::machine::Heap;
use crate::object::{Large, Notification, Page, PageSize, Small};
use crate::{ipc_buffer, machine};

/// Slots of a pool besides those of its pages: tables, and one for the lock of the heap.
const OTHER_SLOTS: u64 = 8;

/// What the heap has, in bytes.
///
/// ```
/// use libsys::heap::Usage;
///
/// let usage = Usage { total: 128 << 10, used: 3 << 10 };
/// assert_eq!(usage.total - usage.used, 125 << 10);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// All of it.
    pub total: usize,
    /// What is in use, rounded up to powers of two.
    pub used: usize,
}

/// What the heap has and what of it is in use.
///
/// ```no_run
/// let before = libsys::heap::usage();
/// println!("{} of {} bytes are in use", before.used, before.total);
/// # use libsys::println;
/// ```
#[must_use]
pub fn usage() -> Usage {
    machine::heap_usage()
}

/// Lets the heap grow by up to `1 << bits` bytes of this allocator's memory, in pieces of 2 MiB
/// (4 KiB if that is more than all of it).
///
/// # Errors
/// Too little memory, or too few slots.
pub fn grow_from(allocator: &mut Allocator, bits: u32) -> Result<(), AllocationError> {
    machine::set_heap_pool(Pool::new(allocator, bits)?);
    Ok(())
}

/// Memory for the heap that is not mapped yet.
pub(crate) struct Pool {
    allocator: Allocator,
    addresses: Range<u64>,
    bell: Cap<Notification>,
    bits: u32,
}

impl Pool {
    fn new(allocator: &mut Allocator, bits: u32) -> Result<Self, AllocationError> {
        let bell = allocator.create::<Notification>()?;
        let pieces = 1 << bits.saturating_sub(piece_bits(bits));
        // Pages are aligned in memory; a second block of the same size would be wasted on the
        // tables, so they are in the same one, and the last piece remains unused.
        let pool = allocator.subset(bits, pieces + OTHER_SLOTS)?;
        let bytes = 1 << bits;
        // Twice the addresses: pieces are aligned to the size that is asked for.
        let start = allocator.reserve_addresses(3 * bytes)?.next_multiple_of(bytes);
        Ok(Self { allocator: pool, addresses: start..start + 2 * bytes, bell, bits })
    }

    /// Where those wait who find the heap locked.
    pub(crate) const fn bell(&self) -> Cap<Notification> {
        self.bell
    }

    /// Maps memory for an allocation of this layout: its addresses, if there is enough.
    pub(crate) fn grow(&mut self, layout: Layout) -> Option<Range<usize>> {
        let bits = piece_bits(self.bits);
        let size = layout.size().max(layout.align()).max(1 << bits).checked_next_power_of_two()?;
        let size = u64::try_from(size).ok()?;
        let start = self.addresses.start.checked_next_multiple_of(size)?;
        let end = start.checked_add(size).filter(|end| *end <= self.addresses.end)?;
        if self.allocator.bytes_left() < size {
            return None;
        }
        self.addresses.start = end;
        // Whoever allocates may be in the middle of a message.
        ipc_buffer::preserved(|| match bits {
            PAGE_BITS => self.map::<Small>(start..end),
            _ => self.map::<Large>(start..end),
        })
        .ok()?;
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    fn map<S: PageSize>(&mut self, addresses: Range<u64>) -> Result<(), AllocationError> {
        let count = (addresses.end - addresses.start) >> S::BITS;
        let pages = self.allocator.create_many::<Page<S>>(count)?;
        let attributes = VmAttributes { cacheable: true, execute_never: true };
        for (page, address) in pages.zip(addresses.step_by(1 << S::BITS)) {
            let space = AddressSpace::initial();
            space.map(&mut self.allocator, page, address, Rights::READ_WRITE, attributes)?;
        }
        Ok(())
    }
}

/// `log2` of the bytes of the pages that a pool of `1 << bits` bytes consists of.
fn piece_bits(bits: u32) -> u32 {
    if bits > Large::BITS { Large::BITS } else { Small::BITS }
}
