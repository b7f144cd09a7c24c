//! What a driver tells its device in memory: descriptors, rings, headers.
//!
//! A device does what they say, and where no IOMMU stands between it and memory, the driver of a
//! device is trusted not to name memory of others. What is spoiled here is therefore everything
//! but that: no descriptor comes to name memory that exists and that the layout does not let this
//! device reach.

use alloc::vec::Vec;

use libsys::Error;
use libsys::object::Page;
use libsys::window::Window;
use packed::record::{Pages, Source};
use packed::{Cell, Image};
use root_task::loader::Loader;

use crate::random::Random;

/// Bytes of a page.
const PAGE: u64 = 1 << abi::PAGE_BITS;
/// Bytes of a descriptor (Virtio 1.2, 2.7.5): address, length, flags, next.
const DESCRIPTOR: u64 = 16;
/// From here on there is no memory, and no device.
const NOTHING: u64 = 1 << 33;

/// Memory that devices of the victim reach.
#[derive(Default)]
pub(crate) struct Descriptors {
    /// Frames that only the victim and its devices see.
    pub(crate) own: Vec<Cell>,
    /// Physical addresses of all pages that they reach.
    reachable: Vec<u64>,
}

/// The rows of pages whose physical addresses are told to their users.
pub(crate) fn are_told(image: &Image<'_>, row: &Pages) -> bool {
    let mut fills = image.layout.fills.rows().filter(|fill| fill.source == Source::Address);
    fills.any(|fill| {
        let place = fill.offset.checked_sub(row.first.0.into());
        place.is_some_and(|place| place < row.count.into())
    })
}

impl Descriptors {
    /// One more page that the devices reach.
    pub(crate) fn add(&mut self, loader: &Loader, frame: Cell, is_own: bool) -> Result<(), Error> {
        self.reachable.push(loader.cap::<Page>(frame).address()?);
        if is_own {
            self.own.push(frame);
        }
        Ok(())
    }

    /// Changes a bit of a page, unless the device could then reach more than it may.
    pub(crate) fn spoil(&self, page: &Window, random: &mut Random) {
        let at = random.below(PAGE);
        let bit = 1 << random.below(8);
        let flip = || page.write_byte(at, page.read_byte(at) ^ bit);
        let descriptor = at & !(DESCRIPTOR - 1);
        let before = self.names_memory(page, descriptor);
        flip();
        if before && !self.is_harmless(page, descriptor) {
            flip();
        }
    }

    /// Whether this may be a descriptor: it begins with an address that the device reaches.
    fn names_memory(&self, page: &Window, at: u64) -> bool {
        let address = page.read_word(at);
        self.reaches(address)
    }

    /// Whether all that a descriptor names is the device's, or nothing at all.
    fn is_harmless(&self, page: &Window, at: u64) -> bool {
        let (address, length) = (page.read_word(at), page.read_word(at + 8) & 0xffff_ffff);
        if address >= NOTHING {
            return true;
        }
        let Some(last) = length.checked_sub(1) else { return self.reaches(address) };
        // Longer than all that there is: most of it is somebody else's.
        length <= PAGE * self.reachable.len() as u64
            && (address & !(PAGE - 1)..=address + last)
                .step_by(PAGE as usize)
                .all(|page| self.reaches(page))
    }

    fn reaches(&self, address: u64) -> bool {
        self.reachable.contains(&(address & !(PAGE - 1)))
    }
}
