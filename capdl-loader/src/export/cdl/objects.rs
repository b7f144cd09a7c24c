//! The section `objects`.

use std::collections::{BTreeMap, HashMap};

use layout::memory::{BootPart, Fill, Frame, FrameSize, Position, Source};
use layout::object::{Kind, Object, Trigger};
use layout::thread::{Role, SchedContext, Thread};
use layout::{Model, ObjectId};

use super::Writer;

/// The core of each thread that has a scheduling context.
pub(super) fn cores_of_threads(model: &Model) -> HashMap<ObjectId, u64> {
    let core = |(id, object): (ObjectId, &Object)| {
        let Kind::Thread(thread) = &object.kind else { return None };
        let context = thread.role(Role::SchedContext)?.cap.object()?;
        match &model.objects.get(context.index())?.kind {
            Kind::SchedContext(context) => Some((id, context.core)),
            _ => None,
        }
    };
    model.objects().filter_map(core).collect()
}

impl Writer<'_> {
    /// All declarations, in the order of the objects.
    pub(super) fn objects(&mut self, declared: &[String]) {
        let groups = std::mem::take(&mut self.names.groups);
        for group in &groups {
            let number = group.array.map_or(String::new(), |count| format!("[{count}]"));
            let kind = &declared[group.first as usize];
            self.line(format_args!("  {}{number} = {kind}", group.name));
        }
        self.names.groups = groups;
        let uses_firmware =
            self.all_caps().any(|cap| matches!(cap, layout::cap::Cap::SecureMonitor { .. }));
        if uses_firmware {
            self.line(format_args!("  {} = smc", self.names.firmware.clone()));
        }
        self.report_lonely_contexts();
    }

    /// What is made of which untyped memory.
    pub(super) fn covers(&mut self) {
        let mut covered: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
        for (id, object) in self.model.objects() {
            if let Some(memory) = object.inside {
                covered.entry(memory).or_default().push(id);
            }
        }
        for (memory, objects) in covered {
            let memory = self.names.reference(memory);
            let objects = self.names.references(&objects).join(", ");
            self.line(format_args!("  {memory} = ut {{ {objects} }}"));
        }
    }

    /// What stands behind the `=`.
    pub(super) fn declaration(&mut self, id: ObjectId, object: &Object) -> String {
        match &object.kind {
            Kind::Untyped(untyped) => match untyped.address {
                Some(address) => format!("ut ({} bits, paddr: {address:#x})", untyped.bits),
                None => format!("ut ({} bits)", untyped.bits),
            },
            Kind::Endpoint => "ep".into(),
            Kind::Notification => "notification".into(),
            Kind::Reply => "rtreply".into(),
            Kind::CNode(node) => format!("cnode ({} bits)", node.bits),
            Kind::Thread(thread) => self.thread(id, object, thread),
            Kind::SchedContext(context) => self.sched_context(object, context),
            Kind::Frame(frame) => self.frame(object, frame),
            Kind::PageTable(table) => {
                let names = ["pgd", "pud", "pd", "pt"];
                let name = names.get(usize::from(table.level));
                if name.is_none() {
                    let what = format!("the level {} of the table `{}`", table.level, object.name);
                    self.facts.lost(object.span, what);
                }
                name.copied().unwrap_or("pt").into()
            }
            Kind::AsidPool(pool) => match pool.high {
                Some(high) => format!("asid_pool (asid_high: {high})"),
                None => "asid_pool".into(),
            },
            Kind::Irq(irq) => {
                let trigger = match irq.trigger {
                    Trigger::Level => "level",
                    Trigger::Edge => "edge",
                };
                format!("arm_irq (trigger: {trigger}, target: {})", irq.core)
            }
            Kind::CoreSignal(signal) => {
                format!("arm_sgi_signal (irq: {}, target: {})", signal.number, signal.core)
            }
        }
    }

    fn thread(&mut self, id: ObjectId, object: &Object, thread: &Thread) -> String {
        let lost = |what: &str| format!("{what} of the thread `{}`", object.name);
        if thread.thread_pointer != 0 {
            self.facts.lost(object.span, lost("the thread pointer"));
        }
        let affinity = self.cores.get(&id).copied().unwrap_or(0);
        let Thread { buffer_address, stack, priority, max_priority, .. } = thread;
        let mut parts = match &thread.entry {
            Some(entry) => vec![
                format!("addr: {buffer_address:#x}, ip: {:#x}, sp: {stack:#x}", entry.value),
                format!("prio: {priority}, max_prio: {max_priority}, affinity: {affinity}"),
            ],
            None => {
                if [*stack, *priority, *max_priority] != [0, 0, 0] {
                    let what = "the stack and the priorities without an entry point";
                    self.facts.lost(object.span, lost(what));
                }
                vec![format!("addr: {buffer_address:#x}, affinity: {affinity}")]
            }
        };
        parts.push(format!("resume: {}", truth(thread.resumed)));
        if !thread.arguments.is_empty() {
            let words: Vec<String> = thread.arguments.iter().map(u64::to_string).collect();
            parts.push(format!("init: [{}]", words.join(", ")));
        }
        if thread.is_without_float {
            parts.push("fpu_disabled: True".into());
        }
        if thread.domain != 0 {
            parts.push(format!("dom: {}", thread.domain));
        }
        format!("tcb ({})", parts.join(", "))
    }

    fn sched_context(&mut self, object: &Object, context: &SchedContext) -> String {
        if context.extra_refills != 0 {
            let what = format!("the extra refills of `{}`", object.name);
            self.facts.lost(object.span, what);
        }
        if context.is_sporadic {
            self.facts.lost(object.span, format!("that `{}` is sporadic", object.name));
        }
        let budget = context.budget.map_or(String::new(), |b| format!("budget: {}, ", b.value));
        let SchedContext { period, data, bits, .. } = context;
        format!("sc (period: {period}, {budget}data: {data}, {bits} bits)")
    }

    /// Cores that no thread tells.
    fn report_lonely_contexts(&mut self) {
        let context_of = |id: &ObjectId| match &self.model[*id].kind {
            Kind::Thread(thread) => thread.role(Role::SchedContext)?.cap.object(),
            _ => None,
        };
        let told: std::collections::HashSet<ObjectId> =
            self.cores.keys().filter_map(context_of).collect();
        for (id, object) in self.model.objects() {
            if let Kind::SchedContext(context) = &object.kind
                && context.core != 0
                && !told.contains(&id)
            {
                let what = format!("the core of `{}`, which no thread has", object.name);
                self.facts.lost(object.span, what);
            }
        }
    }

    fn frame(&mut self, object: &Object, frame: &Frame) -> String {
        let mut text = match frame.size {
            FrameSize::Small => "frame (4k",
            FrameSize::Large => "frame (2M",
            FrameSize::Huge => "frame (1024M",
        }
        .to_string();
        match frame.position {
            Position::Anywhere => {}
            Position::At(address) => text += &format!(", paddr: {address:#x}"),
            Position::InGroup { .. } => {
                let what = format!("that `{}` is part of contiguous memory", object.name);
                self.facts.lost(object.span, what);
            }
        }
        if !frame.fills.is_empty() {
            let fills: Vec<String> =
                frame.fills.iter().filter_map(|fill| self.fill(fill)).collect();
            text += &format!(", fill: [{}]", fills.join(", "));
        }
        text + ")"
    }

    fn fill(&mut self, fill: &Fill) -> Option<String> {
        let Fill { at, length, .. } = fill;
        Some(match &fill.source {
            Source::File { content, offset } => {
                let name = self.model.contents.get(content.0 as usize);
                let name = name.map_or("", |content| content.name.as_str());
                if name.contains(['"', '\n']) {
                    self.facts.lost(fill.span, format!("the file name {name:?}"));
                }
                format!("{{{at} {length} CDL_FrameFill_FileData \"{name}\" {offset}}}")
            }
            Source::BootInfo { part, offset } => {
                let part = match part {
                    BootPart::BootInfo => "BootInfo",
                    BootPart::DeviceTree => "FDT",
                };
                let part = format!("CDL_FrameFill_BootInfo_{part}");
                format!("{{{at} {length} CDL_FrameFill_BootInfo {part} {offset}}}")
            }
            Source::Address { .. } => {
                self.facts.lost(fill.span, "a physical address in a frame");
                return None;
            }
        })
    }
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
