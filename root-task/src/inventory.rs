//! What the system has, as a table: the boot information and the device tree.

use abi::bootinfo::{BootInfo, SlotRegion, UntypedDescriptor};
use core::fmt::{self, Display, Formatter};
use libsys::device_tree::DeviceTree;

use crate::size::Size;

/// Everything that the kernel tells its initial task. Printing it gives a table that ends
/// without a line feed.
///
/// ```
/// use libsys::BootInfo;
/// use libsys::device_tree::DeviceTree;
/// use root_task::Inventory;
///
/// fn show(boot: &BootInfo, blob: Option<&[u8]>) {
///     libsys::println!("{}", Inventory { boot, blob, tree: blob.and_then(DeviceTree::new) });
/// }
/// # let _ = show;
/// ```
pub struct Inventory<'a> {
    /// The boot information.
    pub boot: &'a BootInfo,
    /// The bytes of the device tree.
    pub blob: Option<&'a [u8]>,
    /// The device tree, if those bytes are one.
    pub tree: Option<DeviceTree<'a>>,
}

impl Display for Inventory<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.machine(f)?;
        self.thread(f)?;
        self.regions(f)?;
        self.untyped(f)
    }
}

impl Inventory<'_> {
    fn machine(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.tree, self.blob) {
            (Some(tree), Some(blob)) => {
                line(f, "machine", tree.model().unwrap_or("without a name"))?;
                line(f, "command line", tree.command_line().unwrap_or("none"))?;
                let bytes = u64::try_from(blob.len()).unwrap_or(u64::MAX);
                line(f, "device tree", Size(bytes))?;
                line(f, "cores in tree", tree.core_count())?;
                line(f, "memory", Size(tree.memory_bytes()))?;
            }
            (None, Some(_)) => line(f, "device tree", "present, but malformed")?,
            _ => line(f, "device tree", "none")?,
        }
        let ram = self.descriptors().filter(|(_, entry)| entry.is_device == 0);
        line(f, "memory to use", Size(total(ram)))
    }

    fn thread(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let boot = self.boot;
        line(f, "cores", boot.node_count)?;
        line(f, "running on", boot.node_id)?;
        line(f, "domain", boot.domain)?;
        line(f, "IPC buffer", format_args!("{:#x}", boot.ipc_buffer))?;
        line(f, "extra bytes", boot.extra_length)?;
        line(f, "I/O levels", boot.io_page_table_levels)?;
        line(f, "CNode", format_args!("2^{} slots", boot.cnode_bits))
    }

    fn regions(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let boot = self.boot;
        let regions: [(&str, SlotRegion); 8] = [
            ("image tables", boot.image_paging),
            ("extra pages", boot.extra_pages),
            ("sched control", boot.sched_control),
            ("image frames", boot.image_frames),
            ("untyped", boot.untyped),
            ("empty", boot.empty),
            ("shared frames", boot.shared_frames),
            ("I/O spaces", boot.io_space_caps),
        ];
        writeln!(f, "\n{:<16}{:>8}{:>8}{:>8}", "slots", "first", "end", "count")?;
        for (name, region) in regions {
            writeln!(f, "{name:<16}{:>8}{:>8}{:>8}", region.start, region.end, region.len())?;
        }
        Ok(())
    }

    fn untyped(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<8}{:<20}{:>8}", "untyped", "address", "size")?;
        let mut separator = "";
        for (slot, entry) in self.descriptors() {
            let size = Size(bytes(entry));
            write!(f, "{separator}{slot:<8}{:#018x}  {size:>8}", entry.address)?;
            write!(f, "{}", if entry.is_device == 0 { "" } else { "  device" })?;
            separator = "\n";
        }
        Ok(())
    }

    /// The untyped capabilities with their slots.
    fn descriptors(&self) -> impl Iterator<Item = (u64, &UntypedDescriptor)> {
        self.boot.untyped.slots().zip(&self.boot.untyped_list)
    }
}

/// One line of name and value.
fn line(f: &mut Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "{name}:{:width$}{value}", "", width = 15_usize.saturating_sub(name.len()))
}

fn bytes(entry: &UntypedDescriptor) -> u64 {
    1_u64.checked_shl(entry.size_bits.into()).unwrap_or(u64::MAX)
}

fn total<'a>(entries: impl Iterator<Item = (u64, &'a UntypedDescriptor)>) -> u64 {
    entries.map(|(_, entry)| bytes(entry)).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::bootinfo::MAX_UNTYPEDS;
    use std::string::{String, ToString};
    use vm_fdt::FdtWriter;

    fn boot() -> BootInfo {
        let none = SlotRegion::default();
        let mut untyped_list = [UntypedDescriptor::default(); MAX_UNTYPEDS];
        untyped_list[0] =
            UntypedDescriptor { address: 0x900_0000, size_bits: 24, is_device: 1, padding: [0; 6] };
        untyped_list[1] = UntypedDescriptor { address: 0x5000_0000, size_bits: 28, ..small() };
        untyped_list[2] = small();
        BootInfo {
            extra_length: 1064,
            node_id: 0,
            node_count: 4,
            io_page_table_levels: 0,
            ipc_buffer: 0x24_2000,
            empty: SlotRegion { start: 30, end: 4096 },
            shared_frames: none,
            image_frames: SlotRegion { start: 24, end: 28 },
            image_paging: SlotRegion { start: 16, end: 19 },
            io_space_caps: none,
            extra_pages: SlotRegion { start: 19, end: 20 },
            cnode_bits: 12,
            domain: 0,
            sched_control: SlotRegion { start: 20, end: 24 },
            untyped: SlotRegion { start: 28, end: 30 },
            untyped_list,
        }
    }

    fn small() -> UntypedDescriptor {
        UntypedDescriptor { address: 0, size_bits: 12, is_device: 0, padding: [0; 6] }
    }

    fn squeezed(text: &str) -> std::vec::Vec<String> {
        let words = |line: &str| line.split_whitespace().collect::<std::vec::Vec<_>>().join(" ");
        text.lines().map(words).collect()
    }

    #[test]
    fn the_boot_information_becomes_a_table() {
        let text = Inventory { boot: &boot(), blob: None, tree: None }.to_string();
        let lines = squeezed(&text);
        for expected in [
            "device tree: none",
            "memory to use: 256 MiB",
            "cores: 4",
            "IPC buffer: 0x242000",
            "CNode: 2^12 slots",
            "image tables 16 19 3",
            "empty 30 4096 4066",
            "28 0x0000000009000000 16 MiB device",
            "29 0x0000000050000000 256 MiB",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected:?} in\n{text}");
        }
        assert_eq!(lines.last().map(String::as_str), Some("29 0x0000000050000000 256 MiB"));
    }

    #[test]
    fn the_device_tree_adds_the_machine() {
        let mut writer = FdtWriter::new().expect("a writer");
        let root = writer.begin_node("").expect("a root");
        writer.property_u32("#address-cells", 2).expect("cells");
        writer.property_u32("#size-cells", 2).expect("cells");
        writer.property_string("model", "a board").expect("a model");
        let memory = writer.begin_node("memory@40000000").expect("a node");
        writer.property_array_u64("reg", &[0x4000_0000, 0x4000_0000]).expect("a range");
        writer.end_node(memory).expect("its end");
        writer.end_node(root).expect("its end");
        let blob = writer.finish().expect("a tree");
        let inventory =
            Inventory { boot: &boot(), blob: Some(&blob), tree: DeviceTree::new(&blob) };
        let lines = squeezed(&inventory.to_string());
        for expected in ["machine: a board", "memory: 1 GiB", "command line: none"] {
            assert!(lines.iter().any(|line| line == expected), "{expected:?}");
        }
    }

    #[test]
    fn a_malformed_tree_is_said_to_be_so() {
        let inventory = Inventory { boot: &boot(), blob: Some(&[1, 2, 3]), tree: None };
        let text = inventory.to_string();
        assert!(squeezed(&text).contains(&"device tree: present, but malformed".into()));
    }
}
