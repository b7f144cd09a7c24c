//! T303, T304: whether promises of time can be kept.
//!
//! Threads of the real-time band are taken as periodic tasks: the budget is what one needs in each
//! period, and the period is its deadline. The kernel runs the highest priority first and threads
//! of one priority in turns, so that a thread may have to wait for all of its own priority, too.
//! The response time `R` is the least solution of `R = C + sum of ceil(R / T) C` over those (Joseph
//! and Pandya 1986); if it is found beyond the deadline, the deadline can be missed.
//!
//! A thread with as much budget as period keeps others waiting: those of lower priority for ever,
//! one of its own priority for a turn. It is promised a whole core, unless nobody of its core and
//! band has a lower priority, or its own and a promise to be kept: then it takes what is left.
//!
//! The loader as supervisor, its clock, and members of pools are tasks like threads.

use std::collections::BTreeMap;

use layout::Span;
use layout::span::Spanned;

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;
use crate::promised::{self, Promise};

/// Whether someone may run all the time, so that nothing is promised to it.
const fn is_endless(task: &Promise) -> bool {
    task.budget >= task.period
}

/// Steps after which a response time counts as beyond every deadline.
const STEPS: usize = 10_000;
/// Thousandths of a whole.
const WHOLE: u64 = 1000;

/// Looks at each core.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let policy = &facts.model.policy;
    let band = policy.real_time_from.map_or(0, |priority| priority.value);
    if policy.real_time_from.is_none() && policy.max_utilisation.is_none() {
        return;
    }
    for (core, tasks) in &mut tasks(facts, band) {
        if let Some(most) = policy.max_utilisation {
            check_utilisation(*core, tasks, most, findings);
        }
        if policy.real_time_from.is_some() {
            tasks.sort_by_key(|task| std::cmp::Reverse(task.priority));
            check_responses(*core, tasks, findings);
        }
    }
}

/// The tasks of each core with at least this priority.
fn tasks(facts: &Facts<'_>, band: u64) -> BTreeMap<u64, Vec<Promise>> {
    let mut cores: BTreeMap<u64, Vec<Promise>> = BTreeMap::new();
    let all = promised::all(facts.model).into_iter();
    for task in all.filter(|task| task.from_start && task.period > 0 && task.priority >= band) {
        cores.entry(task.core).or_default().push(task);
    }
    cores
}

fn check_utilisation(core: u64, tasks: &[Promise], most: Spanned<u64>, findings: &mut Findings) {
    let share = |task: &Promise| {
        u128::from(task.budget.min(task.period)) * 1_000_000 / u128::from(task.period)
    };
    let lowest = tasks.iter().map(|task| task.priority).min().unwrap_or(0);
    let mut last = tasks.iter().filter(|task| task.priority == lowest);
    let takes_what_is_left = last.all(is_endless);
    let promised = || tasks.iter().filter(|task| !takes_what_is_left || task.priority != lowest);
    let sum: u128 = promised().map(share).sum();
    if sum <= u128::from(most.value) * 1000 {
        return;
    }
    let mut largest: Vec<&Promise> = promised().collect();
    largest.sort_by_key(|task| std::cmp::Reverse(share(task)));
    let message = format!("{} of core {core} is promised", percent(sum));
    let label = format!("at most {}", percent(u128::from(most.value) * 1000));
    let mut found = Diagnostic::error(Code::UTILISATION, message).at(most.span, label);
    for task in largest.into_iter().take(3) {
        found = found.at(task.span, format!("{} for `{}`", percent(share(task)), task.to));
    }
    let help = "lower budgets, lengthen periods, or move a component to another core";
    findings.push_for([], found.help(with_supervisor(help, promised())));
}

/// What helps; also what helps against the supervisor, if that is among them and nobody wrote how
/// much it may take: no place shows it then.
fn with_supervisor<'t>(help: &str, mut tasks: impl Iterator<Item = &'t Promise>) -> String {
    match tasks.find(|task| task.owner.is_none() && task.span == Span::NOWHERE) {
        Some(Promise { to, priority, budget, period, .. }) => format!(
            "{help}; {to} has {budget} us in each {period} us at priority {priority}, unless a \
             table `supervisor` says otherwise"
        ),
        None => help.into(),
    }
}

/// A share in millionths, as people write it.
fn percent(share: u128) -> String {
    let tenths = share.div_ceil(u128::from(WHOLE));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `tasks` by descending priority.
fn check_responses(core: u64, tasks: &[Promise], findings: &mut Findings) {
    for (index, task) in tasks.iter().enumerate().filter(|(_, task)| !is_endless(task)) {
        let same = tasks[index..].iter().take_while(|other| other.priority == task.priority);
        let behind = index + same.count();
        let others = || tasks[..behind].iter().enumerate().filter(|(other, _)| *other != index);
        if response(task, || others().map(|(_, other)| other)).is_ok() {
            continue;
        }
        let name = &task.to;
        let (budget, period) = (task.budget, task.period);
        let message = format!("`{name}` can miss its deadline on core {core}");
        let label = format!("{budget} us in each {period} us");
        let mut found = Diagnostic::error(Code::RESPONSE_TIME, message).at(task.span, label);
        for (_, other) in others().take(4) {
            let (name, priority) = (&other.to, other.priority);
            let label = format!("`{name}` goes before it at priority {priority}");
            found = found.at(other.span, label);
        }
        let help = "give it a higher priority than tasks of longer periods, or less to wait for";
        let help = with_supervisor(help, others().map(|(_, other)| other));
        findings.push_for([task.owner], found.help(help));
    }
}

/// The longest that a task takes for its budget, in microseconds, if not longer than its period.
fn response<'t, I: Iterator<Item = &'t Promise>>(
    task: &Promise,
    others: impl Fn() -> I,
) -> Result<u64, ()> {
    let mut response = task.budget;
    for _ in 0..STEPS {
        let mut next = u128::from(task.budget);
        for other in others() {
            let is_turn = is_endless(other) && other.priority == task.priority;
            let times = if is_turn { 1 } else { response.div_ceil(other.period) };
            next += u128::from(times) * u128::from(other.budget);
        }
        if next > u128::from(task.period) {
            return Err(());
        }
        // At most the period.
        let next = u64::try_from(next).unwrap_or(u64::MAX);
        if next == response {
            return Ok(response);
        }
        response = next;
    }
    Err(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(priority: u64, budget: u64, period: u64) -> Promise {
        Promise {
            to: "a".into(),
            owner: None,
            thread: None,
            core: 0,
            priority,
            budget,
            period,
            from_start: true,
            span: Span::NOWHERE,
        }
    }

    /// The example of Burns and Wellings, "Real-Time Systems and Programming Languages", 11.5.
    #[test]
    fn response_times_are_those_of_the_textbook() {
        let [a, b, c] = [(3, 3, 7), (2, 3, 12), (1, 5, 20)]
            .map(|(priority, budget, period)| task(priority, budget, period));
        assert_eq!(response(&a, std::iter::empty), Ok(3));
        assert_eq!(response(&b, || [&a].into_iter()), Ok(6));
        assert_eq!(response(&c, || [&a, &b].into_iter()), Ok(20));
        let longer = task(1, 6, 20);
        assert_eq!(response(&longer, || [&a, &b].into_iter()), Err(()));
    }

    #[test]
    fn a_thread_that_runs_all_the_time_leaves_lower_ones_nothing_and_equals_a_turn() {
        let [endless, equal, lower] = [(2, 5, 5), (2, 3, 12), (1, 1, 1000)]
            .map(|(priority, budget, period)| task(priority, budget, period));
        assert_eq!(response(&equal, || [&endless].into_iter()), Ok(8));
        assert_eq!(response(&lower, || [&endless].into_iter()), Err(()));
    }
}
