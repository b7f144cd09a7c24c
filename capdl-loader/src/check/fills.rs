//! M209: what frames are filled with.

use layout::memory::{ADDRESS_BYTES, Fill, Frame, Source};
use layout::object::Object;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every fill.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, object, frame) in facts.frames() {
        for fill in &frame.fills {
            check_frame(object, frame, fill, findings);
            check_file(facts, object, fill, findings);
            check_address(object, fill, findings);
        }
    }
}

fn check_frame(object: &Object, frame: &Frame, fill: &Fill, findings: &mut Findings) {
    let bytes = frame.size.bytes();
    if fill.at.checked_add(fill.length).is_some_and(|end| end <= bytes) {
        return;
    }
    let message = format!("a fill of frame `{}` ends behind it", object.name);
    let label = format!("{} bytes from {} on, in a frame of {bytes}", fill.length, fill.at);
    let span = super::slots::somewhere(fill.span, object.span);
    let wrong = Diagnostic::error(Code::FILL_RANGE, message).at(span, label);
    findings.push(wrong.help(format!("fill at most {} bytes", bytes.saturating_sub(fill.at))));
}

fn check_address(object: &Object, fill: &Fill, findings: &mut Findings) {
    if !matches!(fill.source, Source::Address { .. }) || fill.length == ADDRESS_BYTES {
        return;
    }
    let message = format!("a fill of frame `{}` is no place for an address", object.name);
    let label = format!("{} bytes, and an address has {ADDRESS_BYTES}", fill.length);
    let span = super::slots::somewhere(fill.span, object.span);
    findings.push(Diagnostic::error(Code::FILL_RANGE, message).at(span, label));
}

fn check_file(facts: &Facts<'_>, object: &Object, fill: &Fill, findings: &mut Findings) {
    let Source::File { content, offset } = fill.source else { return };
    let content = &facts.model[content];
    let Some(bytes) = &content.bytes else { return };
    let length = bytes.len() as u64;
    if offset.checked_add(fill.length).is_some_and(|end| end <= length) {
        return;
    }
    let message = format!("a fill of frame `{}` ends behind its file", object.name);
    let label = format!("{} bytes from byte {offset} on", fill.length);
    let span = super::slots::somewhere(fill.span, object.span);
    let wrong = Diagnostic::error(Code::FILL_RANGE, message).at(span, label);
    let wrong = wrong.note(format!("`{}` has {length} bytes", content.name));
    findings.push(wrong.help("was the file built again? Make the layout again, too"));
}
