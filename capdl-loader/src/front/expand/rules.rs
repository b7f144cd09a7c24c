//! Policy, waivers, assertions, domains.

use layout::model::{ROOT_CNODE_BITS, TurnLength};
use layout::names::{ComponentId, Waiver};
use layout::policy::{Access, Assertion, Claim, Control, Leave, Policy, Subject};
use layout::span::{Span, Spanned};
use layout::supervision::{Share, Supervision};
use layout::{Target, Turn};

use super::{Expander, scope, spanned};
use crate::code::Code;
use crate::front::format::component::Control as ControlSpec;
use crate::front::format::rules as spec;
use crate::front::forms::Name;

impl Expander<'_> {
    /// What the system runs on and must keep to.
    pub(super) fn rules_of_the_system(&mut self) {
        let layout = self.layout;
        let kernel = layout.kernel.as_ref();
        if let Some(kernel) = kernel.filter(|kernel| !kernel.value.mcs) {
            let label = "there is no kernel without scheduling contexts";
            self.error(
                Code::PARAMETER,
                "`kernel.mcs` must be true",
                kernel.span,
                (label, "leave it out"),
            );
        }
        let cores = kernel.and_then(|kernel| kernel.value.cores);
        self.model.target = Target {
            board: layout.board.value.clone(),
            cores: cores.unwrap_or(self.board.cores),
            domains: kernel.map_or(1, |kernel| kernel.value.domains),
            root_cnode_bits: kernel.map_or(ROOT_CNODE_BITS, |kernel| kernel.value.root_cnode_bits),
            exports_counter: kernel.is_some_and(|kernel| kernel.value.counter),
            span: kernel.map_or(layout.board.span, |kernel| kernel.span),
        };
        if let Some(Spanned { value, span }) = &layout.supervisor {
            let share = Share { budget: value.budget_us, period: value.period_us };
            self.model.supervision = Supervision { priority: value.prio, share, span: *span };
        }
        if let Some(schedule) = &layout.schedule {
            let turns = schedule.turn.iter().filter_map(|turn| self.turn(turn));
            self.model.schedule.turns = turns.collect();
            self.model.schedule.start = schedule.start;
            self.model.schedule.shift = schedule.shift;
        }
        if let Some(policy) = &layout.policy {
            let share = policy.cpu_utilisation_max;
            self.model.policy = Policy {
                writable_code: leave(policy.wx),
                shared_device_pages: leave(policy.device_page_sharing),
                max_utilisation: share.map(|share| spanned(share.value.0, share.span)),
                real_time_from: policy.rt_band.as_ref().map(|band| band.min_prio),
                waivers: Vec::new(),
            };
        }
        let whole = layout.waive.iter().filter(|waiver| waiver.component.is_none());
        self.model.policy.waivers = whole.map(waiver).collect();
    }

    fn turn(&mut self, turn: &Spanned<spec::Turn>) -> Option<Turn> {
        let spec::Turn { domain, us, ticks } = turn.value;
        let length = match (us, ticks) {
            (Some(us), None) => TurnLength::Microseconds(us),
            (None, Some(ticks)) => TurnLength::Ticks(ticks),
            _ => {
                let message = "the length of a turn is one of `us` and `ticks`";
                self.error(
                    Code::WRONG_TYPE,
                    message,
                    turn.span,
                    ("not one of them", "write one of them"),
                );
                return None;
            }
        };
        Some(Turn { domain, length, span: turn.span })
    }

    /// Assertions, and waivers for single components: what names components.
    pub(super) fn assertions(&mut self) {
        let layout = self.layout;
        for written in &layout.waive {
            let Some(name) = &written.component else { continue };
            if let Some(place) = self.component(name) {
                self.model.components[place].waivers.push(waiver(written));
            }
        }
        for assertion in &layout.assert {
            if let Some(claim) = self.claim(assertion) {
                self.model.assertions.push(Assertion { span: assertion.span, claim });
            }
        }
    }

    fn claim(&mut self, assertion: &Spanned<spec::Assertion>) -> Option<Claim> {
        let spec::Assertion { isolated, only, never_holds, trusting, trusting_dma } =
            &assertion.value;
        let trusting = self.all(trusting);
        let trusting_devices = self.devices(trusting_dma);
        match (isolated, only, never_holds) {
            (Some(sides), None, None) => {
                let (one, other) = (self.all(&sides.one), self.all(&sides.other));
                Some(Claim::Isolated { one, other, trusting, trusting_devices })
            }
            (None, Some(only), None) => {
                let (access, what) = self.subject(only)?;
                let are = self.all(&only.value.are);
                Some(Claim::Only { access, what, are, trusting_devices })
            }
            (None, None, Some(never)) => {
                let except = self.all(&never.except);
                let mut who = self.all(&never.who.0);
                who.retain(|component| !except.contains(component));
                let controls = never.cap.0.iter().map(|word| control(*word)).collect();
                Some(Claim::NeverHolds { who, controls })
            }
            _ => {
                let message = "an assertion is one of `isolated`, `only` and `never_holds`";
                self.error(
                    Code::WRONG_TYPE,
                    message,
                    assertion.span,
                    (
                        "not one of them",
                        "write one of them, and an assertion of its own for each other",
                    ),
                );
                None
            }
        }
    }

    /// What is reached, and how.
    fn subject(&mut self, only: &Spanned<spec::Only>) -> Option<(Access, Subject)> {
        let spec::Only { may_read, may_write, may_call, may_signal, .. } = &only.value;
        let ways = [
            (Access::Read, may_read),
            (Access::Write, may_write),
            (Access::Call, may_call),
            (Access::Signal, may_signal),
        ];
        let mut ways = ways.into_iter().filter_map(|(access, name)| Some((access, name.as_ref()?)));
        let (Some((access, name)), None) = (ways.next(), ways.next()) else {
            let message = "`only` needs one of `may_read`, `may_write`, `may_call`, `may_signal`";
            self.error(
                Code::WRONG_TYPE,
                message,
                only.span,
                (
                    "not one of them",
                    "write one of them, and an assertion of its own for each other",
                ),
            );
            return None;
        };
        Some((access, self.reached(name)?))
    }

    fn reached(&mut self, name: &Name) -> Option<Subject> {
        if let Some(region) = self.any_region(name) {
            return Some(Subject::Region(region));
        }
        let mut components = self.layout.component.entries.iter();
        if let Some(place) = components.position(|entry| entry.name == name.value) {
            return Some(Subject::Component(self.drafts[place].id));
        }
        if self.scope.objects.contains_key(&name.value) {
            return Some(Subject::Object(name.value.clone()));
        }
        let regions = self.model.regions.iter().map(|region| region.name.as_str());
        let components = self.model.components.iter().map(|component| component.name.as_str());
        let noun = "region, device, component or object";
        let wrong = scope::dangling(noun, name, regions.chain(components));
        self.report.push(wrong);
        None
    }

    /// Components by their names; `*` is all of them.
    fn all(&mut self, names: &[Name]) -> Vec<ComponentId> {
        let mut found = Vec::new();
        for name in names {
            if name.value == "*" {
                found.extend(self.drafts.iter().map(|draft| draft.id));
            } else if let Some(place) = self.component(name) {
                found.push(self.drafts[place].id);
            }
        }
        found
    }
}

fn leave(leave: spec::Leave) -> Leave {
    match leave {
        spec::Leave::Deny => Leave::Deny,
        spec::Leave::Warn => Leave::Warn,
        spec::Leave::Allow => Leave::Allow,
    }
}

fn waiver(written: &spec::Waiver) -> Waiver {
    let (check, reason) = (written.check.value.clone(), written.reason.clone());
    let span: Span = written.check.span;
    Waiver { check, reason, span }
}

fn control(word: ControlSpec) -> Control {
    match word {
        ControlSpec::Irq => Control::Irq,
        ControlSpec::Asid => Control::Asid,
        ControlSpec::Sched => Control::Sched,
        ControlSpec::Domain => Control::Domain,
        ControlSpec::SecureMonitor => Control::SecureMonitor,
    }
}
