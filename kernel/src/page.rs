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
/// the mapping has 36 bits: 32 in `page_low`, 4 in `page_high`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PageCap {
    frame: u32,
    page_low: u32,
    asid: Option<Asid>,
    page_high: u8,
    flags: u8,
}

const SIZE_MASK: u8 = 3;
const WRITE: u8 = 1 << 2;
const READ: u8 = 1 << 3;
const DEVICE: u8 = 1 << 4;

impl PageCap {
    /// A page with all rights, mapped nowhere. `start` is aligned to the size and below 2^44.
    #[must_use]
    pub fn new(start: PhysicalAddress, size: PageSize, device: bool) -> Self {
        let frame = u32::try_from(start.0 >> abi::PAGE_BITS).unwrap_or(u32::MAX);
        let device = if device { DEVICE } else { 0 };
        Self {
            frame,
            page_low: 0,
            asid: None,
            page_high: 0,
            flags: size as u8 | READ | WRITE | device,
        }
    }

    /// Physical address of the first byte.
    #[must_use]
    pub fn start(self) -> PhysicalAddress {
        PhysicalAddress(u64::from(self.frame) << abi::PAGE_BITS)
    }

    /// The size.
    #[must_use]
    pub const fn size(self) -> PageSize {
        match self.flags & SIZE_MASK {
            0 => PageSize::Small,
            1 => PageSize::Large,
            _ => PageSize::Huge,
        }
    }

    /// Whether the frame is device memory, which the kernel never touches.
    #[must_use]
    pub const fn is_device(self) -> bool {
        self.flags & DEVICE != 0
    }

    /// Read and write, as far as held. Write alone counts as no access.
    #[must_use]
    pub fn rights(self) -> Rights {
        match (self.flags & READ != 0, self.flags & WRITE != 0) {
            (true, true) => Rights::READ_WRITE,
            (true, false) => Rights::READ,
            (false, _) => Rights::NONE,
        }
    }

    /// The page with fewer rights.
    #[must_use]
    pub fn mask_rights(self, allowed: Rights) -> Self {
        let held = self.rights().and(allowed);
        let mut flags = self.flags & !(READ | WRITE);
        if held.contains(Rights::READ) {
            flags |= READ;
            if held.contains(Rights::WRITE) {
                flags |= WRITE;
            }
        }
        Self { flags, ..self }
    }

    /// Where this capability has mapped the frame.
    #[must_use]
    pub fn mapping(self) -> Option<PageMapping> {
        let page = u64::from(self.page_high) << 32 | u64::from(self.page_low);
        self.asid.map(|asid| PageMapping { asid, address: page << abi::PAGE_BITS })
    }

    /// The page with another mapping recorded.
    #[must_use]
    pub fn with_mapping(self, mapping: Option<PageMapping>) -> Self {
        let page = mapping.map_or(0, |mapping| mapping.address >> abi::PAGE_BITS);
        let [low, high] = [page & 0xffff_ffff, page >> 32 & 0xf];
        Self {
            asid: mapping.map(|mapping| mapping.asid),
            page_low: u32::try_from(low).unwrap_or(0),
            page_high: u8::try_from(high).unwrap_or(0),
            ..self
        }
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
