//! The machine of all plays: one core and a megabyte of memory, most of it free.

use kernel::simulation::{Description, Simulation};
use platform::address::PhysicalRange;
use vm_fdt::FdtWriter;

/// Where RAM starts, as on QEMU's `virt` board.
const RAM: u64 = 0x4000_0000;
/// Bytes of RAM.
const BYTES: u64 = 1 << 20;
/// Slots of the root CNode.
pub const ROOT_SLOTS: u64 = 512;
/// Where the root task starts.
const ENTRY: u64 = 0x40_0000;

/// Boots it.
///
/// # Panics
/// If the kernel refuses it.
#[must_use]
pub fn boot() -> Simulation {
    let tree = tree().expect("a tree");
    let description = Description {
        tree: Box::leak(tree.into_boxed_slice()),
        tree_at: RAM + 3 * BYTES / 4,
        kernel_image: PhysicalRange::new(RAM, RAM + BYTES / 8),
        root_task: (RAM + BYTES / 4, program()),
        address_bits: 31,
    };
    Simulation::boot(&description).expect("it boots")
}

fn tree() -> Result<Vec<u8>, vm_fdt::Error> {
    let mut fdt = FdtWriter::new()?;
    let root = fdt.begin_node("")?;
    fdt.property_u32("#address-cells", 2)?;
    fdt.property_u32("#size-cells", 2)?;
    let chosen = fdt.begin_node("chosen")?;
    let bits = ROOT_SLOTS.ilog2();
    fdt.property_string("bootargs", &format!("tessera.root_cnode_bits={bits}"))?;
    let file = program().len() as u64;
    fdt.property_u64("linux,initrd-start", RAM + BYTES / 4)?;
    fdt.property_u64("linux,initrd-end", RAM + BYTES / 4 + file)?;
    fdt.end_node(chosen)?;
    let memory = fdt.begin_node(&format!("memory@{RAM:x}"))?;
    fdt.property_string("device_type", "memory")?;
    fdt.property_array_u64("reg", &[RAM, BYTES])?;
    fdt.end_node(memory)?;
    let reserved = fdt.begin_node("reserved-memory")?;
    fdt.property_u32("#address-cells", 2)?;
    fdt.property_u32("#size-cells", 2)?;
    // Little device memory: what a check looks at should matter.
    for (start, length) in [(0, 0x3f00_0000), (RAM + BYTES, 1 << 30)] {
        let node = fdt.begin_node(&format!("area@{start:x}"))?;
        fdt.property_array_u64("reg", &[start, length])?;
        fdt.end_node(node)?;
    }
    fdt.end_node(reserved)?;
    let cores = fdt.begin_node("cpus")?;
    fdt.property_u32("#address-cells", 2)?;
    fdt.property_u32("#size-cells", 0)?;
    let core = fdt.begin_node("cpu@0")?;
    fdt.property_u64("reg", 0)?;
    fdt.end_node(core)?;
    fdt.end_node(cores)?;
    let gic = fdt.begin_node("intc@8000000")?;
    fdt.property_string("compatible", "arm,cortex-a15-gic")?;
    fdt.property_array_u64("reg", &[0x0800_0000, 0x1_0000, 0x0801_0000, 0x1_0000])?;
    fdt.end_node(gic)?;
    fdt.end_node(root)?;
    fdt.finish()
}

/// An ELF file with one page of text, which nobody executes: programs are played.
fn program() -> Vec<u8> {
    let header: [u16; 8] = [64, 56, 1, 0, 0, 0, 0, 0];
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable for AArch64, of version 1.
    file.extend([2, 0, 183, 0, 1, 0, 0, 0]);
    for word in [ENTRY, 64, 0] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0; 4]);
    for half in &header[..6] {
        file.extend(half.to_le_bytes());
    }
    // One part to load: readable, writable and executable.
    file.extend([1, 0, 0, 0, 7, 0, 0, 0]);
    for word in [0, ENTRY, ENTRY, 256, 4096, 4096] {
        file.extend(u64::to_le_bytes(word));
    }
    file.resize(256, 0);
    file
}
