//! What is wrong with bytes that should be an image.

use core::fmt;

/// Why bytes are not an image that can be built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// The part of the image.
    pub part: &'static str,
    /// The row of that part, from 0 upwards; for parts without rows, a byte.
    pub row: u64,
    /// What is wrong.
    pub reason: &'static str,
}

impl Damage {
    /// Damage at a row of a part.
    #[must_use]
    pub const fn at(part: &'static str, row: u64, reason: &'static str) -> Self {
        Self { part, row, reason }
    }

    /// Damage of the whole.
    #[must_use]
    pub const fn of(part: &'static str, reason: &'static str) -> Self {
        Self::at(part, 0, reason)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.part, self.row, self.reason)
    }
}
