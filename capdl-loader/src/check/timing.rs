//! T308 to T310: what belongs to timing beside the numbers.

use std::collections::HashMap;

use layout::ObjectId;
use layout::cap::Cap;
use layout::names::ComponentId;
use layout::object::{Kind, Object};
use layout::thread::{Role, Thread};

use super::facts::Facts;
use super::findings::Findings;
use super::threads::time;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every thread that has time.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if let Some(band) = facts.model.policy.real_time_from {
        let real_time = facts.threads().filter(|(_, _, thread)| thread.priority >= band.value);
        for (_, object, thread) in real_time {
            check_handler(facts, object, thread, findings);
        }
    }
    check_cores(facts, findings);
    check_counter(facts, findings);
}

/// Limits of restarts in a time that nobody can measure.
fn check_counter(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.model.target.exports_counter {
        return;
    }
    for (component, id) in facts.model.components.iter().zip(0..) {
        let Some(restart) = &component.restart else { continue };
        let name = &component.name;
        let message = format!("the failures of `{name}` count for ever");
        let span = super::slots::somewhere(restart.span, component.span);
        let found = Diagnostic::warning(Code::NO_COUNTER, message)
            .at(span, "the supervisor has no counter to measure time by")
            .help("write `kernel = { counter = true }` and boot with `tessera.export=vcounter`");
        findings.push_for([Some(ComponentId(id))], found);
    }
}

fn check_handler(facts: &Facts<'_>, object: &Object, thread: &Thread, findings: &mut Findings) {
    let Some(context) = time(facts, thread) else { return };
    let Some(budget) = context.budget.filter(|budget| budget.value < context.period) else {
        return;
    };
    if thread.role(Role::TimeoutHandler).is_some() {
        return;
    }
    let name = &object.name;
    let message = format!("nobody is told when real-time thread `{name}` runs out of budget");
    let span = super::slots::somewhere(budget.span, object.span);
    let found = Diagnostic::warning(Code::NO_TIMEOUT_HANDLER, message)
        .at(span, format!("{} us in each {} us", budget.value, context.period))
        .help("name a timeout handler, or waive T308");
    findings.push_for([object.owner], found);
}

/// Interrupts that wake a thread on another core.
fn check_cores(facts: &Facts<'_>, findings: &mut Findings) {
    let mut woken: HashMap<ObjectId, (&Object, u64)> = HashMap::new();
    for (_, object, thread) in facts.threads() {
        let bound = thread.role(Role::Notification).and_then(|entry| entry.cap.object());
        if let (Some(bell), Some(context)) = (bound, time(facts, thread)) {
            woken.insert(bell, (object, context.core));
        }
    }
    for object in &facts.model.objects {
        let Kind::Irq(irq) = &object.kind else { continue };
        let Some(Cap::Notification { object: bell, .. }) = irq.notification else { continue };
        let Some((thread, core)) = woken.get(&bell).filter(|(_, core)| *core != irq.core) else {
            continue;
        };
        let (name, woken) = (&object.name, &thread.name);
        let message = format!("interrupt `{name}` wakes thread `{woken}` on another core");
        let found = Diagnostic::warning(Code::IRQ_CORE, message)
            .at(object.span, format!("goes to core {}", irq.core))
            .at(thread.span, format!("runs on core {core}"))
            .help(format!("let the interrupt go to core {core}: the way is shorter"));
        findings.push_for([object.owner, thread.owner], found);
    }
}
