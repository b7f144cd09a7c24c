//! What a system takes: memory, kernel objects, slots, time.
//!
//! | module | what |
//! |---|---|
//! | [`usage`] | the figures |
//! | [`mappings`] | who sees which frame where |
//! | [`ranges`] | what lies where in physical memory |
//! | [`show`] | the figures as text or JSON |

pub mod mappings;
pub mod ranges;
pub mod show;
pub mod usage;

#[cfg(test)]
mod tests;

/// Bytes as people write them, in the largest unit that divides them.
///
/// ```
/// use capdl::report::amount;
///
/// assert_eq!(amount(4096), "4 KiB");
/// assert_eq!(amount(3 << 20), "3 MiB");
/// assert_eq!(amount(100), "100 B");
/// ```
#[must_use]
pub fn amount(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fitting = units.into_iter().find(|(bits, _)| bytes > 0 && bytes.trailing_zeros() >= *bits);
    fitting.map_or_else(|| format!("{bytes} B"), |(bits, unit)| format!("{} {unit}", bytes >> bits))
}
