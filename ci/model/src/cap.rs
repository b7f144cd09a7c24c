//! Capabilities: what each is to, and what may be done to it. (objects.md §3, §4)

use abi::{GuardWord, Rights};

/// The physical address of an object, which names it.
pub type Address = u64;
/// A number of the hardware for an address space.
pub type Asid = u16;

/// Where a page or table is mapped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mapping {
    /// The address space, by its number when the mapping was made.
    pub asid: Asid,
    /// The first user address.
    pub address: u64,
}

/// A capability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
#[expect(missing_docs, reason = "fields are named after what they hold")]
pub enum Cap {
    /// Memory to make objects of; `used` bytes at its start are handed out.
    Untyped { start: Address, bits: u32, device: bool, used: u64 },
    Endpoint { object: Address, rights: Rights, badge: u64 },
    Notification { object: Address, rights: Rights, badge: u64 },
    Reply { object: Address, can_grant: bool },
    CNode { object: Address, radix: u32, guard: GuardWord },
    Thread { object: Address },
    SchedContext { object: Address, bits: u32 },
    SchedControl { core: usize },
    IrqControl,
    IrqHandler { irq: u64 },
    Sgi { intid: u64, target: u64 },
    Domain,
    VSpace { object: Address, asid: Option<Asid> },
    PageTable { object: Address, mapping: Option<Mapping> },
    Page { start: Address, bits: u32, device: bool, rights: Rights, mapping: Option<Mapping> },
    AsidControl,
    AsidPool { object: Address, index: usize },
    SecureMonitor { badge: u64 },
}

/// Data that a capability cannot be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfit;

impl Cap {
    /// The memory that its object takes: first byte and `log2` of the bytes.
    #[must_use]
    pub fn memory(&self) -> Option<(Address, u32)> {
        Some(match *self {
            Self::Untyped { start, bits, .. } | Self::Page { start, bits, .. } => (start, bits),
            Self::Endpoint { object, .. } => (object, 4),
            Self::Notification { object, .. } => (object, 6),
            Self::Reply { object, .. } => (object, 5),
            Self::CNode { object, radix, .. } => (object, radix + abi::object::SLOT_BITS),
            Self::Thread { object } => (object, 11),
            Self::SchedContext { object, bits } => (object, bits),
            Self::VSpace { object, .. }
            | Self::PageTable { object, .. }
            | Self::AsidPool { object, .. } => (object, 12),
            _ => return None,
        })
    }

    /// Whether both are to one object.
    #[must_use]
    pub fn same_object(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::IrqHandler { irq: one }, Self::IrqHandler { irq: other }) => one == other,
            (Self::Sgi { intid: one, target: at }, Self::Sgi { intid: other, target: there }) => {
                one == other && at == there
            }
            (Self::SecureMonitor { .. }, Self::SecureMonitor { .. })
            | (Self::SchedControl { .. }, Self::SchedControl { .. })
            | (Self::IrqControl, Self::IrqControl)
            | (Self::Domain, Self::Domain)
            | (Self::AsidControl, Self::AsidControl) => true,
            // A page and untyped memory are no objects that two capabilities share: see `covers`.
            _ => {
                std::mem::discriminant(self) == std::mem::discriminant(other)
                    && self.memory().is_some()
                    && self.memory() == other.memory()
            }
        }
    }

    /// Whether the object of `other` lies in the region of this one. (objects.md §4, "Region")
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let contains = || {
            let ((start, bits), (at, size)) = self.memory().zip(other.memory())?;
            let end = start.checked_add(1 << bits)?;
            Some(start <= at && at.checked_add(1 << size)? <= end)
        };
        match (self, other) {
            (Self::Untyped { .. }, _) | (Self::Page { .. }, Self::Page { .. }) => {
                contains().unwrap_or(false)
            }
            (Self::IrqControl, Self::IrqHandler { .. } | Self::Sgi { .. }) => true,
            _ => self.same_object(other),
        }
    }

    /// The badge, of kinds that have one.
    #[must_use]
    pub fn badge(&self) -> Option<u64> {
        match *self {
            Self::Endpoint { badge, .. }
            | Self::Notification { badge, .. }
            | Self::SecureMonitor { badge } => Some(badge),
            _ => None,
        }
    }

    /// With no more than these rights. (objects.md §3, "Rights masking")
    #[must_use]
    pub fn masked(self, allowed: Rights) -> Self {
        match self {
            Self::Endpoint { object, rights, badge } => {
                Self::Endpoint { object, rights: rights.and(allowed), badge }
            }
            Self::Notification { object, rights, badge } => {
                Self::Notification { object, rights: rights.and(allowed), badge }
            }
            Self::Reply { object, can_grant } => {
                let can_grant = can_grant && allowed.contains(Rights::GRANT);
                Self::Reply { object, can_grant }
            }
            Self::Page { start, bits, device, rights, mapping } => {
                let rights = page_rights(rights, allowed);
                Self::Page { start, bits, device, rights, mapping }
            }
            other => other,
        }
    }

    /// With a badge, as Mint gives it, or a guard. (objects.md §3, "Cap data")
    ///
    /// # Errors
    /// It has a badge already; guard and radix take more than a word.
    pub fn minted(self, data: u64) -> Result<Self, Unfit> {
        match self {
            Self::Endpoint { badge, .. }
            | Self::Notification { badge, .. }
            | Self::SecureMonitor { badge }
                if badge != 0 =>
            {
                Err(Unfit)
            }
            Self::Endpoint { object, rights, .. } => {
                Ok(Self::Endpoint { object, rights, badge: data })
            }
            Self::Notification { object, rights, .. } => {
                Ok(Self::Notification { object, rights, badge: data })
            }
            Self::SecureMonitor { .. } => Ok(Self::SecureMonitor { badge: data }),
            other => other.guarded(data),
        }
    }

    /// With a guard, as Mutate and Rotate give it. (objects.md §3, "Cap data")
    ///
    /// # Errors
    /// It is to an endpoint or notification; guard and radix take more than a word.
    pub fn guarded(self, data: u64) -> Result<Self, Unfit> {
        match self {
            Self::Endpoint { .. } | Self::Notification { .. } => Err(Unfit),
            Self::CNode { object, radix, .. } => {
                let guard = GuardWord::from_word(data);
                let fits = u32::from(guard.bits) + radix <= abi::WORD_BITS;
                fits.then_some(Self::CNode { object, radix, guard }).ok_or(Unfit)
            }
            other => Ok(other),
        }
    }
}

/// Rights of a page: read and write, read, or none. (objects.md §3, §11)
#[must_use]
pub fn page_rights(held: Rights, asked: Rights) -> Rights {
    let both = held.and(asked);
    if both.contains(Rights::READ_WRITE) {
        Rights::READ_WRITE
    } else if both.contains(Rights::READ) {
        Rights::READ
    } else {
        Rights::NONE
    }
}
