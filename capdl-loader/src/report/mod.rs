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

/// Bytes as people write them: in the largest unit that divides them, else to a tenth of the
/// largest that they reach.
///
/// ```
/// use capdl::report::amount;
///
/// assert_eq!(amount(4096), "4 KiB");
/// assert_eq!(amount(3 << 20), "3 MiB");
/// assert_eq!(amount((4 << 20) + (300 << 10) + 1), "4.2 MiB");
/// assert_eq!(amount(100), "100 B");
/// ```
#[must_use]
pub fn amount(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let reached = units.into_iter().find(|(bits, _)| bytes >> bits > 0);
    let Some((bits, unit)) = reached else { return format!("{bytes} B") };
    let (whole, rest) = (bytes >> bits, bytes & ((1 << bits) - 1));
    let (smaller, smaller_unit) = (bits - 10, ["B", "KiB", "MiB"][(bits as usize / 10) - 1]);
    match rest {
        0 => format!("{whole} {unit}"),
        // 1184 KiB says more than 1.1 MiB.
        _ if whole < 10 && smaller > 0 && rest.trailing_zeros() >= smaller => {
            format!("{} {smaller_unit}", bytes >> smaller)
        }
        _ => format!("{whole}.{} {unit}", (rest >> (bits - 10)) * 10 / 1024),
    }
}
