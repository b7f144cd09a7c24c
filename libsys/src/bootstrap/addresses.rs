//! Virtual addresses for windows.
//!
//! Invariant A1: no address is handed out twice in the life of the program, whatever becomes of
//! the allocator that it was for.
//!
//! Each allocator works in gibibytes of its own. The tables of such a region are made of the
//! allocator's own memory; when they vanish with it, no window of another allocator goes too.

use abi::PAGE_BITS;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

const PAGE_SIZE: u64 = 1 << PAGE_BITS;
/// What one table of the second-lowest level spans.
const REGION: u64 = 1 << 30;
/// Where the regions are: far above every program image, and below the end of the first entry of
/// the top-level table, whose next level exists because the image needs it.
const REGIONS: Range<u64> = 64 * REGION..256 * REGION;
/// Addresses behind them, in the same entry of the top-level table, for who manages them alone.
pub(crate) const UNMANAGED: Range<u64> = 256 * REGION..512 * REGION;

/// The first region that nobody has.
static NEXT_REGION: AtomicU64 = AtomicU64::new(REGIONS.start);

/// Addresses that one allocator may use.
pub(super) struct Addresses {
    free: Range<u64>,
}

impl Addresses {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self { free: 0..0 }
    }

    /// The first of `bytes` addresses; the page below them and the one above are in no window.
    /// `None` when there are no more addresses.
    pub(super) fn reserve(&mut self, bytes: u64) -> Option<u64> {
        let needed = bytes.checked_next_multiple_of(PAGE_SIZE)?.checked_add(2 * PAGE_SIZE)?;
        if self.free.end - self.free.start < needed {
            self.free = regions(needed)?;
        }
        let start = self.free.start + PAGE_SIZE;
        self.free.start += needed - PAGE_SIZE;
        Some(start)
    }
}

/// A region that nobody has; `None` when there are no more addresses.
pub(crate) fn take_region() -> Option<u64> {
    regions(REGION).map(|region| region.start)
}

/// Fresh regions with room for so many bytes.
fn regions(bytes: u64) -> Option<Range<u64>> {
    let length = bytes.checked_next_multiple_of(REGION)?;
    let end = |start: u64| start.checked_add(length).filter(|end| *end <= REGIONS.end);
    let start = NEXT_REGION.fetch_update(Ordering::Relaxed, Ordering::Relaxed, end).ok()?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_apart() {
        let mut addresses = Addresses::new();
        let first = addresses.reserve(2 * PAGE_SIZE).expect("addresses");
        let second = addresses.reserve(1).expect("addresses");
        let third = addresses.reserve(PAGE_SIZE).expect("addresses");
        assert_eq!((second - first, third - second), (3 * PAGE_SIZE, 2 * PAGE_SIZE));
        assert!(first >= REGIONS.start + PAGE_SIZE);
    }

    #[test]
    fn allocators_share_no_region() {
        let (mut one, mut other) = (Addresses::new(), Addresses::new());
        let region = |address: Option<u64>| address.map(|address| address / REGION);
        let (a, b) = (region(one.reserve(1)), region(other.reserve(1)));
        assert!(a.is_some() && b.is_some() && a != b);
        assert_eq!(region(one.reserve(1)), a);
    }

    #[test]
    fn what_does_not_fit_takes_regions_of_its_own() {
        let mut addresses = Addresses::new();
        let small = addresses.reserve(1).expect("addresses");
        let large = addresses.reserve(2 * REGION).expect("addresses");
        let next = addresses.reserve(1).expect("addresses");
        assert_ne!(small / REGION, large / REGION);
        assert_eq!(next, large + 2 * REGION + PAGE_SIZE);
    }

    #[test]
    fn addresses_end() {
        assert_eq!(Addresses::new().reserve(512 * REGION), None);
        assert_eq!(Addresses::new().reserve(u64::MAX), None);
    }
}
