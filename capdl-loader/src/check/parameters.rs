//! O104: numbers that the kernel would refuse.

use abi::object::{ASID_POOLS_BITS, MIN_SCHED_CONTEXT_BITS, SLOT_BITS, UNTYPED_BITS};
use layout::cap::Cap;
use layout::object::{Kind, Object};
use layout::supervision::Supervision;
use layout::thread::Thread;
use layout::{Span, Target};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Bytes that an IPC buffer is aligned to.
const BUFFER_ALIGNMENT: u64 = 1024;
/// Bytes that a stack pointer is aligned to (AAPCS64 6.4.5.1).
const STACK_ALIGNMENT: u64 = 16;
/// Registers in which a thread finds arguments.
const ARGUMENTS: usize = 8;

/// Looks at every number.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let target = &facts.model.target;
    for object in &facts.model.objects {
        let mut numbers = Numbers { object, findings };
        let largest = u64::from(*UNTYPED_BITS.end());
        match &object.kind {
            Kind::Untyped(untyped) => {
                let least = u64::from(*UNTYPED_BITS.start());
                numbers.within("size in bits", untyped.bits, least, largest);
            }
            Kind::CNode(node) => {
                numbers.within("size in bits", node.bits, 1, largest - u64::from(SLOT_BITS));
            }
            Kind::SchedContext(context) => {
                let least = u64::from(MIN_SCHED_CONTEXT_BITS);
                numbers.within("size in bits", context.bits, least, largest);
                numbers.below("core", context.core, target.cores);
            }
            Kind::AsidPool(pool) => {
                numbers.below("number", pool.high.unwrap_or(0), 1 << ASID_POOLS_BITS);
            }
            Kind::Irq(irq) => numbers.below("core", irq.core, target.cores),
            Kind::CoreSignal(signal) => {
                numbers.below("number", signal.number, 16);
                numbers.below("core", signal.core, target.cores);
            }
            Kind::Thread(thread) => numbers.thread(thread, target),
            _ => {}
        }
    }
    for holding in facts.holdings() {
        if let Cap::SchedControl { core } = *holding.cap {
            let object = &facts.model[holding.holder];
            let mut numbers = Numbers { object, findings };
            numbers.limit("core", core, 0, target.cores.saturating_sub(1), holding.span);
        }
    }
    check_schedule(facts, findings);
    check_supervisor(&facts.model.supervision, findings);
}

fn check_supervisor(supervision: &Supervision, findings: &mut Findings) {
    let (priority, most) = (supervision.priority, abi::MAX_PRIORITY);
    if priority > u64::from(most) {
        let message = format!("the priority of the supervisor cannot be {priority}");
        let wrong = Diagnostic::error(Code::PARAMETER, message);
        let wrong = wrong.at(supervision.span, format!("not from 0 to {most}"));
        findings.push(wrong.help(format!("use a number from 0 to {most}")));
    }
}

fn check_schedule(facts: &Facts<'_>, findings: &mut Findings) {
    let (schedule, domains) = (&facts.model.schedule, facts.model.target.domains);
    for turn in &schedule.turns {
        if turn.domain >= domains {
            let message = format!("the schedule has domain {}", turn.domain);
            let label = format!("the kernel has {domains}");
            let wrong = Diagnostic::error(Code::PARAMETER, message).at(turn.span, label);
            findings.push(wrong.help("let the kernel have more domains, or use a lower one"));
        }
    }
    let turns = schedule.turns.len() as u64;
    if let (Some(start), Some(turn)) = (schedule.start, schedule.turns.first())
        && start >= turns
    {
        let message = format!("the schedule cannot start at turn {start}");
        let wrong = Diagnostic::error(Code::PARAMETER, message);
        let wrong = wrong.at(turn.span, format!("there are {turns} turns"));
        findings.push(wrong.help(format!("start at a turn from 0 to {}", turns - 1)));
    }
}

/// The numbers of an object.
struct Numbers<'a, 'b> {
    object: &'a Object,
    findings: &'b mut Findings,
}

impl Numbers<'_, '_> {
    fn thread(&mut self, thread: &Thread, target: &Target) {
        let most = u64::from(abi::MAX_PRIORITY);
        self.within("priority", thread.priority, 0, most);
        self.within("highest priority", thread.max_priority, 0, most);
        self.below("domain", thread.domain, target.domains);
        self.multiple("stack pointer", thread.stack, STACK_ALIGNMENT, self.object.span);
        self.within("stack pointer", thread.stack, 0, abi::USER_END);
        self.multiple("IPC buffer", thread.buffer_address, BUFFER_ALIGNMENT, self.object.span);
        self.within("IPC buffer", thread.buffer_address, 0, abi::USER_TOP);
        if let Some(entry) = thread.entry {
            self.multiple("entry", entry.value, 4, entry.span);
            self.limit("entry", entry.value, 0, abi::USER_TOP, entry.span);
        }
        if thread.arguments.len() > ARGUMENTS {
            let message = format!("thread `{}` has too many arguments", self.object.name);
            let label = format!("{} of {ARGUMENTS}", thread.arguments.len());
            let wrong = Diagnostic::error(Code::PARAMETER, message).at(self.object.span, label);
            self.findings.push(wrong.help("leave some out, or pass them in memory"));
        }
    }

    fn within(&mut self, what: &str, value: u64, least: u64, most: u64) {
        self.limit(what, value, least, most, self.object.span);
    }

    fn below(&mut self, what: &str, value: u64, count: u64) {
        self.limit(what, value, 0, count.saturating_sub(1), self.object.span);
    }

    fn limit(&mut self, what: &str, value: u64, least: u64, most: u64, span: Span) {
        if (least..=most).contains(&value) {
            return;
        }
        let span = super::slots::somewhere(span, self.object.span);
        let (noun, name) = (self.object.kind.noun(), &self.object.name);
        let [value, most] = [value, most].map(readable);
        let message = format!("the {what} of {noun} `{name}` cannot be {value}");
        let wrong = Diagnostic::error(Code::PARAMETER, message);
        let wrong = wrong.at(span, format!("not from {least} to {most}"));
        self.findings.push(wrong.help(format!("use a number from {least} to {most}")));
    }

    fn multiple(&mut self, what: &str, value: u64, of: u64, span: Span) {
        if value.is_multiple_of(of) {
            return;
        }
        let span = super::slots::somewhere(span, self.object.span);
        let (noun, name) = (self.object.kind.noun(), &self.object.name);
        let message = format!("the {what} of {noun} `{name}` is not aligned");
        let wrong = Diagnostic::error(Code::PARAMETER, message);
        let wrong = wrong.at(span, format!("{value:#x} is no multiple of {of}"));
        self.findings.push(wrong.help(format!("use {:#x}", value - value % of)));
    }
}

/// Addresses are read more easily in hexadecimal.
fn readable(value: u64) -> String {
    if value < 1 << 16 { value.to_string() } else { format!("{value:#x}") }
}
