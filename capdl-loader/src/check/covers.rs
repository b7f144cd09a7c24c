//! M206: untyped memory of the system is large enough for what lies in it.

use std::collections::{BTreeMap, BTreeSet};

use abi::bootinfo::UntypedDescriptor;
use layout::ObjectId;
use layout::object::{Kind, Untyped};
use packed::Cell;
use packed::objects::{ObjectRun, Position};
use plan::{Planner, Refusal, Run, SourceId};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;
use crate::placement::bytes;

/// Fills each piece of untyped memory by itself.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.model.objects.iter().all(|object| object.inside.is_none()) {
        return;
    }
    check_kinds(facts, findings);
    let mut inside: BTreeMap<Cell, Vec<&ObjectRun>> = BTreeMap::new();
    for run in &facts.numbering.runs {
        if let Some(memory) = run.inside {
            inside.entry(memory).or_default().push(run);
        }
    }
    for (memory, runs) in &inside {
        check_memory(facts, *memory, runs, findings);
    }
    check_circles(facts, findings);
}

/// What lies in something that is no memory.
fn check_kinds(facts: &Facts<'_>, findings: &mut Findings) {
    let inside: BTreeSet<ObjectId> =
        facts.model.objects.iter().filter_map(|object| object.inside).collect();
    for object in inside.into_iter().map(|memory| &facts.model[memory]) {
        if !matches!(object.kind, Kind::Untyped(_)) {
            let (name, noun) = (&object.name, object.kind.noun());
            let message = format!("nothing can be made of {noun} `{name}`");
            let wrong = Diagnostic::error(Code::COVER_TOO_SMALL, message).at(object.span, "");
            findings.push(wrong.help("objects are made of untyped memory"));
        }
    }
}

fn check_memory(facts: &Facts<'_>, memory: Cell, runs: &[&ObjectRun], findings: &mut Findings) {
    let object = |cell: Cell| {
        let id = facts.numbering.order.get(cell.0 as usize).copied().flatten()?;
        Some(&facts.model[id])
    };
    let Some(cover) = object(memory) else { return };
    let Kind::Untyped(Untyped { bits, address }) = cover.kind else { return };
    let Ok(size_bits) = u8::try_from(bits) else { return };
    let address = address.unwrap_or(1 << bits);
    let whole = UntypedDescriptor { address, size_bits, ..UntypedDescriptor::default() };
    let mut planner = Planner::new(&[whole]);
    let needed = runs.iter().fold(0_u64, |sum, run| sum.saturating_add(bytes(run)));
    for run in runs {
        let (first, refusal) = match place(run, &mut planner) {
            Ok(()) => continue,
            Err(refused) => refused,
        };
        let Some(child) = object(first) else { return };
        let (name, child_name) = (&cover.name, &child.name);
        let message = format!("`{child_name}` does not fit into untyped memory `{name}`");
        let label = match refusal {
            Refusal::Full { bits, .. } => {
                format!("no room for its {} bytes", 1_u64 << bits.min(63))
            }
            Refusal::Taken { address } => format!("{address:#x} is something else's already"),
            _ => "outside of the untyped memory".to_owned(),
        };
        let wrong = Diagnostic::error(Code::COVER_TOO_SMALL, message)
            .at(child.span, label)
            .at(cover.span, format!("{} bytes", 1_u64 << bits));
        let fitting = u64::BITS - needed.saturating_sub(1).leading_zeros();
        let help = format!("make `{name}` {} bits large", u64::from(fitting).max(bits + 1));
        findings.push(match refusal {
            Refusal::Full { .. } => wrong.help(help),
            _ => wrong.help("use an address inside of the untyped memory, or none"),
        });
        return;
    }
}

/// Places a run in the planner's only memory; or else the first object without a place, and why.
fn place(run: &ObjectRun, planner: &mut Planner) -> Result<(), (Cell, Refusal)> {
    let each = |count| Run { object: run.object, size: run.size.into(), count };
    let memory = Some(SourceId(0));
    let count = u64::from(run.count);
    let Position::At(address) = run.position else {
        return planner.place(each(count), memory, &mut |_| {}).map_err(|refusal| match refusal {
            Refusal::Full { missing, .. } => {
                let made = u32::try_from(count - missing.min(count)).unwrap_or(0);
                (run.first.plus(made), refusal)
            }
            _ => (run.first, refusal),
        });
    };
    for (index, cell) in (0..count).zip(run.first.0..) {
        let address = address.saturating_add(index << run.bits());
        let placed = planner.place_at(each(1), address, memory, &mut |_| {});
        placed.map_err(|refusal| (Cell(cell), refusal))?;
    }
    Ok(())
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
