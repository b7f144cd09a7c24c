//! Resolution of capability addresses. (abi.md §8.2)

use abi::{Error, LookupFailure};

use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::thread::{Holds, Thread};

/// A slot that an address led to, and how many bits of the address were not needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The slot.
    pub slot: Obj<Slot>,
    /// Unused low bits of the address.
    pub left: u32,
}

/// The low `bits` bits (0 to 63) of a word.
const fn low_bits(word: u64, bits: u32) -> u64 {
    word & ((1 << bits) - 1)
}

/// The high `bits` bits (1 to 63) of a word.
const fn top_bits(word: u64, bits: u32) -> u64 {
    word >> (bits.wrapping_neg() & 63)
}

/// The slot that `root` names with the low `depth` bits of `index`, if they are just its guard
/// and its index.
#[inline(always)]
fn slot_in_one_level(root: &Cap, index: u64, depth: u64) -> Option<Obj<Slot>> {
    let Cap::CNode { radix, guard_bits, slots, guard } = *root else { return None };
    let (radix, guard_bits) = (u32::from(radix) & 63, u32::from(guard_bits) & 63);
    let fits =
        depth == u64::from(radix + guard_bits) && low_bits(index >> radix, guard_bits) == guard;
    // A CNode has fewer than 2^32 slots.
    fits.then(|| slots.nth(low_bits(index, radix) as u32))
}

impl Kernel {
    /// Follows the low `bits` bits (at most 64) of `address` from `root`, as far as CNodes go.
    ///
    /// A level without a guard is the cheapest, as it has to be: only such levels can be many.
    ///
    /// # Errors
    /// Where the walk ended.
    pub fn resolve(&self, root: Cap, address: u64, bits: u32) -> Result<Resolved, LookupFailure> {
        let mut left = bits;
        // The bits that are left, from the top of the word on.
        let mut rest = address << (abi::WORD_BITS.wrapping_sub(bits) & 63);
        let (mut cap, mut reached) = (&root, None);
        // Every round resolves at least one bit: a CNode has two slots or more.
        while let Cap::CNode { radix, guard_bits, slots, guard } = *cap {
            let (radix, guard_bits) = (u32::from(radix), u32::from(guard_bits));
            if guard_bits > 0 {
                if guard_bits > left || top_bits(rest, guard_bits) != guard {
                    return Err(LookupFailure::GuardMismatch {
                        bits_left: left.into(),
                        guard,
                        guard_bits: guard_bits.into(),
                    });
                }
                rest <<= guard_bits & 63;
                left -= guard_bits;
            }
            let Some(below) = left.checked_sub(radix) else {
                return Err(LookupFailure::DepthMismatch {
                    bits_left: (left + guard_bits).into(),
                    bits_found: (radix + guard_bits).into(),
                });
            };
            // A CNode has fewer than 2^32 slots.
            let slot = slots.nth(top_bits(rest, radix) as u32);
            rest <<= radix & 63;
            left = below;
            reached = Some(Resolved { slot, left });
            if left == 0 {
                break;
            }
            cap = &self[slot].cap;
        }
        reached.ok_or(LookupFailure::InvalidRoot)
    }

    /// The slot that a thread invokes with `address`: the full word, spare bits ignored.
    ///
    /// # Errors
    /// Where the lookup ended.
    pub fn lookup(&self, thread: Obj<Thread>, address: u64) -> Result<Obj<Slot>, LookupFailure> {
        if let Some(slot) = self.lookup_in_one_level(thread, address) {
            return Ok(slot);
        }
        let root = self[self.thread_slot(thread, Holds::CSpace)].cap;
        self.resolve(root, address, abi::WORD_BITS).map(|resolved| resolved.slot)
    }

    /// The same in a CSpace of one CNode whose guard and index take the whole word, as most are.
    #[inline(always)]
    pub(crate) fn lookup_in_one_level(
        &self,
        thread: Obj<Thread>,
        address: u64,
    ) -> Option<Obj<Slot>> {
        let Cap::CNode { radix, guard_bits, slots, guard } = *self[thread].held(Holds::CSpace)
        else {
            return None;
        };
        let fits = u32::from(radix) + u32::from(guard_bits) == abi::WORD_BITS
            && address >> (radix & 63) == guard;
        // A CNode has fewer than 2^32 slots.
        fits.then(|| slots.nth(low_bits(address, u32::from(radix & 63)) as u32))
    }

    /// The slot that an invocation names by root, index and depth. `source` says how a failure is
    /// reported.
    ///
    /// # Errors
    /// [`Error::FailedLookup`]; [`Error::Range`] for a depth outside 1 to 64.
    #[inline(always)]
    pub fn slot_argument(
        &self,
        root: Cap,
        index: u64,
        depth: u64,
        source: bool,
    ) -> Result<Obj<Slot>, Error> {
        match slot_in_one_level(&root, index, depth) {
            Some(slot) => Ok(slot),
            None => self.slot_in_levels(root, index, depth, source),
        }
    }

    fn slot_in_levels(
        &self,
        root: Cap,
        index: u64,
        depth: u64,
        source: bool,
    ) -> Result<Obj<Slot>, Error> {
        let failed = |failure| Error::FailedLookup { source, failure };
        if !matches!(root, Cap::CNode { .. }) {
            return Err(failed(LookupFailure::InvalidRoot));
        }
        let bits = u32::try_from(depth).unwrap_or(u32::MAX);
        if !(1..=abi::WORD_BITS).contains(&bits) {
            return Err(Error::Range { min: 1, max: abi::WORD_BITS.into() });
        }
        let resolved = self.resolve(root, index, bits).map_err(failed)?;
        if resolved.left != 0 {
            return Err(failed(LookupFailure::DepthMismatch {
                bits_left: resolved.left.into(),
                bits_found: 0,
            }));
        }
        Ok(resolved.slot)
    }
}
