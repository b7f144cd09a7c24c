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

    /// What is left of the range without `hole`: the parts below and above, either may be empty.
    #[must_use]
    pub fn without(self, hole: Self) -> [Self; 2] {
        if !self.overlaps(hole) {
            return [self, Self::new(self.end, self.end)];
        }
        let below = Self::new(self.start, self.end.min(hole.start));
        let above = Self::new(self.start.max(hole.end), self.end);
        [below, above]
    }

    /// The whole units of `size` bytes, a power of two, that the range touches.
    #[must_use]
    pub fn outwards(self, size: u64) -> Self {
        let last = !(size - 1);
        Self::new(self.start & !(size - 1), self.end.checked_next_multiple_of(size).unwrap_or(last))
    }

    /// The whole units of `size` bytes, a power of two, that lie inside of the range.
    #[must_use]
    pub fn inwards(self, size: u64) -> Self {
        let start = self.start.checked_next_multiple_of(size).unwrap_or(u64::MAX);
        Self::new(start, self.end & !(size - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_splits_a_range() {
        let range = PhysicalRange::new(0x1000, 0x5000);
        let parts =
            |start, end| range.without(PhysicalRange::new(start, end)).map(|part| part.len());
        assert_eq!(parts(0x2000, 0x3000), [0x1000, 0x2000]);
        assert_eq!(parts(0, 0x2000), [0, 0x3000]);
        assert_eq!(parts(0x4000, 0x9000), [0x3000, 0]);
        assert_eq!(parts(0, 0x9000), [0, 0]);
        assert_eq!(parts(0x5000, 0x9000), [0x4000, 0]);
    }

    #[test]
    fn rounding_stays_in_the_address_space() {
        let top = PhysicalRange::new(u64::MAX - 10, u64::MAX);
        assert!(top.inwards(4096).is_empty());
        assert_eq!(top.outwards(4096).start, !4095);
        assert_eq!(PhysicalRange::new(1, 2).outwards(4096), PhysicalRange::new(0, 4096));
        assert_eq!(PhysicalRange::new(1, 0x2fff).inwards(4096), PhysicalRange::new(0x1000, 0x2000));
        assert_eq!(PhysicalRange::new(1, 2).inwards(4096).len(), 0);
    }
}
