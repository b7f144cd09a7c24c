//! M211, M212, M213: how memory is mapped.

use std::collections::BTreeSet;

use layout::VmAttributes;
use layout::object::Kind;
use layout::policy::Leave;

use super::facts::{Facts, Mapping};
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every mapping.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    check_aliases(facts, findings);
    let mut cached: Vec<Option<&Mapping>> = vec![None; facts.model.objects.len()];
    for mapping in &facts.mappings {
        check_writable_code(facts, mapping, findings);
        check_zero(facts, mapping, findings);
        check_device(facts, mapping, findings);
        let VmAttributes { cacheable, .. } = mapping.attributes;
        let first = *cached[mapping.frame.index()].get_or_insert(mapping);
        if first.attributes.cacheable != cacheable {
            let name = &facts.model[mapping.frame].name;
            let message = format!("frame `{name}` is mapped both cached and uncached");
            let word = |is: bool| if is { "cached" } else { "uncached" };
            let wrong = Diagnostic::error(Code::ATTRIBUTES, message)
                .at(mapping.span, word(cacheable))
                .at(first.span, word(first.attributes.cacheable));
            findings.push(wrong.help("map it in one way everywhere: the two views can disagree"));
        }
    }
}

fn check_writable_code(facts: &Facts<'_>, mapping: &Mapping, findings: &mut Findings) {
    if !mapping.is_writable() || !mapping.is_executable() {
        return;
    }
    let (frame, owner) = (&facts.model[mapping.frame].name, facts.owner(mapping.space));
    let message = format!("{owner} can write and execute frame `{frame}`");
    let Some(found) = writable_code(facts, message) else { return };
    let found = found.at(mapping.span, format!("at {:#x}", mapping.address));
    let found = found.help("map code readable and executable, and data readable and writable");
    findings.push_for([facts.model[mapping.space].owner], found);
}

/// Where a frame can be written, and where it can be executed.
#[derive(Clone, Copy, Default)]
struct Views<'a> {
    writable: Option<&'a Mapping>,
    executable: Option<&'a Mapping>,
    is_both_at_once: bool,
}

/// Frames that are written through one mapping and executed through another. Told once for all
/// frames of one piece of memory.
fn check_aliases(facts: &Facts<'_>, findings: &mut Findings) {
    let mut views = vec![Views::default(); facts.model.objects.len()];
    for mapping in &facts.mappings {
        let view = &mut views[mapping.frame.index()];
        let (writes, executes) = (mapping.is_writable(), mapping.is_executable());
        view.writable = view.writable.or(Some(mapping).filter(|_| writes));
        view.executable = view.executable.or(Some(mapping).filter(|_| executes));
        view.is_both_at_once |= writes && executes;
    }
    let mut told = BTreeSet::new();
    let views = facts.model.objects.iter().zip(views);
    for (frame, view) in views.filter(|(_, view)| !view.is_both_at_once) {
        let (Some(writable), Some(executable)) = (view.writable, view.executable) else { continue };
        let spaces = [writable.space, executable.space];
        if !told.insert((spaces, writable.span, executable.span)) {
            continue;
        }
        let [writer, runner] = spaces.map(|space| facts.owner(space));
        let frame = &frame.name;
        let message = format!("{writer} can write frame `{frame}`, which {runner} executes");
        let Some(found) = writable_code(facts, message) else { return };
        let found = found
            .at(writable.span, format!("written at {:#x}", writable.address))
            .at(executable.span, format!("executed at {:#x}", executable.address))
            .help("let nobody write what somebody executes, or waive M211 for code generators");
        findings.push_for(spaces.map(|space| facts.model[space].owner), found);
    }
}

/// A finding of writable code, as bad as the policy has it.
fn writable_code(facts: &Facts<'_>, message: String) -> Option<Diagnostic> {
    match facts.model.policy.writable_code {
        Leave::Deny => Some(Diagnostic::error(Code::WRITABLE_CODE, message)),
        Leave::Warn => Some(Diagnostic::warning(Code::WRITABLE_CODE, message)),
        Leave::Allow => None,
    }
}

fn check_zero(facts: &Facts<'_>, mapping: &Mapping, findings: &mut Findings) {
    if mapping.address != 0 {
        return;
    }
    let (frame, owner) = (&facts.model[mapping.frame].name, facts.owner(mapping.space));
    let message = format!("frame `{frame}` is mapped at address 0 of {owner}");
    let wrong = Diagnostic::error(Code::PAGE_ZERO, message);
    let wrong = wrong.at(mapping.span, "null pointers would read and write it");
    findings.push(wrong.help("map it elsewhere"));
}

fn check_device(facts: &Facts<'_>, mapping: &Mapping, findings: &mut Findings) {
    let Kind::Frame(frame) = &facts.model[mapping.frame].kind else { return };
    if !facts.is_device(frame) {
        return;
    }
    let name = &facts.model[mapping.frame].name;
    let (what, remedy) = match (mapping.attributes.cacheable, mapping.is_executable()) {
        (true, _) => ("cached", "map it uncached"),
        (false, true) => ("executable", "map it without execution"),
        (false, false) => return,
    };
    let message = format!("frame `{name}` of a device is mapped {what}");
    let wrong = Diagnostic::error(Code::ATTRIBUTES, message).at(mapping.span, what);
    let wrong = wrong.at(facts.model[mapping.frame].span, "a device, not RAM");
    findings.push(wrong.help(remedy));
}
