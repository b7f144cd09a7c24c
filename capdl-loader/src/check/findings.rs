//! What the checks found, without what is waived.

use std::collections::HashSet;

use layout::names::{ComponentId, Waiver};
use layout::{Model, Span};

use crate::code::Code;
use crate::{Diagnostic, Report, Severity};

/// Checks that may be waived: what is often a mistake, but can be meant.
const WAIVABLE: [Code; 20] = [
    Code::UNREACHABLE,
    Code::WRITABLE_CODE,
    Code::NO_GUARD_PAGE,
    Code::DEVICE_PAGE,
    Code::UTILISATION,
    Code::RESPONSE_TIME,
    Code::DOWNHILL_CALL,
    Code::CALL_CYCLE,
    Code::NO_TIMEOUT_HANDLER,
    Code::IRQ_CORE,
    Code::NO_COUNTER,
    Code::CONTROL_CAP,
    Code::SHARED_CSPACE,
    Code::FOREIGN_TABLE,
    Code::UNCONFINED_DMA,
    Code::UNBADGED,
    Code::SAME_BADGE,
    Code::RESTART_SCOPE,
    Code::POOL_PRIORITY,
    Code::POOL_BOUND,
];

/// Where checks put what they find.
#[derive(Debug)]
pub struct Findings {
    report: Report,
    /// Waived for everybody (`None`) or for a component.
    waived: HashSet<(Code, Option<ComponentId>)>,
}

impl Findings {
    /// With the waivers of a model. Waivers that make no sense are told.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let mut findings = Self { report: Report::default(), waived: HashSet::new() };
        for waiver in &model.policy.waivers {
            findings.waive(waiver, None);
        }
        for (index, component) in (0..).zip(&model.components) {
            for waiver in &component.waivers {
                findings.waive(waiver, Some(ComponentId(index)));
            }
        }
        findings
    }

    fn waive(&mut self, waiver: &Waiver, component: Option<ComponentId>) {
        if waiver.reason.trim().is_empty() {
            let message = format!("the waiver of `{}` has no reason", waiver.check);
            let wrong = Diagnostic::error(Code::WAIVER, message).at(waiver.span, "");
            return self.report.push(wrong.help("say why this may be: `reason = \"...\"`"));
        }
        match Code::parse(&waiver.check) {
            Some(code) if WAIVABLE.contains(&code) => {
                self.waived.insert((code, component));
            }
            Some(code) => {
                let message = format!("{code} cannot be waived: {}", lowered(code.title()));
                let wrong = Diagnostic::error(Code::WAIVER, message).at(waiver.span, "");
                self.report.push(wrong.help("mend what the check finds, and leave the waiver out"));
            }
            None => {
                let message = format!("there is no check `{}` to be waived", waiver.check);
                let wrong = Diagnostic::error(Code::WAIVER, message).at(waiver.span, "unknown");
                self.report.push(wrong.help("`capdl codes` lists the checks"));
            }
        }
    }

    /// Adds something that cannot be waived.
    pub fn push(&mut self, found: Diagnostic) {
        self.report.push(found);
    }

    /// Adds something, unless it is waived for the system or for one of `components`.
    pub fn push_for(
        &mut self,
        components: impl IntoIterator<Item = Option<ComponentId>>,
        found: Diagnostic,
    ) {
        let is_waived = |component| self.waived.contains(&(found.code, component));
        if !is_waived(None) && !components.into_iter().flatten().any(|c| is_waived(Some(c))) {
            self.report.push(found);
        }
    }

    /// The most important place of each error so far.
    #[must_use]
    pub fn places(&self) -> HashSet<Span> {
        let errors = self.report.iter().filter(|found| found.severity == Severity::Error);
        errors.filter_map(|found| found.labels.first()).map(|(span, _)| *span).collect()
    }

    /// All of it.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.report
    }
}

/// A title as a part of a sentence.
fn lowered(title: &str) -> String {
    let mut letters = title.trim_end_matches('.').chars();
    let first = letters.next().map(|first| first.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
