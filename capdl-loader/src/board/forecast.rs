//! What the loader will find on a board: the kernel's own arithmetic of boot.

use std::ops::Range;

use kernel::boot::{BootFailure, Forecast, Program, Surroundings, forecast};
use layout::{Model, Target};
use platform::address::PhysicalRange;
use platform::board::PAGE;

use super::{Board, BoardError};

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

/// Where the boot header of a kernel has its magic number, and that (Linux, "Booting AArch64
/// Linux", section 4).
const MAGIC: (usize, &[u8]) = (56, b"ARM\x64");
/// Where it says how much memory the kernel takes.
const SIZE: usize = 16;

impl Board {
    /// This board when it boots a certain kernel, given as a flat image.
    ///
    /// # Errors
    /// It is none.
    pub fn with_kernel(mut self, image: &[u8]) -> Result<Self, BoardError> {
        let (at, magic) = MAGIC;
        let size = image.get(SIZE..).and_then(<[u8]>::first_chunk);
        let size = size.filter(|_| image.get(at..).is_some_and(|end| end.starts_with(magic)));
        let size = size.map(|size| u64::from_le_bytes(*size)).filter(|size| *size < 1 << 32);
        let size = size.ok_or_else(|| BoardError("this is no flat image of a kernel".into()))?;
        self.boot.kernel.end = self.boot.kernel.start + size;
        Ok(self)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_boots_with_what_a_layout_takes_by_default() {
        let options = platform::board::Options::default();
        let target = Target::default();
        assert_eq!(u64::from(options.root_cnode_bits), target.root_cnode_bits);
        assert_eq!(options.domains as u64, target.domains);
        let text = "layout = 1\nboard = \"qemu-virt-aarch64\"\nkernel = { cores = 1 }\n";
        let folder = std::env::temp_dir().join(format!("target-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("target.layout.toml");
        std::fs::write(&file, text).expect("written");
        let input = crate::front::Input { file, ..Default::default() };
        let written = crate::front::load(&input).model.target;
        assert_eq!(written.root_cnode_bits, target.root_cnode_bits);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_kernel_is_as_large_as_its_header_says() {
        let board = || Board::find("qemu-virt-aarch64", []).expect("good").expect("known");
        let mut image = vec![0; 64];
        image[56..60].copy_from_slice(b"ARM\x64");
        image[16..24].copy_from_slice(&0x5_3000_u64.to_le_bytes());
        let kernel = board().with_kernel(&image).expect("an image").boot.kernel;
        assert_eq!(kernel.len(), 0x5_3000);
        image[20] = 1;
        assert!(board().with_kernel(&image).is_err(), "4 GiB");
        assert!(board().with_kernel(&image[..59]).is_err());
        assert!(board().with_kernel(b"\x7fELF").is_err());
    }
}
