//! What the identification registers must promise, as pure functions of their values.

use core::fmt;

/// The widest physical address that the kernel works with.
pub const ADDRESS_BITS_LIMIT: u32 = 44;

/// Why the kernel cannot run on a core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsupported {
    /// No 4 KiB translation granule at stage 1.
    Granule,
    /// ASIDs have 8 bits only.
    Asid,
}

impl Unsupported {
    /// The reason in words. A plain string, since it is needed before the MMU is on, when
    /// formatting, with its tables of pointers, does not work.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Granule => "this core has no 4 KiB translation granule",
            Self::Asid => "this core has no 16-bit ASIDs",
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// Whether ID_AA64MMFR0_EL1 promises what the kernel's translation tables need
/// (Arm ARM D17.2.64).
///
/// # Errors
/// The first thing that is missing.
pub const fn check(mmfr0: u64) -> Result<(), Unsupported> {
    if field(mmfr0, 28) == 0xf {
        return Err(Unsupported::Granule);
    }
    if field(mmfr0, 4) != 2 {
        return Err(Unsupported::Asid);
    }
    Ok(())
}

/// The width of physical addresses, capped, from ID_AA64MMFR0_EL1.PARange.
#[must_use]
pub const fn address_bits(mmfr0: u64) -> u32 {
    let bits = match field(mmfr0, 0) {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        _ => 44,
    };
    if bits < ADDRESS_BITS_LIMIT { bits } else { ADDRESS_BITS_LIMIT }
}

/// The encoding of [`address_bits`] for TCR_EL1.IPS, which is that of PARange.
#[must_use]
pub const fn address_size(mmfr0: u64) -> u64 {
    let range = field(mmfr0, 0);
    if range < 4 { range } else { 4 }
}

/// Whether PSTATE.PAN exists, from ID_AA64MMFR1_EL1.
#[must_use]
pub const fn has_pan(mmfr1: u64) -> bool {
    field(mmfr1, 20) != 0
}

/// Whether fine-grained traps exist (FEAT_FGT), from ID_AA64MMFR0_EL1.
#[must_use]
pub const fn has_fine_grained_traps(mmfr0: u64) -> bool {
    field(mmfr0, 56) != 0
}

/// Whether the interrupt controller has system registers, from ID_AA64PFR0_EL1.GIC.
#[must_use]
pub const fn has_gic_registers(pfr0: u64) -> bool {
    field(pfr0, 24) != 0
}

/// Whether there is an activity monitor (FEAT_AMUv1), from ID_AA64PFR0_EL1.AMU.
#[must_use]
pub const fn has_activity_monitor(pfr0: u64) -> bool {
    field(pfr0, 44) != 0
}

/// Whether there is an architected performance monitor, from ID_AA64DFR0_EL1.PMUVer.
#[must_use]
pub const fn has_performance_monitor(dfr0: u64) -> bool {
    !matches!(field(dfr0, 8), 0 | 0xf)
}

/// The four-bit field of an identification register that starts at bit `low`.
const fn field(register: u64, low: u32) -> u64 {
    (register >> low) & 0xf
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ID_AA64MMFR0_EL1 of a Cortex-A53: 40-bit addresses, 16-bit ASIDs, 4 and 64 KiB granules.
    const CORTEX_A53: u64 = 0x0000_1122;

    #[test]
    fn a_cortex_a53_is_supported() {
        assert_eq!(check(CORTEX_A53), Ok(()));
        assert_eq!(address_bits(CORTEX_A53), 40);
        assert_eq!(address_size(CORTEX_A53), 2);
    }

    #[test]
    fn a_missing_granule_or_short_asid_is_named() {
        assert_eq!(check(CORTEX_A53 | 0xf000_0000), Err(Unsupported::Granule));
        assert_eq!(check(CORTEX_A53 & !0xf0), Err(Unsupported::Asid));
        assert!(Unsupported::Granule.reason().contains("4 KiB"));
    }

    #[test]
    fn wide_addresses_are_capped() {
        assert_eq!(address_bits(0x26), ADDRESS_BITS_LIMIT);
        assert_eq!(address_size(0x26), 4);
    }

    #[test]
    fn a_performance_monitor_of_another_kind_is_none() {
        assert!(has_performance_monitor(0x100));
        assert!(!has_performance_monitor(0xf00));
        assert!(!has_performance_monitor(0));
    }
}
