//! O107, O108, O116: what a thread needs to run.

use layout::ObjectId;
use layout::cap::Cap;
use layout::object::{Kind, Object};
use layout::thread::{Role, Thread};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every thread.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (id, object, thread) in facts.threads() {
        if thread.resumed {
            let is_first = object.owner.is_some_and(|owner| facts.model[owner].thread == Some(id));
            check_complete(object, thread, is_first, findings);
        }
        let space = thread.role(Role::VSpace).and_then(|entry| match entry.cap {
            Cap::PageTable(space) => Some(space),
            _ => None,
        });
        if let Some(space) = space {
            check_buffer(facts, object, thread, space, findings);
            check_entry(facts, object, thread, space, findings);
        }
    }
}

/// The first thread of a component begins where its program does: without an entry, the program
/// could not be used, which was told, and may bring a stack.
fn check_complete(object: &Object, thread: &Thread, is_first: bool, findings: &mut Findings) {
    // A component can be passive; whether it then gets time is another check's matter (T307).
    let is_passive = object.owner.is_some();
    let is_unknown = is_first && thread.entry.is_none();
    let (stack, not_resumed) = match is_first {
        true => ("write `stack = \"16K\"`", "write `start = false`"),
        false => ("give it a stack pointer", "do not resume it"),
    };
    let lacks = [
        (thread.entry.is_none() && !is_unknown, "an entry", "say where it begins"),
        (thread.stack == 0 && !is_unknown, "a stack", stack),
        (thread.role(Role::VSpace).is_none(), "an address space", "give it one"),
        (
            thread.role(Role::SchedContext).is_none() && !is_passive,
            "a scheduling context",
            "give it time, or let others call it",
        ),
    ];
    for (_, what, remedy) in lacks.into_iter().filter(|(lacks, _, _)| *lacks) {
        let message = format!("thread `{}` is to run without {what}", object.name);
        let wrong = Diagnostic::error(Code::THREAD_INCOMPLETE, message).at(object.span, "");
        findings.push(wrong.help(format!("{remedy}, or {not_resumed}")));
    }
}

fn check_buffer(
    facts: &Facts<'_>,
    object: &Object,
    thread: &Thread,
    space: ObjectId,
    findings: &mut Findings,
) {
    let Some(entry) = thread.role(Role::Buffer) else { return };
    let Cap::Frame { object: frame, .. } = entry.cap else { return };
    let (name, address) = (&object.name, thread.buffer_address);
    let mapping = facts.mapping_at(space, address);
    let label = match mapping {
        None => format!("nothing is mapped at {address:#x}"),
        Some(found) if found.frame != frame => {
            format!("at {address:#x} is frame `{}`", facts.model[found.frame].name)
        }
        Some(found) if !found.is_writable() => format!("at {address:#x} it cannot be written"),
        Some(_) => return,
    };
    let message = format!("the IPC buffer of thread `{name}` is not mapped where it is looked for");
    let wrong = Diagnostic::error(Code::BUFFER_UNMAPPED, message).at(entry.span, label);
    let wrong = match mapping {
        Some(found) => wrong.at(found.span, "mapped here"),
        None => wrong.at(facts.model[space].span, "the address space"),
    };
    let frame = &facts.model[frame].name;
    findings.push(wrong.help(format!("map frame `{frame}` readable and writable at {address:#x}")));
}

fn check_entry(
    facts: &Facts<'_>,
    object: &Object,
    thread: &Thread,
    space: ObjectId,
    findings: &mut Findings,
) {
    let Some(entry) = thread.entry.filter(|_| thread.resumed) else { return };
    let mapping = facts.mapping_at(space, entry.value);
    let label = match mapping {
        None => format!("nothing is mapped at {:#x}", entry.value),
        Some(found) if !found.is_executable() => {
            format!("what is mapped at {:#x} cannot be executed", entry.value)
        }
        Some(_) => return,
    };
    // Who has a pager can begin without memory.
    if mapping.is_none() && thread.role(Role::FaultHandler).is_some() {
        return;
    }
    let message = format!("thread `{}` begins where nothing can be executed", object.name);
    let span = super::slots::somewhere(entry.span, object.span);
    let wrong = Diagnostic::error(Code::ENTRY_UNMAPPED, message).at(span, label);
    let wrong = mapping.map_or(wrong.clone(), |found| wrong.at(found.span, "mapped here"));
    findings.push(wrong.help("map the program there, readable and executable"));
}

/// Whether an object is a thread's time, for other checks.
pub(super) fn sched_context(thread: &Thread) -> Option<ObjectId> {
    match thread.role(Role::SchedContext)?.cap {
        Cap::SchedContext(context) => Some(context),
        _ => None,
    }
}

/// The time of a thread: its scheduling context's parameters.
pub(super) fn time<'a>(
    facts: &Facts<'a>,
    thread: &Thread,
) -> Option<&'a layout::thread::SchedContext> {
    match &facts.model[sched_context(thread)?].kind {
        Kind::SchedContext(context) => Some(context),
        _ => None,
    }
}
