//! A401, A403, A404, A408: who holds what is another's, or everybody's.

use std::collections::HashMap;

use layout::ObjectId;
use layout::cap::Cap;
use layout::names::ComponentId;
use layout::object::Kind;
use layout::thread::Role;

use super::facts::{Facts, Holding};
use super::findings::Findings;
use super::slots::noun;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every capability that somebody can use.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for holding in facts.holdings() {
        // What a thread's own roles are for is not authority over others.
        if matches!(facts.model[holding.holder].kind, Kind::CNode(_)) {
            check_control(facts, &holding, findings);
            check_foreign(facts, &holding, findings);
        }
    }
    check_shared(facts, findings);
}

fn check_control(facts: &Facts<'_>, holding: &Holding<'_>, findings: &mut Findings) {
    if holding.cap.object().is_some() {
        return;
    }
    let what = noun(facts.model, holding.cap);
    let (owner, message) = match holding.owner {
        Some(owner) => {
            let name = facts.component(owner);
            (Some(owner), format!("component `{name}` has {what}"))
        }
        None => (None, format!("CNode `{}` has {what}", facts.model[holding.holder].name)),
    };
    let found = match owner {
        Some(_) => Diagnostic::error(Code::CONTROL_CAP, message),
        // An import has no components that could be said to be trusted.
        None => Diagnostic::warning(Code::CONTROL_CAP, message),
    };
    let found = found.at(holding.span, "authority over the whole machine");
    let help = "leave it out: the loader has used it for what the layout says; or waive A401";
    findings.push_for([owner], found.help(help));
}

/// Capabilities by which a component can change another.
fn check_foreign(facts: &Facts<'_>, holding: &Holding<'_>, findings: &mut Findings) {
    let (Some(holder), Some(object)) = (holding.owner, holding.cap.object()) else { return };
    let Some(owner) = facts.model[object].owner else { return };
    if owner == holder || facts.manages(holder, owner) {
        return;
    }
    let [holder_name, owner_name] = [holder, owner].map(|id| facts.component(id));
    let what = noun(facts.model, holding.cap);
    let found = match holding.cap {
        Cap::PageTable(_) => {
            let message =
                format!("`{holder_name}` can change what `{owner_name}` sees: it has {what}");
            Diagnostic::error(Code::FOREIGN_TABLE, message)
        }
        Cap::CNode { .. } => {
            let message = format!("`{holder_name}` has all that `{owner_name}` has: {what}");
            Diagnostic::error(Code::SHARED_CSPACE, message)
        }
        Cap::Thread(_) | Cap::SchedContext(_) | Cap::Reply { .. }
            if facts.model[owner].restart.is_some() =>
        {
            let message =
                format!("`{holder_name}` has {what} of `{owner_name}`, which can restart");
            Diagnostic::error(Code::RESTART_SCOPE, message)
        }
        _ => return,
    };
    let found = found
        .at(holding.span, format!("held by `{holder_name}`"))
        .at(facts.model[owner].span, format!("`{owner_name}`"))
        .help(format!("let `{holder_name}` manage `{owner_name}`, or leave the capability out"));
    findings.push_for([Some(holder), Some(owner)], found);
}

/// CNodes in which two components look up.
fn check_shared(facts: &Facts<'_>, findings: &mut Findings) {
    let mut users: HashMap<ObjectId, ComponentId> = HashMap::new();
    for (_, object, thread) in facts.threads() {
        let (Some(owner), Some(role)) = (object.owner, thread.role(Role::CSpace)) else { continue };
        let Cap::CNode { object: node, .. } = role.cap else { continue };
        let first = *users.entry(node).or_insert(owner);
        if first == owner {
            continue;
        }
        let [one, other] = [first, owner].map(|id| facts.component(id));
        let name = &facts.model[node].name;
        let message = format!("`{one}` and `{other}` share CNode `{name}`");
        let found = Diagnostic::error(Code::SHARED_CSPACE, message)
            .at(role.span, "each has all that the other has")
            .at(facts.model[first].span, format!("`{one}`"))
            .help("give each a CNode of its own, with what it needs");
        findings.push_for([Some(first), Some(owner)], found);
    }
}
