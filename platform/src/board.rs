//! What the device tree says about the machine.
//!
//! [`Board::parse`] reads the flattened tree once and keeps only plain numbers. It is pure: any
//! bytes give a board or an error that names what is missing and where; none make it panic.

mod devices;
mod error;
mod memory;
mod nodes;
mod options;
mod tree;

pub use devices::{Conduit, InterruptController};
pub use error::{BoardError, Word};
pub use options::Options;

use dtoolkit::fdt::Fdt;

use crate::address::PhysicalRange;
use nodes::Nodes;

/// The length of a flattened device tree, from its first [`HEADER`] bytes; `None` if they do not
/// begin one.
#[must_use]
pub fn tree_length(header: &[u8]) -> Option<u32> {
    let word = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    if word(0)? == MAGIC { word(4) } else { None }
}

/// How many bytes [`tree_length`] looks at.
pub const HEADER: usize = 8;
/// The first word of a flattened device tree.
const MAGIC: u32 = 0xd00d_feed;

/// The size to which ranges of memory are rounded.
pub const PAGE: u64 = 4096;
/// The most cores that are used.
pub const CORES: usize = 8;

/// The parts of a machine that the kernel and its boot path need to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    /// RAM: ascending, disjoint, not adjacent, rounded inwards to pages.
    pub memory: heapless::Vec<PhysicalRange, 16>,
    /// RAM that belongs to firmware or devices (memory reservation block and
    /// `/reserved-memory`), in the order of the tree, rounded outwards to pages.
    pub reserved: heapless::Vec<PhysicalRange, 32>,
    /// RAM that [`Board::fit_window`] left out: nobody uses it, but it is no device either.
    pub hidden: heapless::Vec<PhysicalRange, 18>,
    /// MPIDR affinities of the usable cores; in the order of the tree until
    /// [`Board::order_cores`]. Cores beyond [`CORES`] are left out.
    pub cores: heapless::Vec<u64, CORES>,
    /// The GIC.
    pub interrupt_controller: InterruptController,
    /// The PL011 for messages: the one of `/chosen/stdout-path`, else the first.
    pub uart: Option<PhysicalRange>,
    /// How to call the firmware that starts cores and switches off.
    pub psci: Option<Conduit>,
    /// The initial ramdisk as the boot loader placed it, byte-exact.
    pub initrd: Option<PhysicalRange>,
    /// The command line.
    pub options: Options,
}

/// A flattened device tree, checked and sorted, from which a board can be read: whole, or just
/// the two parts that are needed to say why the whole cannot be used.
pub struct Tree<'a> {
    fdt: Fdt<'a>,
    nodes: Nodes<'a>,
}

impl<'a> Tree<'a> {
    /// Check a tree. `blob` may be longer than it.
    ///
    /// # Errors
    /// [`BoardError::NotADeviceTree`] and [`BoardError::TooMany`].
    pub fn read(blob: &'a [u8]) -> Result<Self, BoardError> {
        let fdt = Fdt::new(tree::exact(blob)?).map_err(BoardError::NotADeviceTree)?;
        Ok(Self { fdt, nodes: Nodes::of(fdt)? })
    }

    /// [`Board::uart`], or `None` if it cannot be read.
    #[must_use]
    pub fn uart(&self) -> Option<PhysicalRange> {
        devices::uart(self.fdt, &self.nodes).ok()?
    }

    /// [`Board::psci`], or `None` if it cannot be read.
    #[must_use]
    pub fn psci(&self) -> Option<Conduit> {
        devices::psci(&self.nodes).ok()?
    }

    /// The whole board.
    ///
    /// # Errors
    /// [`BoardError`] names what is missing or malformed and the node.
    pub fn board(&self) -> Result<Board, BoardError> {
        let initrd = memory::initrd(&self.nodes)?;
        Ok(Board {
            memory: memory::ram(&self.nodes)?,
            reserved: memory::reserved(self.fdt, &self.nodes, initrd)?,
            hidden: heapless::Vec::new(),
            cores: devices::cores(&self.nodes)?,
            interrupt_controller: devices::interrupt_controller(&self.nodes)?,
            uart: devices::uart(self.fdt, &self.nodes)?,
            psci: devices::psci(&self.nodes)?,
            initrd,
            options: options::parse(&self.nodes)?,
        })
    }
}

impl Board {
    /// Read a flattened device tree. `blob` may be longer than the tree.
    ///
    /// # Errors
    /// [`BoardError`] names what is missing or malformed and the node.
    pub fn parse(blob: &[u8]) -> Result<Self, BoardError> {
        Tree::read(blob)?.board()
    }

    /// Put the boot core first, keep the others in order, and drop those that the option
    /// `tessera.cores` leaves out.
    pub fn order_cores(&mut self, boot_core: u64) {
        let mut ordered = heapless::Vec::new();
        let others = self.cores.iter().copied().filter(|core| *core != boot_core);
        for core in core::iter::once(boot_core).chain(others).take(self.options.cores) {
            // Never full: the option is at most CORES.
            let _ = ordered.push(core);
        }
        self.cores = ordered;
    }

    /// Where the kernel's window of RAM starts: the lowest RAM address rounded down.
    #[must_use]
    pub fn window_start(&self) -> u64 {
        let lowest = self.memory.first().map_or(0, |range| range.start);
        lowest & !(crate::handover::WINDOW_ALIGNMENT - 1)
    }

    /// Leave out RAM that the kernel's window cannot show, and the window's first page, which
    /// would have the object name 0. Returns how many bytes beyond the window were dropped.
    pub fn fit_window(&mut self) -> u64 {
        let start = self.window_start();
        memory::fit_window(&mut self.memory, &mut self.hidden, start)
    }
}

#[cfg(test)]
mod tests;
