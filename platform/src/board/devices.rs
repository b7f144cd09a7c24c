//! Cores, interrupt controller, UART and firmware.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node, Property};

use super::error::BoardError;
use super::nodes::{self, GicVersion, Nodes};
use super::tree;
use super::{CORES, PAGE};
use crate::address::PhysicalRange;

/// The most GICR regions.
const REGIONS: usize = 4;

/// The instruction that calls the firmware.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduit {
    /// `hvc`: a hypervisor is the firmware.
    Hvc,
    /// `smc`: EL3 is the firmware.
    Smc,
}

/// The interrupt controller and where its registers are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InterruptController {
    /// GIC architecture 2.
    V2 {
        /// GICD.
        distributor: PhysicalRange,
        /// GICC.
        cpu_interface: PhysicalRange,
    },
    /// GIC architecture 3 or 4 with system registers.
    V3 {
        /// GICD.
        distributor: PhysicalRange,
        /// GICR regions, each with a run of redistributors.
        redistributors: heapless::Vec<PhysicalRange, REGIONS>,
    },
}

impl InterruptController {
    /// All register ranges.
    pub fn ranges(&self) -> impl Iterator<Item = PhysicalRange> + '_ {
        let (first, rest) = match self {
            Self::V2 { distributor, cpu_interface } => {
                (*distributor, core::slice::from_ref(cpu_interface))
            }
            Self::V3 { distributor, redistributors } => (*distributor, redistributors.as_slice()),
        };
        core::iter::once(first).chain(rest.iter().copied())
    }

    /// The registers that nobody but the kernel may have. Of a version 2 controller that is the
    /// first page of each part, whatever the tree says of their sizes.
    pub fn kept(&self) -> impl Iterator<Item = PhysicalRange> + '_ {
        let most = if matches!(self, Self::V2 { .. }) { PAGE } else { u64::MAX };
        self.ranges().map(move |range| {
            let range = range.outwards(PAGE);
            PhysicalRange::new(range.start, range.end.min(range.start.saturating_add(most)))
        })
    }
}

/// What errors call the node of the GIC.
const GIC: &str = "the interrupt controller";

/// The affinities of the cores that may be used.
pub(super) fn cores(nodes: &Nodes<'_>) -> Result<heapless::Vec<u64, CORES>, BoardError> {
    let cpus = nodes.cpus.ok_or(BoardError::Missing { what: "the node", node: "/cpus" })?;
    let mut cores = heapless::Vec::new();
    let cpus = cpus.children().filter(|node| node.name_without_address() == "cpu");
    for cpu in cpus.filter(tree::is_usable) {
        let malformed = BoardError::Malformed { what: "reg", node: "/cpus/cpu" };
        let entry = cpu.reg().ok().flatten().and_then(|mut reg| reg.next());
        let affinity = entry.and_then(|entry| entry.address::<u64>().ok()).ok_or(malformed)?;
        if cores.push(affinity).is_err() {
            break;
        }
    }
    if cores.is_empty() {
        return Err(BoardError::Missing { what: "a usable cpu", node: "/cpus" });
    }
    Ok(cores)
}

/// The GIC.
pub(super) fn interrupt_controller(nodes: &Nodes<'_>) -> Result<InterruptController, BoardError> {
    let missing = BoardError::Missing { what: "a GICv2 or GICv3", node: "/" };
    let (node, version) = nodes.gic.ok_or(missing)?;
    let distributor = tree::range(node, 0, GIC)?;
    match version {
        GicVersion::V2 => {
            let cpu_interface = tree::range(node, 1, GIC)?;
            Ok(InterruptController::V2 { distributor, cpu_interface })
        }
        GicVersion::V3 => {
            let redistributors = redistributors(node)?;
            Ok(InterruptController::V3 { distributor, redistributors })
        }
    }
}

/// The regions of redistributors, which follow the distributor in `reg`.
fn redistributors(node: FdtNode<'_>) -> Result<heapless::Vec<PhysicalRange, REGIONS>, BoardError> {
    let count = tree::number(&node, "#redistributor-regions").unwrap_or(1);
    let too_many = BoardError::TooMany { what: "redistributor regions", node: GIC };
    let count = usize::try_from(count).map_err(|_| too_many.clone())?;
    let mut regions = heapless::Vec::new();
    for index in 1..=count {
        let region = tree::range(node, index, GIC)?;
        regions.push(region).map_err(|_| too_many.clone())?;
    }
    Ok(regions)
}

/// The PL011 of the console: what standard output names, else the first.
pub(super) fn uart(fdt: Fdt<'_>, nodes: &Nodes<'_>) -> Result<Option<PhysicalRange>, BoardError> {
    let chosen = nodes::stdout(fdt, nodes).filter(nodes::is_pl011);
    let Some(node) = chosen.or(nodes.uart) else { return Ok(None) };
    tree::range(node, 0, "the PL011").map(Some)
}

/// The way to the firmware.
pub(super) fn psci(nodes: &Nodes<'_>) -> Result<Option<Conduit>, BoardError> {
    let Some(node) = nodes.psci else { return Ok(None) };
    match node.property("method").as_ref().map(Property::value) {
        Some(b"hvc\0") => Ok(Some(Conduit::Hvc)),
        Some(b"smc\0") => Ok(Some(Conduit::Smc)),
        _ => Err(BoardError::Malformed { what: "method", node: "/psci" }),
    }
}
