//! Descriptors of user mappings, as pure logic: Arm ARM D8.3, granule of 4 KiB, 48-bit addresses.
//!
//! A translation walks through at most four tables. The level of a table says which bits of the
//! address select its entry; an entry leads nowhere, to a table of the next level, or to memory.
//!
//! Normal memory is inner shareable also on a single core: the kernel's own mapping of the same
//! memory is, and two mappings of one location must agree (Arm ARM B2.8). Whatever user level
//! may do with a page, the kernel cannot execute it.

use abi::{Rights, VmAttributes};
use platform::address::PhysicalAddress;
use platform::translation::{DEVICE_MEMORY, NORMAL_MEMORY};

use crate::page::PageSize;

/// Entries of a table, at every level.
pub const ENTRIES: usize = 512;

/// The level of a table; walks begin at level 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names are those of the Arm ARM")]
pub enum Level {
    Zero,
    One,
    Two,
    Three,
}

impl Level {
    /// `log2` of the bytes that one entry covers.
    #[must_use]
    pub const fn entry_bits(self) -> u32 {
        match self {
            Self::Zero => 39,
            Self::One => 30,
            Self::Two => 21,
            Self::Three => 12,
        }
    }

    /// The level of the tables that entries of this level lead to.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Zero => Some(Self::One),
            Self::One => Some(Self::Two),
            Self::Two => Some(Self::Three),
            Self::Three => None,
        }
    }

    /// The level whose entries map pages of a size.
    #[must_use]
    pub const fn of_page(size: PageSize) -> Self {
        match size {
            PageSize::Small => Self::Three,
            PageSize::Large => Self::Two,
            PageSize::Huge => Self::One,
        }
    }

    /// The entry that translates `address`.
    #[must_use]
    pub fn index(self, address: u64) -> usize {
        // A word of the kernel's machines has 64 bits; the mask makes any index good.
        usize::try_from(address >> self.entry_bits()).unwrap_or(0) & (ENTRIES - 1)
    }

    /// The first address that shares its entry with `address`.
    #[must_use]
    pub const fn first_address(self, address: u64) -> u64 {
        address >> self.entry_bits() << self.entry_bits()
    }
}

/// Bit 0: the entry leads somewhere.
const VALID: u64 = 1;
/// Bit 1: a table at levels 0 to 2, a page at level 3; clear for a block of levels 1 and 2.
const TABLE_OR_PAGE: u64 = 1 << 1;
/// AttrIndx: which attributes of MAIR_EL1 apply.
const MEMORY_SHIFT: u32 = 2;
/// AP\[1\]: EL0 has access.
const USER: u64 = 1 << 6;
/// AP\[2\]: nobody writes.
const READ_ONLY: u64 = 1 << 7;
/// SH: inner shareable. Device memory ignores it.
const INNER_SHAREABLE: u64 = 0b11 << 8;
/// AF: no fault at the first access.
const ACCESSED: u64 = 1 << 10;
/// nG: the translation belongs to an ASID.
const NOT_GLOBAL: u64 = 1 << 11;
/// PXN: EL1 does not execute.
const PRIVILEGED_EXECUTE_NEVER: u64 = 1 << 53;
/// UXN: EL0 does not execute.
const EXECUTE_NEVER: u64 = 1 << 54;
/// The output address, bits 47 to 12.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// What decides who may do what, and not where or how.
const PERMISSIONS: u64 = USER | READ_ONLY | EXECUTE_NEVER;

/// A descriptor that maps a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf(u64);

impl Leaf {
    /// Maps the frame at `start`. Rights without read are none.
    #[must_use]
    pub fn new(
        start: PhysicalAddress,
        size: PageSize,
        rights: Rights,
        attributes: VmAttributes,
    ) -> Self {
        let page = if size == PageSize::Small { TABLE_OR_PAGE } else { 0 };
        let memory = if attributes.cacheable { NORMAL_MEMORY } else { DEVICE_MEMORY };
        let always = ACCESSED | NOT_GLOBAL | INNER_SHAREABLE | PRIVILEGED_EXECUTE_NEVER | VALID;
        let permissions = permissions(rights, attributes.execute_never);
        Self(start.0 & ADDRESS | page | memory << MEMORY_SHIFT | always | permissions)
    }

    /// The mapped frame.
    #[must_use]
    pub const fn frame(self) -> PhysicalAddress {
        PhysicalAddress(self.0 & ADDRESS)
    }

    /// Whether EL0 may write.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.0 & (USER | READ_ONLY) == USER
    }

    /// Whether `other` maps the same memory in the same way to other permissions: then one may
    /// replace the other without an invalid entry between them (Arm ARM D8.16.1).
    #[must_use]
    pub const fn differs_in_permissions_only(self, other: Self) -> bool {
        self.0 & !PERMISSIONS == other.0 & !PERMISSIONS
    }

    /// The descriptor.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// AP and UXN (Arm ARM D8.4.1). EL0 could execute a page that it cannot read, hence no execution
/// without rights.
fn permissions(rights: Rights, execute_never: bool) -> u64 {
    let never = if execute_never { EXECUTE_NEVER } else { 0 };
    if rights.contains(Rights::READ_WRITE) {
        USER | never
    } else if rights.contains(Rights::READ) {
        USER | READ_ONLY | never
    } else {
        READ_ONLY | EXECUTE_NEVER
    }
}

/// What an entry leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Nothing: an access faults.
    Nothing,
    /// A table of the next level at this address.
    Table(PhysicalAddress),
    /// A page.
    Page(Leaf),
}

impl Entry {
    /// The meaning of a descriptor at a level.
    #[must_use]
    pub const fn from_bits(descriptor: u64, level: Level) -> Self {
        if descriptor & VALID == 0 {
            Self::Nothing
        } else if descriptor & TABLE_OR_PAGE != 0 && level.next().is_some() {
            Self::Table(PhysicalAddress(descriptor & ADDRESS))
        } else {
            Self::Page(Leaf(descriptor))
        }
    }

    /// The descriptor. The attributes of a table descriptor stay clear: they restrict nothing.
    #[must_use]
    pub const fn bits(self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Table(address) => address.0 & ADDRESS | TABLE_OR_PAGE | VALID,
            Self::Page(leaf) => leaf.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEVELS: [Level; 4] = [Level::Zero, Level::One, Level::Two, Level::Three];

    fn size() -> impl Strategy<Value = PageSize> {
        prop_oneof![Just(PageSize::Small), Just(PageSize::Large), Just(PageSize::Huge)]
    }

    proptest! {
        #[test]
        fn a_page_is_read_back_as_it_was_written(
            frame in 0u64..1 << 44, size in size(), rights in 0u64..16, attributes: u64,
        ) {
            let start = PhysicalAddress(frame >> size.bits() << size.bits());
            let rights = Rights::from_word(rights);
            let attributes = VmAttributes::from_word(attributes);
            let leaf = Leaf::new(start, size, rights, attributes);
            let level = Level::of_page(size);
            prop_assert_eq!(Entry::from_bits(leaf.bits(), level), Entry::Page(leaf));
            prop_assert_eq!(leaf.frame(), start);
            prop_assert_eq!(leaf.is_writable(), rights.contains(Rights::READ_WRITE));
            let bits = leaf.bits();
            prop_assert_ne!(bits & PRIVILEGED_EXECUTE_NEVER, 0);
            prop_assert_ne!(bits & NOT_GLOBAL, 0);
            let readable = rights.contains(Rights::READ);
            prop_assert_eq!(bits & USER != 0, readable);
            let executable = bits & EXECUTE_NEVER == 0;
            prop_assert_eq!(executable, readable && !attributes.execute_never);
        }

        #[test]
        fn tables_are_read_back(page in 1u64..1 << 36) {
            let entry = Entry::Table(PhysicalAddress(page << 12));
            for level in [Level::Zero, Level::One, Level::Two] {
                prop_assert_eq!(Entry::from_bits(entry.bits(), level), entry);
            }
        }

        #[test]
        fn indices_put_an_address_together(address in 0u64..1 << 48) {
            let sum: u64 = LEVELS.iter().map(|level| {
                u64::try_from(level.index(address)).expect("small") << level.entry_bits()
            }).sum();
            prop_assert_eq!(sum, Level::Three.first_address(address));
        }
    }

    #[test]
    fn the_descriptor_of_a_default_page_is_that_of_the_manual() {
        let start = PhysicalAddress(0x4012_3000);
        let leaf = Leaf::new(start, PageSize::Small, Rights::READ_WRITE, VmAttributes::DEFAULT);
        assert_eq!(leaf.bits(), 0x0020_0000_4012_3f47);
        let attributes = VmAttributes { cacheable: false, execute_never: true };
        let leaf = Leaf::new(PhysicalAddress(1 << 30), PageSize::Huge, Rights::READ, attributes);
        assert_eq!(leaf.bits(), 0x0060_0000_4000_0fc1);
    }

    #[test]
    fn only_permissions_change_without_a_break() {
        let leaf = |start, word, rights| {
            let attributes = VmAttributes::from_word(word);
            Leaf::new(PhysicalAddress(start), PageSize::Small, rights, attributes)
        };
        let old = leaf(0x1000, 1, Rights::READ_WRITE);
        assert!(old.differs_in_permissions_only(leaf(0x1000, 5, Rights::READ)));
        assert!(old.differs_in_permissions_only(leaf(0x1000, 1, Rights::NONE)));
        assert!(!old.differs_in_permissions_only(leaf(0x1000, 0, Rights::READ_WRITE)));
        assert!(!old.differs_in_permissions_only(leaf(0x2000, 1, Rights::READ_WRITE)));
    }
}
