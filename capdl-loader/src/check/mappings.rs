//! M211, M212, M213: how memory is mapped.

use std::collections::HashMap;

use layout::object::Kind;
use layout::policy::Leave;
use layout::{ObjectId, VmAttributes};

use super::facts::{Facts, Mapping};
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every mapping.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut cached: HashMap<ObjectId, &Mapping> = HashMap::new();
    for mapping in &facts.mappings {
        check_writable_code(facts, mapping, findings);
        check_zero(facts, mapping, findings);
        check_device(facts, mapping, findings);
        let VmAttributes { cacheable, .. } = mapping.attributes;
        let first = *cached.entry(mapping.frame).or_insert(mapping);
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
    let found = match facts.model.policy.writable_code {
        Leave::Deny => Diagnostic::error(Code::WRITABLE_CODE, message),
        Leave::Warn => Diagnostic::warning(Code::WRITABLE_CODE, message),
        Leave::Allow => return,
    };
    let found = found.at(mapping.span, format!("at {:#x}", mapping.address));
    let found = found.help("map code readable and executable, and data readable and writable");
    findings.push_for([facts.model[mapping.space].owner], found);
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
