//! O105: lookups in CSpaces are 64 bits long.

use layout::cap::Cap;
use layout::object::Kind;
use layout::{ObjectId, Span};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every capability to a CNode.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for holding in facts.holdings() {
        let &Cap::CNode { object, guard, guard_bits: Some(bits) } = holding.cap else { continue };
        let Kind::CNode(node) = &facts.model[object].kind else { continue };
        let node_name = &facts.model[object].name;
        let all = bits.saturating_add(node.bits);
        if all > 64 {
            let message = format!("a lookup in CNode `{node_name}` has {all} bits");
            let label = format!("{bits} of the guard and {} of the slot", node.bits);
            findings.push(wrong(message, holding.span, label, node.bits));
        } else if bits < 64 && guard >> bits != 0 {
            let message = format!("the guard of CNode `{node_name}` needs more than {bits} bits");
            findings.push(wrong(message, holding.span, format!("{guard:#x}"), node.bits));
        } else if all < 64 && is_root(facts, holding.holder) && is_last(facts, object) {
            let message = format!("lookups in CNode `{node_name}` end after {all} of 64 bits");
            findings.push(wrong(
                message,
                holding.span,
                format!("a guard of {bits} bits"),
                node.bits,
            ));
        }
    }
}

fn wrong(message: String, span: Span, label: String, bits: u64) -> Diagnostic {
    let fitting = 64_u64.saturating_sub(bits);
    Diagnostic::error(Code::GUARD, message)
        .at(span, label)
        .help(format!("with slots of {bits} bits, a guard of {fitting} bits fits one level"))
}

/// Whether lookups begin at a capability of this holder: it is a thread.
fn is_root(facts: &Facts<'_>, holder: ObjectId) -> bool {
    matches!(facts.model[holder].kind, Kind::Thread(_))
}

/// Whether lookups cannot go on to another CNode.
fn is_last(facts: &Facts<'_>, node: ObjectId) -> bool {
    let slots = facts.model[node].kind.slots();
    !slots.iter().any(|entry| matches!(entry.cap, Cap::CNode { object, .. } if object != node))
}
