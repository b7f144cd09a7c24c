//! Small readers over the device-tree parser, with errors that name the node.

use dtoolkit::fdt::FdtNode;
use dtoolkit::{Node, Property};

use super::error::BoardError;
use crate::address::PhysicalRange;

/// The bytes of the tree itself: `blob` cut to the length in the header, if it has one.
pub(super) fn exact(blob: &[u8]) -> Result<&[u8], BoardError> {
    let missing = BoardError::Missing { what: "a header", node: "its first bytes" };
    let field = blob.get(4..8).and_then(|bytes| bytes.try_into().ok()).ok_or(missing.clone())?;
    let length = usize::try_from(u32::from_be_bytes(field)).map_err(|_| missing.clone())?;
    blob.get(..length).ok_or(missing)
}

/// The `index`-th entry of a node's `reg`, as the range it names.
pub(super) fn range(
    node: FdtNode<'_>,
    index: usize,
    name: &'static str,
) -> Result<PhysicalRange, BoardError> {
    ranges(node, name)?
        .nth(index)
        .ok_or(BoardError::Missing { what: "an entry of reg", node: name })?
}

/// All entries of a node's `reg`.
pub(super) fn ranges<'a>(
    node: FdtNode<'a>,
    name: &'static str,
) -> Result<impl Iterator<Item = Result<PhysicalRange, BoardError>> + use<'a>, BoardError> {
    let malformed = BoardError::Malformed { what: "reg", node: name };
    let missing = BoardError::Missing { what: "reg", node: name };
    let entries = node.reg().map_err(|_| malformed.clone())?.ok_or(missing)?;
    Ok(entries.map(move |entry| {
        let start = entry.address::<u64>().map_err(|_| malformed.clone())?;
        let length = entry.size::<u64>().map_err(|_| malformed.clone())?;
        let end = start.checked_add(length).ok_or(malformed.clone())?;
        Ok(PhysicalRange::new(start, end))
    }))
}

/// A property that holds one big-endian number of 32 or 64 bits.
pub(super) fn number(node: &FdtNode<'_>, property: &str) -> Option<u64> {
    let property = node.property(property)?;
    let value = property.value();
    if let Ok(bytes) = value.try_into() {
        return Some(u64::from_be_bytes(bytes));
    }
    value.try_into().ok().map(|bytes| u64::from(u32::from_be_bytes(bytes)))
}

/// Whether the node describes a thing that may be used.
pub(super) fn is_usable(node: &FdtNode<'_>) -> bool {
    node.property("status").is_none_or(|status| matches!(status.value(), b"okay\0" | b"ok\0"))
}
