//! Boards: what a machine has, as a layout sees it.
//!
//! A board file is made once from a device tree (`capdl board`), so that a layout names devices
//! by their nodes and the checks know every register, interrupt and byte of RAM. The files of
//! common machines are part of the tool.
//!
//! | module | what |
//! |---|---|
//! | [`forecast`] | what the loader will find |
//! | [`pci`] | PCI buses, and functions on them |
//! | [`text`] | a board as a text in TOML, and back |
//! | [`tree`] | a board from a device tree |

mod forecast;
mod pci;
mod text;
mod tree;

use std::path::Path;

use layout::object::Trigger;
use platform::address::PhysicalRange;

pub use forecast::Loader;
pub use pci::{Function, Pci};
pub use text::BoardError;
pub use tree::from_device_tree;

/// A machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    /// Its name.
    pub name: String,
    /// Its cores, as far as the kernel uses them.
    pub cores: u64,
    /// Bits of a physical address, as the kernel sees them.
    pub address_bits: u64,
    /// RAM: ascending, whole pages.
    pub memory: Vec<PhysicalRange>,
    /// Memory that belongs to firmware: nobody gets it.
    pub reserved: Vec<PhysicalRange>,
    /// Registers that the kernel keeps for itself.
    pub kept: Vec<PhysicalRange>,
    /// Interrupts (INTIDs) that the kernel, or its timers, keep for themselves.
    pub kept_interrupts: Vec<u64>,
    /// How it boots.
    pub boot: Boot,
    /// Its devices, in the order of the device tree.
    pub nodes: Vec<Node>,
}

/// What a boot loader puts where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Boot {
    /// The kernel with its data and stacks. How large it really is depends on the build.
    pub kernel: PhysicalRange,
    /// Where the initial ramdisk, which is the root task's file, begins.
    pub ramdisk: u64,
    /// What the device tree, which comes behind it, is aligned to.
    pub device_tree_alignment: u64,
    /// Bytes of the device tree.
    pub device_tree_bytes: u64,
}

/// A device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its name in the device tree, such as `pl011@9000000`.
    pub name: String,
    /// What it says to be compatible with, the most special first.
    pub compatible: Vec<String>,
    /// Its registers, byte-exact.
    pub registers: Vec<PhysicalRange>,
    /// Memory of devices behind it: a bus's windows.
    pub windows: Vec<PhysicalRange>,
    /// What it has besides if it is a PCI bus.
    pub pci: Option<Pci>,
    /// Its interrupts.
    pub interrupts: Vec<Interrupt>,
    /// Whether it can reach memory without the processor, as far as is known.
    pub has_dma: bool,
}

/// An interrupt of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupt {
    /// Its number (INTID).
    pub number: u64,
    /// When it counts as raised.
    pub trigger: Trigger,
}

/// The boards that are part of the tool: name and file.
const KNOWN: [(&str, &str); 4] = [
    ("qemu-virt-aarch64", include_str!("../../boards/qemu-virt-aarch64.toml")),
    ("qemu-virt-aarch64-256m", include_str!("../../boards/qemu-virt-aarch64-256m.toml")),
    ("qemu-virt-aarch64-4g", include_str!("../../boards/qemu-virt-aarch64-4g.toml")),
    ("qemu-virt-aarch64-gic3", include_str!("../../boards/qemu-virt-aarch64-gic3.toml")),
];

impl Board {
    /// The names of the boards that are part of the tool.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.into_iter().map(|(name, _)| name)
    }

    /// The board with this name: a file `NAME.toml` in one of the folders, or else one that is
    /// part of the tool. `None`: there is no such board.
    ///
    /// # Errors
    /// Its file cannot be read, or is no board.
    pub fn find<'a>(
        name: &str,
        folders: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Option<Self>, BoardError> {
        // A name is not to lead out of the folders.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Ok(None);
        }
        let mut files = folders.into_iter().map(|folder| folder.join(format!("{name}.toml")));
        if let Some(file) = files.find(|file| file.is_file()) {
            let text = std::fs::read_to_string(&file);
            let text = text.map_err(|error| BoardError(format!("{}: {error}", file.display())))?;
            return Self::parse(&text).map(Some);
        }
        let known = KNOWN.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, text)| Self::parse(text)).transpose()
    }

    /// The device with this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The device that has a register in `range`.
    pub fn nodes_at(&self, range: PhysicalRange) -> impl Iterator<Item = &Node> {
        let here = move |node: &&Node| {
            node.registers.iter().chain(&node.windows).any(|part| part.overlaps(range))
        };
        self.nodes.iter().filter(here)
    }

    /// Whether all of `range` is RAM that is not reserved.
    #[must_use]
    pub fn is_ram(&self, range: PhysicalRange) -> bool {
        let reserved = self.reserved.iter().any(|part| part.overlaps(range));
        !reserved && self.memory.iter().any(|part| part.contains(range))
    }

    /// Whether some of `range` is RAM.
    #[must_use]
    pub fn touches_ram(&self, range: PhysicalRange) -> bool {
        self.memory.iter().any(|part| part.overlaps(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_board_is_one_and_has_its_name() {
        for name in Board::names() {
            let board = Board::find(name, []).expect("a good file").expect("known");
            assert_eq!(board.name, name);
            assert_eq!(Board::parse(&board.to_text()).as_ref(), Ok(&board));
        }
        assert_eq!(Board::find("../etc/passwd", []), Ok(None));
        assert_eq!(Board::find("toaster", []), Ok(None));
    }

    #[test]
    fn devices_are_where_the_machine_has_them() {
        let board = Board::find("qemu-virt-aarch64", []).expect("good").expect("known");
        let uart = board.node("pl011@9000000").expect("a UART");
        assert_eq!(uart.interrupts, [Interrupt { number: 33, trigger: Trigger::Level }]);
        assert!(!uart.has_dma);
        let page = PhysicalRange::new(0xa00_3000, 0xa00_4000);
        assert_eq!(board.nodes_at(page).count(), 8, "transports in one page");
        let disk = board.node("virtio_mmio@a003e00").expect("a transport");
        assert_eq!(disk.interrupts, [Interrupt { number: 79, trigger: Trigger::Edge }]);
        let bus = board.node("pcie@10000000").expect("a bus");
        assert_eq!(bus.interrupts.len(), 4);
        assert!(bus.has_dma && !bus.windows.is_empty());
    }
}
