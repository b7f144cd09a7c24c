//! Finding slots in capability spaces. (abi.md §8.2)

use abi::{Error, LookupFailure, WORD_BITS};

use crate::cap::Cap;
use crate::model::Model;
use crate::slots::{Holder, SlotName};

/// A slot, and the bits of the address that did not count.
type Found = Result<(SlotName, u32), LookupFailure>;

/// The end of `bits` bits of an address.
fn low(address: u64, bits: u32) -> u64 {
    if bits >= WORD_BITS { address } else { address & ((1 << bits) - 1) }
}

impl Model {
    /// Walks from a root capability along the low `depth` bits of an address.
    pub(crate) fn resolve(&self, root: Option<Cap>, address: u64, depth: u32) -> Found {
        let mut left = depth;
        let mut node = root;
        loop {
            let Some(Cap::CNode { object, radix, guard }) = node else {
                return Err(LookupFailure::InvalidRoot);
            };
            let size = u32::from(guard.bits);
            let top = low(address, left).checked_shr(left.saturating_sub(size)).unwrap_or(0);
            if size > left || top != guard.guard {
                return Err(LookupFailure::GuardMismatch {
                    bits_left: left.into(),
                    guard: guard.guard,
                    guard_bits: size.into(),
                });
            }
            let level = size + radix;
            if level > left {
                let (bits_left, bits_found) = (left.into(), level.into());
                return Err(LookupFailure::DepthMismatch { bits_left, bits_found });
            }
            let index = low(address >> (left - level), radix);
            let slot = SlotName { holder: Holder::CNode(object), index };
            left -= level;
            node = self.slots.get(slot);
            if left == 0 || !matches!(node, Some(Cap::CNode { .. })) {
                return Ok((slot, left));
            }
        }
    }

    /// The slot that a thread names by a capability pointer. Bits that are left do not matter.
    pub(crate) fn resolve_pointer(
        &self,
        thread: u64,
        pointer: u64,
    ) -> Result<SlotName, LookupFailure> {
        let root = self.slots.get(Self::held(thread, crate::model::CSPACE));
        self.resolve(root, pointer, WORD_BITS).map(|(slot, _)| slot)
    }

    /// The slot that a CNode operation names: all bits must count.
    ///
    /// # Errors
    /// `FailedLookup` of the source or not, `RangeError`.
    pub(crate) fn resolve_slot(
        &self,
        root: Option<Cap>,
        index: u64,
        depth: u64,
        is_source: bool,
    ) -> Result<SlotName, Error> {
        let failed = |failure| Error::FailedLookup { source: is_source, failure };
        if !matches!(root, Some(Cap::CNode { .. })) {
            return Err(failed(LookupFailure::InvalidRoot));
        }
        let bits = u32::try_from(depth).ok().filter(|bits| (1..=WORD_BITS).contains(bits));
        let bits = bits.ok_or(Error::Range { min: 1, max: WORD_BITS.into() })?;
        match self.resolve(root, index, bits).map_err(failed)? {
            (slot, 0) => Ok(slot),
            (_, left) => {
                let bits_left = left.into();
                Err(failed(LookupFailure::DepthMismatch { bits_left, bits_found: 0 }))
            }
        }
    }
}
