//! What each core keeps for itself: at the top of its stack, where TPIDR_EL1 points.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use aarch64_cpu::registers::{Readable, TPIDR_EL1};

use super::layout::CORE_LOCAL_BYTES;

/// One core's own data. The stack grows down from its first byte.
#[repr(C, align(16))]
pub(super) struct CoreLocal {
    /// Logical number.
    pub(super) index: usize,
    /// For each software-generated interrupt that was claimed from a GICv2: the core interface
    /// that sent it, which completing must name.
    sender: [AtomicU8; 16],
}

const _: () = assert!(size_of::<CoreLocal>() as u64 <= CORE_LOCAL_BYTES);

/// Describe the executing core.
///
/// # Safety
/// Once per core, first of all: TPIDR_EL1 points to [`CORE_LOCAL_BYTES`] at the top of its stack.
pub(super) unsafe fn initialise(index: usize) {
    let place = TPIDR_EL1.get() as *mut CoreLocal;
    // SAFETY: the caller's promise; nobody reads it before.
    unsafe { place.write(CoreLocal { index, sender: [const { AtomicU8::new(0) }; 16] }) };
}

/// The executing core's data.
#[inline(always)]
pub(super) fn here() -> &'static CoreLocal {
    // SAFETY: every core runs `initialise` before any other Rust code at its final address, and
    // nothing writes TPIDR_EL1 or that memory afterwards, except through the atomics.
    unsafe { &*(TPIDR_EL1.get() as *const CoreLocal) }
}

impl CoreLocal {
    /// Remember who sent a software-generated interrupt.
    pub(super) fn note_sender(&self, intid: u32, sender: u8) {
        if let Some(place) = self.sender.get(intid as usize) {
            place.store(sender, Relaxed);
        }
    }

    /// Who sent it.
    pub(super) fn sender(&self, intid: u32) -> u8 {
        self.sender.get(intid as usize).map_or(0, |place| place.load(Relaxed))
    }
}
