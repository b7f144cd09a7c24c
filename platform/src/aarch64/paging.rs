//! The descriptors of the kernel's own translation tables. Those of user mappings are the
//! kernel's, as pure logic.

use crate::translation::{DEVICE_MEMORY, NORMAL_MEMORY};

/// Binary logarithm of the translation granule.
const GRANULE_BITS: u32 = 12;

/// What a mapping of the kernel is for. The descriptors make W^X and the separation from EL0
/// true: only text is executable at EL1, nothing at EL0, and nothing executable is writable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Code: read and execute.
    Text,
    /// The page of code that switches the MMU on, mapped where it lies physically.
    IdentityText,
    /// Constants: read.
    ReadOnly,
    /// Data: read and write.
    ReadWrite,
    /// Device registers: read and write.
    Device,
}

/// Valid descriptor (Arm ARM D8.3.1).
const VALID: u64 = 1;
/// Bit 1: a table at levels 0 to 2, a page at level 3.
const TABLE_OR_PAGE: u64 = 1 << 1;
/// Bit 2 of AP: read-only. Bit 1 stays clear everywhere: no access from EL0.
const READ_ONLY: u64 = 1 << 7;
/// Inner shareable; ignored for device memory.
const INNER_SHAREABLE: u64 = 0b11 << 8;
/// Access flag: no fault at the first access.
const ACCESSED: u64 = 1 << 10;
/// Not global: belongs to the current ASID.
const NOT_GLOBAL: u64 = 1 << 11;
/// Never execute at EL1.
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;
/// Never execute at EL0.
const EXECUTE_NEVER: u64 = 1 << 54;
/// The output address of a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

impl Kind {
    /// The attribute bits of a leaf descriptor (Arm ARM D8.3.2).
    const fn attributes(self) -> u64 {
        let normal = NORMAL_MEMORY << 2 | INNER_SHAREABLE | ACCESSED | VALID | EXECUTE_NEVER;
        match self {
            Self::Text => normal | READ_ONLY,
            Self::IdentityText => normal | READ_ONLY | NOT_GLOBAL,
            Self::ReadOnly => normal | READ_ONLY | PRIVILEGED_EXECUTE_NEVER,
            Self::ReadWrite => normal | PRIVILEGED_EXECUTE_NEVER,
            Self::Device => {
                let never = EXECUTE_NEVER | PRIVILEGED_EXECUTE_NEVER;
                DEVICE_MEMORY << 2 | ACCESSED | VALID | never
            }
        }
    }

    /// A descriptor that maps the block or page at `physical` on `level` (1 to 3).
    pub(super) const fn leaf(self, physical: u64, level: u32) -> u64 {
        let page = if level == 3 { TABLE_OR_PAGE } else { 0 };
        (physical & ADDRESS) | self.attributes() | page
    }
}

/// A descriptor that continues the walk at the table at `physical`.
pub(super) const fn table(physical: u64) -> u64 {
    (physical & ADDRESS) | TABLE_OR_PAGE | VALID
}

/// The next table of a descriptor, if it is one (levels 0 to 2).
pub(super) const fn next_table(descriptor: u64) -> Option<u64> {
    let both = VALID | TABLE_OR_PAGE;
    if descriptor & both == both { Some(descriptor & ADDRESS) } else { None }
}

/// Binary logarithm of what one entry of `level` covers.
pub(super) const fn level_bits(level: u32) -> u32 {
    GRANULE_BITS + 9 * (3 - level)
}
