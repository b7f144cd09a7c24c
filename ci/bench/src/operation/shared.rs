//! What the threads of one operation have to know: static places, filled before they start.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};
use libsys::Cap;

/// A place for a number or a capability.
pub(super) struct Shared(AtomicU64);

impl Shared {
    /// A place with 0 in it.
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Puts a number here.
    pub(super) fn set(&self, number: u64) {
        self.0.store(number, SeqCst);
    }

    /// The number.
    pub(super) fn get(&self) -> u64 {
        self.0.load(SeqCst)
    }

    /// Puts a capability here.
    pub(super) fn set_cap<T>(&self, cap: Cap<T>) {
        self.set(cap.pointer());
    }

    /// The capability.
    pub(super) fn cap<T>(&self) -> Cap<T> {
        Cap::at(self.get())
    }
}
