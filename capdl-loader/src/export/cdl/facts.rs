//! What cannot be written.

use layout::policy::Policy;
use layout::{Model, Span};

use super::Writer;
use crate::code::Code;
use crate::{Diagnostic, Report};

/// What helps whoever misses names.
const KEEP: &str = "keep the layout in its own format beside it: only that one has them";

/// Collects what a text does not say.
#[derive(Debug, Default)]
pub(super) struct Facts(Report);

impl Facts {
    /// Without this it is another system.
    pub(super) fn lost(&mut self, span: Span, what: impl Into<String>) {
        self.lost_unless(
            span,
            what,
            "capDL has no words for it; keep the system in its own format",
        );
    }

    /// Without this it is another system, unless somebody does what helps.
    pub(super) fn lost_unless(&mut self, span: Span, what: impl Into<String>, help: &str) {
        let lost = Diagnostic::error(Code::NOT_CARRIED, what).at(span, "");
        self.0.push(lost.help(help));
    }

    /// Without this it is the same system, less well described.
    pub(super) fn unsaid(&mut self, what: impl Into<String>, help: &str) {
        self.0.push(Diagnostic::warning(Code::NOT_CARRIED, what).help(help));
    }

    pub(super) fn into_report(self) -> Report {
        self.0
    }
}

impl Writer<'_> {
    /// What no object shows. What the loader does for a running system is lost; what only the tool
    /// looks at is not part of what is built.
    pub(super) fn report_what_is_left_out(&mut self) {
        let Model { components, regions, channels, pools, policy, assertions, .. } = self.model;
        let names = [("components", components.len()), ("regions", regions.len())];
        let names = names.into_iter().chain([("channels", channels.len())]);
        for (what, count) in names.filter(|(_, count)| *count > 0) {
            let what = format!("the names of {count} {what} are not written");
            self.facts.unsaid(what, KEEP);
        }
        for component in components {
            if let Some(restart) = &component.restart {
                let what = format!("what happens when `{}` fails", component.name);
                let help = "write `restart = \"never\"`, if it need not be started again";
                self.facts.lost_unless(restart.span, what, help);
            }
        }
        self.supervisor();
        for pool in pools {
            let what = format!("the pool `{}`: it says what its owner has, and not why", pool.name);
            self.facts.unsaid(what, "its memory, times and bounds are kept: nothing is to be done");
        }
        if !assertions.is_empty() {
            let count = assertions.len();
            let what = format!("{count} claims about this system, to be proven");
            let help = "ask for them again where it is used: `capdl query`";
            self.facts.unsaid(what, help);
        }
        if *policy != Policy::default() {
            let what = "what the checks of this system are told to keep to";
            self.facts.unsaid(what, "check it in its own format: the rules hold only there");
        }
    }

    /// What the loader does once the system runs. Its endpoint is an object like others; who
    /// receives there, no specification of capabilities says.
    fn supervisor(&mut self) {
        if let Some(endpoint) = self.model.supervisor {
            let name = &self.model[endpoint].name;
            let what = format!(
                "that the loader receives at `{name}`: another one has to, or who prints there or \
                 fails waits for ever"
            );
            let help = "use a loader that answers there, or add a component that does";
            self.facts.unsaid(what, help);
        }
        for nursed in self.model.nursed() {
            let part = &self.model[nursed.component];
            let what = format!("the time of `{}` until it is initialised", part.name);
            self.facts.lost_unless(part.span, what, "give it time of its own: `sched`");
        }
    }
}
