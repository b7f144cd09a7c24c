//! The section `caps`.

use layout::cap::Cap;
use layout::object::{Kind, Object};
use layout::thread::Role;
use layout::{ObjectId, Rights, Span};

use super::Writer;

impl<'m> Writer<'m> {
    /// All capabilities.
    pub(super) fn all_caps(&self) -> impl Iterator<Item = Cap> + 'm {
        let model = self.model;
        model.objects.iter().flat_map(|object| {
            let roles = match &object.kind {
                Kind::Thread(thread) => thread.roles.as_slice(),
                _ => &[],
            };
            let notification = match &object.kind {
                Kind::Irq(irq) => irq.notification,
                _ => None,
            };
            let slots = object.kind.slots().iter().map(|entry| entry.cap);
            slots.chain(roles.iter().map(|entry| entry.cap)).chain(notification)
        })
    }

    /// What is in the slots of all objects.
    pub(super) fn slots(&mut self) {
        for (id, object) in self.model.objects() {
            let lines = self.lines_of(object);
            if !lines.is_empty() {
                let name = self.names.reference(id);
                self.line(format_args!("  {name} {{"));
                lines.iter().for_each(|line| self.line(format_args!("    {line}")));
                self.line("  }");
            }
        }
    }

    fn lines_of(&mut self, object: &'m Object) -> Vec<String> {
        match &object.kind {
            Kind::Thread(thread) => {
                let mut lines = Vec::new();
                for entry in &thread.roles {
                    if entry.role == Role::TimeoutHandler {
                        self.check_timeout_handler(entry.cap, object, entry.span);
                    }
                    let cap = self.cap(entry.cap, entry.span, self.model);
                    lines.push(format!("{}: {cap}", slot_name(entry.role)));
                }
                lines
            }
            Kind::Irq(irq) => {
                let cap = irq.notification.map(|cap| self.cap(cap, object.span, self.model));
                cap.into_iter().map(|cap| format!("0: {cap}")).collect()
            }
            kind => {
                let entries = kind.slots().iter();
                let line = |entry: &layout::cap::Entry| {
                    format!("{}: {}", entry.slot, self.cap(entry.cap, entry.span, self.model))
                };
                entries.map(line).collect()
            }
        }
    }

    /// Upstream's loaders drop the badge of this one.
    fn check_timeout_handler(&mut self, cap: Cap, object: &Object, span: Span) {
        if let Cap::Endpoint { badge: Some(_), .. } = cap {
            let what = format!("the badge of the timeout handler of `{}`", object.name);
            self.facts.lost(span, what);
        }
    }

    fn cap(&mut self, cap: Cap, span: Span, model: &layout::Model) -> String {
        let mut parameters = Vec::new();
        match cap {
            Cap::Endpoint { rights, badge, .. } | Cap::Notification { rights, badge, .. } => {
                parameters.extend(letters(rights, false));
                self.badge(badge, span, &mut parameters);
            }
            Cap::Frame { rights, attributes, .. } => {
                parameters.extend(letters(rights, !attributes.execute_never));
                parameters.extend((!attributes.cacheable).then(|| "uncached".into()));
            }
            Cap::CNode { object, guard, guard_bits } => {
                let bits = guard_bits.unwrap_or_else(|| rest_of_word(object, model));
                if (guard, bits) != (0, 0) {
                    parameters.push(format!("guard: {guard:#x}, guard_size: {bits}"));
                }
            }
            // Its other rights mean nothing.
            Cap::Reply { object, rights } if !rights.contains(Rights::GRANT) => {
                let who = model[object].owner.map_or(&model[object].name, |id| &model[id].name);
                let what = format!("that answers of `{who}` carry no capabilities");
                let help = "in capDL they always may: write `answers_grant = true`, if it may";
                self.facts.lost_unless(span, what, help);
            }
            Cap::SchedControl { core } => parameters.push(format!("core: {core}")),
            Cap::SecureMonitor { badge } => self.badge(badge, span, &mut parameters),
            _ => {}
        }
        let name = match cap {
            Cap::IrqControl => "irq_control".into(),
            Cap::AsidControl => "asid_control".into(),
            Cap::SchedControl { .. } => "sched_control".into(),
            Cap::DomainControl => "domain".into(),
            Cap::SecureMonitor { .. } => self.names.firmware.clone(),
            _ => cap.object().map(|id| self.names.reference(id)).unwrap_or_default(),
        };
        if parameters.is_empty() { name } else { format!("{name} ({})", parameters.join(", ")) }
    }

    fn badge(&mut self, badge: Option<u64>, span: Span, parameters: &mut Vec<String>) {
        match badge {
            None => {}
            Some(0) => self.facts.lost(span, "the badge 0: there it is no badge"),
            Some(badge) => parameters.push(format!("badge: {badge:#x}")),
        }
    }
}

/// The bits of a lookup that a CNode leaves.
fn rest_of_word(node: ObjectId, model: &layout::Model) -> u64 {
    match model.objects.get(node.index()).map(|object| &object.kind) {
        Some(Kind::CNode(node)) => 64_u64.saturating_sub(node.bits),
        _ => 0,
    }
}

/// Rights as letters; nothing for none.
fn letters(rights: Rights, is_executable: bool) -> Option<String> {
    let all = [
        (rights.contains(Rights::READ), 'R'),
        (rights.contains(Rights::WRITE), 'W'),
        (is_executable, 'X'),
        (rights.contains(Rights::GRANT), 'G'),
        (rights.contains(Rights::GRANT_REPLY), 'P'),
    ];
    let letters: String = all.iter().filter(|(has, _)| *has).map(|(_, letter)| letter).collect();
    (!letters.is_empty()).then_some(letters)
}

fn slot_name(role: Role) -> &'static str {
    match role {
        Role::CSpace => "cspace",
        Role::VSpace => "vspace",
        Role::Buffer => "ipc_buffer_slot",
        Role::FaultHandler => "fault_ep_slot",
        Role::TimeoutHandler => "temp_fault_ep_slot",
        Role::SchedContext => "sc_slot",
        Role::Notification => "bound_notification",
    }
}
