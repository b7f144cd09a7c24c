//! What is in slots.

use layout::cap::{Cap, Entry};
use layout::object::Kind;
use layout::thread::RoleEntry;
use layout::{ObjectId, Rights, Span, VmAttributes};

use super::fields::Fields;
use super::value::{Json, Node};
use super::{Meaning, Reader};
use crate::code::Code;
use crate::front::thread_slots::THREAD_SLOTS;

impl Reader<'_> {
    /// The member `slots`: pairs, or objects with `slot` and `cap`.
    pub(super) fn slots(&mut self, fields: &mut Fields<'_, '_>) -> Vec<Entry> {
        let Some(slots) = fields.required("slots", self.problems) else { return Vec::new() };
        let slots = self.list(slots);
        slots.iter().filter_map(|node| self.slot(node)).collect()
    }

    fn slot(&mut self, node: &Node<'_>) -> Option<Entry> {
        let (slot, cap) = match &node.value {
            Json::List(pair) if pair.len() == 2 => (&pair[0], &pair[1]),
            _ => {
                let mut fields = self.fields(node, "a slot")?;
                let slot = fields.required("slot", self.problems);
                let cap = fields.required("cap", self.problems);
                fields.report_rest(self.problems);
                (slot?, cap?)
            }
        };
        let slot = self.number(slot)?;
        let cap = self.cap(cap)?;
        Some(Entry { slot, cap, span: node.span })
    }

    /// The slots of a thread by their use.
    pub(super) fn roles(&mut self, fields: &mut Fields<'_, '_>) -> Vec<RoleEntry> {
        let slots = self.slots(fields);
        slots.into_iter().filter_map(|entry| self.role(entry)).collect()
    }

    fn role(&mut self, entry: Entry) -> Option<RoleEntry> {
        let slot = usize::try_from(entry.slot).ok().and_then(|slot| THREAD_SLOTS.get(slot));
        let message = match slot {
            Some((_, Some(role))) => {
                return Some(RoleEntry { role: *role, cap: entry.cap, span: entry.span });
            }
            Some((name, None)) => {
                format!("with MCS a thread of this machine has no slot {} ({name})", entry.slot)
            }
            None => format!("a thread has no slot {}", entry.slot),
        };
        let help = "threads have the slots 0, 1 and 4 to 8";
        self.problems.error(Code::SLOT_RANGE, entry.span, message, help);
        None
    }

    /// `{"Endpoint": {"object": 3, ...}}`.
    fn cap(&mut self, node: &Node<'_>) -> Option<Cap> {
        let (variant, properties) = self.variant(node, "a capability")?;
        let mut fields = self.fields(properties.unwrap_or(node), "what a capability is")?;
        let object = fields.required("object", self.problems)?;
        let meaning = self.meaning(object)?;
        let badge = self.number_or_null(&mut fields, "badge");
        let id = match meaning {
            Meaning::Object(id) => id,
            Meaning::Domains => return self.finish(fields, Cap::DomainControl),
            Meaning::SecureMonitor => return self.finish(fields, Cap::SecureMonitor { badge }),
            // What is wrong has been told.
            Meaning::Refused => return None,
        };
        // In this format 0 is no badge.
        let cap = self.cap_to(&variant, id, badge.filter(|badge| *badge != 0), &mut fields);
        let Some(cap) = cap else {
            let variant: String = variant.chars().take(40).collect();
            let message = format!("`{variant}` is no capability of this machine");
            let help = "take it out";
            self.problems.error(Code::FOREIGN, node.span, message, help);
            return None;
        };
        self.check_object(cap, id, object.span);
        self.finish(fields, cap)
    }

    fn finish(&mut self, fields: Fields<'_, '_>, cap: Cap) -> Option<Cap> {
        fields.report_rest(self.problems);
        Some(cap)
    }

    fn cap_to(
        &mut self,
        variant: &str,
        object: ObjectId,
        badge: Option<u64>,
        fields: &mut Fields<'_, '_>,
    ) -> Option<Cap> {
        Some(match variant {
            "untyped" => Cap::Untyped(object),
            "endpoint" => Cap::Endpoint { object, rights: self.rights(fields), badge },
            "notification" => Cap::Notification { object, rights: self.rights(fields), badge },
            "reply" => Cap::Reply { object, rights: Rights::ALL },
            "cnode" => {
                let guard = self.number_in(fields, "guard");
                let guard_bits = Some(self.number_in(fields, "guard_size"));
                Cap::CNode { object, guard, guard_bits }
            }
            "tcb" => Cap::Thread(object),
            "schedcontext" => Cap::SchedContext(object),
            "frame" => {
                let rights = self.rights(fields);
                let cacheable = self.truth_or(fields, "cached", true);
                let grant = rights.contains(Rights::GRANT);
                let execute_never = !self.truth_or(fields, "executable", grant);
                let attributes = VmAttributes { cacheable, execute_never };
                Cap::Frame { object, rights: rights.and(Rights::READ_WRITE), attributes }
            }
            "pagetable" => Cap::PageTable(object),
            "asidpool" => Cap::AsidPool(object),
            "irqhandler" | "armirqhandler" => Cap::Irq(object),
            _ => return None,
        })
    }

    fn rights(&mut self, fields: &mut Fields<'_, '_>) -> Rights {
        let node = fields.required("rights", self.problems);
        let Some(mut fields) = node.and_then(|node| self.fields(node, "`rights`")) else {
            return Rights::NONE;
        };
        let all = [
            ("read", Rights::READ),
            ("write", Rights::WRITE),
            ("grant", Rights::GRANT),
            ("grant_reply", Rights::GRANT_REPLY),
        ];
        let rights = all.into_iter().fold(Rights::NONE, |rights, (name, right)| {
            if self.truth_or(&mut fields, name, false) { rights.or(right) } else { rights }
        });
        fields.report_rest(self.problems);
        rights
    }

    /// An object that stands before its capability shows whether they fit; others do so later.
    fn check_object(&mut self, cap: Cap, id: ObjectId, span: Span) {
        let Some(object) = self.model.objects.get(id.index()) else { return };
        let fits = matches!(
            (cap, &object.kind),
            (Cap::Untyped(_), Kind::Untyped(_))
                | (Cap::Endpoint { .. }, Kind::Endpoint)
                | (Cap::Notification { .. }, Kind::Notification)
                | (Cap::Reply { .. }, Kind::Reply)
                | (Cap::CNode { .. }, Kind::CNode(_))
                | (Cap::Thread(_), Kind::Thread(_))
                | (Cap::SchedContext(_), Kind::SchedContext(_))
                | (Cap::Frame { .. }, Kind::Frame(_))
                | (Cap::PageTable(_), Kind::PageTable(_))
                | (Cap::AsidPool(_), Kind::AsidPool(_))
                | (Cap::Irq(_), Kind::Irq(_))
        );
        if !fits {
            let message =
                format!("`{}` is another kind of object: {}", object.name, object.kind.noun());
            let help = "take the number of an object that fits the capability";
            self.problems.error(Code::WRONG_TYPE, span, message, help);
        }
    }
}
