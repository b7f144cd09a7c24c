//! What cannot be written.

use layout::policy::Policy;
use layout::{Model, Span};

use super::Writer;
use crate::code::Code;
use crate::{Diagnostic, Report};

/// Collects what a text does not say.
#[derive(Debug, Default)]
pub(super) struct Facts(Report);

impl Facts {
    /// Without this it is another system.
    pub(super) fn lost(&mut self, span: Span, what: impl Into<String>) {
        let lost = Diagnostic::error(Code::NOT_CARRIED, what).at(span, "");
        self.0.push(lost.help("capDL has no words for it; keep the system in its own format"));
    }

    /// Without this it is the same system, less well described.
    pub(super) fn unsaid(&mut self, what: impl Into<String>) {
        self.0.push(Diagnostic::warning(Code::NOT_CARRIED, what));
    }

    pub(super) fn into_report(self) -> Report {
        self.0
    }
}

impl Writer<'_> {
    /// What no object shows.
    pub(super) fn report_what_is_left_out(&mut self) {
        let Model { components, regions, channels, pools, policy, assertions, .. } = self.model;
        let names = [("components", components.len()), ("regions", regions.len())];
        let names = names.into_iter().chain([("channels", channels.len())]);
        for (what, count) in names.filter(|(_, count)| *count > 0) {
            self.facts.unsaid(format!("the names of {count} {what} are not written"));
        }
        for component in components {
            if let Some(restart) = &component.restart {
                let what = format!("what happens when `{}` fails", component.name);
                self.facts.lost(restart.span, what);
            }
        }
        if let Some(supervisor) = self.model.supervisor {
            let span = self.model.objects.get(supervisor.index()).map(|object| object.span);
            let span = span.unwrap_or(Span::NOWHERE);
            self.facts.lost(span, "at which endpoint the loader supervises");
        }
        for pool in pools {
            self.facts.lost(pool.span, format!("the bounds of the pool `{}`", pool.name));
        }
        for assertion in assertions {
            self.facts.lost(assertion.span, "what is claimed of this system");
        }
        if *policy != Policy::default() {
            let spans = [policy.max_utilisation, policy.real_time_from];
            let span = spans.iter().flatten().map(|value| value.span).next();
            self.facts.lost(span.unwrap_or(Span::NOWHERE), "what this system must keep to");
        }
    }
}
