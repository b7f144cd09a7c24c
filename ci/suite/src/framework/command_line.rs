//! The boot command line: words of the form `NAME=VALUE`.

use libsys::device_tree::{self, DeviceTree};

/// The words of the command line; none without a device tree.
pub fn words() -> impl Iterator<Item = &'static str> {
    let tree = device_tree::blob().and_then(DeviceTree::new);
    let line = tree.and_then(|tree| tree.command_line()).unwrap_or_default();
    line.split([' ', '\0'])
}

/// The values of all words with this name.
pub fn values(name: &str) -> impl Iterator<Item = &'static str> {
    words().filter_map(move |word| word.strip_prefix(name)?.strip_prefix('='))
}
