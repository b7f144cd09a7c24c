//! Cores, interrupt controller, UART and firmware.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property};

use super::CORES;
use super::error::BoardError;
use super::tree;
use crate::address::PhysicalRange;

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
        redistributors: heapless::Vec<PhysicalRange, 4>,
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
}

/// `compatible` of version 2 controllers.
const GIC_V2: [&str; 4] =
    ["arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic", "arm,cortex-a9-gic"];

/// `compatible` of firmware whose function numbers are the standard ones (Arm DEN 0022).
const PSCI: [&str; 2] = ["arm,psci-1.0", "arm,psci-0.2"];

/// The affinities of the cores that may be used.
pub(super) fn cores(fdt: Fdt<'_>) -> Result<heapless::Vec<u64, CORES>, BoardError> {
    let cpus = fdt.cpus().map_err(|_| BoardError::Missing { what: "the node", node: "/cpus" })?;
    let mut cores = heapless::Vec::new();
    for cpu in cpus.cpus().filter(|cpu| tree::is_usable(cpu)) {
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

/// The first GIC at the root of the tree.
pub(super) fn interrupt_controller(fdt: Fdt<'_>) -> Result<InterruptController, BoardError> {
    let node_name = "the interrupt controller";
    if let Some(node) = usable_child(fdt, &["arm,gic-v3"]) {
        let count = tree::number(&node, "#redistributor-regions").unwrap_or(1);
        let too_many = BoardError::TooMany { what: "redistributor regions", node: node_name };
        let count = usize::try_from(count).map_err(|_| too_many.clone())?;
        let mut redistributors = heapless::Vec::new();
        for region in 1..=count {
            let region = tree::range(node, region, node_name)?;
            redistributors.push(region).map_err(|_| too_many.clone())?;
        }
        return Ok(InterruptController::V3 {
            distributor: tree::range(node, 0, node_name)?,
            redistributors,
        });
    }
    let node = usable_child(fdt, &GIC_V2)
        .ok_or(BoardError::Missing { what: "a GICv2 or GICv3", node: "/" })?;
    Ok(InterruptController::V2 {
        distributor: tree::range(node, 0, node_name)?,
        cpu_interface: tree::range(node, 1, node_name)?,
    })
}

/// The PL011 of the console.
pub(super) fn uart(fdt: Fdt<'_>) -> Result<Option<PhysicalRange>, BoardError> {
    let chosen = stdout(fdt).filter(|node| node.is_compatible("arm,pl011"));
    let Some(node) = chosen.or_else(|| usable_child(fdt, &["arm,pl011"])) else { return Ok(None) };
    tree::range(node, 0, "the PL011").map(Some)
}

/// The way to the firmware.
pub(super) fn psci(fdt: Fdt<'_>) -> Result<Option<Conduit>, BoardError> {
    let Some(node) = usable_child(fdt, &PSCI) else { return Ok(None) };
    match node.property("method").as_ref().map(Property::value) {
        Some(b"hvc\0") => Ok(Some(Conduit::Hvc)),
        Some(b"smc\0") => Ok(Some(Conduit::Smc)),
        _ => Err(BoardError::Malformed { what: "method", node: "/psci" }),
    }
}

/// The node that `/chosen/stdout-path` names, by path or by alias, without line settings.
fn stdout(fdt: Fdt<'_>) -> Option<FdtNode<'_>> {
    let chosen = fdt.chosen()?;
    let path = chosen.stdout_path().ok()??;
    let path = path.split_once(':').map_or(path, |(path, _)| path);
    if path.starts_with('/') {
        return fdt.find_node(path);
    }
    let alias = fdt.find_node("/aliases")?.property(path)?;
    fdt.find_node(alias.value_as::<&str>().ok()?)
}

/// The first usable node directly below the root whose `compatible` has one of `names`.
fn usable_child<'a>(fdt: Fdt<'a>, names: &[&str]) -> Option<FdtNode<'a>> {
    fdt.root().children().find(|node| tree::is_usable(node) && tree::is_one_of(node, names))
}
