//! Free RAM during boot, as plain arithmetic: the kernel takes blocks of it, and tools on other
//! machines can know beforehand which.

use platform::address::PhysicalRange;
use platform::handover::Handover;

use super::layout::PAGE;
use super::ranges::Ranges;

/// Most pieces of memory that an image is spread over.
pub(super) const PIECES: usize = 8;

/// The physical address space when the kernel begins.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// RAM: ascending, disjoint.
    pub memory: &'a [PhysicalRange],
    /// Memory that nobody gets: reserved areas, and RAM that the kernel cannot use.
    pub reserved: [&'a [PhysicalRange]; 2],
    /// The pages of the kernel's own image, data and stacks.
    pub kernel_image: PhysicalRange,
    /// Registers that the kernel keeps for itself.
    pub device_ranges: &'a [PhysicalRange],
    /// Physical address width in bits.
    pub address_bits: u32,
    /// The initial ramdisk, byte-exact.
    pub ramdisk: PhysicalRange,
    /// The pages of the device tree.
    pub device_tree: PhysicalRange,
}

impl<'a> Surroundings<'a> {
    /// What the boot path found. Without an initial ramdisk, its range is empty.
    pub(super) fn of(handover: &'a Handover) -> Self {
        let board = &handover.board;
        Self {
            memory: &board.memory,
            reserved: [&board.reserved, &board.hidden],
            kernel_image: handover.kernel_image,
            device_ranges: &handover.device_ranges,
            address_bits: handover.address_bits,
            ramdisk: board.initrd.unwrap_or_default(),
            device_tree: handover.device_tree_range,
        }
    }

    /// The address space outside of RAM, of reserved areas, and of the kernel's own devices.
    pub(super) fn devices(&self) -> Ranges {
        let mut devices = Ranges::new(&[PhysicalRange::new(0, 1 << self.address_bits)]);
        devices.remove_all(self.memory.iter().copied());
        for reserved in self.reserved {
            devices.remove_all(reserved.iter().copied());
        }
        devices.remove_all(self.device_ranges.iter().copied());
        devices
    }
}

/// Free RAM.
#[derive(Debug)]
pub(super) struct Stock {
    /// RAM that belongs neither to firmware nor to the kernel's image nor to whoever took it.
    unowned: Ranges,
    /// The same without the boot loader's files, which are needed for a while.
    free: Ranges,
}

impl Stock {
    /// The RAM of a machine.
    pub(super) fn new(surroundings: &Surroundings<'_>) -> Self {
        let mut unowned = Ranges::new(surroundings.memory);
        for reserved in surroundings.reserved {
            unowned.remove_all(reserved.iter().copied());
        }
        unowned.remove(surroundings.kernel_image);
        let mut free = unowned.clone();
        free.remove_all([surroundings.ramdisk.outwards(PAGE), surroundings.device_tree]);
        Self { unowned, free }
    }

    /// Whether nobody but the boot loader has any of this memory.
    pub(super) fn contains(&self, range: PhysicalRange) -> bool {
        self.unowned.contains(range)
    }

    /// Bytes that are free now.
    pub(super) fn available(&self) -> u64 {
        self.free.bytes()
    }

    /// Takes the highest `bytes` bytes of the last free range that has them at a multiple of
    /// `alignment`, a power of two.
    pub(super) fn take_high(&mut self, bytes: u64, alignment: u64) -> Option<PhysicalRange> {
        let place = self.free.iter().rev().find_map(|range| {
            let start = range.end.checked_sub(bytes)? & !(alignment - 1);
            let place = PhysicalRange::new(start, start + bytes);
            range.contains(place).then_some(place)
        });
        place.map(|place| self.take(place))
    }

    /// Takes `bytes` bytes, whole pages: the lowest of the first free range that has them, or
    /// else few large ranges.
    pub(super) fn take_pieces(
        &mut self,
        bytes: u64,
    ) -> Option<heapless::Vec<PhysicalRange, PIECES>> {
        let (mut left, mut pieces) = (bytes, heapless::Vec::new());
        let whole = self.free.iter().find(|range| range.len() >= bytes);
        if let Some(range) = whole {
            left = 0;
            let piece = PhysicalRange::new(range.start, range.start + bytes);
            pieces.push(self.take(piece)).ok()?;
        }
        while left > 0 {
            let range = self.free.iter().max_by_key(|range| range.len())?;
            let end = range.end.min(range.start + left);
            let piece = self.take(PhysicalRange::new(range.start, end));
            left -= piece.len();
            pieces.push(piece).ok()?;
        }
        Some(pieces)
    }

    fn take(&mut self, place: PhysicalRange) -> PhysicalRange {
        self.free.remove(place);
        self.unowned.remove(place);
        place
    }

    /// The RAM that is left over, with that of the boot loader's files.
    pub(super) fn leave(self) -> Ranges {
        self.unowned
    }
}
