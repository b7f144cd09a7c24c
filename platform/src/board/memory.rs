//! RAM, what is reserved of it, and the initial ramdisk.

use dtoolkit::Node;
use dtoolkit::fdt::Fdt;

use super::PAGE;
use super::error::BoardError;
use super::nodes::Nodes;
use super::tree;
use crate::address::PhysicalRange;
use crate::handover::WINDOW_LIMIT;

/// Ranges of RAM.
pub(super) type Ranges = heapless::Vec<PhysicalRange, 16>;

/// Every range of every memory node: ascending, merged, rounded inwards to pages.
pub(super) fn ram(nodes: &Nodes<'_>) -> Result<Ranges, BoardError> {
    let mut memory = Ranges::new();
    for node in &nodes.memory {
        for range in tree::ranges(*node, "/memory")? {
            insert(&mut memory, range?.inwards(PAGE))?;
        }
    }
    if memory.is_empty() {
        return Err(BoardError::Missing { what: "RAM", node: "/memory" });
    }
    Ok(memory)
}

/// The memory reservation block and `/reserved-memory`. Areas without a fixed address are left
/// out: nobody has placed them. Some boot loaders reserve the initial ramdisk, which is left out
/// too: it is ours.
pub(super) fn reserved(
    fdt: Fdt<'_>,
    nodes: &Nodes<'_>,
    initrd: Option<PhysicalRange>,
) -> Result<heapless::Vec<PhysicalRange, 32>, BoardError> {
    let mut reserved = heapless::Vec::new();
    let too_many = BoardError::TooMany { what: "areas", node: "/reserved-memory" };
    for area in fdt.memory_reservations() {
        let end = area.address().saturating_add(area.size());
        let area = PhysicalRange::new(area.address(), end).outwards(PAGE);
        reserved.push(area).map_err(|_| too_many.clone())?;
    }
    let nodes = nodes.reserved_memory.into_iter().flat_map(|parent| parent.children());
    for node in nodes.filter(|node| node.property("reg").is_some()) {
        for area in tree::ranges(node, "/reserved-memory")? {
            reserved.push(area?.outwards(PAGE)).map_err(|_| too_many.clone())?;
        }
    }
    let is_ours = |area| initrd.is_some_and(|file| file.outwards(PAGE).contains(area));
    reserved.retain(|area| !is_ours(*area));
    Ok(reserved)
}

/// The initial ramdisk, if the boot loader placed one.
pub(super) fn initrd(nodes: &Nodes<'_>) -> Result<Option<PhysicalRange>, BoardError> {
    let Some(chosen) = nodes.chosen else { return Ok(None) };
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
pub(super) fn fit_window(
    memory: &mut Ranges,
    hidden: &mut heapless::Vec<PhysicalRange, 18>,
    start: u64,
) -> u64 {
    let window = PhysicalRange::new(start + PAGE, start.saturating_add(WINDOW_LIMIT));
    let mut dropped = 0;
    for range in memory.iter_mut() {
        for part in range.without(window).into_iter().filter(|part| !part.is_empty()) {
            // Never full: one part for each range, and the first page.
            let _ = hidden.push(part);
        }
        dropped += range.end.saturating_sub(range.start.max(window.end));
        *range = PhysicalRange::new(range.start.max(window.start), range.end.min(window.end));
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
