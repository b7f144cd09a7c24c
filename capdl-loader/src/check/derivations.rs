//! O113, O114: which capability is derived from which.

use std::collections::HashMap;

use layout::Rights;
use layout::cap::{Cap, Derivation, Entry, Place};
use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every derivation.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let derivations = &facts.model.derivations;
    if derivations.is_empty() {
        return;
    }
    let mut slots: HashMap<Place, &Entry> = HashMap::new();
    for (node, object) in facts.model.objects() {
        if matches!(object.kind, Kind::CNode(_)) {
            let places = object.kind.slots().iter();
            slots.extend(places.map(|entry| (Place { node, slot: entry.slot }, entry)));
        }
    }
    let mut parents: HashMap<Place, &Derivation> = HashMap::new();
    for derivation in derivations {
        check_one(facts, &slots, derivation, findings);
        if let Some(first) = parents.insert(derivation.child, derivation) {
            let message = format!("{} has two parents", written(facts, derivation.child));
            let wrong = Diagnostic::error(Code::DERIVATION_CYCLE, message);
            let wrong = wrong.at(derivation.span, "again").at(first.span, "first");
            findings.push(wrong.help("leave one of the two out"));
        }
    }
    check_cycles(facts, &parents, findings);
}

fn written(facts: &Facts<'_>, place: Place) -> String {
    format!("slot {} of `{}`", place.slot, facts.model[place.node].name)
}

fn check_one(
    facts: &Facts<'_>,
    slots: &HashMap<Place, &Entry>,
    derivation: &Derivation,
    findings: &mut Findings,
) {
    let found = [derivation.child, derivation.parent].map(|place| slots.get(&place));
    let [Some(child), Some(parent)] = found else {
        let empty = if found[0].is_none() { derivation.child } else { derivation.parent };
        let message = format!("{} is empty: no derivation", written(facts, empty));
        let wrong = Diagnostic::error(Code::DERIVED_RIGHTS, message).at(derivation.span, "");
        findings.push(wrong.help("name a slot that has a capability"));
        return;
    };
    let Err(why) = derivable(facts, &child.cap, &parent.cap) else { return };
    let (child_place, parent_place) =
        (written(facts, derivation.child), written(facts, derivation.parent));
    let message = format!("{child_place} cannot be derived from {parent_place}: {why}");
    let wrong = Diagnostic::error(Code::DERIVED_RIGHTS, message);
    let wrong = wrong.at(child.span, "the child").at(parent.span, "the parent");
    findings.push(wrong.help("give the parent more, or the child less"));
}

/// Whether the kernel would make `child` of `parent`, or why not.
fn derivable(facts: &Facts<'_>, child: &Cap, parent: &Cap) -> Result<(), &'static str> {
    if let (Cap::Untyped(memory), Some(object)) = (parent, child.object()) {
        let inside = facts.model[object].inside == Some(*memory);
        return if inside || object == *memory { Ok(()) } else { Err("it is of other memory") };
    }
    if child.object() != parent.object() || child.object().is_none() {
        return Err("it is to something else");
    }
    if !rights(parent).contains(rights(child)) {
        return Err("it has more rights");
    }
    match (badge(child), badge(parent)) {
        (child, Some(parent)) if parent != 0 && child != Some(parent) => {
            Err("its badge is another")
        }
        _ => Ok(()),
    }
}

fn rights(cap: &Cap) -> Rights {
    match *cap {
        Cap::Endpoint { rights, .. }
        | Cap::Notification { rights, .. }
        | Cap::Reply { rights, .. }
        | Cap::Frame { rights, .. } => rights,
        _ => Rights::ALL,
    }
}

fn badge(cap: &Cap) -> Option<u64> {
    match *cap {
        Cap::Endpoint { badge, .. } | Cap::Notification { badge, .. } => badge,
        _ => None,
    }
}

fn check_cycles(facts: &Facts<'_>, parents: &HashMap<Place, &Derivation>, findings: &mut Findings) {
    // Which walk upwards came here first.
    let mut walks: HashMap<Place, usize> = HashMap::new();
    for (walk, derivation) in facts.model.derivations.iter().enumerate() {
        let mut here = derivation.child;
        while let Some(up) = parents.get(&here) {
            match walks.insert(here, walk) {
                None => here = up.parent,
                Some(before) if before == walk => {
                    let message = format!("{} is derived from itself", written(facts, here));
                    let wrong = Diagnostic::error(Code::DERIVATION_CYCLE, message);
                    findings.push(wrong.at(up.span, "").help("let one of them be an original"));
                    break;
                }
                Some(_) => break,
            }
        }
    }
}
