//! What the loader will find on a board: the kernel's own arithmetic of boot.

use std::ops::Range;

use kernel::boot::{BootFailure, Forecast, Program, Surroundings, forecast};
use layout::{Model, Target};
use platform::address::PhysicalRange;
use platform::board::PAGE;

use super::Board;

/// The loader's program, as far as it decides about memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loader {
    /// User addresses of its image.
    pub extent: Range<u64>,
    /// Bytes of its file.
    pub file_bytes: u64,
}

/// Where programs begin.
const IMAGE_START: u64 = 0x20_0000;
/// The loader without a system, generously.
const LOADER_BYTES: u64 = 0x10_0000;
/// Bytes that an object takes in a packed image, generously.
const OBJECT_BYTES: u64 = 16;

impl Loader {
    /// The loader in this file.
    ///
    /// # Errors
    /// The kernel would not boot it.
    pub fn of(file: &[u8]) -> Result<Self, BootFailure> {
        Ok(Self { extent: Program::extent_of(file)?, file_bytes: file.len() as u64 })
    }

    /// A guess before there is a file: room for the loader and for a system.
    #[must_use]
    pub fn guess(model: &Model) -> Self {
        let extent = IMAGE_START..IMAGE_START + LOADER_BYTES;
        Self { extent, file_bytes: LOADER_BYTES }.with_system(model)
    }

    /// This loader with room for a system in its file: for each object, and for all files that
    /// fill frames.
    #[must_use]
    pub fn with_system(&self, model: &Model) -> Self {
        let contents = model.contents.iter().filter_map(|content| content.bytes.as_ref());
        let contents: u64 = contents.map(|bytes| bytes.len() as u64).sum();
        let objects = model.objects.len() as u64 * OBJECT_BYTES;
        let room = (objects + contents).next_multiple_of(PAGE);
        let extent = self.extent.start..self.extent.end + room;
        Self { extent, file_bytes: self.file_bytes + room }
    }
}

impl Board {
    /// The boot information that a loader will find.
    ///
    /// # Errors
    /// The kernel would refuse to boot it.
    pub fn forecast(&self, target: &Target, loader: &Loader) -> Result<Forecast, BootFailure> {
        let boot = self.boot;
        let ramdisk = PhysicalRange::new(boot.ramdisk, boot.ramdisk + loader.file_bytes);
        let tree = ramdisk.end.next_multiple_of(boot.device_tree_alignment.max(PAGE));
        let device_tree = PhysicalRange::new(tree, tree + boot.device_tree_bytes).outwards(PAGE);
        let surroundings = Surroundings {
            memory: &self.memory,
            reserved: [&self.reserved, &[]],
            kernel_image: boot.kernel,
            device_ranges: &self.kept,
            // The kernel uses no more.
            address_bits: u32::try_from(self.address_bits.min(44)).unwrap_or(44),
            ramdisk,
            device_tree,
        };
        let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let program = Program {
            extent: loader.extent.clone(),
            root_cnode_bits: u32::try_from(target.root_cnode_bits.clamp(1, 32)).unwrap_or(32),
            cores: small(target.cores.clamp(1, platform::board::CORES as u64)),
            domains: small(target.domains.clamp(1, 16)),
            device_tree_bytes: boot.device_tree_bytes,
        };
        forecast(&surroundings, &program)
    }
}
