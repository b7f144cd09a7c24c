//! What there is.

use layout::memory::PageTable;
use layout::object::{AsidPool, CNode, Irq, Kind, Object, Trigger, Untyped};
use layout::span::Spanned;
use layout::thread::{SchedContext, Thread};
use layout::{ObjectId, Span};

use super::fields::Fields;
use super::value::{Json, Node};
use super::{Meaning, Reader};
use crate::code::Code;

impl Reader<'_> {
    /// What each of the file's numbers stands for.
    pub(super) fn number_objects(&mut self, objects: &[Node<'_>]) -> Vec<Meaning> {
        let mut next = 0;
        let meaning = |object: &Node<'_>| match variant_of(object).as_str() {
            "armsmc" => Meaning::SecureMonitor,
            "domainset" => Meaning::Domains,
            "untyped" | "endpoint" | "notification" | "cnode" | "tcb" | "irq" | "frame"
            | "pagetable" | "asidpool" | "armirq" | "schedcontext" | "reply" => {
                next += 1;
                Meaning::Object(ObjectId(next - 1))
            }
            _ => Meaning::Refused,
        };
        objects.iter().map(meaning).collect()
    }

    /// `{"name": "a", "object": {"CNode": {...}}}`.
    pub(super) fn object(&mut self, node: &Node<'_>, index: usize) {
        let Some(mut fields) = self.fields(node, "an object of the system") else { return };
        let name = fields.optional("name").filter(|name| !name.is_null());
        let name = name.and_then(|name| self.text(name)).map(String::from);
        let name = name.unwrap_or_else(|| format!("object_{index}"));
        let object = fields.required("object", self.problems);
        fields.report_rest(self.problems);
        let variant = object.and_then(|object| self.variant(object, "an object's kind"));
        match (self.meanings.get(index), variant) {
            (Some(Meaning::Object(id)), variant) => {
                // Whatever is wrong with it, the numbers of those behind it stay right.
                let (variant, properties) = variant.unwrap_or_default();
                let kind = self.kind(&variant, properties, node.span, *id);
                self.model.add(Object::new(name, kind, node.span));
            }
            (Some(Meaning::Refused), Some((variant, _))) => self.refuse(&variant, node.span),
            _ => {}
        }
    }

    fn refuse(&mut self, variant: &str, span: Span) {
        let why = match variant {
            "vcpu" => "needs a kernel at EL2",
            "irqmsi" | "irqioapic" | "ioports" => "is an object of PCs",
            "riscvirq" => "is an object of RISC-V machines",
            _ => "is not known",
        };
        let variant: String = variant.chars().take(40).collect();
        let message = format!("`{variant}` {why}");
        let help = "take it out: aarch64 with MCS has no such object";
        self.problems.error(Code::FOREIGN, span, message, help);
    }

    fn kind(&mut self, variant: &str, node: Option<&Node<'_>>, span: Span, id: ObjectId) -> Kind {
        let nothing = Node { span, value: Json::Object(Vec::new()) };
        let node = node.unwrap_or(&nothing);
        let Some(mut fields) = self.fields(node, "what an object is") else {
            return Kind::Notification;
        };
        let kind = match variant {
            "endpoint" => Kind::Endpoint,
            "reply" => Kind::Reply,
            "untyped" => {
                let bits = self.number_in(&mut fields, "size_bits");
                let address = self.number_or_null(&mut fields, "paddr");
                Kind::Untyped(Untyped { bits, address })
            }
            "cnode" => {
                let bits = self.number_in(&mut fields, "size_bits");
                Kind::CNode(CNode { bits, slots: self.slots(&mut fields) })
            }
            "tcb" => Kind::Thread(Box::new(self.thread(&mut fields, id))),
            "irq" => self.irq(&mut fields, false),
            "armirq" => self.irq(&mut fields, true),
            "frame" => Kind::Frame(self.frame(&mut fields)),
            "pagetable" => Kind::PageTable(self.page_table(&mut fields, span)),
            "asidpool" => {
                let high = Some(self.number_in(&mut fields, "high"));
                Kind::AsidPool(AsidPool { high, slots: Vec::new() })
            }
            "schedcontext" => Kind::SchedContext(self.sched_context(&mut fields)),
            _ => Kind::Notification,
        };
        fields.report_rest(self.problems);
        kind
    }

    fn page_table(&mut self, fields: &mut Fields<'_, '_>, span: Span) -> PageTable {
        let is_root = self.truth_or(fields, "is_root", false);
        let level = self.number_or_null(fields, "level");
        let level = if is_root { Some(0) } else { level };
        if self.truth_or(fields, "x86_ept", false) {
            self.refuse("x86_ept", span);
        }
        let level = level.and_then(|level| u8::try_from(level).ok());
        if level.is_none() {
            let help = "write a level from 0 for the root to 3";
            let message = "the level of this table is missing or too large";
            self.problems.error(Code::PARAMETER, span, message, help);
        }
        PageTable { level: level.unwrap_or(3), slots: self.slots(fields) }
    }

    fn sched_context(&mut self, fields: &mut Fields<'_, '_>) -> SchedContext {
        let bits = self.number_in(fields, "size_bits");
        let (mut period, mut data, mut budget) = (0, 0, None);
        let extra = fields.required("extra", self.problems);
        if let Some(mut extra) = extra.and_then(|node| self.fields(node, "`extra`")) {
            period = self.number_in(&mut extra, "period");
            data = self.number_in(&mut extra, "badge");
            let node = extra.required("budget", self.problems);
            budget = node.and_then(|n| Some(Spanned { value: self.number(n)?, span: n.span }));
            extra.report_rest(self.problems);
        }
        let (core, extra_refills) = (0, 0);
        SchedContext { bits, budget, period, core, extra_refills, is_sporadic: false, data }
    }

    fn irq(&mut self, fields: &mut Fields<'_, '_>, has_extra: bool) -> Kind {
        let (mut trigger, mut core) = (Trigger::Level, 0);
        let extra = if has_extra { fields.required("extra", self.problems) } else { None };
        if let Some(mut extra) = extra.and_then(|node| self.fields(node, "`extra`")) {
            trigger = match self.number_in(&mut extra, "trigger") {
                0 => Trigger::Level,
                _ => Trigger::Edge,
            };
            core = self.number_in(&mut extra, "target");
            extra.report_rest(self.problems);
        }
        let mut slots = self.slots(fields);
        if let Some(entry) = slots.iter().find(|entry| entry.slot != 0) {
            let help = "leave the notification in slot 0";
            let message = "an interrupt has one slot, 0";
            self.problems.error(Code::SLOT_RANGE, entry.span, message, help);
        }
        let notification = slots.pop().map(|entry| entry.cap);
        if let Some(entry) = slots.first() {
            let help = "leave one of them";
            let message = "an interrupt signals one notification";
            self.problems.error(Code::SLOT_TWICE, entry.span, message, help);
        }
        Kind::Irq(Irq { number: None, trigger, core, notification })
    }

    fn thread(&mut self, fields: &mut Fields<'_, '_>, id: ObjectId) -> Thread {
        let mut thread = Thread { roles: self.roles(fields), resumed: true, ..Thread::default() };
        let extra = fields.required("extra", self.problems);
        let Some(mut extra) = extra.and_then(|node| self.fields(node, "`extra`")) else {
            return thread;
        };
        if let Some(ip) = extra.required("ip", self.problems)
            && let Some(value) = self.number(ip)
        {
            thread.entry = Some(Spanned { value, span: ip.span });
        }
        thread.buffer_address = self.number_in(&mut extra, "ipc_buffer_addr");
        thread.stack = self.number_in(&mut extra, "sp");
        thread.priority = self.number_in(&mut extra, "prio");
        thread.max_priority = self.number_in(&mut extra, "max_prio");
        thread.domain = self.number_or_null(&mut extra, "domain").unwrap_or(0);
        thread.is_without_float = self.truth_or(&mut extra, "fpu_disabled", false);
        thread.resumed = self.truth_or(&mut extra, "resume", true);
        if let Some(core) = extra.optional("affinity") {
            let number = self.number(core).unwrap_or(0);
            self.affinities.add(id, number, core.span);
        }
        for register in extra.optional("gprs").map(|node| self.list(node)).unwrap_or_default() {
            thread.arguments.extend(self.number(register));
        }
        let handler = extra.optional("master_fault_ep");
        if let Some(node) = handler.filter(|node| !node.is_null())
            && self.number(node).is_some_and(|handler| handler != 0)
        {
            let help = "with MCS a handler is a capability, in the thread's slot 5";
            let message = "a fault handler by number";
            self.problems.oddity(Code::QUIRK, node.span, message, help);
        }
        // Threads run at EL0 with nothing masked, whatever is written.
        let _ = extra.optional("spsr");
        extra.report_rest(self.problems);
        thread
    }
}

/// The name of an object's variant in small letters, if there is one.
fn variant_of(object: &Node<'_>) -> String {
    let Json::Object(members) = &object.value else { return String::new() };
    let text = |node: &Node<'_>| match &node.value {
        Json::Text(text) => text.replace(['_', '-'], "").to_ascii_lowercase(),
        _ => String::new(),
    };
    let kind = members.iter().find(|(key, _)| text(key) == "object").map(|(_, value)| value);
    match kind.map(|kind| &kind.value) {
        Some(Json::Object(members)) if members.len() == 1 => {
            members.first().map(|(name, _)| text(name)).unwrap_or_default()
        }
        _ => kind.map(text).unwrap_or_default(),
    }
}
