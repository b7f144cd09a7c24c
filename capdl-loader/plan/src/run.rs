//! Equal objects that are made together.

use abi::ObjectType;

/// Objects of one type and size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Their type. An ASID pool counts as untyped memory of its size, which becomes one later.
    pub object: ObjectType,
    /// The size argument of a retype.
    pub size: u32,
    /// How many.
    pub count: u64,
}

impl Run {
    /// One object.
    #[must_use]
    pub const fn one(object: ObjectType, size: u32) -> Self {
        Self { object, size, count: 1 }
    }

    /// `log2` of the bytes of each.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.object.size_bits(self.size)
    }

    /// Bytes of all.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match 1_u64.checked_shl(self.bits()) {
            Some(bytes) => self.count.saturating_mul(bytes),
            None => u64::MAX,
        }
    }
}
