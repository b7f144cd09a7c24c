//! Small encodings: rights, guards, virtual-memory attributes, flags.

/// Rights of a capability, as in the word of Copy and Mint.
///
/// ```
/// use abi::Rights;
///
/// let rights = Rights::WRITE.or(Rights::GRANT);
/// assert!(rights.contains(Rights::WRITE) && !rights.contains(Rights::READ));
/// assert_eq!(rights.and(Rights::READ_WRITE), Rights::WRITE);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rights(u8);

impl Rights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Send, signal, or write memory.
    pub const WRITE: Self = Self(1);
    /// Receive, wait, or read memory.
    pub const READ: Self = Self(2);
    /// Transfer capabilities.
    pub const GRANT: Self = Self(4);
    /// Transfer a reply only.
    pub const GRANT_REPLY: Self = Self(8);
    /// Read and write.
    pub const READ_WRITE: Self = Self(3);
    /// All four.
    pub const ALL: Self = Self(15);

    /// Rights from a message word; bits above the fourth are ignored.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self((word & 15) as u8)
    }

    /// The word for a message.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.0 as u64
    }

    /// Whether every right of `other` is held.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any right of `other` is held.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The rights held by both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rights held by either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The data word of a CNode capability: guard size in bits 0–5, guard from bit 6.
///
/// ```
/// use abi::GuardWord;
///
/// // What makes plain numbers valid addresses in a CNode of 2^12 slots.
/// let guard = GuardWord { bits: 64 - 12, guard: 0 };
/// assert_eq!(GuardWord::from_word(guard.word()), guard);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuardWord {
    /// Number of guard bits, 0 to 63.
    pub bits: u8,
    /// The guard, in its low `bits` bits.
    pub guard: u64,
}

impl GuardWord {
    /// Decodes a message word; guard bits beyond the size are dropped.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        let bits = (word & 63) as u8;
        Self { bits, guard: (word >> 6) & ((1 << bits) - 1) }
    }

    /// The word for a message.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.guard << 6 | self.bits as u64
    }
}

/// Attributes of a page mapping.
///
/// ```
/// use abi::VmAttributes;
///
/// let data = VmAttributes { execute_never: true, ..VmAttributes::DEFAULT };
/// assert_eq!(data.word(), 0b111);
/// assert_eq!(VmAttributes::from_word(data.word()), data);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VmAttributes {
    /// Normal write-back memory; otherwise device nGnRnE.
    pub cacheable: bool,
    /// EL0 may not execute.
    pub execute_never: bool,
}

impl VmAttributes {
    /// Cacheable and executable: what most code passes.
    pub const DEFAULT: Self = Self { cacheable: true, execute_never: false };

    /// Decodes a message word; other bits are ignored.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self { cacheable: word & 1 != 0, execute_never: word & 4 != 0 }
    }

    /// The word for a message, with the ignored parity bit as usual.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.cacheable as u64 | 2 | (self.execute_never as u64) << 2
    }
}

/// Thread flag (bit 0 of TCB_SetFlags): floating point traps.
pub const THREAD_FLAG_FPU_DISABLED: u64 = 1;
/// Scheduling-context flag (bit 0): sporadic replenishment.
pub const SCHED_CONTEXT_FLAG_SPORADIC: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn guards_keep_their_low_bits(word: u64) {
            let guard = GuardWord::from_word(word);
            prop_assert_eq!(u64::from(guard.bits), word & 63);
            prop_assert!(guard.guard < 1 << guard.bits);
            prop_assert_eq!(GuardWord::from_word(guard.word()), guard);
        }

        #[test]
        fn rights_only_shrink(a in 0u64..64, b in 0u64..64) {
            let (a, b) = (Rights::from_word(a), Rights::from_word(b));
            prop_assert!(a.contains(a.and(b)) && b.contains(a.and(b)));
            prop_assert!(a.or(b).contains(a));
        }
    }
}
