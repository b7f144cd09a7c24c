//! What the loader needs to supervise components: where it hears of them, and how it asks them.

use abi::directory::{Kind as Entry, SIGNAL_BADGE, SIGNALS};
use layout::Rights;
use layout::cap::Cap;
use layout::memory::FrameSize;
use layout::names::Heartbeat;
use layout::object::{Kind, ObjectId};
use layout::span::Span;

use super::Expander;
use super::channels::{By, Ringer};
use super::draft::{Frames, Sight};
use crate::code::Code;
use crate::front::format::component::RestartOrNever;

/// What a component calls the page and the bit of its heartbeat.
const HEARTBEAT: &str = "heartbeat";
/// What a passive component calls whom it tells that it is initialised.
const READY: &str = "ready";

impl Expander<'_> {
    /// The endpoint of the loader.
    pub(super) fn supervisor(&mut self) -> ObjectId {
        if let Some(supervisor) = self.model.supervisor {
            return supervisor;
        }
        let id = self.add(None, "supervisor".into(), Kind::Endpoint, Span::NOWHERE);
        self.model.supervisor = Some(id);
        id
    }

    /// The notification of the loader.
    fn supervisor_bell(&mut self) -> ObjectId {
        if let Some(bell) = self.model.supervisor_bell {
            return bell;
        }
        let id = self.add(None, "supervisor/bell".into(), Kind::Notification, Span::NOWHERE);
        self.model.supervisor_bell = Some(id);
        id
    }

    /// Neighbours that are told when a component was restarted.
    pub(super) fn restarts(&mut self, ringers: &mut Vec<Ringer>) {
        for of in 0..self.drafts.len() {
            let component = self.drafts[of].spec;
            let rules = component.value.restart.as_ref().map(|rules| &rules.value);
            let Some(RestartOrNever::By(rules)) = rules else { continue };
            for name in &rules.tells {
                let Some(to) = self.component(name) else { continue };
                let (name, span) = (format!("{}.restarted", component.name), name.span);
                ringers.push(Ringer { to, name, by: By::Restart { of }, span });
            }
        }
    }

    /// The page in which a component answers, if its silence counts as failing.
    pub(super) fn heartbeat_page(&mut self, draft: usize) {
        let Some(span) = self.silence(draft) else { return };
        let spec = self.drafts[draft].spec;
        if spec.value.passive || !spec.value.start {
            let message = format!("the silence of `{}` means nothing", spec.name);
            let label = "it has no time of its own, or does not run from the start";
            self.error(Code::PARAMETER, message, span, (label, "leave out `silence_ms`"));
            return;
        }
        let bytes = FrameSize::Small.bytes();
        let object = format!("{}/{HEARTBEAT}", spec.name);
        let frames = self.own_frames(Some(draft), &object, bytes, span);
        self.drafts[draft].heartbeat = frames.first().copied();
        let (rights, attributes) = (Rights::READ_WRITE, super::assemble::DATA);
        let frames = Frames::Shared { frames, offset: 0, bytes };
        let (kind, name) = (Entry::Memory, HEARTBEAT.into());
        self.see(draft, Sight { kind, name, frames, rights, attributes, region: None, span });
    }

    /// Where it is written that a component's silence counts as failing.
    fn silence(&self, draft: usize) -> Option<Span> {
        let rules = self.model[self.drafts[draft].id].restart.as_ref()?;
        rules.silence().map(|_| rules.span)
    }

    /// The supervisor asks for signs of life.
    pub(super) fn heartbeats(&mut self, ringers: &mut Vec<Ringer>) {
        for to in 0..self.drafts.len() {
            if let Some(page) = self.drafts[to].heartbeat {
                let (name, span) = (HEARTBEAT.into(), self.drafts[to].spec.span);
                ringers.push(Ringer { to, name, by: By::Heartbeat { page }, span });
            }
        }
    }

    /// The supervisor asks a component for signs of life by this capability.
    pub(super) fn asks_through(&mut self, draft: usize, page: ObjectId, asks: Cap) {
        let id = self.drafts[draft].id.0 as usize;
        if let Some(rules) = &mut self.model.components[id].restart {
            rules.heartbeat = Some(Heartbeat { page, asks });
        }
    }

    /// Passive components tell the supervisor when they are initialised.
    pub(super) fn passive(&mut self) {
        let drafts = self.drafts.iter();
        let passive: Vec<usize> = drafts
            .enumerate()
            .filter(|(_, draft)| draft.spec.value.passive && draft.spec.value.start)
            .map(|(place, _)| place)
            .collect();
        for (draft, bit) in passive.into_iter().zip(1..) {
            let span = self.drafts[draft].spec.span;
            if bit >= SIGNALS {
                let message = format!("more than {} passive components", SIGNALS - 1);
                let help = "give one of them time of its own";
                self.error(Code::PARAMETER, message, span, ("one too many", help));
                return;
            }
            let object = self.supervisor_bell();
            let badge = Some(SIGNAL_BADGE | 1 << bit);
            let cap = Cap::Notification { object, rights: Rights::WRITE, badge };
            self.hold(draft, Entry::Notification, READY.into(), cap, span);
        }
    }
}
