//! One pass over the children of the root: which node is what.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node, Property};

use super::error::BoardError;
use super::tree;

/// The nodes that describe what the kernel needs. All lie directly below the root.
#[derive(Default)]
pub(super) struct Nodes<'a> {
    pub(super) chosen: Option<FdtNode<'a>>,
    pub(super) aliases: Option<FdtNode<'a>>,
    pub(super) cpus: Option<FdtNode<'a>>,
    pub(super) reserved_memory: Option<FdtNode<'a>>,
    /// Memory nodes; there are several on boards with several controllers.
    pub(super) memory: heapless::Vec<FdtNode<'a>, 16>,
    /// The first usable GIC, and whether it is version 3.
    pub(super) gic: Option<(FdtNode<'a>, GicVersion)>,
    /// The first usable PL011.
    pub(super) uart: Option<FdtNode<'a>>,
    /// Firmware whose function numbers are the standard ones (Arm DEN 0022).
    pub(super) psci: Option<FdtNode<'a>>,
}

/// The architecture of a GIC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GicVersion {
    V2,
    V3,
}

/// A device that the kernel knows.
enum Device {
    Gic(GicVersion),
    Pl011,
    Psci,
}

impl<'a> Nodes<'a> {
    /// Sort the children of the root.
    pub(super) fn of(fdt: Fdt<'a>) -> Result<Self, BoardError> {
        let mut nodes = Self::default();
        for node in fdt.root().children() {
            nodes.sort(node)?;
        }
        Ok(nodes)
    }

    /// Take the node if it is something known. Of several nodes the first counts, but for memory.
    fn sort(&mut self, node: FdtNode<'a>) -> Result<(), BoardError> {
        match node.name_without_address() {
            "chosen" => first(&mut self.chosen, node),
            "aliases" => first(&mut self.aliases, node),
            "cpus" => first(&mut self.cpus, node),
            "reserved-memory" => first(&mut self.reserved_memory, node),
            "memory" if tree::is_usable(&node) => {
                let too_many = BoardError::TooMany { what: "nodes", node: "/memory" };
                self.memory.push(node).map_err(|_| too_many)?;
            }
            _ => match device(&node).filter(|_| tree::is_usable(&node)) {
                Some(Device::Gic(version)) => first(&mut self.gic, (node, version)),
                Some(Device::Pl011) => first(&mut self.uart, node),
                Some(Device::Psci) => first(&mut self.psci, node),
                None => {}
            },
        }
        Ok(())
    }
}

/// Whether a node is a PL011.
pub(super) fn is_pl011(node: &FdtNode<'_>) -> bool {
    matches!(device(node), Some(Device::Pl011))
}

/// What the node's `compatible` says that it is.
fn device(node: &FdtNode<'_>) -> Option<Device> {
    node.compatible()?.find_map(|name| match name {
        "arm,gic-v3" => Some(Device::Gic(GicVersion::V3)),
        "arm,cortex-a15-gic" | "arm,gic-400" | "arm,cortex-a7-gic" | "arm,cortex-a9-gic" => {
            Some(Device::Gic(GicVersion::V2))
        }
        "arm,pl011" => Some(Device::Pl011),
        "arm,psci-1.0" | "arm,psci-0.2" => Some(Device::Psci),
        _ => None,
    })
}

/// Keep the first of several.
fn first<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

/// The node that `/chosen/stdout-path` names, by path or by alias, without line settings.
pub(super) fn stdout<'a>(fdt: Fdt<'a>, nodes: &Nodes<'a>) -> Option<FdtNode<'a>> {
    let property = nodes.chosen?.property("stdout-path")?;
    let path = property.value_as::<&str>().ok()?;
    let path = path.split_once(':').map_or(path, |(path, _)| path);
    if path.starts_with('/') {
        return fdt.find_node(path);
    }
    let alias = nodes.aliases?.property(path)?;
    fdt.find_node(alias.value_as::<&str>().ok()?)
}
