//! M206: untyped memory of the system is large enough for what lies in it.

use std::collections::BTreeMap;

use abi::bootinfo::UntypedDescriptor;
use layout::ObjectId;
use layout::object::Kind;
use plan::{Planner, Refusal, SourceId};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;
use crate::placement::{Item, order};

/// Fills each piece of untyped memory by itself.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.model.objects.iter().all(|object| object.inside.is_none()) {
        return;
    }
    let mut inside: BTreeMap<ObjectId, Vec<Item>> = BTreeMap::new();
    for item in order(facts.model) {
        if let Some(memory) = item.inside {
            inside.entry(memory).or_default().push(item);
        }
    }
    for (memory, items) in &inside {
        check_memory(facts, *memory, items, findings);
    }
    check_circles(facts, findings);
}

fn check_memory(facts: &Facts<'_>, memory: ObjectId, items: &[Item], findings: &mut Findings) {
    let object = &facts.model[memory];
    let Kind::Untyped(untyped) = &object.kind else {
        let (name, noun) = (&object.name, object.kind.noun());
        let message = format!("nothing can be made of {noun} `{name}`");
        let wrong = Diagnostic::error(Code::COVER_TOO_SMALL, message).at(object.span, "");
        findings.push(wrong.help("objects are made of untyped memory"));
        return;
    };
    let Some(bits) = u8::try_from(untyped.bits).ok().filter(|bits| (4..=47).contains(bits)) else {
        return;
    };
    let address = untyped.address.unwrap_or(1 << bits);
    let whole = UntypedDescriptor { address, size_bits: bits, ..UntypedDescriptor::default() };
    let mut planner = Planner::new(&[whole]);
    let needed = items.iter().fold(0_u64, |sum, item| sum.saturating_add(item.run.bytes()));
    for item in items {
        let placed = match item.position {
            layout::memory::Position::At(address) => {
                planner.place_at(item.run, address, Some(SourceId(0)), &mut |_| {})
            }
            _ => planner.place(item.run, Some(SourceId(0)), &mut |_| {}),
        };
        let Err(refusal) = placed else { continue };
        let (name, child) = (&object.name, &facts.model[item.object]);
        let message = format!("`{}` does not fit into untyped memory `{name}`", child.name);
        let label = match refusal {
            Refusal::Full { bits, .. } => {
                format!("no room for its {} bytes", 1_u64 << bits.min(63))
            }
            Refusal::Taken { address } => format!("{address:#x} is something else's already"),
            _ => "outside of the untyped memory".to_owned(),
        };
        let wrong = Diagnostic::error(Code::COVER_TOO_SMALL, message)
            .at(child.span, label)
            .at(object.span, format!("{} bytes", 1_u64 << bits));
        let fitting = u64::BITS - needed.saturating_sub(1).leading_zeros();
        let help = format!("make `{name}` {} bits large", fitting.max(u32::from(bits) + 1));
        findings.push(match refusal {
            Refusal::Full { .. } => wrong.help(help),
            _ => wrong.help("use an address inside of the untyped memory, or none"),
        });
        return;
    }
}

/// Untyped memory that is inside of itself.
fn check_circles(facts: &Facts<'_>, findings: &mut Findings) {
    for (id, object) in facts.model.objects() {
        let mut here = object.inside;
        // A circle through this object comes back to it in as many steps as there are objects.
        for _ in 0..64 {
            match here {
                Some(outer) if outer == id => {
                    let message = format!("untyped memory `{}` is inside of itself", object.name);
                    let wrong = Diagnostic::error(Code::COVER_TOO_SMALL, message);
                    findings.push(wrong.at(object.span, "").help("take it out of the circle"));
                    break;
                }
                Some(outer) => here = facts.model[outer].inside,
                None => break,
            }
        }
    }
}
