//! An answer as text or JSON.

use std::fmt::Write;

use super::answer::{Answer, Finding};
use crate::Sources;
use crate::authority::System;
use crate::authority::label::Step;
use crate::authority::proof::Proof;
use crate::json::Json;

/// As text: findings with their steps and lines, then what was proven, then notes.
#[must_use]
pub fn text(answer: &Answer, system: &System<'_>, sources: &Sources) -> String {
    let mut out = String::new();
    for finding in &answer.findings {
        let _ = writeln!(out, "{}", finding.what);
        for (step, number) in finding.steps.iter().zip(1..) {
            let place = sources.place(step.span);
            let place = place.map(|place| {
                format!("  [{}:{}:{}]", place.path.display(), place.line, place.column)
            });
            let _ = writeln!(out, "  {number}. {step}{}", place.unwrap_or_default());
        }
    }
    for Proof { claim, certificate } in &answer.proofs {
        let (closed, all) = (certificate.closed.len(), system.points.count());
        let _ = writeln!(out, "{claim} (proof: a closed set of {closed} of {all} points; checked)");
    }
    for note in &answer.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out
}

/// As one JSON object.
#[must_use]
pub fn json(question: &str, answer: &Answer, system: &System<'_>, sources: &Sources) -> Json {
    let proofs = answer.proofs.iter().map(|Proof { claim, certificate }| {
        Json::object([
            ("claim", claim.as_str().into()),
            ("closed_points", certificate.closed.len().into()),
            ("points", system.points.count().into()),
            ("checked", true.into()),
        ])
    });
    Json::object([
        ("question", question.into()),
        ("answer", (!answer.findings.is_empty()).into()),
        ("findings", Json::list(answer.findings.iter().map(|finding| found(finding, sources)))),
        ("proofs", Json::list(proofs)),
        ("notes", Json::list(answer.notes.iter().map(String::as_str))),
    ])
}

fn found(finding: &Finding, sources: &Sources) -> Json {
    let steps = finding.steps.iter().map(|step| self::step(step, sources));
    Json::object([("what", finding.what.as_str().into()), ("steps", Json::list(steps))])
}

fn step(step: &Step, sources: &Sources) -> Json {
    let place = sources.place(step.span);
    Json::object([
        ("from", step.from.as_str().into()),
        ("why", step.words.into()),
        ("to", step.to.as_deref().into()),
        ("object", step.object.as_deref().into()),
        ("file", place.map(|place| place.path.display().to_string()).into()),
        ("line", place.map(|place| place.line).into()),
        ("column", place.map(|place| place.column).into()),
    ])
}
