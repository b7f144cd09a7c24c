//! T305, T306, T307: who calls whom.

use std::collections::{BTreeMap, BTreeSet};

use layout::cap::Cap;
use layout::names::{Channel, ChannelKind, ComponentId};
use layout::object::Kind;
use layout::thread::{Role, Thread};
use layout::{ObjectId, Rights};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Looks at every channel for calls.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let is_call = |channel: &&Channel| matches!(channel.kind, ChannelKind::Call { .. });
    let calls: Vec<&Channel> = facts.model.channels.iter().filter(is_call).collect();
    for channel in &calls {
        check_priorities(facts, channel, findings);
    }
    check_cycles(facts, &calls, findings);
    check_donors(facts, &calls, findings);
    check_own_faults(facts, findings);
}

/// Components that are to answer their own faults, which only another thread could.
fn check_own_faults(facts: &Facts<'_>, findings: &mut Findings) {
    let mut threads: BTreeMap<ComponentId, usize> = BTreeMap::new();
    for owner in facts.threads().filter_map(|(_, object, _)| object.owner) {
        *threads.entry(owner).or_default() += 1;
    }
    let mut receivers: BTreeMap<ObjectId, BTreeSet<Option<ComponentId>>> = BTreeMap::new();
    for holding in facts.holdings() {
        if let Cap::Endpoint { object, rights, .. } = *holding.cap
            && rights.contains(Rights::READ)
            && matches!(facts.model[holding.holder].kind, Kind::CNode(_))
        {
            receivers.entry(object).or_default().insert(holding.owner);
        }
    }
    for (_, object, thread) in facts.threads() {
        let Some(owner) = object.owner.filter(|owner| threads.get(owner) == Some(&1)) else {
            continue;
        };
        for role in [Role::FaultHandler, Role::TimeoutHandler] {
            let Some(entry) = thread.role(role) else { continue };
            let told = entry.cap.object().and_then(|endpoint| receivers.get(&endpoint));
            if told.is_none_or(|told| !told.iter().eq([&Some(owner)])) {
                continue;
            }
            let name = facts.component(owner);
            let message = format!("`{name}` is to answer its own faults");
            let span = super::slots::somewhere(entry.span, facts.model[owner].span);
            let found = Diagnostic::error(Code::CALL_CYCLE, message)
                .at(span, "while it waits for the answer, nobody gives it")
                .help("let another component be its handler, or leave it to the supervisor");
            findings.push_for([Some(owner)], found);
            break;
        }
    }
}

fn thread<'a>(facts: &Facts<'a>, component: ComponentId) -> Option<&'a Thread> {
    match &facts.model[facts.model[component].thread?].kind {
        Kind::Thread(thread) => Some(thread),
        _ => None,
    }
}

fn check_priorities(facts: &Facts<'_>, channel: &Channel, findings: &mut Findings) {
    let threads = [channel.from, channel.to].map(|component| thread(facts, component));
    let [Some(from), Some(to)] = threads.map(|thread| thread.map(|thread| thread.priority)) else {
        return;
    };
    if to >= from {
        return;
    }
    let [caller, called] = [channel.from, channel.to].map(|id| facts.component(id));
    let message = format!("`{caller}` calls `{called}`, which has a lower priority");
    let found = Diagnostic::error(Code::DOWNHILL_CALL, message)
        .at(channel.span, format!("from priority {from} to {to}"))
        .at(facts.model[channel.to].span, format!("priority {to}"))
        .help(format!("let `{called}` have at least priority {from}, or waive T305"));
    findings.push_for([Some(channel.from), Some(channel.to)], found);
}

/// Where a walk along calls has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

/// The calls of each component.
fn by_caller<'a>(calls: &[&'a Channel]) -> BTreeMap<ComponentId, Vec<&'a Channel>> {
    let mut from: BTreeMap<ComponentId, Vec<&Channel>> = BTreeMap::new();
    for channel in calls {
        from.entry(channel.from).or_default().push(channel);
    }
    from
}

fn check_cycles(facts: &Facts<'_>, calls: &[&Channel], findings: &mut Findings) {
    let from = by_caller(calls);
    let mut visits: BTreeMap<ComponentId, Visit> = BTreeMap::new();
    for start in from.keys() {
        if visits.contains_key(start) {
            continue;
        }
        // Depth first: who is open, and how many of its calls were followed.
        let mut path: Vec<(ComponentId, usize)> = vec![(*start, 0)];
        visits.insert(*start, Visit::Open);
        while let Some((here, followed)) = path.last_mut() {
            let (here, next) = (*here, *followed);
            *followed += 1;
            let Some(channel) = from.get(&here).and_then(|calls| calls.get(next)) else {
                visits.insert(here, Visit::Done);
                path.pop();
                continue;
            };
            match visits.get(&channel.to) {
                Some(Visit::Done) => {}
                Some(Visit::Open) => {
                    let begin = path.iter().position(|(open, _)| *open == channel.to).unwrap_or(0);
                    let cycle: Vec<ComponentId> =
                        path[begin..].iter().map(|(open, _)| *open).collect();
                    findings_for_cycle(facts, channel, &cycle, findings);
                }
                None => {
                    visits.insert(channel.to, Visit::Open);
                    path.push((channel.to, 0));
                }
            }
        }
    }
}

fn findings_for_cycle(
    facts: &Facts<'_>,
    last: &Channel,
    cycle: &[ComponentId],
    findings: &mut Findings,
) {
    let mut names: Vec<&str> = cycle.iter().map(|id| facts.component(*id)).collect();
    names.push(facts.component(last.to));
    let message = format!("calls form a cycle: {}", names.join(" -> "));
    let found = Diagnostic::error(Code::CALL_CYCLE, message)
        .at(last.span, "closes the cycle")
        .help("each can wait for the other for ever: let one of them signal instead");
    findings.push_for(cycle.iter().map(|id| Some(*id)), found);
}

/// Passive components: their threads have no time of their own.
fn check_donors(facts: &Facts<'_>, calls: &[&Channel], findings: &mut Findings) {
    let is_passive =
        |id| thread(facts, id).is_some_and(|thread| thread.role(Role::SchedContext).is_none());
    // Time comes from those who have some, along calls, as far as it goes.
    let mut has_time: Vec<bool> = (0..)
        .take(facts.model.components.len())
        .map(|index| thread(facts, ComponentId(index)).is_some() && !is_passive(ComponentId(index)))
        .collect();
    let called = by_caller(calls);
    let all = (0..).map(ComponentId).zip(&has_time);
    let mut pending: Vec<ComponentId> = all.filter_map(|(id, has)| has.then_some(id)).collect();
    while let Some(caller) = pending.pop() {
        for channel in called.get(&caller).into_iter().flatten() {
            if !std::mem::replace(&mut has_time[channel.to.0 as usize], true) {
                pending.push(channel.to);
            }
        }
    }
    for (id, component) in (0..).map(ComponentId).zip(&facts.model.components) {
        if !is_passive(id) || has_time[id.0 as usize] {
            continue;
        }
        let message = format!("passive component `{}` never gets time", component.name);
        let found = Diagnostic::error(Code::NO_DONOR, message)
            .at(component.span, "nobody who has time calls it");
        findings.push(found.help("give it a budget, or a channel on which somebody calls it"));
    }
}
