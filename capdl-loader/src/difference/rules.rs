//! What the kernel and the supervisor do for a system, in words.

use std::collections::{BTreeMap, BTreeSet};

use layout::names::{Component, Failure, GiveUp, Restart};
use layout::object::Kind;
use layout::{Model, ObjectId, TurnLength};

use super::access::Access;

/// What the kernel has, when domains run, and what happens to components that fail.
#[must_use]
pub fn rules(model: &Model) -> BTreeSet<Access> {
    let mut rules = machine(model);
    for component in &model.components {
        if let Some(rule) = &component.restart {
            rules.extend(restarts(model, component, rule));
        }
    }
    rules
}

/// Cores and domains, each by itself: one more is something new.
fn machine(model: &Model) -> BTreeSet<Access> {
    // More than these no kernel has: a check refuses them.
    const MOST: u64 = 256;
    let rule = |who: &str, verb: &str, what: String| {
        let (who, verb) = (who.into(), verb.into());
        Access { who, verb, what }
    };
    let target = &model.target;
    let cores = (0..target.cores.min(MOST)).map(|core| format!("core {core}"));
    let domains = (0..target.domains.min(MOST)).map(|domain| format!("domain {domain}"));
    let mut rules: BTreeSet<Access> =
        cores.chain(domains).map(|what| rule("the kernel", "use", what)).collect();
    if target.exports_counter {
        rules.insert(rule("every component", "read", "the counter".into()));
    }
    for (turn, place) in model.schedule.turns.iter().zip(0..) {
        let length = match turn.length {
            TurnLength::Ticks(ticks) => format!("{ticks} ticks"),
            TurnLength::Microseconds(time) => format!("{time} us"),
        };
        let who = format!("domain {}", turn.domain);
        rules.insert(rule(&who, "run", format!("turn {place} of {length}")));
    }
    rules
}

fn restarts(model: &Model, component: &Component, rule: &Restart) -> Vec<Access> {
    let Restart { on, most, within, delay, then, tells, heartbeat: _, span: _ } = rule;
    let fact = |verb: String, what: &str| {
        let (who, what) = (component.name.clone(), what.into());
        Access { who, verb, what }
    };
    let causes: Vec<String> = on.iter().map(cause).collect();
    let often = format!("{most} times in {within} ms, {delay} ms after");
    let again = format!("be started again ({often} {})", causes.join(" or "));
    let mut facts = vec![fact(again, "by the supervisor")];
    if *then == GiveUp::Halt {
        facts.push(fact("halt".into(), "the machine by failing too often"));
    }
    let told = tells.iter().filter_map(|cap| Some(&model[cap.object()?].name));
    facts.extend(told.map(|name| fact("have its restarts told".into(), &format!("to {name}"))));
    facts
}

fn cause(failure: &Failure) -> String {
    match failure {
        Failure::Fault => "a fault".into(),
        Failure::Timeout => "a timeout".into(),
        Failure::Exit => "an exit".into(),
        Failure::Silence { within } => format!("a silence of {within} ms"),
    }
}

/// The highest priorities that threads may give, by the names of the threads.
pub(super) type Ceilings = BTreeMap<String, u64>;

/// Those of a model, whose objects have these names.
pub(super) fn ceilings(model: &Model, name: impl Fn(ObjectId) -> String) -> Ceilings {
    let threads = model.objects().filter_map(|(id, object)| match &object.kind {
        Kind::Thread(thread) => Some((name(id), thread.max_priority)),
        _ => None,
    });
    threads.collect()
}

/// Priorities that threads of `of` may give, and the same threads of `than` may not.
pub(super) fn higher(of: &Ceilings, than: &Ceilings) -> Vec<Access> {
    let higher = of.iter().filter(|(name, top)| than.get(*name).is_some_and(|other| other < *top));
    let access = higher.map(|(name, top)| Access {
        who: name.clone(),
        verb: "give priorities up to".into(),
        what: top.to_string(),
    });
    access.collect()
}
