//! Where a message comes from, told by its badge.
//!
//! A server waits at one place for calls, faults and signals. Only the badge tells them apart
//! for certain: a client can send any label. Who mints the capabilities therefore marks those of
//! fault handlers and of signals:
//!
//! | bits 63, 62 | the rest |
//! |---|---|
//! | 0, 0 | a client's number, not 0 |
//! | 0, 1 | the number of a component whose faults come here |
//! | 1, any | one bit for each signal |
//!
//! Badges of signals add up, and keep bit 63. Badge 0 is that of a poll that found nothing.

use crate::cap::Badge;

const SIGNAL: u64 = abi::directory::SIGNAL_BADGE;
const FAULT: u64 = abi::directory::FAULT_BADGE;

/// Who sent a message.
///
/// ```
/// use libsys::Badge;
/// use libsys::server::Origin;
///
/// assert_eq!(Origin::of(Origin::fault_badge(7)), Origin::Component(7));
/// assert_eq!(Origin::of(Badge(7)), Origin::Client(Badge(7)));
/// // Two signals at once.
/// let both = Origin::signal_badge(0).0 | Origin::signal_badge(4).0;
/// assert_eq!(Origin::of(Badge(both)), Origin::Signals(0b10001));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A client, with its badge.
    Client(Badge),
    /// The kernel, on behalf of a component that faulted.
    Component(u64),
    /// Signals, a bit for each.
    Signals(u64),
}

impl Origin {
    /// Signals that can be told apart.
    pub const SIGNALS: u32 = abi::directory::SIGNALS;

    /// What a badge says.
    #[inline(always)]
    #[must_use]
    pub const fn of(badge: Badge) -> Self {
        match badge.0 {
            number if number & SIGNAL != 0 => Self::Signals(number & !(SIGNAL | FAULT)),
            number if number & FAULT != 0 => Self::Component(number & !FAULT),
            _ => Self::Client(badge),
        }
    }

    /// The badge for signal number `bit`, below [`SIGNALS`](Self::SIGNALS).
    #[must_use]
    pub const fn signal_badge(bit: u32) -> Badge {
        assert!(bit < Self::SIGNALS, "signals have numbers below 62");
        Badge(SIGNAL | 1 << bit)
    }

    /// The badge for the fault handler of component `number`, below 2⁶².
    #[must_use]
    pub const fn fault_badge(number: u64) -> Badge {
        assert!(number < FAULT, "components have numbers below 2^62");
        Badge(FAULT | number)
    }
}
