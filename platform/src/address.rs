//! Physical addresses and ranges of them.

use core::fmt;

/// A physical address in bytes. Never dereferenced: memory is reached through the kernel's
/// object window or through a platform operation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PhysicalAddress(pub u64);

impl PhysicalAddress {
    /// The address `bytes` further up, or `None` past the end of the 64-bit space.
    #[must_use]
    pub fn checked_add(self, bytes: u64) -> Option<Self> {
        self.0.checked_add(bytes).map(Self)
    }

    /// Whether the address is a multiple of `1 << bits`.
    #[must_use]
    pub fn is_aligned(self, bits: u32) -> bool {
        self.0.trailing_zeros() >= bits
    }
}

impl fmt::Debug for PhysicalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// A half-open range of physical memory, `start..end`, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PhysicalRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte; never below `start`.
    pub end: u64,
}

impl PhysicalRange {
    /// A range; an end below the start gives the empty range at `start`.
    #[must_use]
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two ranges share a byte.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside this range.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}
