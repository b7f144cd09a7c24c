//! What is fuzzed: one file for each reader.

mod bait;
mod block_client;
mod block_device;
mod block_driver;
mod board;
mod cdl;
mod certificate;
mod clock;
mod console;
mod console_device;
mod directory;
mod entropy_device;
mod extra;
mod hostile;
mod image;
mod invocations;
mod json;
mod layout;
mod linux_calls;
mod linux_image;
mod message;
mod network_device;
mod packet_client;
mod packet_driver;
mod pci_function;
mod program;
mod question;
mod ring;
mod service_message;

/// A reader of bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its file, of its folders and of its libFuzzer program.
    pub name: &'static str,
    /// Reads the bytes. Whatever they are, it comes back, soon, and without a panic; it may
    /// assert what has to be true of what it has read.
    pub run: fn(&[u8]),
    /// What mutations insert: words of the format, numbers with a meaning.
    pub words: &'static [&'static [u8]],
}

/// All of them, by name.
pub const TARGETS: &[Target] = &[
    block_client::TARGET,
    block_device::TARGET,
    block_driver::TARGET,
    board::TARGET,
    cdl::TARGET,
    certificate::TARGET,
    clock::TARGET,
    console::TARGET,
    console_device::TARGET,
    directory::TARGET,
    entropy_device::TARGET,
    extra::TARGET,
    image::TARGET,
    invocations::TARGET,
    json::TARGET,
    layout::TARGET,
    linux_calls::TARGET,
    linux_image::TARGET,
    message::TARGET,
    network_device::TARGET,
    packet_client::TARGET,
    packet_driver::TARGET,
    pci_function::TARGET,
    program::TARGET,
    question::TARGET,
    ring::TARGET,
    service_message::TARGET,
];

impl Target {
    /// The target of a name, also one that exists to be caught.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TARGETS.iter().chain(bait::TARGETS).find(|target| target.name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::corpus;

    #[test]
    fn names_ascend() {
        assert!(TARGETS.is_sorted_by(|before, after| before.name < after.name));
    }

    #[test]
    fn every_target_has_its_file_its_corpus_and_its_libfuzzer_program() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = here.join("libfuzzer/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("readable");
        for target in TARGETS {
            let name = target.name;
            assert!(here.join(format!("src/targets/{name}.rs")).is_file(), "{name}");
            let program = format!("[[bin]]\nname = \"{name}\"\npath = \"target.rs\"\n");
            assert!(manifest.contains(&program), "libfuzzer/Cargo.toml lacks {name}");
            assert!(!corpus::files(name).expect("readable").is_empty(), "{name}: no corpus");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    }

    #[test]
    fn the_corpus_and_former_crashes_pass() {
        for target in TARGETS {
            for bytes in corpus::files(target.name).expect("readable") {
                (target.run)(&bytes);
            }
        }
    }
}
