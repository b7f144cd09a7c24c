//! What a root task reads of its image and of the boot information: chunks, the device tree, and
//! modules.

use libsys::device_tree::{DeviceTree, chunk};
use libsys::modules::Modules;

use super::Target;

/// The target: the bytes are extra boot information, a device tree, and a segment of modules.
pub(super) const TARGET: Target = Target {
    name: "extra",
    run,
    words: &[
        &[6, 0, 0, 0, 0, 0, 0, 0],
        &[16, 0, 0, 0, 0, 0, 0, 0],
        b"\xd0\x0d\xfe\xed",
        b"\0\0\0\x01",
        b"\0\0\0\x02",
        b"\0\0\0\x03",
        b"\0\0\0\x09",
        b"stdout-path\0",
        b"arm,pl011\0",
        b"bootargs\0",
    ],
};

fn run(bytes: &[u8]) {
    for id in [0, 6] {
        if let Some(content) = chunk(bytes, id) {
            assert!(content.len() + 16 <= bytes.len(), "inside");
        }
    }
    for blob in [Some(bytes), chunk(bytes, 6)].into_iter().flatten() {
        if let Some(tree) = DeviceTree::new(blob) {
            std::hint::black_box((tree.model(), tree.core_count(), tree.console()));
            std::hint::black_box(tree.command_line());
        }
    }
    let modules = Modules::new(bytes);
    for (name, content) in modules.iter() {
        assert!(name.len() <= bytes.len() && content.len() <= bytes.len(), "inside");
        std::hint::black_box(modules.find(name));
    }
}
