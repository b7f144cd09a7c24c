//! What was gained, lost, changed, moved.

use std::collections::{BTreeMap, BTreeSet};

use layout::object::Kind;
use layout::supervision::Supervision;
use layout::{Model, ObjectId};

use super::access::{Access, accesses};
use super::held::holdings;
use super::rules::{Ceilings, ceilings, higher, rules};
use crate::authority::System;
use crate::report::amount;
use crate::report::usage::Usage;

/// A value that is another one in the second system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Change {
    /// Of what.
    pub of: String,
    /// Which value.
    pub value: &'static str,
    /// In the first system.
    pub before: String,
    /// In the second.
    pub after: String,
}

/// What differs between two systems.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Components, regions and devices that are new.
    pub added: Vec<String>,
    /// Those that are no more.
    pub removed: Vec<String>,
    /// Authority that is new.
    pub gained: Vec<Access>,
    /// Authority that is no more.
    pub lost: Vec<Access>,
    /// Parameters that changed: priorities, times, images.
    pub changed: Vec<Change>,
    /// Memory of other size, or at another address.
    pub moved: Vec<Change>,
}

impl Difference {
    /// Between two systems, whose objects lie at these addresses, as far as they are known.
    #[must_use]
    pub fn between(
        (before, addresses_before): (&System<'_>, &[Option<u64>]),
        (after, addresses_after): (&System<'_>, &[Option<u64>]),
    ) -> Self {
        let names = (names(before), names(after));
        let (authority, tops) =
            ((authority(before), authority(after)), (tops(before), tops(after)));
        let usage = (Usage::of(before, addresses_before), Usage::of(after, addresses_after));
        Self {
            added: names.1.difference(&names.0).cloned().collect(),
            removed: names.0.difference(&names.1).cloned().collect(),
            gained: beyond((&authority.1, &tops.1), (&authority.0, &tops.0)),
            lost: beyond((&authority.0, &tops.0), (&authority.1, &tops.1)),
            changed: changes(&parameters(before), &parameters(after)),
            moved: changes(&places(&usage.0), &places(&usage.1)),
        }
    }

    /// Whether the systems are the same, as far as names tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// All that somebody has authority over, by which capability or mapping, and by whose rules.
fn authority(system: &System<'_>) -> BTreeSet<Access> {
    let mut authority = accesses(system);
    authority.append(&mut holdings(system));
    authority.append(&mut rules(system.model));
    authority
}

fn tops(system: &System<'_>) -> Ceilings {
    ceilings(system.model, |id| name_of(system.model, id))
}

/// What one system has and another has not.
fn beyond(
    (has, tops): (&BTreeSet<Access>, &Ceilings),
    (other, other_tops): (&BTreeSet<Access>, &Ceilings),
) -> Vec<Access> {
    let mut beyond: Vec<Access> = has.difference(other).cloned().collect();
    beyond.extend(higher(tops, other_tops));
    beyond
}

/// The parties and regions of a system, each with its kind.
fn names(system: &System<'_>) -> BTreeSet<String> {
    let parties = system.parties.iter().map(|(_, party)| format!("component {}", party.name));
    let regions = system.model.regions.iter().map(|region| match region.kind {
        layout::names::RegionKind::Memory { .. } => format!("region {}", region.name),
        layout::names::RegionKind::Device { .. } => format!("device {}", region.name),
    });
    parties.chain(regions).collect()
}

/// Values by what they are of, and which they are.
type Values = BTreeMap<(String, &'static str), String>;

/// What is equal in name but not in value.
fn changes(before: &Values, after: &Values) -> Vec<Change> {
    let both = before.iter().filter_map(|(key, old)| Some((key, old, after.get(key)?)));
    let changed = both.filter(|(_, old, new)| old != new);
    let changes = changed.map(|((of, value), old, new)| Change {
        of: of.clone(),
        value,
        before: old.clone(),
        after: new.clone(),
    });
    changes.collect()
}

/// What an object is called: the main thread of a component by the component's name.
fn name_of(model: &Model, id: ObjectId) -> String {
    match model[id].owner {
        Some(owner) if model[owner].thread == Some(id) => model[owner].name.clone(),
        _ => model[id].name.clone(),
    }
}

/// The board, the parameters of threads and scheduling contexts, and the images of components.
fn parameters(system: &System<'_>) -> Values {
    let mut values = Values::new();
    let model = system.model;
    values.insert(("the system".into(), "board"), model.target.board.clone());
    if model.supervisor.is_some() {
        let Supervision { priority, share, .. } = model.supervision;
        let (supervisor, time) =
            ("the supervisor", format!("{} of {} us", share.budget, share.period));
        values.insert((supervisor.into(), "priority"), priority.to_string());
        values.insert((supervisor.into(), "time"), time);
    }
    for component in &model.components {
        values.insert((component.name.clone(), "image"), component.image.clone());
    }
    for (id, object) in model.objects() {
        let name = name_of(model, id);
        let mut add = |value, text: String| values.insert((name.clone(), value), text);
        match &object.kind {
            Kind::Thread(thread) => {
                add("priority", thread.priority.to_string());
                add("domain", thread.domain.to_string());
                add("start", if thread.resumed { "at once" } else { "later" }.into());
            }
            Kind::SchedContext(context) => {
                let budget = context.budget.as_ref().map_or(0, |budget| budget.value);
                add("time", format!("{budget} of {} us", context.period));
                add("core", context.core.to_string());
                add("extra refills", context.extra_refills.to_string());
                add("sporadic", context.is_sporadic.to_string());
            }
            Kind::Untyped(_) => {
                let bytes = object.kind.size_bits().and_then(|bits| 1_u64.checked_shl(bits));
                add("size", bytes.map_or_else(String::new, amount));
            }
            Kind::Irq(irq) => {
                let number = irq.number.map_or("none".into(), |number: u64| number.to_string());
                add("interrupt", number);
                add("core", irq.core.to_string());
            }
            _ => (),
        }
    }
    values
}

/// Where regions lie, and how large regions and components are.
fn places(usage: &Usage) -> Values {
    let mut values = Values::new();
    for region in &usage.regions {
        let address = region.address.map_or("any".into(), |address| format!("{address:#x}"));
        values.insert((region.name.clone(), "address"), address);
        values.insert((region.name.clone(), "size"), amount(region.bytes));
    }
    for component in &usage.components {
        values.insert((component.name.clone(), "own memory"), amount(component.frame_bytes));
    }
    values
}
