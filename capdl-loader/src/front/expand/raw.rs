//! Objects and capabilities in the kernel's terms.
//!
//! All objects are made first and filled later, so that their order does not matter.

use abi::directory::Kind as Entry;
use layout::cap::{Cap, Derivation, Entry as SlotEntry, Place};
use layout::memory::{BootPart, Fill, Frame, PageTable, Position, Source};
use layout::object::{AsidPool, CNode, CoreSignal, Irq, Kind, ObjectId, Untyped};
use layout::span::{Span, Spanned};
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Rights, VmAttributes};

use super::{Expander, channels, memory};
use crate::Diagnostic;
use crate::code::Code;
use crate::front::format::component::Control;
use crate::front::format::raw as spec;
use crate::front::forms::{Keyed, Name, Named};

impl Expander<'_> {
    /// Makes all of them, and gives components what they are granted.
    pub(super) fn raw_objects(&mut self) {
        let Some(raw) = &self.layout.raw else { return };
        // Untyped memory comes first, because others may lie inside of it.
        self.raw_all(&raw.untyped, |untyped| {
            let spec::RawUntyped { bits, address, inside } = untyped;
            (Kind::Untyped(Untyped { bits: *bits, address: *address }), inside)
        });
        self.raw_all(&raw.endpoint, |plain| (Kind::Endpoint, &plain.inside));
        self.raw_all(&raw.notification, |plain| (Kind::Notification, &plain.inside));
        self.raw_all(&raw.reply, |plain| (Kind::Reply, &plain.inside));
        self.raw_all(&raw.cnode, |node| {
            (Kind::CNode(CNode { bits: node.bits, slots: Vec::new() }), &node.inside)
        });
        self.raw_all(&raw.sched_context, |time| (Kind::SchedContext(context(time)), &time.inside));
        self.raw_all(&raw.thread, |thread| {
            (Kind::Thread(Box::new(set_up(thread))), &thread.inside)
        });
        self.raw_all(&raw.frame, |frame| {
            let position = frame.address.map_or(Position::Anywhere, Position::At);
            let size = memory::frame_size(frame.size);
            (Kind::Frame(Frame { size, position, fills: Vec::new() }), &frame.inside)
        });
        self.raw_all(&raw.page_table, |table| {
            // Levels that do not exist are no byte's worth.
            let level = u8::try_from(table.level).unwrap_or(u8::MAX);
            (Kind::PageTable(PageTable { level, slots: Vec::new() }), &table.inside)
        });
        self.raw_all(&raw.asid_pool, |pool| {
            (Kind::AsidPool(AsidPool { high: pool.high, slots: Vec::new() }), &None)
        });
        self.raw_all(&raw.irq, |irq| {
            let (number, trigger) = (Some(irq.intid), channels::trigger(irq.trigger));
            let irq = Irq { number, trigger, core: irq.core, notification: None };
            (Kind::Irq(irq), &None)
        });
        self.raw_all(&raw.core_signal, |signal| {
            let spec::RawCoreSignal { number, core } = *signal;
            (Kind::CoreSignal(CoreSignal { number, core }), &None)
        });
        self.grants(&raw.grant);
    }

    /// Makes all objects of a kind.
    fn raw_all<'s, T>(
        &mut self,
        all: &'s Keyed<T>,
        make: impl Fn(&'s T) -> (Kind, &'s Option<Name>),
    ) {
        // Memory may be named before it is described.
        let mut lies = Vec::new();
        for entry in &all.entries {
            let (kind, inside) = make(&entry.value);
            if let Some(other) = self.scope.objects.get(&entry.name) {
                let other = self.model[*other].span;
                let message = format!("two objects are called `{}`", entry.name);
                let wrong = Diagnostic::error(Code::DUPLICATE_NAME, message);
                self.report.push(wrong.at(entry.span, "this one").at(other, "and this one"));
                continue;
            }
            let id = self.add(None, entry.name.clone(), kind, entry.span);
            lies.extend(inside.as_ref().map(|name| (id, name)));
        }
        for (id, name) in lies {
            self.model[id].inside = self.object(name);
        }
    }

    fn grants(&mut self, grants: &Keyed<Keyed<spec::RawCap>>) {
        for component in &grants.entries {
            let name = super::spanned(component.name.clone(), component.span);
            let Some(draft) = self.component(&name) else { continue };
            for grant in &component.value.entries {
                if let Some(cap) = self.raw_cap(&grant.value, grant.span) {
                    self.hold(draft, Entry::Cap, grant.name.clone(), cap, grant.span);
                }
            }
        }
    }

    /// Fills everything that has slots, roles or contents.
    pub(super) fn raw_capabilities(&mut self) {
        let Some(raw) = &self.layout.raw else { return };
        for node in &raw.cnode.entries {
            let slots = self.slots(&node.value.slot);
            self.filled_with(node, |kind| {
                if let Kind::CNode(node) = kind {
                    node.slots = slots;
                }
            });
        }
        for table in &raw.page_table.entries {
            let slots = self.slots(&table.value.slot);
            self.filled_with(table, |kind| {
                if let Kind::PageTable(table) = kind {
                    table.slots = slots;
                }
            });
        }
        for pool in &raw.asid_pool.entries {
            let slots = self.slots(&pool.value.slot);
            self.filled_with(pool, |kind| {
                if let Kind::AsidPool(pool) = kind {
                    pool.slots = slots;
                }
            });
        }
        for thread in &raw.thread.entries {
            let roles = self.raw_roles(thread);
            self.filled_with(thread, |kind| {
                if let Kind::Thread(thread) = kind {
                    thread.roles = roles;
                }
            });
        }
        for irq in &raw.irq.entries {
            let cap = irq.value.notification.as_ref();
            let cap = cap.and_then(|cap| self.raw_cap(cap, irq.span));
            self.filled_with(irq, |kind| {
                if let Kind::Irq(irq) = kind {
                    irq.notification = cap;
                }
            });
        }
        for frame in &raw.frame.entries {
            let fills = frame.value.fill.0.iter().filter_map(|fill| self.raw_fill(fill)).collect();
            self.filled_with(frame, |kind| {
                if let Kind::Frame(frame) = kind {
                    frame.fills = fills;
                }
            });
        }
        for derivation in &raw.derive {
            if let Some(derivation) = self.derivation(derivation) {
                self.model.derivations.push(derivation);
            }
        }
    }

    /// Changes the object that was made of this entry.
    fn filled_with<T>(&mut self, entry: &Named<T>, fill: impl FnOnce(&mut Kind)) {
        if let Some(id) = self.scope.objects.get(&entry.name)
            && self.model[*id].span == entry.span
        {
            fill(&mut self.model[*id].kind);
        }
    }

    fn slots(&mut self, slots: &Keyed<spec::RawCap>) -> Vec<SlotEntry> {
        let mut entries = Vec::new();
        for slot in &slots.entries {
            let number = match slot.name.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => slot.name.parse(),
            };
            let Ok(number) = number else {
                let message = format!("the slot `{}` is not a number", slot.name);
                self.error(
                    Code::NUMBER,
                    message,
                    slot.span,
                    ("not a number", "write it in decimal, or hexadecimal behind `0x`"),
                );
                continue;
            };
            if let Some(cap) = self.raw_cap(&slot.value, slot.span) {
                entries.push(SlotEntry { slot: number, cap, span: slot.span });
            }
        }
        entries.sort_by_key(|entry| entry.slot);
        entries
    }

    fn raw_roles(&mut self, thread: &Named<spec::RawThread>) -> Vec<RoleEntry> {
        let value = &thread.value;
        let roles = [
            (Role::CSpace, &value.cspace),
            (Role::VSpace, &value.vspace),
            (Role::Buffer, &value.buffer),
            (Role::FaultHandler, &value.fault_handler),
            (Role::TimeoutHandler, &value.timeout_handler),
            (Role::SchedContext, &value.sched_context),
            (Role::Notification, &value.notification),
        ];
        let mut entries = Vec::new();
        for (role, cap) in roles {
            let Some(cap) = cap else { continue };
            let span = cap.to.as_ref().map_or(thread.span, |name| name.span);
            if let Some(cap) = self.raw_cap(cap, span) {
                entries.push(RoleEntry { role, cap, span });
            }
        }
        entries
    }

    fn raw_fill(&mut self, fill: &Spanned<spec::RawFill>) -> Option<Fill> {
        let spec::RawFill { at, length, offset, file, boot } = &fill.value;
        let (at, length, offset) = (*at, *length, *offset);
        let source = match (file, boot) {
            (Some(file), None) => {
                Source::File { content: self.files.get(file, self.report), offset }
            }
            (None, Some(part)) => Source::BootInfo { part: boot_part(*part), offset },
            _ => {
                let message = "a fill is of one of `file` and `boot`";
                self.error(
                    Code::WRONG_TYPE,
                    message,
                    fill.span,
                    ("not one of them", "write one of them"),
                );
                return None;
            }
        };
        Some(Fill { at, length, source, span: fill.span })
    }

    fn derivation(&mut self, written: &Spanned<spec::RawDerivation>) -> Option<Derivation> {
        let spec::RawDerivation { child, parent } = &written.value;
        let [child, parent] = [child, parent]
            .map(|place| Some(Place { node: self.object(&place.cnode)?, slot: place.slot }));
        Some(Derivation { child: child?, parent: parent?, span: written.span })
    }

    /// The capability that is written.
    fn raw_cap(&mut self, cap: &spec::RawCap, span: Span) -> Option<Cap> {
        match (&cap.to, &cap.control) {
            (Some(name), None) => {
                let object = self.object(name)?;
                let rights = self.rights(cap)?;
                Some(self.cap_to(object, rights, cap))
            }
            (None, Some(control)) => Some(match control.value {
                Control::Irq => Cap::IrqControl,
                Control::Asid => Cap::AsidControl,
                Control::Sched => Cap::SchedControl { core: cap.core },
                Control::Domain => Cap::DomainControl,
                Control::SecureMonitor => Cap::SecureMonitor { badge: cap.badge },
            }),
            _ => {
                let message = "a capability is one of `to` and `control`";
                self.error(
                    Code::WRONG_TYPE,
                    message,
                    span,
                    ("not one of them", "write one of them"),
                );
                None
            }
        }
    }

    /// The capability to an object that its kind has.
    fn cap_to(&self, object: ObjectId, rights: Rights, cap: &spec::RawCap) -> Cap {
        let badge = cap.badge;
        let attributes = VmAttributes { cacheable: cap.cached, execute_never: !cap.execute };
        let (guard, guard_bits) = (cap.guard, cap.guard_bits);
        match &self.model[object].kind {
            Kind::Untyped(_) => Cap::Untyped(object),
            Kind::Endpoint => Cap::Endpoint { object, rights, badge },
            Kind::Notification => Cap::Notification { object, rights, badge },
            Kind::Reply => Cap::Reply { object, rights },
            Kind::CNode(_) => Cap::CNode { object, guard, guard_bits },
            Kind::Thread(_) => Cap::Thread(object),
            Kind::SchedContext(_) => Cap::SchedContext(object),
            Kind::Frame(_) => Cap::Frame { object, rights, attributes },
            Kind::PageTable(_) => Cap::PageTable(object),
            Kind::AsidPool(_) => Cap::AsidPool(object),
            Kind::Irq(_) => Cap::Irq(object),
            Kind::CoreSignal(_) => Cap::CoreSignal(object),
        }
    }

    /// The rights that are written; else all.
    fn rights(&mut self, cap: &spec::RawCap) -> Option<Rights> {
        let Some(written) = &cap.rights else { return Some(Rights::ALL) };
        let mut rights = Rights::NONE;
        for letter in written.value.chars() {
            rights = rights.or(match letter {
                'r' => Rights::READ,
                'w' => Rights::WRITE,
                'g' => Rights::GRANT,
                'p' => Rights::GRANT_REPLY,
                _ => {
                    let message = format!("there is no right `{letter}`");
                    let label = "letters are r, w, g (grant), p (grant reply)";
                    self.error(
                        Code::WRONG_TYPE,
                        message,
                        written.span,
                        (label, "write the letters of those that it has, such as `rw`"),
                    );
                    return None;
                }
            });
        }
        Some(rights)
    }
}

fn boot_part(part: spec::BootPart) -> BootPart {
    match part {
        spec::BootPart::BootInfo => BootPart::BootInfo,
        spec::BootPart::DeviceTree => BootPart::DeviceTree,
    }
}

fn context(time: &spec::RawTime) -> SchedContext {
    SchedContext {
        bits: time.bits,
        budget: time.budget_us,
        period: time.period_us,
        core: time.core,
        extra_refills: time.extra_refills,
        is_sporadic: time.sporadic,
        data: time.data,
    }
}

fn set_up(thread: &spec::RawThread) -> Thread {
    Thread {
        roles: Vec::new(),
        buffer_address: thread.buffer_address,
        entry: thread.entry,
        stack: thread.stack,
        arguments: thread.arguments.clone(),
        thread_pointer: thread.thread_pointer,
        priority: thread.prio,
        max_priority: thread.max_prio.unwrap_or(thread.prio),
        domain: thread.domain,
        is_without_float: !thread.float,
        resumed: thread.start,
    }
}
