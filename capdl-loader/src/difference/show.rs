//! The differences as text or JSON.

use std::fmt::Write;

use super::access::Access;
use super::compare::{Change, Difference};
use crate::json::Json;

/// As text, a line for each, the most important first.
#[must_use]
pub fn text(difference: &Difference) -> String {
    let mut out = String::new();
    for Access { who, verb, what } in &difference.gained {
        let _ = writeln!(out, "+ {who} can now {verb} {what}");
    }
    for Access { who, verb, what } in &difference.lost {
        let _ = writeln!(out, "- {who} can no longer {verb} {what}");
    }
    difference.added.iter().for_each(|name| out.push_str(&format!("+ {name} is new\n")));
    difference.removed.iter().for_each(|name| out.push_str(&format!("- {name} is gone\n")));
    for Change { of, value, before, after } in difference.changed.iter().chain(&difference.moved) {
        let _ = writeln!(out, "~ {of}: {value} was {before}, is {after}");
    }
    if out.is_empty() {
        out.push_str("no difference\n");
    }
    out
}

/// As one JSON object.
#[must_use]
pub fn json(difference: &Difference) -> Json {
    let access = |list: &[Access]| {
        Json::list(list.iter().map(|Access { who, verb, what }| {
            Json::object([
                ("who", who.as_str().into()),
                ("access", verb.as_str().into()),
                ("what", what.as_str().into()),
            ])
        }))
    };
    let changes = |list: &[Change]| {
        Json::list(list.iter().map(|change| {
            Json::object([
                ("of", change.of.as_str().into()),
                ("value", change.value.into()),
                ("before", change.before.as_str().into()),
                ("after", change.after.as_str().into()),
            ])
        }))
    };
    let names = |list: &[String]| Json::list(list.iter().map(String::as_str));
    Json::object([
        ("gained", access(&difference.gained)),
        ("lost", access(&difference.lost)),
        ("added", names(&difference.added)),
        ("removed", names(&difference.removed)),
        ("changed", changes(&difference.changed)),
        ("moved", changes(&difference.moved)),
    ])
}
