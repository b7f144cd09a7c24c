//! M210, M214: what lies beside what in an address space.

use layout::cap::Cap;
use layout::names::Component;
use layout::object::Object;
use layout::thread::{Role, Thread};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at the named parts of address spaces, and below stacks.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for component in &facts.model.components {
        check_overlaps(component, findings);
    }
    for (_, object, thread) in facts.threads() {
        check_guard(facts, object, thread, findings);
    }
}

fn check_overlaps(component: &Component, findings: &mut Findings) {
    let mut parts: Vec<_> = component.mappings.iter().collect();
    parts.sort_by_key(|part| part.address);
    for pair in parts.windows(2) {
        let [first, next] = pair else { continue };
        let end = first.address.saturating_add(first.bytes);
        if next.address >= end {
            continue;
        }
        let (name, one, other) = (&component.name, &first.name, &next.name);
        let message = format!("`{one}` and `{other}` of component `{name}` overlap");
        let wrong = Diagnostic::error(Code::RANGES_OVERLAP, message).at(component.span, "");
        let range = |part: &layout::names::MappingName| {
            let end = part.address.saturating_add(part.bytes);
            format!("`{}` is from {:#x} to {end:#x}", part.name, part.address)
        };
        let wrong = wrong.note(range(first)).note(range(next));
        findings.push(wrong.help("give one of the two another address, or none at all"));
    }
}

/// Walks down from the stack pointer: what is not mapped has to come before anything that is not
/// writable, or else an overflow goes unnoticed at least once.
fn check_guard(facts: &Facts<'_>, object: &Object, thread: &Thread, findings: &mut Findings) {
    let space = match thread.role(Role::VSpace).map(|entry| entry.cap) {
        Some(Cap::PageTable(space)) if thread.stack > 0 => space,
        _ => return,
    };
    let mut next = thread.stack - 1;
    let Some(top) = facts.mapping_at(space, next) else { return };
    loop {
        let Some(mapping) = facts.mapping_at(space, next) else { return };
        let Some(below) = mapping.address.checked_sub(1).filter(|_| mapping.is_writable()) else {
            let message = format!("there is no guard page under the stack of `{}`", object.name);
            let found = Diagnostic::warning(Code::NO_GUARD_PAGE, message)
                .at(top.span, "the stack's highest page")
                .at(
                    mapping.span,
                    format!("reached at {:#x}, with nothing between", mapping.address),
                );
            let found = found.help("leave a page unmapped below the stack");
            findings.push_for([object.owner], found);
            return;
        };
        next = below;
    }
}
