//! Page capabilities: authority over a frame, and where this capability has mapped it.

use abi::{ObjectType, Rights};
use platform::address::PhysicalAddress;

use crate::cap::Asid;

/// The sizes of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageSize {
    /// 4 KiB.
    Small,
    /// 2 MiB.
    Large,
    /// 1 GiB.
    Huge,
}

impl PageSize {
    /// `log2` of the bytes.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Small => 12,
            Self::Large => 21,
            Self::Huge => 30,
        }
    }

    /// Bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.bits()
    }

    /// The size of the pages of an object type.
    #[must_use]
    pub const fn of(object: ObjectType) -> Option<Self> {
        match object {
            ObjectType::SmallPage => Some(Self::Small),
            ObjectType::LargePage => Some(Self::Large),
            ObjectType::HugePage => Some(Self::Huge),
            _ => None,
        }
    }
}

/// Where a page capability is mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageMapping {
    /// The address space. It may be gone meanwhile.
    pub asid: Asid,
    /// First user address of the page.
    pub address: u64,
}

/// A frame, the rights to it, and its mapping, in twelve bytes.
///
/// `frame` counts 4 KiB from physical address 0, so addresses of 44 bits fit. The page number of
/// the mapping has 36 bits: 32 in `page`, 4 in `more`. Three whole words, since a compiler copies
/// smaller fields one by one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PageCap {
    frame: u32,
    page: u32,
    /// Flags in bits 0 to 7, the page number's high bits from bit 8 on, the ASID (0 for no
    /// mapping) from bit 16 on.
    more: u32,
}

/// `log2` of the bytes: so many times 9 above those of the smallest page.
const SIZE_MASK: u32 = 3;
const WRITE: u32 = 1 << 2;
const READ: u32 = 1 << 3;
const DEVICE: u32 = 1 << 4;
const FLAGS: u32 = 0xff;
const PAGE_HIGH_SHIFT: u32 = 8;
const ASID_SHIFT: u32 = 16;

impl PageCap {
    /// A page with all rights, mapped nowhere. `start` is aligned to the size and below 2^44.
    #[must_use]
    pub fn new(start: PhysicalAddress, size: PageSize, device: bool) -> Self {
        let frame = u32::try_from(start.0 >> abi::PAGE_BITS).unwrap_or(u32::MAX);
        let device = if device { DEVICE } else { 0 };
        Self { frame, page: 0, more: size as u32 | READ | WRITE | device }
    }

    /// Physical address of the first byte.
    #[must_use]
    pub fn start(self) -> PhysicalAddress {
        PhysicalAddress(u64::from(self.frame) << abi::PAGE_BITS)
    }

    /// The size.
    #[must_use]
    pub const fn size(self) -> PageSize {
        match self.more & SIZE_MASK {
            0 => PageSize::Small,
            1 => PageSize::Large,
            _ => PageSize::Huge,
        }
    }

    /// The bytes, less one: the bits of an address that lie inside the page.
    #[must_use]
    pub const fn inside(self) -> u64 {
        // There is no size 3: sizes come from `PageSize` only.
        (1 << (abi::PAGE_BITS + 9 * (self.more & SIZE_MASK))) - 1
    }

    /// Whether the frame is device memory, which the kernel never touches.
    #[must_use]
    pub const fn is_device(self) -> bool {
        self.more & DEVICE != 0
    }

    /// Read and write, as far as held. Write alone counts as no access.
    #[must_use]
    pub fn rights(self) -> Rights {
        match (self.more & READ != 0, self.more & WRITE != 0) {
            (true, true) => Rights::READ_WRITE,
            (true, false) => Rights::READ,
            (false, _) => Rights::NONE,
        }
    }

    /// The page with fewer rights.
    #[must_use]
    pub fn mask_rights(self, allowed: Rights) -> Self {
        let held = self.rights().and(allowed);
        let mut more = self.more & !(READ | WRITE);
        if held.contains(Rights::READ) {
            more |= READ;
            if held.contains(Rights::WRITE) {
                more |= WRITE;
            }
        }
        Self { more, ..self }
    }

    /// Where this capability has mapped the frame.
    #[must_use]
    pub fn mapping(self) -> Option<PageMapping> {
        let high = self.more >> PAGE_HIGH_SHIFT & 0xf;
        let page = u64::from(high) << 32 | u64::from(self.page);
        let asid = Asid::new((self.more >> ASID_SHIFT) as u16)?;
        Some(PageMapping { asid, address: page << abi::PAGE_BITS })
    }

    /// The page with another mapping recorded.
    #[must_use]
    pub fn with_mapping(self, mapping: Option<PageMapping>) -> Self {
        let flags = self.more & FLAGS;
        let Some(PageMapping { asid, address }) = mapping else {
            return Self { page: 0, more: flags, ..self };
        };
        let page = address >> abi::PAGE_BITS;
        let high = (page >> 32) as u32 & 0xf;
        let more = flags | high << PAGE_HIGH_SHIFT | u32::from(asid.get()) << ASID_SHIFT;
        Self { page: page as u32, more, ..self }
    }
}

impl core::fmt::Debug for PageCap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Page")
            .field("start", &self.start())
            .field("size", &self.size())
            .field("rights", &self.rights())
            .field("device", &self.is_device())
            .field("mapping", &self.mapping())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mappings_are_kept_whole(frame in 0u64..1 << 32, page in 0u64..1 << 35, asid in 1u16..) {
            let start = PhysicalAddress(frame << 12);
            let asid = Asid::new(asid).expect("not zero");
            let mapping = PageMapping { asid, address: page << 12 };
            let cap = PageCap::new(start, PageSize::Small, false).with_mapping(Some(mapping));
            prop_assert_eq!(cap.mapping(), Some(mapping));
            prop_assert_eq!(cap.start(), start);
            prop_assert_eq!(cap.with_mapping(None).mapping(), None);
        }
    }

    #[test]
    fn write_alone_is_no_access() {
        let cap = PageCap::new(PhysicalAddress(0x1000), PageSize::Huge, true);
        assert_eq!(cap.rights(), Rights::READ_WRITE);
        assert_eq!(cap.mask_rights(Rights::WRITE).rights(), Rights::NONE);
        assert_eq!(cap.mask_rights(Rights::READ).rights(), Rights::READ);
        assert_eq!(cap.mask_rights(Rights::READ).mask_rights(Rights::ALL).rights(), Rights::READ);
        assert!(cap.is_device() && cap.size() == PageSize::Huge);
    }
}
