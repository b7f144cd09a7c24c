//! M205, M217: memory in one piece.

use std::collections::BTreeMap;

use layout::memory::Position;
use layout::names::{Region, RegionKind};
use layout::object::Object;
use layout::{Model, ObjectId};

use super::facts::{Facts, physical};
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// A frame of a group: its distance from the start, its bytes.
type Member<'a> = (u64, u64, &'a Object);

/// Looks at every group of frames, and at every region for a device.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut groups: BTreeMap<u32, Vec<Member<'_>>> = BTreeMap::new();
    for (_, object, frame) in facts.frames() {
        if let Position::InGroup { group, offset } = frame.position {
            groups.entry(group).or_default().push((offset, frame.size.bytes(), object));
        }
    }
    for members in groups.values_mut() {
        members.sort_by_key(|(offset, _, _)| *offset);
        check_members(members, findings);
        if let (Some((offset, bytes, last)), Some(board)) = (members.last(), facts.board) {
            let needed = offset.saturating_add(*bytes);
            let most = board.memory.iter().map(|range| range.len()).max().unwrap_or(0);
            if needed > most {
                let message = format!("the frames around `{}` cannot lie together", last.name);
                let label = format!("{needed:#x} bytes; the board has {most:#x} in one piece");
                let wrong = Diagnostic::error(Code::NOT_CONTIGUOUS, message).at(last.span, label);
                findings.push(wrong.help("make the memory smaller"));
            }
        }
    }
    for region in &facts.model.regions {
        check_dma(facts.model, region, findings);
    }
}

fn check_members(members: &[Member<'_>], findings: &mut Findings) {
    let mut end = 0;
    let mut last: Option<&Object> = None;
    for (offset, bytes, object) in members {
        let name = &object.name;
        if !offset.is_multiple_of(*bytes) {
            let message = format!("frame `{name}` cannot lie where its group has it");
            let label = format!("{offset:#x} is no multiple of its {bytes:#x} bytes");
            let wrong = Diagnostic::error(Code::NOT_CONTIGUOUS, message).at(object.span, label);
            findings.push(wrong.help("put larger frames first, at multiples of their size"));
        }
        if let Some(before) = last.filter(|_| *offset < end) {
            let message = format!("frames `{}` and `{name}` of a group overlap", before.name);
            let wrong = Diagnostic::error(Code::NOT_CONTIGUOUS, message);
            let label = format!("begins at {offset:#x} of the group");
            let wrong = wrong.at(object.span, label);
            let label = format!("ends at {end:#x} of the group");
            findings.push(wrong.at(before.span, label).help("give each an offset of its own"));
        }
        end = end.max(offset.saturating_add(*bytes));
        last = Some(object);
    }
}

fn check_dma(model: &Model, region: &Region, findings: &mut Findings) {
    let RegionKind::Memory { dma_by } = &region.kind else { return };
    let Some(device) = dma_by.first() else { return };
    if is_contiguous(model, &region.frames) {
        return;
    }
    let by = &model[device.value].name;
    let message = format!("`{by}` reaches `{}`, which is not in one piece", region.name);
    let span = super::slots::somewhere(device.span, region.span);
    let wrong = Diagnostic::error(Code::DMA_MEMORY, message)
        .at(span, "a device sees physical memory")
        .at(region.span, "described here");
    findings.push(wrong.help("write `contiguous = true` in the region"));
}

/// Whether frames lie one behind the other in physical memory.
fn is_contiguous(model: &Model, frames: &[ObjectId]) -> bool {
    let frame = |id: &ObjectId| match &model[*id].kind {
        layout::object::Kind::Frame(frame) => Some(frame),
        _ => None,
    };
    frames.windows(2).all(|pair| {
        let (Some(first), Some(next)) = (frame(&pair[0]), frame(&pair[1])) else { return false };
        match (first.position, next.position) {
            (Position::At(_), Position::At(start)) => {
                physical(first).is_some_and(|range| range.end == start)
            }
            (
                Position::InGroup { group, offset },
                Position::InGroup { group: other, offset: start },
            ) => group == other && offset + first.size.bytes() == start,
            _ => false,
        }
    })
}
