//! M207, M208: whether the board has enough memory, and the loader enough slots.
//!
//! The kernel's own arithmetic says which untyped memory the loader will find, and the loader's
//! own planner fills it.

use std::collections::BTreeMap;

use kernel::boot::Forecast;
use layout::object::{Kind, Object};
use layout::{ObjectId, Span};
use plan::Refusal;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::board::Board;
use crate::code::Code;
use crate::pack;
use crate::placement::{Placement, bytes};

/// Slots that the loader needs for itself: two tables, a page of the UART, and one to try
/// things in.
const OWN_SLOTS: u64 = 4;
/// Users that are named.
const LARGEST: usize = 5;

/// Builds the system, but for the building.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(board) = facts.board else { return };
    let span = facts.model.target.span;
    let forecast = match board.forecast(&facts.model.target, facts.loader) {
        Ok(forecast) => forecast,
        Err(failure) => {
            let message = format!("the kernel cannot boot this: {failure}");
            let wrong = Diagnostic::error(Code::OUT_OF_MEMORY, message).at(span, &*board.name);
            findings.push(wrong.help("use a board with more memory, or a larger root CNode"));
            return;
        }
    };
    let placement = Placement::new(facts.model, &facts.numbering, &forecast.untyped);
    let told = findings.places();
    for (object, refusal) in &placement.refused {
        // What does not fit into memory of the system is said of that.
        if object.is_some_and(|object| facts.model[object].inside.is_some()) {
            continue;
        }
        match (refusal, object.map(|object| &facts.model[object])) {
            (Refusal::Full { bits, missing }, _) => {
                findings.push(full(facts, board, *object, (*bits, *missing)));
            }
            // Other addresses that are impossible were told of already.
            (Refusal::Nowhere { address } | Refusal::Taken { address }, Some(object))
                if !told.contains(&object.span) =>
            {
                findings.push(taken(board, object, *address));
            }
            _ => {}
        }
    }
    check_slots(facts, board, &forecast, placement.skips, findings);
}

/// An address that the board has, but that the kernel or the loader has taken.
fn taken(board: &Board, object: &Object, address: u64) -> Diagnostic {
    let (noun, name) = (object.kind.noun(), &object.name);
    let message = format!("{noun} `{name}` cannot lie at {address:#x}");
    let kernel = board.boot.kernel;
    Diagnostic::error(Code::NO_MEMORY, message)
        .at(object.span, "the kernel, or the loader, lies here")
        .note(format!("the kernel lies from {:#x} to {:#x}", kernel.start, kernel.end))
        .help("let the loader choose where it lies, or use an address far from both")
}

fn full(
    facts: &Facts<'_>,
    board: &Board,
    object: Option<ObjectId>,
    (bits, missing): (u32, u64),
) -> Diagnostic {
    let size = written(1 << bits.min(63));
    let message = format!("board `{}` has no room for {missing} objects of {size}", board.name);
    let (span, noun) = match object.map(|object| &facts.model[object]) {
        Some(object) => (object.span, object.kind.noun()),
        None => (facts.model.target.span, "memory for the loader itself"),
    };
    let label = format!("the first without a place, {noun}");
    let needed = facts.numbering.runs.iter().filter(|run| run.inside.is_none());
    let needed = needed.fold(0_u64, |sum, run| sum.saturating_add(bytes(run)));
    let memory: u64 = board.memory.iter().map(|range| range.len()).sum();
    let (needed, memory) = (written(needed), written(memory));
    Diagnostic::error(Code::OUT_OF_MEMORY, message)
        .at(span, label)
        .note(format!("the system needs {needed}, the board has {memory} with the kernel's part"))
        .note(format!("largest users: {}", largest(facts)))
        .help("make what is largest smaller, or choose a board with more memory")
}

/// Who needs most memory.
fn largest(facts: &Facts<'_>) -> String {
    let mut users: BTreeMap<String, u64> = BTreeMap::new();
    let outer = facts.numbering.order.iter().flatten().map(|id| &facts.model[*id]);
    for object in outer.filter(|object| object.inside.is_none()) {
        let user = match (object.owner, &object.kind) {
            (Some(owner), _) => format!("component `{}`", facts.component(owner)),
            (None, Kind::Untyped(_)) => format!("untyped memory `{}`", object.name),
            (None, kind) => format!("all {}s", kind.noun()),
        };
        let size = object.kind.size_bits().and_then(|bits| 1_u64.checked_shl(bits));
        let bytes = users.entry(user).or_default();
        *bytes = bytes.saturating_add(size.unwrap_or(0));
    }
    let mut users: Vec<(String, u64)> = users.into_iter().collect();
    users.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let users = users.into_iter().take(LARGEST);
    users.map(|(user, bytes)| format!("{user} {}", written(bytes))).collect::<Vec<_>>().join(", ")
}

/// A number of bytes as people write it.
fn written(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit = (0..5).rev().find(|unit| bytes >> (10 * unit) >= 4 || *unit == 0).unwrap_or(0);
    let whole = bytes.div_ceil(1 << (10 * unit));
    match bytes {
        bytes if bytes.is_power_of_two() && bytes >= 1024 => {
            let unit = bytes.ilog2() / 10;
            format!("{} {}", bytes >> (10 * unit.min(4)), units[unit.min(4) as usize])
        }
        _ => format!("{whole} {}", units[unit]),
    }
}

fn check_slots(
    facts: &Facts<'_>,
    board: &Board,
    forecast: &Forecast,
    skips: u64,
    findings: &mut Findings,
) {
    let model = facts.model;
    // What cannot be packed is told apart; the objects need their slots nevertheless.
    let cells = pack::slots_needed(model).unwrap_or(facts.numbering.total());
    let needed = u64::from(cells) + skips + OWN_SLOTS;
    let free = forecast.empty.len();
    if needed <= free {
        return;
    }
    let bits = model.target.root_cnode_bits;
    let message = format!("the system needs {needed} slots, the loader has {free}");
    let used = (1_u64 << bits.min(20)).saturating_sub(free);
    let label = format!("2^{bits} slots, {used} of them the kernel's");
    let span = super::slots::somewhere(model.target.span, most_numerous(facts));
    let wrong = Diagnostic::error(Code::OUT_OF_SLOTS, message).at(span, label);
    let fitting = (8..=20).find(|bits| (1_u64 << bits) - used.min(1 << bits) >= needed);
    let wrong = wrong.note(format!("on board `{}`", board.name));
    findings.push(match fitting {
        Some(bits) => wrong.help(format!("write `root_cnode_bits = {bits}`")),
        None => wrong.help("let components create objects of untyped memory themselves"),
    });
}

/// Where the first of the objects is described of whose kind and size there are most in a row:
/// other formats do not say how many slots there are.
fn most_numerous(facts: &Facts<'_>) -> Span {
    let most = facts.numbering.runs.iter().max_by_key(|run| run.count);
    let first = most.and_then(|run| facts.numbering.order.get(run.first.0 as usize).copied());
    first.flatten().map_or(Span::NOWHERE, |id| facts.model[id].span)
}
