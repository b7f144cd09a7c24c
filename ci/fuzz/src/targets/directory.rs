//! What a component finds by name, as its loader wrote it.

use abi::USER_END;
use abi::directory::{Directory, HEADER_BYTES, MAGIC};

use super::Target;

/// The target: the bytes are a directory.
pub(super) const TARGET: Target = Target {
    name: "directory",
    run,
    words: &[&MAGIC, &[16, 0, 0, 0, 2, 0, 0, 0], &[18, 0, 0, 0, 4, 0, 0, 0], &[255; 8], b"heap"],
};

fn run(bytes: &[u8]) {
    let length = Directory::length(bytes);
    let Some(directory) = Directory::new(bytes) else { return };
    let length = length.expect("that of a directory");
    assert!((HEADER_BYTES..=bytes.len()).contains(&length), "inside");
    for entry in directory.entries() {
        let (inside, name) = (bytes[..length].as_ptr_range(), entry.name.as_bytes().as_ptr_range());
        assert!(inside.start <= name.start && name.end <= inside.end, "names are inside");
        let found = directory.find(entry.kind, entry.name);
        assert!(found.is_some_and(|found| found.name == entry.name), "names are found");
        if let Some(addresses) = entry.addresses() {
            assert!(addresses.start <= addresses.end && addresses.end <= USER_END);
        }
    }
}
