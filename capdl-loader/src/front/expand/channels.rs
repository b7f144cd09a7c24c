//! Channels, handlers, management, interrupts: who holds what of whom.
//!
//! A component has at most one endpoint at which it is called, its *port*, and one notification
//! through which it is signalled, its *bell*. Callers are told apart by badges, signals by bits.

use std::collections::BTreeMap;

use abi::directory::{FAULT_BADGE, Kind as Entry, SIGNAL_BADGE, SIGNALS};
use layout::Rights;
use layout::cap::Cap;
use layout::names::{Channel, ChannelKind, ComponentId};
use layout::object::{Irq, Kind, ObjectId, Trigger};
use layout::span::{Span, Spanned};

use super::draft::{Holding, Sight, Word};
use super::{Expander, spanned};
use crate::Diagnostic;
use crate::code::Code;
use crate::front::format::channel as spec;
use crate::front::format::memory::Trigger as TriggerSpec;
use crate::front::forms::Name;

/// A channel whose ends are known.
pub(super) struct Wire<'a, T> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) name: &'a Option<Name>,
    pub(super) span: Span,
    pub(super) spec: T,
}

/// Something that sets a bit of a component's bell.
pub(super) struct Ringer {
    pub(super) to: usize,
    /// What the component calls it.
    pub(super) name: String,
    pub(super) by: By,
    pub(super) span: Span,
}

/// What sets a bit.
pub(super) enum By {
    /// A component, which calls the other so.
    Component { from: usize, called: String },
    /// The supervisor, after it has restarted this component.
    Restart { of: usize },
    /// The supervisor, for a sign of life.
    Heartbeat { page: ObjectId },
    /// An interrupt.
    Interrupt { number: u64, trigger: Trigger },
}

impl Expander<'_> {
    /// Connects everything.
    pub(super) fn channels(&mut self) {
        for channel in &self.layout.channel {
            let spec::Channel { call, signal, ring, service } = &channel.value;
            let kinds = [call.is_some(), signal.is_some(), ring.is_some(), service.is_some()];
            if kinds.into_iter().filter(|is| *is).count() != 1 {
                let message = "a channel is one of `call`, `signal`, `ring` and `service`";
                let help = "write one of them, and a channel of its own for each other";
                self.error(Code::WRONG_TYPE, message, channel.span, ("not one of them", help));
            }
        }
        self.calls();
        self.handlers();
        self.passive();
        let mut ringers = Vec::new();
        self.signals(&mut ringers);
        self.rings(&mut ringers);
        self.interrupts(&mut ringers);
        self.restarts(&mut ringers);
        self.heartbeats(&mut ringers);
        ringers.sort_by(|one, other| (one.to, &one.name).cmp(&(other.to, &other.name)));
        for ringer in ringers {
            self.ring(ringer);
        }
        self.pools();
    }

    /// Both ends of the channels of one kind, by the names of those.
    pub(super) fn wires<'s, T>(
        &mut self,
        channels: impl Iterator<Item = (Span, T, [&'s Name; 2], &'s Option<Name>)>,
    ) -> Vec<Wire<'s, T>> {
        let mut wires = Vec::new();
        for (span, spec, [from, to], name) in channels {
            let [from, to] = [from, to].map(|end| self.component(end));
            if let (Some(from), Some(to)) = (from, to) {
                wires.push(Wire { from, to, name, span, spec });
            }
        }
        let key = |wire: &Wire<'_, T>| {
            let name = wire.name.as_ref().map(|name| name.value.clone());
            (wire.to, wire.from, name)
        };
        wires.sort_by_key(key);
        wires
    }

    fn calls(&mut self) {
        let channels = &self.layout.channel;
        let calls = channels.iter().filter_map(|channel| channel.value.call.as_ref());
        let calls = calls.map(|Spanned { value, span }| {
            (*span, value.grant, [&value.from, &value.to], &value.name)
        });
        let services = channels.iter().filter_map(|channel| channel.value.service.as_ref());
        let services = services
            .map(|Spanned { value, span }| (*span, false, [&value.from, &value.to], &value.name));
        for wire in self.wires(calls.chain(services)) {
            let called = self.called(wire.name, wire.to);
            let client = self.called(wire.name, wire.from);
            let endpoint = self.port(wire.to, wire.span);
            let badge = self.badge(wire.to, Entry::Client, &client, wire.span);
            let more = if wire.spec { Rights::GRANT } else { Rights::NONE };
            let rights = Rights::WRITE.or(Rights::GRANT_REPLY).or(more);
            let cap = Cap::Endpoint { object: endpoint, rights, badge: Some(badge) };
            self.hold(wire.from, Entry::Endpoint, called, cap, wire.span);
            self.channel(&wire, ChannelKind::Call { endpoint });
        }
    }

    fn signals(&mut self, ringers: &mut Vec<Ringer>) {
        let layout = self.layout;
        let signals = layout.channel.iter().filter_map(|channel| channel.value.signal.as_ref());
        let signals = signals.map(|signal| {
            let ends = [&signal.value.from, &signal.value.to];
            (signal.span, &signal.value, ends, &signal.value.name)
        });
        for wire in self.wires(signals) {
            let notification = self.bell(wire.to, wire.span);
            self.channel(&wire, ChannelKind::Signal { notification });
            ringers.push(self.ringer(wire.from, wire.to, wire.name, wire.span));
        }
    }

    /// A component sees memory.
    pub(super) fn see(&mut self, draft: usize, sight: Sight) {
        let draft = &mut self.drafts[draft];
        let same = |other: &&Sight| (other.kind, &other.name) == (sight.kind, &sight.name);
        if let Some(other) = draft.sights.iter().find(same) {
            let message = format!("`{}` sees two things called `{}`", draft.spec.name, sight.name);
            let key = if sight.kind == Entry::File { "as" } else { "name" };
            self.report.push(twice(message, sight.span, other.span, key));
            return;
        }
        draft.sights.push(sight);
    }

    /// The bytes of a frame.
    pub(super) fn frame_bytes(&self, frame: ObjectId) -> u64 {
        match &self.model[frame].kind {
            Kind::Frame(frame) => frame.size.bytes(),
            _ => 0,
        }
    }

    pub(super) fn ringer(&self, from: usize, to: usize, name: &Option<Name>, span: Span) -> Ringer {
        let by = By::Component { from, called: self.called(name, to) };
        Ringer { to, name: self.called(name, from), by, span }
    }

    /// Gives a ringer its bit, and what it rings with.
    fn ring(&mut self, ringer: Ringer) {
        let Ringer { to, name, by, span } = ringer;
        let draft = &mut self.drafts[to];
        if draft.bits == SIGNALS {
            let message = format!("`{}` is signalled by more than {SIGNALS}", draft.spec.name);
            let help = "let one component collect signals of several";
            self.error(Code::PARAMETER, message, span, ("one too many", help));
            return;
        }
        let bit = 1 << draft.bits;
        draft.bits += 1;
        let object = self.bell(to, span);
        let badge = Some(SIGNAL_BADGE | bit);
        let cap = Cap::Notification { object, rights: Rights::WRITE, badge };
        match by {
            By::Component { from, called } => {
                self.word(to, Word { kind: Entry::Signal, name, value: bit }, span);
                self.hold(from, Entry::Notification, called, cap, span);
            }
            By::Restart { of } => {
                self.word(to, Word { kind: Entry::Signal, name, value: bit }, span);
                if let Some(rules) = &mut self.model.components[of].restart {
                    rules.tells.push(cap);
                }
            }
            By::Heartbeat { page } => {
                self.word(to, Word { kind: Entry::Signal, name, value: bit }, span);
                self.asks_through(to, page, cap);
            }
            By::Interrupt { number, trigger } => {
                let core = self.core_of(to);
                let irq = Irq { number: Some(number), trigger, core, notification: Some(cap) };
                let object = format!("{}/interrupt/{name}", self.drafts[to].spec.name);
                let irq = self.add(Some(to), object, Kind::Irq(irq), span);
                self.hold_with(
                    to,
                    Entry::Interrupt,
                    name,
                    Holding { cap: Cap::Irq(irq), extent: bit, span },
                );
            }
        }
    }

    fn core_of(&self, draft: usize) -> u64 {
        self.drafts[draft].spec.value.sched.as_ref().map_or(0, |sched| sched.value.core)
    }

    /// Who hears of faults, timeouts and ends; and who controls whom.
    fn handlers(&mut self) {
        for manager in 0..self.drafts.len() {
            for name in &self.drafts[manager].spec.value.manages {
                if let Some(managed) = self.component(name) {
                    self.manage(manager, managed, name.span);
                }
            }
        }
        let managers = self.managers();
        for draft in 0..self.drafts.len() {
            let spec = &self.drafts[draft].spec.value;
            let fault = match &spec.fault_handler {
                Some(name) => self.component(name).map(|handler| (handler, name.span)),
                None => self.default_handler(draft, &managers),
            };
            let timeout = spec.timeout_handler.as_ref();
            let timeout = timeout.and_then(|name| Some((self.component(name)?, name.span)));
            let told = self.told_of(draft, fault);
            self.drafts[draft].fault = Some(told);
            let is_timed = self.restarts_on_timeout(draft);
            self.drafts[draft].timeout = match timeout {
                Some((handler, _)) if fault.is_some_and(|(other, _)| other == handler) => {
                    Some(told)
                }
                Some(handler) => Some(self.told_of(draft, Some(handler))),
                None => is_timed.then_some(told),
            };
        }
    }

    /// The first manager of each component that has one, and where that is written.
    fn managers(&self) -> BTreeMap<ComponentId, (usize, Span)> {
        let mut managers = BTreeMap::new();
        for (place, manager) in self.model.components.iter().enumerate() {
            for managed in &manager.manages {
                managers.entry(managed.value).or_insert((place, managed.span));
            }
        }
        managers
    }

    /// Without a handler of its own, a component that is to be restarted is told about to the
    /// supervisor, another to who manages it. `None`: the supervisor.
    fn default_handler(
        &self,
        draft: usize,
        managers: &BTreeMap<ComponentId, (usize, Span)>,
    ) -> Option<(usize, Span)> {
        let id = self.drafts[draft].id;
        let is_restarted = self.model[id].restart.is_some();
        managers.get(&id).filter(|_| !is_restarted).copied()
    }

    /// The capability through which somebody, or else the supervisor, hears of a component.
    fn told_of(&mut self, draft: usize, handler: Option<(usize, Span)>) -> Cap {
        let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
        let (object, badge) = match handler {
            Some((handler, span)) => {
                let name = self.drafts[draft].spec.name.clone();
                let object = self.port(handler, span);
                let number = self.badge(handler, Entry::Fault, &name, span);
                (object, FAULT_BADGE | number)
            }
            None => (self.supervisor(), u64::from(self.drafts[draft].id.0) + 1),
        };
        Cap::Endpoint { object, rights, badge: Some(badge) }
    }

    fn restarts_on_timeout(&self, draft: usize) -> bool {
        let restart = &self.model[self.drafts[draft].id].restart;
        let restart = restart.as_ref().map_or(&[][..], |restart| restart.on.as_slice());
        restart.contains(&layout::names::Failure::Timeout)
    }

    /// Gives a component control over another.
    fn manage(&mut self, manager: usize, managed: usize, span: Span) {
        let other = &self.drafts[managed];
        let (id, name) = (other.id, other.spec.name.clone());
        let cspace = Cap::CNode { object: other.cspace, guard: 0, guard_bits: None };
        let mut caps = vec![
            (Entry::Thread, Cap::Thread(other.thread)),
            (Entry::CSpace, cspace),
            (Entry::VSpace, Cap::PageTable(other.vspace)),
        ];
        caps.extend(other.time.map(|time| (Entry::SchedContext, Cap::SchedContext(time))));
        for (kind, cap) in caps {
            self.hold(manager, kind, name.clone(), cap, span);
        }
        let manager = self.drafts[manager].id;
        self.model.components[manager.0 as usize].manages.push(spanned(id, span));
    }

    /// What one end calls the other.
    pub(super) fn called(&self, name: &Option<Name>, other: usize) -> String {
        let name = name.as_ref().map(|name| name.value.clone());
        name.unwrap_or_else(|| self.drafts[other].spec.name.clone())
    }

    pub(super) fn channel_name<T>(&self, wire: &Wire<'_, T>) -> String {
        let [from, to] = [wire.from, wire.to].map(|end| &self.drafts[end].spec.name);
        match wire.name {
            Some(name) => format!("{from}>{to}.{}", name.value),
            None => format!("{from}>{to}"),
        }
    }

    pub(super) fn channel<T>(&mut self, wire: &Wire<'_, T>, kind: ChannelKind) {
        let name = self.channel_name(wire);
        let [from, to] = [wire.from, wire.to].map(|end| self.drafts[end].id);
        self.model.channels.push(Channel { name, span: wire.span, from, to, kind });
    }

    /// Where a component is called.
    fn port(&mut self, draft: usize, span: Span) -> ObjectId {
        if let Some(port) = self.drafts[draft].port {
            return port;
        }
        let name = self.drafts[draft].spec.name.clone();
        let port = self.add(Some(draft), format!("{name}/port"), Kind::Endpoint, span);
        self.drafts[draft].port = Some(port);
        let cap = Cap::Endpoint { object: port, rights: Rights::READ, badge: None };
        self.hold(draft, Entry::Port, String::new(), cap, span);
        self.replies(draft, span);
        port
    }

    /// The next number of a component's port, for somebody whom it knows by this name.
    fn badge(&mut self, draft: usize, kind: Entry, name: &str, span: Span) -> u64 {
        let badges = match kind {
            Entry::Fault => &mut self.drafts[draft].faults,
            _ => &mut self.drafts[draft].clients,
        };
        *badges += 1;
        let value = *badges;
        self.word(draft, Word { kind, name: name.into(), value }, span);
        value
    }

    /// Where a component is signalled.
    pub(super) fn bell(&mut self, draft: usize, span: Span) -> ObjectId {
        if let Some(bell) = self.drafts[draft].bell {
            return bell;
        }
        let name = self.drafts[draft].spec.name.clone();
        let bell = self.add(Some(draft), format!("{name}/bell"), Kind::Notification, span);
        self.drafts[draft].bell = Some(bell);
        let cap = Cap::Notification { object: bell, rights: Rights::READ, badge: None };
        self.hold(draft, Entry::Bell, String::new(), cap, span);
        bell
    }

    /// A component gets a capability.
    pub(super) fn hold(&mut self, draft: usize, kind: Entry, name: String, cap: Cap, span: Span) {
        self.hold_with(draft, kind, name, Holding { cap, extent: 0, span });
    }

    /// A component gets a capability about which its directory says more.
    pub(super) fn hold_with(&mut self, draft: usize, kind: Entry, name: String, held: Holding) {
        let draft = &mut self.drafts[draft];
        let owner = &draft.spec.name;
        let key = (kind, name);
        if let Some(other) = draft.holdings.get(&key) {
            let what = kind.word();
            let message = format!("`{owner}` has two of kind `{what}` called `{}`", key.1);
            self.report.push(twice(message, held.span, other.span, "name"));
            return;
        }
        draft.holdings.insert(key, held);
    }

    /// A component finds a word by name.
    pub(super) fn word(&mut self, draft: usize, word: Word, span: Span) {
        let draft = &mut self.drafts[draft];
        let same = |other: &Word| (other.kind, &other.name) == (word.kind, &word.name);
        if draft.words.iter().any(same) {
            let message = format!("`{}` knows two as `{}`", draft.spec.name, word.name);
            self.report.push(twice(message, span, Span::NOWHERE, "name"));
            return;
        }
        draft.words.push(word);
    }
}

/// That two things have one name, which `key` gives.
fn twice(message: String, one: Span, other: Span, key: &str) -> Diagnostic {
    let wrong = Diagnostic::error(Code::DUPLICATE_NAME, message).at(one, "this one");
    wrong.at(other, "and this one").help(format!("give one of them a name: `{key} = \"...\"`"))
}

pub(super) fn trigger(trigger: TriggerSpec) -> Trigger {
    match trigger {
        TriggerSpec::Level => Trigger::Level,
        TriggerSpec::Edge => Trigger::Edge,
    }
}
