//! Pages of any size, and which of them make up a range of addresses.

use abi::{Error, Rights, VmAttributes};
use core::ops::Range;

use crate::bootstrap::{AddressSpace, AllocationError};
use crate::cap::Cap;
use crate::memory::Objects;
use crate::object::{Huge, Large, Page, PageSize, Small};

/// A page whose size is known at run time.
///
/// ```
/// use libsys::Cap;
/// use libsys::memory::Frame;
///
/// assert_eq!(Frame::Large(Cap::at(100)).bytes(), 2 << 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Frame {
    /// 4 KiB.
    Small(Cap<Page<Small>>),
    /// 2 MiB.
    Large(Cap<Page<Large>>),
    /// 1 GiB.
    Huge(Cap<Page<Huge>>),
}

impl Frame {
    /// `log2` of the bytes.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Small(_) => Small::BITS,
            Self::Large(_) => Large::BITS,
            Self::Huge(_) => Huge::BITS,
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.bits()
    }

    /// The page of `1 << bits` bytes in this slot.
    pub(super) fn of_bits(bits: u32, pointer: u64) -> Self {
        match bits {
            Huge::BITS => Self::Huge(Cap::at(pointer)),
            Large::BITS => Self::Large(Cap::at(pointer)),
            _ => Self::Small(Cap::at(pointer)),
        }
    }

    /// Maps it, making the tables that are missing.
    ///
    /// # Errors
    /// Those of [`AddressSpace::map`].
    pub(super) fn map(
        self,
        space: AddressSpace,
        objects: &mut impl Objects,
        address: u64,
        (rights, attributes): (Rights, VmAttributes),
    ) -> Result<(), AllocationError> {
        match self {
            Self::Small(page) => space.map(objects, page, address, rights, attributes),
            Self::Large(page) => space.map(objects, page, address, rights, attributes),
            Self::Huge(page) => space.map(objects, page, address, rights, attributes),
        }
    }

    /// Makes what was written to it visible to instruction fetches, while it is mapped.
    ///
    /// # Errors
    /// See [`Cap::<Page>::unify_instruction`](Cap::unify_instruction).
    pub(super) fn unify_instruction(self) -> Result<(), Error> {
        match self {
            Self::Small(page) => page.unify_instruction(0..self.bytes()),
            Self::Large(page) => page.unify_instruction(0..self.bytes()),
            Self::Huge(page) => page.unify_instruction(0..self.bytes()),
        }
    }

    /// Takes it out of its address space, if it is in one.
    ///
    /// # Errors
    /// See [`Cap::<Page>::unmap`](Cap::unmap).
    pub(super) fn unmap(self) -> Result<(), Error> {
        match self {
            Self::Small(page) => page.unmap(),
            Self::Large(page) => page.unmap(),
            Self::Huge(page) => page.unmap(),
        }
    }
}

/// How large pages may be.
///
/// ```
/// use libsys::memory::{Request, Sizes};
///
/// let by_the_page = Request { sizes: Sizes::Small, ..Request::bytes(8 << 20) };
/// assert_ne!(by_the_page, Request::bytes(8 << 20));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sizes {
    /// 4 KiB each: for memory that is shared or taken back by the page.
    Small,
    /// As large as address and length allow: fewest tables and translations.
    Largest,
}

/// A run of pages of one size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// The address of the first.
    pub(super) start: u64,
    /// `log2` of the bytes of each.
    pub(super) bits: u32,
    /// How many.
    pub(super) count: u64,
}

/// The pages that make up these addresses, which begin and end at small pages.
pub(super) fn plan(addresses: Range<u64>, sizes: Sizes) -> impl Iterator<Item = Run> {
    let mut start = addresses.start;
    core::iter::from_fn(move || {
        let left = addresses.end.checked_sub(start).filter(|left| *left >> Small::BITS > 0)?;
        let bits = match sizes {
            Sizes::Small => Small::BITS,
            Sizes::Largest => largest_at(start, left),
        };
        // Up to where a larger page could begin.
        let until = match bits {
            _ if sizes == Sizes::Small => addresses.end,
            Small::BITS => larger_page(start, &addresses, Large::BITS),
            Large::BITS => larger_page(start, &addresses, Huge::BITS),
            _ => addresses.end,
        };
        let run = Run { start, bits, count: (until - start) >> bits };
        start += run.count << bits;
        Some(run)
    })
}

/// `log2` of the bytes of the largest page that can begin here.
fn largest_at(start: u64, left: u64) -> u32 {
    let fits = |bits: &u32| start.is_multiple_of(1 << bits) && left >> bits > 0;
    [Huge::BITS, Large::BITS].into_iter().find(fits).unwrap_or(Small::BITS)
}

/// Where the first page of `1 << bits` bytes can begin, behind `start`; the end if none can.
fn larger_page(start: u64, addresses: &Range<u64>, bits: u32) -> u64 {
    let next = start.checked_next_multiple_of(1 << bits).filter(|next| *next > start);
    let fits = |next: &u64| next.checked_add(1 << bits).is_some_and(|end| end <= addresses.end);
    next.filter(fits).unwrap_or(addresses.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn large_pages_are_used_where_they_fit() {
        let runs: Vec<_> = plan(0x1f_f000..0x60_1000, Sizes::Largest).collect();
        let expected = [
            Run { start: 0x1f_f000, bits: 12, count: 1 },
            Run { start: 0x20_0000, bits: 21, count: 2 },
            Run { start: 0x60_0000, bits: 12, count: 1 },
        ];
        assert_eq!(runs, expected);
        let small: Vec<_> = plan(0x20_0000..0x60_0000, Sizes::Small).collect();
        assert_eq!(small, [Run { start: 0x20_0000, bits: 12, count: 1024 }]);
        assert_eq!(plan(0x1000..0x1000, Sizes::Largest).count(), 0);
    }

    proptest! {
        #[test]
        fn pages_cover_the_addresses_and_are_aligned(
            start in 0_u64..0x50_0000, pages in 0_u64..0x60_0000
        ) {
            let addresses = start << 12..(start + pages) << 12;
            let mut next = addresses.start;
            for run in plan(addresses.clone(), Sizes::Largest) {
                prop_assert_eq!(run.start, next);
                prop_assert!(run.count > 0 && run.start.is_multiple_of(1 << run.bits));
                next += run.count << run.bits;
            }
            prop_assert_eq!(next, addresses.end);
            // No more pages than alignment demands: 2 * 511 small and 2 * 511 large ones.
            let count = |bits| -> u64 {
                let runs = plan(addresses.clone(), Sizes::Largest);
                runs.filter(|run| run.bits == bits).map(|run| run.count).sum()
            };
            prop_assert!(count(12) <= 1022 && count(21) <= 1022);
        }
    }
}
