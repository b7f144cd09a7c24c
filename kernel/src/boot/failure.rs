//! Why the kernel cannot start a root task.

use core::fmt;

use platform::address::PhysicalRange;

use super::image::ImageError;

/// Why there is no root task. Each displays as one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BootFailure {
    /// The device tree names no initial ramdisk.
    NoRamdisk,
    /// The initial ramdisk is not in RAM that the kernel may use.
    RamdiskOutsideRam(PhysicalRange),
    /// The initial ramdisk is no program for this kernel.
    Image(ImageError),
    /// There is too little RAM in one piece, or in all.
    TooLittleRam {
        /// Bytes for the root task's image and the first kernel objects.
        needed: u64,
        /// Bytes that are free, perhaps in pieces that are too small.
        available: u64,
    },
    /// The root CNode cannot hold the first capabilities.
    TooFewSlots {
        /// Slots of the first capabilities, without any for untyped memory.
        needed: u64,
        /// Slots of the root CNode.
        available: u64,
    },
}

impl fmt::Display for BootFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRamdisk => {
                f.write_str("no root task: the device tree names no initial ramdisk in /chosen")
            }
            Self::RamdiskOutsideRam(range) => write!(
                f,
                "the initial ramdisk at {:#x}..{:#x} is not in free RAM",
                range.start, range.end
            ),
            Self::Image(error) => write!(f, "the initial ramdisk is no root task: {error}"),
            Self::TooLittleRam { needed, available } => write!(
                f,
                "too little RAM: the root task needs {needed} bytes, {available} are free"
            ),
            Self::TooFewSlots { needed, available } => write!(
                f,
                "the root CNode is too small: {needed} slots are needed, it has {available} \
                 (tessera.root_cnode_bits=N makes it larger)"
            ),
        }
    }
}

impl From<ImageError> for BootFailure {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}
