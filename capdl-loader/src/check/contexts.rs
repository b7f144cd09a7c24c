//! O119, T301, T302: budgets, periods and refills.

use abi::object::refill_capacity;
use abi::time::{MIN_BUDGET_US, REFERENCE_KHZ, max_period_us};
use layout::Span;
use layout::object::Kind;
use layout::supervision::{Share, Supervision};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Refills that each scheduling context has.
const REFILLS: u64 = 2;

/// Looks at every scheduling context.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for object in &facts.model.objects {
        let Kind::SchedContext(context) = &object.kind else { continue };
        let (name, span) = (&object.name, object.span);
        let wanted = context.extra_refills.saturating_add(REFILLS);
        let bits = u32::try_from(context.bits).ok().filter(|bits| (7..=47).contains(bits));
        if let Some(room) = bits.map(refill_capacity).filter(|room| *room < wanted) {
            let message = format!("scheduling context `{name}` has no room for its refills");
            let label = format!("{wanted} refills, room for {room}");
            let fitting = (7..=47).find(|bits| refill_capacity(*bits) >= wanted);
            let wrong = Diagnostic::error(Code::REFILLS, message).at(span, label);
            findings.push(match fitting {
                Some(bits) => wrong.help(format!("make it {bits} bits large")),
                None => wrong.help("ask for fewer refills"),
            });
        }
        let Some(budget) = context.budget else { continue };
        let at = super::slots::somewhere(budget.span, span);
        let share = Share { budget: budget.value, period: context.period };
        check_share(&format!("`{name}`"), share, at, findings);
    }
    let Supervision { share, span, .. } = facts.model.supervision;
    check_share("the supervisor", share, span, findings);
}

/// Whether the kernel can keep a promise.
fn check_share(name: &str, share: Share, at: Span, findings: &mut Findings) {
    let Share { budget, period } = share;
    if budget > period {
        let message = format!("{name} has a budget that is larger than its period");
        let label = format!("{budget} us in {period} us");
        let wrong = Diagnostic::error(Code::BUDGET_PERIOD, message).at(at, label);
        findings.push(wrong.help("a budget is a part of each period: make it smaller"));
    }
    let longest = max_period_us(REFERENCE_KHZ);
    let allowed = MIN_BUDGET_US..=longest;
    if !allowed.contains(&budget) || !allowed.contains(&period) {
        let message = format!("{name} has an impossible budget or period");
        let label = format!("{budget} us in {period} us");
        let wrong = Diagnostic::error(Code::NO_TIME, message).at(at, label);
        findings.push(wrong.help(format!("both are from {MIN_BUDGET_US} to {longest} us")));
    }
}
