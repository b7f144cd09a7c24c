//! What an object is, of its parameters.

use layout::memory::{BootPart, Content, Fill, Frame, FrameSize, PageTable, Position, Source};
use layout::object::{AsidPool, CNode, CoreSignal, Irq, Kind, Trigger, Untyped};
use layout::span::Spanned;
use layout::thread::{SchedContext, Thread};

use super::Builder;
use super::text::{Declaration, FillText, Number, Parameter, Selection, Value, Word};
use crate::code::Code;

impl<'t> Builder<'t, '_> {
    /// What a declaration of a known kind declares; nothing if a parameter is missing or wrong.
    pub(super) fn kind_of(&mut self, declaration: &'t Declaration<'t>) -> Option<Kind> {
        let mut given = Given::new(declaration);
        let slots = Vec::new();
        let table = |level| Kind::PageTable(PageTable { level, slots: Vec::new() });
        let kind = match declaration.kind.text {
            "ep" => Kind::Endpoint,
            "notification" => Kind::Notification,
            "rtreply" => Kind::Reply,
            "pgd" => table(0),
            "pud" => table(1),
            "pd" => table(2),
            "pt" => table(3),
            "cnode" => {
                let bits = given.bits().or_else(|| self.missing(declaration, "12 bits"))?;
                Kind::CNode(CNode { bits, slots })
            }
            "ut" => {
                let bits = given.bits().unwrap_or(0);
                Kind::Untyped(Untyped { bits, address: given.number("paddr") })
            }
            "asid_pool" => Kind::AsidPool(AsidPool { high: given.number("asid_high"), slots }),
            "irq" => irq(Trigger::Level, 0),
            "arm_irq" => {
                let trigger = self.trigger(&mut given);
                irq(trigger, given.number("target").unwrap_or(0))
            }
            "arm_sgi_signal" => {
                let number = given.number("irq").or_else(|| self.missing(declaration, "irq: 1"))?;
                let core = given.number("target");
                let core = core.or_else(|| self.missing(declaration, "target: 0"))?;
                Kind::CoreSignal(CoreSignal { number, core })
            }
            "sc" => Kind::SchedContext(self.sched_context(&mut given)),
            "tcb" => Kind::Thread(Box::new(self.thread(declaration, &mut given))),
            "frame" => Kind::Frame(self.frame(declaration, &mut given)?),
            _ => return None,
        };
        self.report_rest(declaration.kind, &given);
        Some(kind)
    }

    fn missing<T>(&mut self, declaration: &Declaration<'t>, example: &str) -> Option<T> {
        let kind = declaration.kind;
        let message = format!("`{}` lacks a parameter", kind.text);
        let help = format!("write `{} ({example})`", kind.text);
        self.problems.error(Code::WRONG_TYPE, kind.span, message, help);
        None
    }

    /// Parameters that nobody has asked for.
    fn report_rest(&mut self, kind: Word<'t>, given: &Given<'t>) {
        for parameter in given.rest() {
            let message = match parameter {
                Parameter::Named(key, _) => format!("`{}` takes no such `{}`", kind.text, key.text),
                Parameter::Size(_, unit) => {
                    format!("`{}` has no size in `{}`", kind.text, unit.text)
                }
            };
            let help = "take it out";
            self.problems.error(Code::UNKNOWN_KEY, parameter.span(), message, help);
        }
    }

    fn sched_context(&mut self, given: &mut Given<'t>) -> SchedContext {
        let budget = given.spanned("budget");
        SchedContext {
            bits: given.bits().unwrap_or(abi::object::MIN_SCHED_CONTEXT_BITS.into()),
            budget: budget.map(|number| Spanned { value: number.value, span: number.span }),
            period: given.number("period").unwrap_or(0),
            core: 0,
            extra_refills: 0,
            is_sporadic: false,
            data: given.number("data").unwrap_or(0),
        }
    }

    fn thread(&mut self, declaration: &Declaration<'t>, given: &mut Given<'t>) -> Thread {
        self.check_set(declaration, given);
        // It belongs to the scheduling context, which is not known yet.
        let _ = given.number("affinity");
        let entry = given.spanned("ip").map(|n| Spanned { value: n.value, span: n.span });
        let resumed = self.truth(given, "resume").unwrap_or(entry.is_some());
        let is_without_float = self.truth(given, "fpu_disabled").unwrap_or(false);
        if let Some(handler) = given.spanned("fault_ep").filter(|number| number.value != 0) {
            let help = "with MCS a handler is a capability: `fault_ep_slot: e (badge: 1, RWG)`";
            let message = "a fault handler by number";
            self.problems.oddity(Code::QUIRK, handler.span, message, help);
        }
        Thread {
            roles: Vec::new(),
            buffer_address: given.number("addr").unwrap_or(0),
            entry,
            stack: given.number("sp").unwrap_or(0),
            arguments: given.list("init"),
            thread_pointer: 0,
            priority: given.number("prio").unwrap_or(0),
            max_priority: given.number("max_prio").unwrap_or(0),
            domain: given.number("dom").unwrap_or(0),
            is_without_float,
            resumed,
        }
    }

    /// Upstream takes all, a pair, or none of these.
    fn check_set(&mut self, declaration: &Declaration<'t>, given: &Given<'t>) {
        const ALL: [&str; 6] = ["addr", "affinity", "ip", "sp", "prio", "max_prio"];
        let has = ALL.map(|key| given.has(key));
        let few = has[2..].iter().all(|has| !has) && has[0] == has[1];
        if has.iter().all(|has| *has) || few {
            return;
        }
        let missing: Vec<&str> =
            ALL.into_iter().zip(has).filter(|(_, has)| !has).map(|(key, _)| key).collect();
        let message = format!("this thread lacks {}", missing.join(", "));
        let help = "a thread has all of addr, ip, sp, prio, max_prio and affinity, or the first \
                    and the last, or none";
        self.problems.error(Code::WRONG_TYPE, declaration.kind.span, message, help);
    }

    fn truth(&mut self, given: &mut Given<'t>, key: &str) -> Option<bool> {
        match given.take(key)? {
            Value::Word(word) if matches!(word.text, "True" | "true") => Some(true),
            Value::Word(word) if matches!(word.text, "False" | "false") => Some(false),
            _ => {
                let message = format!("`{key}` is `True` or `False`");
                let help = format!("write `{key}: True`");
                self.problems.error(Code::WRONG_TYPE, given.kind_span(), message, help);
                None
            }
        }
    }

    fn trigger(&mut self, given: &mut Given<'t>) -> Trigger {
        match given.take("trigger") {
            None => Trigger::Level,
            Some(Value::Word(word)) if word.text == "level" => Trigger::Level,
            Some(Value::Word(word)) if word.text == "edge" => Trigger::Edge,
            // As upstream's own printer writes them, which its parser does not read.
            Some(Value::Number(number)) if number.value <= 1 => {
                let help = "write `level` for 0 and `edge` for 1";
                let message = "a trigger by number";
                self.problems.oddity(Code::QUIRK, number.span, message, help);
                if number.value == 0 { Trigger::Level } else { Trigger::Edge }
            }
            Some(_) => {
                let help = "write `trigger: level`";
                let message = "a trigger is `level` or `edge`";
                self.problems.error(Code::WRONG_TYPE, given.kind_span(), message, help);
                Trigger::Level
            }
        }
    }

    fn frame(&mut self, declaration: &Declaration<'t>, given: &mut Given<'t>) -> Option<Frame> {
        let (number, unit) = given.size().or_else(|| self.missing(declaration, "4k"))?;
        let factor = match unit.text {
            "k" => Some(10),
            "M" => Some(20),
            _ => None,
        };
        let bytes = factor.and_then(|bits| number.value.checked_mul(1 << bits));
        let size = FrameSize::ALL.into_iter().find(|size| Some(size.bytes()) == bytes);
        let Some(size) = size else {
            let message = format!("no frame has the size `{}{}`", number.value, unit.text);
            let help = "write `4k`, `2M` or `1024M`";
            self.problems.error(Code::PARAMETER, number.span.to(unit.span), message, help);
            return None;
        };
        let position = given.number("paddr").map_or(Position::Anywhere, Position::At);
        let fills = given.fills().iter().filter_map(|fill| self.fill(fill)).collect();
        Some(Frame { size, position, fills })
    }

    fn fill(&mut self, fill: &FillText<'t>) -> Option<Fill> {
        let offset = fill.offset.value;
        let source = match fill.source.text {
            "CDL_FrameFill_FileData" => Source::File { content: self.content(fill.name), offset },
            "CDL_FrameFill_BootInfo" => Source::BootInfo { part: self.part(fill.name)?, offset },
            other => {
                let message = format!("nothing is filled from `{other}`");
                let help = "write `CDL_FrameFill_FileData` or `CDL_FrameFill_BootInfo`";
                self.problems.error(Code::UNKNOWN_KEY, fill.source.span, message, help);
                return None;
            }
        };
        Some(Fill { at: fill.at.value, length: fill.length.value, source, span: fill.span })
    }

    fn part(&mut self, name: Word<'t>) -> Option<BootPart> {
        match name.text {
            "CDL_FrameFill_BootInfo_BootInfo" => Some(BootPart::BootInfo),
            "CDL_FrameFill_BootInfo_FDT" => Some(BootPart::DeviceTree),
            other => {
                let message = format!("the kernel says no `{other}` at boot");
                let help = "there are CDL_FrameFill_BootInfo_FDT and \
                            CDL_FrameFill_BootInfo_BootInfo";
                self.problems.error(Code::FOREIGN, name.span, message, help);
                None
            }
        }
    }

    fn content(&mut self, name: Word<'t>) -> layout::memory::ContentId {
        if let Some(content) = self.contents.get(name.text) {
            return *content;
        }
        let content = Content { name: name.text.into(), bytes: None, span: name.span };
        let id = self.model.add_content(content);
        self.contents.insert(name.text, id);
        id
    }
}

fn irq(trigger: Trigger, core: u64) -> Kind {
    Kind::Irq(Irq { number: None, trigger, core, notification: None })
}

/// Parameters, each to be asked for once.
pub(super) struct Given<'t> {
    kind: Word<'t>,
    parameters: &'t [Parameter<'t>],
    taken: u64,
}

impl<'t> Given<'t> {
    fn new(declaration: &'t Declaration<'t>) -> Self {
        Self { kind: declaration.kind, parameters: &declaration.parameters, taken: 0 }
    }

    fn kind_span(&self) -> layout::Span {
        self.kind.span
    }

    /// The first parameter that `chosen` likes. A second one with the same meaning stays, and is
    /// told to be too much; so do those behind the sixty-fourth.
    fn find<T>(&mut self, chosen: impl Fn(&'t Parameter<'t>) -> Option<T>) -> Option<T> {
        for (index, parameter) in self.parameters.iter().enumerate().take(64) {
            let found = chosen(parameter).filter(|_| self.taken & 1 << index == 0);
            if found.is_some() {
                self.taken |= 1 << index;
                return found;
            }
        }
        None
    }

    fn rest(&self) -> impl Iterator<Item = &'t Parameter<'t>> {
        let taken = self.taken;
        let all = self.parameters.iter().enumerate();
        all.filter(move |(index, _)| *index >= 64 || taken & 1 << index == 0).map(|(_, p)| p)
    }

    fn has(&self, key: &str) -> bool {
        let mut names = self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Named(name, _) => Some(name.text),
            Parameter::Size(..) => None,
        });
        names.any(|name| name == key)
    }

    fn take(&mut self, key: &str) -> Option<&'t Value<'t>> {
        self.find(|parameter| match parameter {
            Parameter::Named(name, value) if name.text == key => Some(value),
            _ => None,
        })
    }

    fn spanned(&mut self, key: &str) -> Option<Number> {
        self.find(|parameter| match parameter {
            Parameter::Named(name, Value::Number(number)) if name.text == key => Some(*number),
            _ => None,
        })
    }

    fn number(&mut self, key: &str) -> Option<u64> {
        self.spanned(key).map(|number| number.value)
    }

    fn size(&mut self) -> Option<(Number, Word<'t>)> {
        self.find(|parameter| match parameter {
            Parameter::Size(number, unit) => Some((*number, *unit)),
            Parameter::Named(..) => None,
        })
    }

    fn bits(&mut self) -> Option<u64> {
        self.find(|parameter| match parameter {
            Parameter::Size(number, unit) if unit.text == "bits" => Some(number.value),
            _ => None,
        })
    }

    /// Numbers between brackets.
    fn list(&mut self, key: &str) -> Vec<u64> {
        let list = self.find(|parameter| match parameter {
            Parameter::Named(name, Value::List(list)) if name.text == key => Some(list),
            _ => None,
        });
        let numbers = list.into_iter().flatten().filter_map(|selection| match selection {
            Selection::One(number) => Some(*number),
            Selection::Through(..) => None,
        });
        numbers.collect()
    }

    fn fills(&mut self) -> &'t [FillText<'t>] {
        let fills = self.find(|parameter| match parameter {
            Parameter::Named(name, Value::Fills(fills)) if name.text == "fill" => Some(&fills[..]),
            // No fills at all look like an empty list.
            Parameter::Named(name, Value::List(list)) if name.text == "fill" && list.is_empty() => {
                Some(&[][..])
            }
            _ => None,
        });
        fills.unwrap_or_default()
    }
}
