//! RAM, what is reserved of it, and the initial ramdisk.

use dtoolkit::Node;
use dtoolkit::fdt::Fdt;

use super::PAGE;
use super::error::BoardError;
use super::tree;
use crate::address::PhysicalRange;
use crate::handover::WINDOW_LIMIT;

/// Ranges of RAM.
pub(super) type Ranges = heapless::Vec<PhysicalRange, 16>;

/// Every range of every memory node: ascending, merged, rounded inwards to pages.
pub(super) fn ram(fdt: Fdt<'_>) -> Result<Ranges, BoardError> {
    let mut memory = Ranges::new();
    for node in fdt.root().children() {
        if node.name_without_address() != "memory" || !tree::is_usable(&node) {
            continue;
        }
        for range in tree::ranges(node, "/memory")? {
            insert(&mut memory, range?.inwards(PAGE))?;
        }
    }
    if memory.is_empty() {
        return Err(BoardError::Missing { what: "RAM", node: "/memory" });
    }
    Ok(memory)
}

/// The memory reservation block and `/reserved-memory`. Areas without a fixed address are left
/// out: nobody has placed them.
pub(super) fn reserved(fdt: Fdt<'_>) -> Result<heapless::Vec<PhysicalRange, 32>, BoardError> {
    let mut reserved = heapless::Vec::new();
    let too_many = BoardError::TooMany { what: "areas", node: "/reserved-memory" };
    for area in fdt.memory_reservations() {
        let end = area.address().saturating_add(area.size());
        let area = PhysicalRange::new(area.address(), end).outwards(PAGE);
        reserved.push(area).map_err(|_| too_many.clone())?;
    }
    let Some(parent) = fdt.find_node("/reserved-memory") else { return Ok(reserved) };
    for node in parent.children().filter(|node| node.property("reg").is_some()) {
        for area in tree::ranges(node, "/reserved-memory")? {
            reserved.push(area?.outwards(PAGE)).map_err(|_| too_many.clone())?;
        }
    }
    Ok(reserved)
}

/// The initial ramdisk, if the boot loader placed one.
pub(super) fn initrd(fdt: Fdt<'_>) -> Result<Option<PhysicalRange>, BoardError> {
    let Some(chosen) = fdt.find_node("/chosen") else { return Ok(None) };
    if chosen.property("linux,initrd-start").is_none() {
        return Ok(None);
    }
    let malformed = |what| BoardError::Malformed { what, node: "/chosen" };
    let start =
        tree::number(&chosen, "linux,initrd-start").ok_or(malformed("linux,initrd-start"))?;
    let end = tree::number(&chosen, "linux,initrd-end")
        .filter(|end| *end >= start)
        .ok_or(malformed("linux,initrd-end"))?;
    Ok(Some(PhysicalRange::new(start, end)))
}

/// See [`super::Board::fit_window`].
pub(super) fn fit_window(memory: &mut Ranges, start: u64) -> u64 {
    let end = start.saturating_add(WINDOW_LIMIT);
    let mut dropped = 0;
    for range in memory.iter_mut() {
        dropped += range.end.saturating_sub(range.start.max(end));
        *range = PhysicalRange::new(range.start.max(start + PAGE), range.end.min(end));
    }
    memory.retain(|range| !range.is_empty());
    dropped
}

/// Add a range and merge it with those that it touches.
fn insert(memory: &mut Ranges, range: PhysicalRange) -> Result<(), BoardError> {
    if range.is_empty() {
        return Ok(());
    }
    let mut merged = range;
    memory.retain(|other| {
        let touches = other.start <= merged.end && merged.start <= other.end;
        if touches {
            let start = merged.start.min(other.start);
            merged = PhysicalRange::new(start, merged.end.max(other.end));
        }
        !touches
    });
    let place = memory.iter().position(|other| other.start > merged.start);
    memory
        .insert(place.unwrap_or(memory.len()), merged)
        .map_err(|_| BoardError::TooMany { what: "ranges", node: "/memory" })
}
