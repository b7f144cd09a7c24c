//! M201 to M204: physical addresses.

use layout::ObjectId;
use layout::object::{Kind, Object};
use platform::address::PhysicalRange;

use super::facts::{Facts, physical};
use super::findings::Findings;
use crate::Diagnostic;
use crate::board::Board;
use crate::code::Code;

/// Bytes of a page, which is the least that can be mapped.
const PAGE: u64 = platform::board::PAGE;

/// Something with an address.
struct Fixed<'a> {
    id: ObjectId,
    object: &'a Object,
    range: PhysicalRange,
}

/// Looks at everything with a physical address.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut fixed: Vec<Fixed<'_>> = Vec::new();
    for (id, object) in facts.model.objects() {
        let Some(range) = range_of(object) else { continue };
        check_alignment(object, range, findings);
        if let Some(board) = facts.board {
            check_place(object, range, board, findings);
        }
        fixed.push(Fixed { id, object, range });
    }
    fixed.sort_by_key(|fixed| (fixed.range.start, std::cmp::Reverse(fixed.range.end)));
    check_overlaps(facts, &fixed, findings);
    check_regions(facts, findings);
}

/// Where an object with an address lies.
fn range_of(object: &Object) -> Option<PhysicalRange> {
    match &object.kind {
        Kind::Frame(frame) => physical(frame),
        Kind::Untyped(untyped) => {
            let bits = u32::try_from(untyped.bits).ok().filter(|bits| *bits < 48)?;
            let start = untyped.address?;
            Some(PhysicalRange::new(start, start.saturating_add(1 << bits)))
        }
        _ => None,
    }
}

fn check_alignment(object: &Object, range: PhysicalRange, findings: &mut Findings) {
    let bytes = range.len().max(1);
    if range.start.is_multiple_of(bytes) {
        return;
    }
    let (noun, name) = (object.kind.noun(), &object.name);
    let message = format!("{noun} `{name}` cannot lie at {:#x}", range.start);
    let label = format!("no multiple of its {bytes:#x} bytes");
    let wrong = Diagnostic::error(Code::MISALIGNED, message).at(object.span, label);
    let (below, above) = (range.start - range.start % bytes, range.start.next_multiple_of(bytes));
    findings.push(wrong.help(format!("use {below:#x} or {above:#x}, or a smaller size")));
}

fn check_place(object: &Object, range: PhysicalRange, board: &Board, findings: &mut Findings) {
    let (noun, name) = (object.kind.noun(), &object.name);
    let all = PhysicalRange::new(0, 1 << board.address_bits.min(48));
    let ram = board.touches_ram(range);
    let keeper = |ranges: &[PhysicalRange]| ranges.iter().any(|kept| kept.overlaps(range));
    let known = |ranges: &[PhysicalRange]| -> u64 {
        let parts = ranges.iter().filter(|part| part.overlaps(range));
        parts.map(|part| part.end.min(range.end) - part.start.max(range.start)).sum()
    };
    let (code, label) = if !all.contains(range) {
        (Code::NO_MEMORY, format!("physical addresses have {} bits", board.address_bits))
    } else if keeper(&board.kept) {
        (Code::NO_MEMORY, "the kernel keeps these registers for itself".to_owned())
    } else if ram && known(&board.memory) + known(&board.reserved) < range.len() {
        (Code::STRADDLES, "a part of it is RAM, a part is not".to_owned())
    } else if keeper(&board.reserved) {
        (Code::NO_MEMORY, "this memory is reserved".to_owned())
    } else if !ram && board.nodes_at(range.outwards(PAGE)).next().is_none() {
        let message = format!("{noun} `{name}` lies at {:#x}, where nothing is known", range.start);
        let found = Diagnostic::warning(Code::NO_MEMORY, message);
        let found = found.at(object.span, format!("board `{}` has no device here", board.name));
        findings.push(found.help("name the device by its node of the device tree"));
        return;
    } else {
        return;
    };
    let message = format!("{noun} `{name}` cannot lie at {:#x}", range.start);
    let wrong = Diagnostic::error(code, message).at(object.span, label);
    let remedy = match board.memory.first() {
        Some(memory) => format!(
            "RAM of board `{}` begins at {:#x}; devices are named by their nodes",
            board.name, memory.start
        ),
        None => "name the device by its node of the device tree".to_owned(),
    };
    findings.push(wrong.help(remedy));
}

fn check_overlaps(facts: &Facts<'_>, fixed: &[Fixed<'_>], findings: &mut Findings) {
    // By ascending start, the one that reaches furthest is the one that others overlap.
    let mut furthest: Option<&Fixed<'_>> = None;
    for next in fixed {
        match furthest {
            Some(before) if before.range.overlaps(next.range) => {
                if !is_inside(facts, next, before) {
                    findings.push(overlap(facts, before, next));
                }
                if next.range.end > before.range.end {
                    furthest = Some(next);
                }
            }
            _ => furthest = Some(next),
        }
    }
}

/// Whether the model says that `inner` is made of `outer`.
fn is_inside(facts: &Facts<'_>, inner: &Fixed<'_>, outer: &Fixed<'_>) -> bool {
    let mut here = inner.object.inside;
    // No longer than there are objects: a chain may be a circle.
    for _ in 0..facts.model.objects.len().min(64) {
        match here {
            Some(id) if id == outer.id => return true,
            Some(id) => here = facts.model[id].inside,
            None => return false,
        }
    }
    false
}

fn overlap(facts: &Facts<'_>, before: &Fixed<'_>, next: &Fixed<'_>) -> Diagnostic {
    let (first, second) = (&before.object.name, &next.object.name);
    let message = format!("`{first}` and `{second}` overlap in physical memory");
    let start = next.range.start;
    let label = format!("page {:#x} also belongs to `{first}`", start & !(PAGE - 1));
    let wrong = Diagnostic::error(Code::FRAMES_OVERLAP, message)
        .at(next.object.span, label)
        .at(before.object.span, format!("{:#x} to {:#x}", before.range.start, before.range.end));
    let is_device = facts.board.is_some_and(|board| !board.touches_ram(next.range));
    wrong.help(match is_device {
        true => "use a device in another page, or share one frame between both",
        false => "use other addresses, or share one frame between both",
    })
}

/// Regions of which a part is RAM and a part is not.
fn check_regions(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(board) = facts.board else { return };
    for region in &facts.model.regions {
        let frames = region.frames.iter().filter_map(|id| range_of(&facts.model[*id]));
        let (ram, other): (Vec<_>, Vec<_>) = frames.partition(|range| board.touches_ram(*range));
        let (Some(ram), Some(other)) = (ram.first(), other.first()) else { continue };
        let message = format!("region `{}` is partly RAM and partly a device", region.name);
        let label = format!("RAM at {:#x}, a device at {:#x}", ram.start, other.start);
        let wrong = Diagnostic::error(Code::STRADDLES, message).at(region.span, label);
        findings.push(wrong.help("make two regions of it"));
    }
}
