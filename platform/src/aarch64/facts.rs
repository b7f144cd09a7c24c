//! What the boot core found out, for all cores to read.

use core::cell::UnsafeCell;

use super::blocks::Geometry;
use super::gic;
use crate::address::PhysicalRange;
use crate::board::{CORES, Conduit};
use crate::contract::Exports;

/// Plain facts about this machine. Set once, before the kernel gets its [`super::Machine`].
#[derive(Debug)]
pub(super) struct Facts {
    /// Affinities of the cores by logical number.
    pub(super) cores: heapless::Vec<u64, CORES>,
    /// The way to the firmware.
    pub(super) psci: Option<Conduit>,
    /// The interrupt controller.
    pub(super) gic: gic::Controller,
    /// The highest interrupt that it implements.
    pub(super) last_interrupt: u32,
    /// Physical address at offset 0 of the window.
    pub(super) window_start: u64,
    /// What the window maps.
    pub(super) mapped: Mapped,
    /// Cache line sizes.
    pub(super) geometry: Geometry,
    /// Registers that EL0 may use.
    pub(super) exports: Exports,
}

/// The parts of RAM that the window shows: RAM without reserved areas and the image.
pub(super) type Mapped = heapless::Vec<PhysicalRange, 64>;

/// A value that is written once by the boot core before anybody reads it.
pub(super) struct Once<T>(UnsafeCell<Option<T>>);

// SAFETY: `set` demands that no other core runs and no reference exists; afterwards there are only
// shared references.
unsafe impl<T: Sync> Sync for Once<T> {}

impl<T> Once<T> {
    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// Write the value.
    ///
    /// # Safety
    /// Only the boot core runs, and no reference from [`Self::get`] exists. Cores that start later
    /// see the value: `start_core` orders it before their first instruction.
    pub(super) unsafe fn set(&self, value: T) {
        // SAFETY: the caller's promise makes this the only access.
        unsafe { *self.0.get() = Some(value) };
    }

    /// The value, once it is there.
    #[inline(always)]
    pub(super) fn get(&self) -> Option<&T> {
        // SAFETY: `set` does not run while references exist.
        unsafe { (*self.0.get()).as_ref() }
    }
}

/// The facts of this machine.
pub(super) static FACTS: Once<Facts> = Once::new();
