//! Limits of scheduling parameters.

/// Least budget in microseconds.
pub const MIN_BUDGET_US: u64 = 20;
/// Budget of the initial thread in microseconds, round robin.
pub const BOOT_BUDGET_US: u64 = 5_000;
/// System counter frequency of the reference board, in kHz.
pub const REFERENCE_KHZ: u64 = 62_500;

/// Longest period and budget in microseconds for a counter of `khz` thousand counts per second.
#[must_use]
pub const fn max_period_us(khz: u64) -> u64 {
    u64::MAX / khz / 8
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_board_has_the_documented_limit() {
        assert_eq!(super::max_period_us(super::REFERENCE_KHZ), 36_893_488_147_419);
    }
}
