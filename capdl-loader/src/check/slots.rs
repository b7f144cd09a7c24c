//! O101, O102, O103, O111: what is in slots.

use std::collections::HashMap;

use layout::cap::{Cap, Entry};
use layout::object::{Kind, Object};
use layout::thread::{Role, RoleEntry};
use layout::{Model, Span};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Slots of a table and of an ASID pool.
const ENTRIES: u64 = 512;
/// Entries of a table of level 0 that translate user space.
const USER_ENTRIES: u64 = 256;

/// Looks at every slot.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut seen = HashMap::new();
    for object in &facts.model.objects {
        check_range(object, findings);
        check_twice(object, &mut seen, findings);
        for entry in object.kind.slots() {
            check_type(facts.model, object, entry, findings);
        }
        match &object.kind {
            Kind::Thread(thread) => check_roles(facts.model, object, &thread.roles, findings),
            Kind::Irq(irq) => {
                let is_wrong = |cap: &Cap| !matches!(cap, Cap::Notification { .. });
                if let Some(cap) = irq.notification.filter(is_wrong) {
                    let noun = noun(facts.model, &cap);
                    let message = format!("interrupt `{}` cannot signal {noun}", object.name);
                    let wrong = Diagnostic::error(Code::SLOT_TYPE, message).at(object.span, "");
                    findings.push(wrong.help("give it a capability to a notification"));
                }
            }
            _ => {}
        }
    }
}

/// What a slot is called, and how many there are. `None`: there are none.
fn slots_of(object: &Object) -> Option<(&'static str, u64)> {
    Some(match &object.kind {
        Kind::CNode(node) => {
            let bits = u32::try_from(node.bits).unwrap_or(u32::MAX);
            ("slot", 1_u64.checked_shl(bits).unwrap_or(u64::MAX))
        }
        Kind::PageTable(table) if table.level == 0 => ("entry", USER_ENTRIES),
        Kind::PageTable(_) => ("entry", ENTRIES),
        Kind::AsidPool(_) => ("place", ENTRIES),
        _ => return None,
    })
}

fn check_range(object: &Object, findings: &mut Findings) {
    let Some((word, count)) = slots_of(object) else { return };
    for entry in object.kind.slots().iter().filter(|entry| entry.slot >= count) {
        let (name, slot, noun) = (&object.name, entry.slot, object.kind.noun());
        let message = format!("{noun} `{name}` has no {word} {slot}");
        let label = match count {
            USER_ENTRIES => "outside of user space, whose last entry is 255".to_owned(),
            _ => format!("the last {word} is {}", count - 1),
        };
        let wrong = Diagnostic::error(Code::SLOT_RANGE, message).at(entry.span, label);
        let needed = u64::BITS - slot.leading_zeros();
        findings.push(match object.kind {
            Kind::CNode(_) => wrong
                .at(object.span, "described here")
                .help(format!("make the CNode larger ({needed} bits), or use a lower slot")),
            _ => wrong.help("use a lower number"),
        });
    }
}

fn check_twice<'a>(
    object: &'a Object,
    seen: &mut HashMap<u64, &'a Entry>,
    findings: &mut Findings,
) {
    let slots = object.kind.slots();
    // Slots that ascend are each used once, and nearly always do.
    if slots.is_sorted_by(|one, next| one.slot < next.slot) {
        return;
    }
    seen.clear();
    for entry in slots {
        let Some(first) = seen.insert(entry.slot, entry) else { continue };
        let (name, slot, noun) = (&object.name, entry.slot, object.kind.noun());
        let wrong = match &object.kind {
            Kind::PageTable(_) => {
                let message = format!("entry {slot} of {noun} `{name}` maps two things");
                Diagnostic::error(Code::MAPPED_TWICE, message)
            }
            _ => {
                let message = format!("slot {slot} of {noun} `{name}` is used twice");
                Diagnostic::error(Code::SLOT_TWICE, message)
            }
        };
        let wrong = wrong.at(entry.span, "again").at(first.span, "first");
        findings.push(wrong.help("move one of the two to a free place"));
    }
}

fn check_type(model: &Model, object: &Object, entry: &Entry, findings: &mut Findings) {
    let expected = match (&object.kind, entry.cap) {
        (Kind::PageTable(_), Cap::Frame { .. } | Cap::PageTable(_)) => return,
        (Kind::PageTable(_), _) => "a frame or a page table",
        (Kind::AsidPool(_), Cap::PageTable(table)) if is_space(model, table) => return,
        (Kind::AsidPool(_), _) => "an address space",
        _ => return,
    };
    let found = noun(model, &entry.cap);
    let (name, noun) = (&object.name, object.kind.noun());
    let message = format!("{noun} `{name}` cannot hold {found}");
    let wrong = Diagnostic::error(Code::SLOT_TYPE, message);
    findings
        .push(wrong.at(entry.span, format!("not {expected}")).help(format!("put {expected} here")));
}

fn is_space(model: &Model, table: layout::ObjectId) -> bool {
    matches!(&model[table].kind, Kind::PageTable(table) if table.level == 0)
}

fn check_roles(model: &Model, object: &Object, roles: &[RoleEntry], findings: &mut Findings) {
    for (index, entry) in roles.iter().enumerate() {
        let name = &object.name;
        if let Some(first) = roles[..index].iter().find(|first| first.role == entry.role) {
            let message = format!("thread `{name}` has two capabilities for {}", word(entry.role));
            let wrong = Diagnostic::error(Code::SLOT_TWICE, message).at(entry.span, "again");
            findings.push(wrong.at(first.span, "first").help("leave one of the two out"));
        }
        let expected = match (entry.role, entry.cap) {
            (Role::CSpace, Cap::CNode { .. })
            | (Role::Buffer, Cap::Frame { .. })
            | (Role::FaultHandler | Role::TimeoutHandler, Cap::Endpoint { .. })
            | (Role::SchedContext, Cap::SchedContext(_))
            | (Role::Notification, Cap::Notification { .. }) => continue,
            (Role::VSpace, Cap::PageTable(table)) if is_space(model, table) => continue,
            (Role::CSpace, _) => "a CNode",
            (Role::VSpace, _) => "an address space",
            (Role::Buffer, _) => "a frame",
            (Role::FaultHandler | Role::TimeoutHandler, _) => "an endpoint",
            (Role::SchedContext, _) => "a scheduling context",
            (Role::Notification, _) => "a notification",
        };
        let (role, found) = (word(entry.role), noun(model, &entry.cap));
        let message = format!("thread `{name}` cannot have {found} for {role}");
        let wrong = Diagnostic::error(Code::SLOT_TYPE, message);
        let wrong = wrong.at(entry.span, format!("not {expected}"));
        findings.push(wrong.help(format!("give it {expected}")));
    }
}

/// What a capability of a thread is for.
fn word(role: Role) -> &'static str {
    match role {
        Role::CSpace => "its CSpace",
        Role::VSpace => "its address space",
        Role::Buffer => "its IPC buffer",
        Role::FaultHandler => "its fault handler",
        Role::TimeoutHandler => "its timeout handler",
        Role::SchedContext => "its time",
        Role::Notification => "its bound notification",
    }
}

/// What a capability is to, for messages.
pub(super) fn noun(model: &Model, cap: &Cap) -> String {
    match cap.object() {
        Some(id) => format!("{} `{}`", model[id].kind.noun(), model[id].name),
        None => match cap {
            Cap::IrqControl => "control of interrupts".to_owned(),
            Cap::AsidControl => "control of ASIDs".to_owned(),
            Cap::SchedControl { core } => format!("control of the time of core {core}"),
            Cap::DomainControl => "control of domains".to_owned(),
            _ => "calls to the firmware".to_owned(),
        },
    }
}

/// The place where something is written, or else another.
pub(super) fn somewhere(span: Span, otherwise: Span) -> Span {
    if span.is_somewhere() { span } else { otherwise }
}
