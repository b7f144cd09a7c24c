//! O117, O118: the numbers of interrupts.

use std::collections::HashMap;

use kernel::irq::LAST_IRQ;
use layout::object::Kind;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Interrupts below this number are the cores' own messages.
const MESSAGES: u64 = 16;
/// Interrupts below this number exist once for each core.
const PRIVATE: u64 = 32;

/// Looks at every interrupt.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut seen = HashMap::new();
    for object in &facts.model.objects {
        let Kind::Irq(irq) = &object.kind else { continue };
        let (name, span) = (&object.name, object.span);
        let Some(number) = irq.number else {
            let message = format!("interrupt `{name}` has no number");
            let wrong = Diagnostic::error(Code::IRQ_UNNUMBERED, message).at(span, "");
            findings.push(wrong.help("name the device whose interrupt it is, or give its INTID"));
            continue;
        };
        let wrong =
            |message, label: String| Diagnostic::error(Code::IRQ_NUMBER, message).at(span, label);
        let kept = facts.board.map_or(&[][..], |board| &board.kept_interrupts);
        if !(MESSAGES..=LAST_IRQ).contains(&number) {
            let found = wrong(
                format!("interrupt `{name}` has number {number}"),
                format!("numbers are {MESSAGES} to {LAST_IRQ}"),
            );
            findings.push(found.help("use the INTID of the device: 32 more than its SPI"));
        } else if kept.contains(&number) {
            let message = format!("interrupt `{name}` has number {number}, which the kernel keeps");
            let found = wrong(message, "a timer, or the kernel's own".to_owned());
            findings.push(found.help("threads get time from scheduling contexts, not from timers"));
        }
        let core = if number < PRIVATE { irq.core } else { 0 };
        if let Some((other, before)) = seen.insert((number, core), (name, span)) {
            let message = format!("interrupts `{other}` and `{name}` are both number {number}");
            let found = wrong(message, "again".to_owned()).at(before, "first");
            findings.push(found.help("let one handler serve both, or use the device's own number"));
        }
    }
}
