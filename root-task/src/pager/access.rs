//! What a thread tried to do with memory, from the message about its fault.

use abi::Fault;
use core::fmt;
use libsys::pager::Protection;

/// Exception classes of ESR_EL1 (Arm ARM D24.2.40, field EC): aborts from a lower level.
const INSTRUCTION_ABORT: u64 = 0x20;
const DATA_ABORT: u64 = 0x24;
/// Status codes of aborts (field IFSC or DFSC) without their two bits of level.
const TRANSLATION: u64 = 0b0001;
const PERMISSION: u64 = 0b0011;
/// The abort is that of a cache maintenance instruction, which WnR calls a write.
const CACHE_MAINTENANCE: u64 = 1 << 8;
/// The abort is that of a write.
const WRITE: u64 = 1 << 6;

/// What for.
///
/// ```
/// use libsys::pager::Protection;
/// use root_task::pager::Intent;
///
/// assert!(Intent::Execute.is_allowed_by(Protection::ReadExecute));
/// assert!(!Intent::Execute.is_allowed_by(Protection::ReadWrite));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    /// To read.
    Read,
    /// To write.
    Write,
    /// To execute.
    Execute,
}

impl Intent {
    /// Whether a protection lets it happen.
    #[must_use]
    pub const fn is_allowed_by(self, protection: Protection) -> bool {
        match self {
            Self::Read => !matches!(protection, Protection::None),
            Self::Write => matches!(protection, Protection::ReadWrite),
            Self::Execute => matches!(protection, Protection::ReadExecute),
        }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Execute => "execution",
        })
    }
}

/// An access to memory.
///
/// ```
/// use abi::Fault;
/// use root_task::pager::{Access, Intent};
///
/// // A write to a page that is not there (translation fault, level 3).
/// let fault = Fault::Vm { address: 0x7000, prefetch: false, syndrome: 0x9200_0047 };
/// let access = Access { address: 0x7000, intent: Intent::Write };
/// assert_eq!(Access::of(&fault), Some(access));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Where.
    pub address: u64,
    /// What for.
    pub intent: Intent,
}

impl Access {
    /// The access that failed for want of a page or of a right; `None` for all other faults,
    /// which no page would mend.
    #[must_use]
    pub const fn of(fault: &Fault) -> Option<Self> {
        let &Fault::Vm { address, syndrome, .. } = fault else { return None };
        let status = syndrome >> 2 & 0xf;
        if status != TRANSLATION && status != PERMISSION {
            return None;
        }
        let intent = match syndrome >> 26 & 0x3f {
            INSTRUCTION_ABORT => Intent::Execute,
            DATA_ABORT if syndrome & CACHE_MAINTENANCE != 0 => Intent::Read,
            DATA_ABORT if syndrome & WRITE != 0 => Intent::Write,
            DATA_ABORT => Intent::Read,
            _ => return None,
        };
        Some(Self { address, intent })
    }

    /// The number of the page.
    #[must_use]
    pub const fn page(&self) -> u64 {
        self.address >> abi::PAGE_BITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn intent(syndrome: u64) -> Option<Intent> {
        let fault = Fault::Vm { address: 0x1234, prefetch: false, syndrome };
        Access::of(&fault).map(|access| access.intent)
    }

    #[test]
    fn aborts_become_accesses() {
        let (data, instruction) = (DATA_ABORT << 26, INSTRUCTION_ABORT << 26);
        for level in 0..4 {
            assert_eq!(intent(data | 0b00_0100 | level), Some(Intent::Read));
            assert_eq!(intent(data | WRITE | 0b00_1100 | level), Some(Intent::Write));
            assert_eq!(intent(instruction | 0b00_0100 | level), Some(Intent::Execute));
            let maintenance = data | WRITE | CACHE_MAINTENANCE | 0b00_0100 | level;
            assert_eq!(intent(maintenance), Some(Intent::Read));
        }
    }

    #[test]
    fn other_aborts_do_not() {
        let data = DATA_ABORT << 26;
        // Alignment, a synchronous external abort, an address that is too large, the access flag.
        for status in [0x21, 0x10, 0x00, 0x08, 0x14] {
            assert_eq!(intent(data | status), None, "{status:#x}");
        }
        assert_eq!(intent(0x25 << 26 | 0b00_0111), None, "the pager's own level");
        let other = Fault::UserException { number: 0, code: 0 };
        assert_eq!(Access::of(&other), None);
    }

    proptest! {
        #[test]
        fn an_access_keeps_its_address(address: u64, syndrome: u64, prefetch: bool) {
            let access = Access::of(&Fault::Vm { address, prefetch, syndrome });
            prop_assert!(access.is_none_or(|access| access.address == address));
        }
    }
}
