//! What a program asks the device tree of its boot information.
//!
//! The tree is input from outside: whatever its bytes, each question has an answer, at worst
//! `None`.

mod flat;

use abi::bootinfo::EXTRA_DEVICE_TREE;
use flat::Node;

/// Bytes of the header of a chunk of extra boot information.
const HEADER_BYTES: usize = size_of::<abi::bootinfo::ExtraHeader>();

/// The device tree of the machine, if the kernel has passed one.
#[must_use]
pub fn blob() -> Option<&'static [u8]> {
    chunk(crate::extra_boot_info(), EXTRA_DEVICE_TREE)
}

/// The content of the first chunk of this kind in extra boot information.
///
/// ```
/// use libsys::device_tree::chunk;
///
/// // Kind 6, 20 bytes with this header, and the content.
/// let extra = [[6, 0, 0, 0, 0, 0, 0, 0], [20, 0, 0, 0, 0, 0, 0, 0]].concat();
/// let extra = [&extra[..], b"tree"].concat();
/// assert_eq!(chunk(&extra, 6), Some(&b"tree"[..]));
/// assert_eq!(chunk(&extra, 5), None);
/// ```
#[must_use]
pub fn chunk(mut extra: &[u8], id: u64) -> Option<&[u8]> {
    loop {
        let length = usize::try_from(word(extra, 8)?).ok()?;
        let content = extra.get(HEADER_BYTES..length)?;
        if word(extra, 0) == Some(id) {
            return Some(content);
        }
        extra = &extra[length..];
    }
}

/// The little-endian word at an offset.
fn word(bytes: &[u8], offset: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset + 8)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// A device tree. What is damaged in it is as if it were not there.
///
/// ```no_run
/// use libsys::device_tree::{DeviceTree, blob};
///
/// let tree = blob().and_then(DeviceTree::new).expect("the machine describes itself");
/// libsys::println!("{:?}, {} cores", tree.model(), tree.core_count());
/// ```
#[derive(Clone, Copy)]
pub struct DeviceTree<'a> {
    root: Node<'a>,
}

impl<'a> DeviceTree<'a> {
    /// Finds the root of a tree.
    #[must_use]
    pub fn new(blob: &'a [u8]) -> Option<Self> {
        flat::root(blob).map(|root| Self { root })
    }

    /// The machine's name.
    #[must_use]
    pub fn model(&self) -> Option<&'a str> {
        self.root.text("model").or_else(|| self.root.text("compatible"))
    }

    /// Number of usable cores.
    #[must_use]
    pub fn core_count(&self) -> usize {
        let Some(cpus) = self.root.at("cpus") else { return 0 };
        let cores = cpus.children().filter(|node| node.is_named("cpu"));
        cores.filter(Node::is_usable).count()
    }

    /// Bytes of RAM.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let memory = self.root.children().filter(|node| node.is_named("memory"));
        memory.flat_map(|node| node.ranges()).map(|(_, size)| size).fold(0, u64::saturating_add)
    }

    /// The boot command line.
    #[must_use]
    pub fn command_line(&self) -> Option<&'a str> {
        self.root.at("chosen")?.text("bootargs")
    }

    /// Physical address of the PL011 for messages: the one of `/chosen/stdout-path`, else the
    /// first at the root that is usable.
    #[must_use]
    pub fn console(&self) -> Option<u64> {
        let is_known = |node: &Node<'_>| node.is_compatible("arm,pl011") && node.is_usable();
        let chosen = self.chosen_console().filter(is_known);
        let uart = chosen.or_else(|| self.root.children().find(is_known))?;
        uart.ranges().next().map(|(address, _)| address)
    }

    /// The node that `/chosen/stdout-path` names, by path or by alias, without the options
    /// behind a colon.
    fn chosen_console(&self) -> Option<Node<'a>> {
        let path = self.root.at("chosen")?.text("stdout-path")?.split(':').next()?;
        if path.starts_with('/') {
            return self.root.at(path);
        }
        self.root.at(self.root.at("aliases")?.text(path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;
    use vm_fdt::FdtWriter;

    fn board(stdout: Option<&str>) -> Result<Vec<u8>, vm_fdt::Error> {
        let mut tree = FdtWriter::new()?;
        let root = tree.begin_node("")?;
        tree.property_u32("#address-cells", 2)?;
        tree.property_u32("#size-cells", 2)?;
        tree.property_string("model", "test,board")?;
        let chosen = tree.begin_node("chosen")?;
        tree.property_string("bootargs", "a b=c")?;
        if let Some(path) = stdout {
            tree.property_string("stdout-path", path)?;
        }
        tree.end_node(chosen)?;
        for base in [0x4000_0000, 0x1_0000_0000] {
            let memory = tree.begin_node(&std::format!("memory@{base:x}"))?;
            tree.property_array_u64("reg", &[base, 0x2000_0000])?;
            tree.end_node(memory)?;
        }
        cpus(&mut tree)?;
        for (base, status) in [(0x900_0000, "disabled"), (0x910_0000, "okay"), (0x920_0000, "ok")] {
            let uart = tree.begin_node(&std::format!("serial@{base:x}"))?;
            tree.property_string_list(
                "compatible",
                ["arm,pl011", "arm,primecell"].map(Into::into).to_vec(),
            )?;
            tree.property_string("status", status)?;
            tree.property_array_u64("reg", &[base, 0x1000])?;
            tree.end_node(uart)?;
        }
        tree.end_node(root)?;
        tree.finish()
    }

    fn cpus(tree: &mut FdtWriter) -> Result<(), vm_fdt::Error> {
        let cpus = tree.begin_node("cpus")?;
        tree.property_u32("#address-cells", 1)?;
        tree.property_u32("#size-cells", 0)?;
        for (core, status) in ["okay", "fail", "okay"].into_iter().enumerate() {
            let cpu = tree.begin_node(&std::format!("cpu@{core}"))?;
            tree.property_string("device_type", "cpu")?;
            tree.property_string("status", status)?;
            tree.end_node(cpu)?;
        }
        tree.end_node(cpus)
    }

    #[test]
    fn a_board_is_understood() {
        let blob = board(None).expect("a tree");
        let tree = DeviceTree::new(&blob).expect("a valid tree");
        assert_eq!(tree.model(), Some("test,board"));
        assert_eq!(tree.core_count(), 2);
        assert_eq!(tree.memory_bytes(), 0x4000_0000);
        assert_eq!(tree.command_line(), Some("a b=c"));
        assert_eq!(tree.console(), Some(0x910_0000));
    }

    #[test]
    fn the_chosen_console_comes_first() {
        let blob = board(Some("/serial@9200000:115200n8")).expect("a tree");
        let tree = DeviceTree::new(&blob).expect("a valid tree");
        assert_eq!(tree.console(), Some(0x920_0000));
        let blob = board(Some("/nowhere")).expect("a tree");
        let tree = DeviceTree::new(&blob).expect("a valid tree");
        assert_eq!(tree.console(), Some(0x910_0000));
    }

    #[test]
    fn an_alias_can_be_the_console() {
        let mut tree = FdtWriter::new().expect("a writer");
        let root = tree.begin_node("").expect("a root");
        tree.property_u32("#address-cells", 1).expect("cells");
        tree.property_u32("#size-cells", 1).expect("cells");
        for (name, property, value) in
            [("chosen", "stdout-path", "serial0"), ("aliases", "serial0", "/bus/serial@2000")]
        {
            let node = tree.begin_node(name).expect("a node");
            tree.property_string(property, value).expect("a property");
            tree.end_node(node).expect("its end");
        }
        let bus = tree.begin_node("bus").expect("a bus");
        tree.property_u32("#address-cells", 2).expect("cells");
        for base in [0x1000_u64, 0x2000] {
            let uart = tree.begin_node(&std::format!("serial@{base:x}")).expect("a node");
            tree.property_string("compatible", "arm,pl011").expect("a property");
            tree.property_array_u32("reg", &[1, base as u32, 0x1000]).expect("a range");
            tree.end_node(uart).expect("its end");
        }
        tree.end_node(bus).expect("its end");
        tree.end_node(root).expect("its end");
        let blob = tree.finish().expect("a tree");
        let tree = DeviceTree::new(&blob).expect("a valid tree");
        assert_eq!(tree.console(), Some(0x1_0000_2000));
    }

    #[test]
    fn a_damaged_tree_has_answers() {
        let whole = board(Some("/serial@9200000")).expect("a tree");
        let ask = |blob: &[u8]| {
            let Some(tree) = DeviceTree::new(blob) else { return };
            let _ = (tree.model(), tree.command_line(), tree.console());
            assert!(tree.core_count() <= 3);
            let _ = tree.memory_bytes();
        };
        for end in 0..whole.len() {
            ask(&whole[..end]);
        }
        for at in 0..whole.len() {
            for value in [0, 1, 2, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                ask(&damaged);
            }
        }
    }

    #[test]
    fn chunks_are_found_by_kind() {
        let mut extra = Vec::new();
        for (id, content) in [(0_u64, &b"12345678"[..]), (6, b"tree")] {
            extra.extend(id.to_le_bytes());
            extra.extend((16 + content.len() as u64).to_le_bytes());
            extra.extend(content);
        }
        assert_eq!(chunk(&extra, EXTRA_DEVICE_TREE), Some(&b"tree"[..]));
        assert_eq!(chunk(&extra, 5), None);
        assert_eq!(chunk(&[], EXTRA_DEVICE_TREE), None);
    }

    #[test]
    fn lengths_that_lie_find_nothing() {
        for length in [0_u64, 15, 41, u64::MAX] {
            let mut extra = [0; 40];
            extra[8..16].copy_from_slice(&length.to_le_bytes());
            assert_eq!(chunk(&extra, EXTRA_DEVICE_TREE), None);
        }
    }

    #[test]
    fn garbage_is_no_tree() {
        assert!(DeviceTree::new(&[]).is_none());
        assert!(DeviceTree::new(&[0xd0; 64]).is_none());
    }
}
