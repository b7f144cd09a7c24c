//! A board from a device tree.

use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node as _, Property};
use layout::object::Trigger;
use platform::address::PhysicalRange;
use platform::board::PAGE;
use platform::contract::{IPI_RESCHEDULE, TIMER_INTERRUPT};

use super::{Board, BoardError, Boot, Interrupt, Node, Pci};

/// Devices that cannot reach memory. All others are taken to.
const WITHOUT_DMA: [&str; 7] = [
    "arm,pl011",
    "arm,pl031",
    "arm,pl061",
    "cfi-flash",
    "arm,gic-v2m-frame",
    "arm,sp804",
    "ns16550a",
];
/// The kernel's image begins here behind the start of RAM (boot protocol of arm64 Linux images
/// that may lie anywhere: a multiple of 2 MiB, and QEMU keeps the first ones for itself).
const KERNEL_OFFSET: u64 = 0x20_0000;
/// Room for the kernel with its data and stacks, generously.
const KERNEL_BYTES: u64 = 0x10_0000;
/// QEMU puts the initial ramdisk here behind the start of RAM, or in the middle of less than
/// twice as much.
const RAMDISK_OFFSET: u64 = 128 << 20;
/// What QEMU aligns the device tree to.
const TREE_ALIGNMENT: u64 = 2 << 20;

/// Reads a flattened device tree as QEMU would hand it to a kernel.
///
/// # Errors
/// It is none, or the kernel could not use the machine.
pub fn from_device_tree(name: &str, blob: &[u8], address_bits: u64) -> Result<Board, BoardError> {
    let mut board =
        platform::board::Board::parse(blob).map_err(|error| BoardError(error.to_string()))?;
    board.fit_window();
    let fdt = Fdt::new(blob).map_err(|error| BoardError(error.to_string()))?;
    let kept: Vec<PhysicalRange> = board.interrupt_controller.kept().collect();
    let memory: Vec<PhysicalRange> = board.memory.iter().copied().collect();
    Ok(Board {
        name: name.to_owned(),
        cores: board.cores.len() as u64,
        address_bits,
        reserved: board.reserved.iter().chain(&board.hidden).copied().collect(),
        kept_interrupts: kept_interrupts(fdt),
        boot: boot(&memory, blob.len() as u64),
        memory,
        nodes: nodes(fdt, &kept),
        kept,
    })
}

fn boot(memory: &[PhysicalRange], device_tree_bytes: u64) -> Boot {
    let ram = memory.first().copied().unwrap_or_default();
    let start = ram.start & !(TREE_ALIGNMENT - 1);
    let kernel = start + KERNEL_OFFSET;
    Boot {
        kernel: PhysicalRange::new(kernel, kernel + KERNEL_BYTES),
        ramdisk: start + RAMDISK_OFFSET.min((ram.end - start) / 2),
        device_tree_alignment: TREE_ALIGNMENT,
        device_tree_bytes,
    }
}

/// The kernel's own interrupts, and those of the timers that it programs for itself or keeps from
/// others.
fn kept_interrupts(fdt: Fdt<'_>) -> Vec<u64> {
    let timers = fdt.root().children().filter(|node| node.is_compatible("arm,armv8-timer"));
    let timers = timers.flat_map(|node| interrupts(&node).into_iter().map(|irq| irq.number));
    let mut kept: Vec<u64> = timers.collect();
    kept.extend([u64::from(TIMER_INTERRUPT), u64::from(IPI_RESCHEDULE)]);
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// All nodes with registers, but for memory and what the kernel keeps.
fn nodes(fdt: Fdt<'_>, kept: &[PhysicalRange]) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut pending: Vec<FdtNode<'_>> = fdt.root().children().collect();
    pending.reverse();
    while let Some(node) = pending.pop() {
        let skipped = ["cpus", "memory", "chosen", "reserved-memory"];
        if skipped.contains(&node.name_without_address()) {
            continue;
        }
        // Children of a bus with addresses of its own are not the processor's to see.
        let is_transparent =
            node.property("ranges").is_some_and(|ranges| ranges.value().is_empty());
        if is_transparent || node.is_compatible("simple-bus") {
            let mut children: Vec<FdtNode<'_>> = node.children().collect();
            children.reverse();
            pending.extend(children);
        }
        let registers = registers(node);
        let is_kept = registers.iter().any(|range| kept.iter().any(|kept| kept.overlaps(*range)));
        if !registers.is_empty() && !is_kept {
            nodes.push(device(node, registers));
        }
    }
    nodes
}

fn device(node: FdtNode<'_>, registers: Vec<PhysicalRange>) -> Node {
    let compatible: Vec<String> =
        node.compatible().map(|names| names.map(str::to_owned).collect()).unwrap_or_default();
    let has_dma = !compatible.iter().any(|name| WITHOUT_DMA.contains(&name.as_str()));
    let mut interrupts = interrupts(&node);
    interrupts.extend(mapped_interrupts(&node));
    Node {
        name: node.name().to_owned(),
        windows: windows(node),
        pci: Pci::of(&node),
        compatible,
        registers,
        interrupts,
        has_dma,
    }
}

fn registers(node: FdtNode<'_>) -> Vec<PhysicalRange> {
    let entries = node.reg().ok().flatten().into_iter().flatten();
    let range = entries.filter_map(|entry| {
        let (start, bytes) = (entry.address::<u64>().ok()?, entry.size::<u64>().ok()?);
        Some(PhysicalRange::new(start, start.checked_add(bytes)?))
    });
    range.filter(|range| !range.is_empty()).collect()
}

/// The windows of a PCI bus through which the processor sees memory of devices.
fn windows(node: FdtNode<'_>) -> Vec<PhysicalRange> {
    let entries = node.ranges().ok().flatten().into_iter().flatten();
    let range = entries.filter_map(|entry| {
        let start = entry.parent_bus_address::<u64>().ok()?;
        Some(PhysicalRange::new(start, start.checked_add(entry.length::<u64>().ok()?)?))
    });
    range.filter(|range| range.len() >= PAGE).collect()
}

/// Big-endian words of a property.
pub(super) fn words(node: &FdtNode<'_>, property: &str) -> Vec<u32> {
    let Some(property) = node.property(property) else { return Vec::new() };
    let words = property.value().as_chunks::<4>().0.iter();
    words.map(|bytes| u32::from_be_bytes(*bytes)).collect()
}

fn interrupts(node: &FdtNode<'_>) -> Vec<Interrupt> {
    let words = words(node, "interrupts");
    words.as_chunks::<3>().0.iter().filter_map(|cells| interrupt(*cells)).collect()
}

/// The interrupts of a PCI bus's four lines: an entry of the map has three words of address, one
/// of the line, one of the controller, two of an address there, and three of the interrupt.
fn mapped_interrupts(node: &FdtNode<'_>) -> Vec<Interrupt> {
    let words = words(node, "interrupt-map");
    let entries = words.as_chunks::<10>().0.iter();
    let mut mapped: Vec<Interrupt> =
        entries.filter_map(|entry| interrupt([entry[7], entry[8], entry[9]])).collect();
    mapped.sort_unstable_by_key(|interrupt| interrupt.number);
    mapped.dedup();
    mapped
}

/// The three words of an interrupt at a GIC: type, number within the type, flags.
pub(super) fn interrupt([kind, number, flags]: [u32; 3]) -> Option<Interrupt> {
    let first = match kind {
        0 => 32,
        1 => 16,
        _ => return None,
    };
    let trigger = if flags & 0b11 == 0 { Trigger::Level } else { Trigger::Edge };
    Some(Interrupt { number: first + u64::from(number), trigger })
}
