//! Object types, their sizes, and the limits of retyping.

/// What untyped memory can become.
///
/// ```
/// use abi::ObjectType;
///
/// assert_eq!(ObjectType::Thread.size_bits(0), 11);
/// // A CNode of 16 slots of 32 bytes each.
/// assert_eq!(ObjectType::CNode.size_bits(4), 9);
/// assert_eq!(ObjectType::from_word(12), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum ObjectType {
    /// Untyped memory of a chosen size.
    Untyped = 0,
    /// A thread.
    Thread = 1,
    /// An endpoint.
    Endpoint = 2,
    /// A notification.
    Notification = 3,
    /// A CNode of a chosen number of slots.
    CNode = 4,
    /// A scheduling context of a chosen size.
    SchedContext = 5,
    /// A reply object.
    Reply = 6,
    /// A page of 1 GiB.
    HugePage = 7,
    /// A top-level translation table.
    VSpace = 8,
    /// A page of 4 KiB.
    SmallPage = 9,
    /// A page of 2 MiB.
    LargePage = 10,
    /// A translation table of any lower level.
    PageTable = 11,
}

/// Number of object types; type words from here on are invalid.
pub const TYPE_COUNT: u64 = 12;
/// `log2` of the smallest and largest untyped memory in bytes.
pub const UNTYPED_BITS: core::ops::RangeInclusive<u32> = 4..=47;
/// `log2` of the bytes of a capability slot.
pub const SLOT_BITS: u32 = 5;
/// `log2` of the bytes of the smallest scheduling context.
pub const MIN_SCHED_CONTEXT_BITS: u32 = 7;
/// `log2` of the bytes of an ASID pool.
pub const ASID_POOL_BITS: u32 = 12;
/// Address spaces in one ASID pool, as a power of two.
pub const ASIDS_PER_POOL_BITS: u32 = 9;
/// ASID pools in the system, as a power of two.
pub const ASID_POOLS_BITS: u32 = 7;
/// Most objects that one retype makes.
pub const RETYPE_FAN_OUT: u64 = 256;

impl ObjectType {
    /// The type with this number.
    #[must_use]
    pub const fn from_word(word: u64) -> Option<Self> {
        Some(match word {
            0 => Self::Untyped,
            1 => Self::Thread,
            2 => Self::Endpoint,
            3 => Self::Notification,
            4 => Self::CNode,
            5 => Self::SchedContext,
            6 => Self::Reply,
            7 => Self::HugePage,
            8 => Self::VSpace,
            9 => Self::SmallPage,
            10 => Self::LargePage,
            11 => Self::PageTable,
            _ => return None,
        })
    }

    /// The word in a retype message.
    #[must_use]
    pub const fn word(self) -> u64 {
        self as u64
    }

    /// `log2` of the object's bytes. `size` counts for untyped memory and scheduling contexts
    /// (their `log2` bytes) and CNodes (`log2` slots) only.
    #[must_use]
    pub const fn size_bits(self, size: u32) -> u32 {
        match self {
            Self::Untyped | Self::SchedContext => size,
            Self::CNode => size + SLOT_BITS,
            Self::Thread => 11,
            Self::Endpoint => 4,
            Self::Notification => 6,
            Self::Reply => 5,
            Self::HugePage => 30,
            Self::LargePage => 21,
            Self::SmallPage | Self::VSpace | Self::PageTable => 12,
        }
    }

    /// Whether the type may be made from device memory.
    #[must_use]
    pub const fn allowed_on_device(self) -> bool {
        matches!(self, Self::Untyped | Self::SmallPage | Self::LargePage | Self::HugePage)
    }
}

/// Refills that a scheduling context of `1 << size_bits` bytes has room for.
#[must_use]
pub const fn refill_capacity(size_bits: u32) -> u64 {
    ((1u64 << size_bits) - 96) / 16
}
