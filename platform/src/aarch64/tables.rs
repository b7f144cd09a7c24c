//! The kernel's own translation tables: made at boot, never changed afterwards.

use core::cell::UnsafeCell;

use super::paging::{self, Kind};
use crate::address::PhysicalRange;

/// Tables in the pool: image, identity, devices and device tree need about twelve; the window two
/// for each edge of RAM that is not a multiple of 1 GiB.
const TABLES: usize = 48;

/// Index of the root for the kernel's half.
pub(super) const KERNEL_ROOT: usize = 0;
/// Index of the root that maps the boot code where it lies physically.
pub(super) const IDENTITY_ROOT: usize = 1;
/// Index of a root that maps nothing: TTBR0 while no address space is active.
pub(super) const EMPTY_ROOT: usize = 2;
/// Tables that exist from the start.
const ROOTS: usize = 3;

/// One translation table.
#[repr(C, align(4096))]
struct Table(UnsafeCell<[u64; 512]>);

/// All tables. They lie in a section of their own that is not cleared with `.bss`, since they are
/// in use by then.
#[repr(C)]
struct Pool {
    tables: [Table; TABLES],
    used: UnsafeCell<usize>,
}

// SAFETY: only a `Mapper` writes here, and at most one exists, on the boot core (see
// `Mapper::new`). Hardware walks only read.
unsafe impl Sync for Pool {}

#[unsafe(link_section = ".tables")]
static POOL: Pool =
    Pool { tables: [const { Table(UnsafeCell::new([0; 512])) }; TABLES], used: UnsafeCell::new(0) };

/// The pool has no table left: the memory map has too many unaligned edges.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfTables;

/// Builds the tables. Works before the MMU is on, when pointers are physical addresses, and after.
pub(super) struct Mapper {
    /// Address of the pool as a pointer minus its physical address.
    offset: u64,
}

impl Mapper {
    /// The only mapper of its time, for an image whose pointers are `offset` above their physical
    /// addresses.
    ///
    /// # Safety
    /// Only the boot core may call this, before another core runs, while no other mapper exists.
    pub(super) unsafe fn new(offset: u64) -> Self {
        Self { offset }
    }

    /// Start with three empty roots.
    pub(super) fn clear(&mut self) {
        // SAFETY: `new` says that nobody else uses the pool.
        unsafe { POOL.used.get().write(0) };
        for _ in 0..ROOTS {
            // Cannot fail: the pool is larger.
            let _ = self.allocate();
        }
    }

    /// Map `range` from virtual address `at` on, with the largest blocks that fit. Everything is a
    /// multiple of the page size.
    pub(super) fn map(
        &mut self,
        root: usize,
        at: u64,
        range: PhysicalRange,
        kind: Kind,
    ) -> Result<(), OutOfTables> {
        let mut physical = range.start;
        while physical < range.end {
            let address = at + (physical - range.start);
            let level = largest_level(address | physical, range.end - physical);
            let table = self.table(root, address, level)?;
            physical = self.fill(table, address, PhysicalRange::new(physical, range.end), kind);
        }
        // Arm ARM D8.2.6 (ordering of descriptor updates) and B2.3.12 (DSB): a store to an
        // invalid descriptor is visible to walks after DSB ISHST; ISB for this core's fetches.
        aarch64_cpu::asm::barrier::dsb(aarch64_cpu::asm::barrier::ISHST);
        aarch64_cpu::asm::barrier::isb(aarch64_cpu::asm::barrier::SY);
        Ok(())
    }

    /// The table of `level` for an address, making it and those above it where they are missing.
    fn table(&mut self, root: usize, address: u64, level: u32) -> Result<u64, OutOfTables> {
        let mut table = self.physical(root);
        for upper in 0..level {
            let entry = self.entry(table, address, upper);
            // SAFETY: `entry` points into a table of the pool, see `entry`.
            let descriptor = unsafe { entry.read() };
            table = match paging::next_table(descriptor) {
                Some(next) => next,
                None => {
                    let next = self.allocate()?;
                    // SAFETY: as above.
                    unsafe { entry.write(paging::table(next)) };
                    next
                }
            };
        }
        Ok(table)
    }

    /// Write leaf descriptors into one table until it ends, or another level fits; returns where
    /// the next one has to start.
    fn fill(&self, table: u64, address: u64, range: PhysicalRange, kind: Kind) -> u64 {
        let level = largest_level(address | range.start, range.len());
        let size = 1 << paging::level_bits(level);
        let mut at = range.start;
        loop {
            let address = address + (at - range.start);
            // SAFETY: `entry` points into a table of the pool, see `entry`.
            unsafe { self.entry(table, address, level).write(kind.leaf(at, level)) };
            at += size;
            let next = address + size;
            let table_ends = next.is_multiple_of(512 * size);
            if table_ends
                || range.end - at < size
                || largest_level(next | at, range.end - at) != level
            {
                return at;
            }
        }
    }

    /// The entry for `address` in the table at physical address `table`, which is in the pool:
    /// only `allocate` makes table descriptors, and the roots are in the pool too.
    fn entry(&self, table: u64, address: u64, level: u32) -> *mut u64 {
        let index = (address >> paging::level_bits(level)) & 511;
        ((table + self.offset) as *mut u64).wrapping_add(index as usize)
    }

    /// Take a table and empty it. Its physical address.
    fn allocate(&mut self) -> Result<u64, OutOfTables> {
        // SAFETY: `new` says that nobody else uses the pool.
        let used = unsafe { &mut *POOL.used.get() };
        let table = POOL.tables.get(*used).ok_or(OutOfTables)?;
        let words = table.0.get().cast::<u64>();
        for index in 0..512 {
            // SAFETY: as above, and nothing refers to a table beyond `used`. Volatile, so that it
            // stays a loop of plain stores while the MMU is off.
            unsafe { words.add(index).write_volatile(0) };
        }
        *used += 1;
        Ok(self.physical(*used - 1))
    }

    /// Physical address of a table of the pool.
    fn physical(&self, index: usize) -> u64 {
        root_pointer(index) - self.offset
    }
}

/// The address of a table of the pool as this code sees it: physical before the MMU is on,
/// virtual after.
pub(super) fn root_pointer(index: usize) -> u64 {
    (&raw const POOL.tables).cast::<Table>().wrapping_add(index) as u64
}

/// The level whose blocks fit: aligned (`bits` is the union of both addresses) and not too long.
fn largest_level(bits: u64, length: u64) -> u32 {
    let fits = |level: &u32| {
        let size = 1 << paging::level_bits(*level);
        bits.is_multiple_of(size) && length >= size
    };
    (1..3).find(fits).unwrap_or(3)
}
