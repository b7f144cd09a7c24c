//! Components: their parts, before anything is in them.

use abi::directory::Kind as Entry;
use layout::cap::Cap;
use layout::memory::{ContentId, Frame, PageTable, Position};
use layout::names::{Component as Named, Failure, GiveUp, RegionId, Restart, Waiver};
use layout::object::{CNode, Kind, ObjectId};
use layout::span::{Span, Spanned};
use layout::thread::SchedContext;
use layout::{Rights, VmAttributes};

use super::Expander;
use super::assemble::DATA;
use super::draft::{Draft, Frames, Sight};
use crate::code::Code;
use crate::front::format::component as spec;
use crate::front::forms;
use crate::front::limits::RESTART;
use crate::{Diagnostic, Report};

impl Expander<'_> {
    /// Drafts all of them.
    pub(super) fn components(&mut self) {
        let layout = self.layout;
        for entry in &layout.component.entries {
            let (name, span, value) = (&entry.name, entry.span, &entry.value);
            let id = self.model.add_component(Named {
                name: name.clone(),
                span,
                image: value.image.value.clone(),
                thread: None,
                cspace: None,
                vspace: None,
                manages: Vec::new(),
                restart: value.restart.as_ref().and_then(|rules| restart(rules, self.report)),
                slot_names: Vec::new(),
                mappings: Vec::new(),
                waivers: value.waive.iter().map(waiver).collect(),
            });
            let thread = Kind::Thread(Box::default());
            let cspace = Kind::CNode(CNode { bits: 0, slots: Vec::new() });
            let vspace = Kind::PageTable(PageTable { level: 0, slots: Vec::new() });
            let parts = [("thread", thread), ("cspace", cspace), ("vspace", vspace)];
            let [thread, cspace, vspace] = parts.map(|(what, kind)| {
                let part = self.add(None, format!("{name}/{what}"), kind, span);
                self.model[part].owner = Some(id);
                part
            });
            let component = &mut self.model.components[id.0 as usize];
            component.thread = Some(thread);
            component.cspace = Some(cspace);
            component.vspace = Some(vspace);
            self.drafts.push(Draft::new(id, entry, [thread, cspace, vspace]));
            self.parts(self.drafts.len() - 1);
        }
    }

    /// Time, memory and files of a component.
    fn parts(&mut self, draft: usize) {
        let entry = self.drafts[draft].spec;
        let (name, span, value) = (&entry.name, entry.span, &entry.value);
        let thread = Cap::Thread(self.drafts[draft].thread);
        self.hold(draft, Entry::Thread, "self".into(), thread, span);
        match &value.sched {
            Some(sched) => {
                let time = self.time(draft, format!("{name}/time"), &sched.value, sched.span);
                self.drafts[draft].time = Some(time);
            }
            None if value.passive => {}
            None => {
                let message = format!("the component `{name}` has no time");
                let label = "neither `sched` nor `passive = true`";
                self.error(
                    Code::WRONG_TYPE,
                    message,
                    span,
                    (
                        label,
                        "write `sched = { budget_us = 1000, period_us = 10000 }`, or as it needs",
                    ),
                );
            }
        }
        for (what, size) in [("heap", value.heap), ("stack", value.stack)] {
            if let Some(size) = size {
                let bytes = self.whole_pages(size.0, span, what);
                self.own_memory(draft, (Entry::Memory, what.into()), bytes, None, span);
            }
        }
        self.heartbeat_page(draft);
        for file in &value.init_file.0 {
            let content = self.files.get(&file.path, self.report);
            let bytes = self.files.bytes(content).map_or(0, |bytes| bytes.len() as u64);
            let name = file.name.clone().unwrap_or_else(|| file.path.value.clone());
            self.own_memory(draft, (Entry::File, name), bytes, Some(content), file.path.span);
        }
        for map in &value.map.entries {
            self.map(draft, map);
        }
        for reserved in &value.reserve.entries {
            let (name, span) = (reserved.name.clone(), reserved.value.span);
            let bytes = self.whole_pages(reserved.value.value.0, span, &name);
            let (kind, frames) = (Entry::Region, Frames::Reserved { bytes });
            let (rights, attributes, region) = (Rights::READ_WRITE, DATA, None);
            self.see(draft, Sight { kind, name, frames, rights, attributes, region, span });
        }
    }

    /// A region that a component sees.
    fn map(&mut self, draft: usize, map: &forms::Named<Spanned<spec::Access>>) {
        let layout = self.layout;
        let written = super::spanned(map.name.clone(), map.span);
        let Some(place) = self.find("region", &layout.region, &written) else { return };
        let cacheable = layout.region.entries[place].value.cached;
        let (rights, is_code) = match map.value.value {
            spec::Access::Read => (Rights::READ, false),
            spec::Access::ReadWrite => (Rights::READ_WRITE, false),
            spec::Access::ReadExecute => (Rights::READ, true),
            spec::Access::All => (Rights::READ_WRITE, true),
        };
        let attributes = VmAttributes { cacheable, execute_never: !is_code };
        let region = self.memory_region(place);
        self.see_region(draft, map.name.clone(), region, (rights, attributes), map.span);
    }

    /// A component sees all of a region.
    pub(super) fn see_region(
        &mut self,
        draft: usize,
        name: String,
        region: RegionId,
        (rights, attributes): (Rights, VmAttributes),
        span: Span,
    ) {
        let frames = self.model[region].frames.clone();
        let bytes = frames.iter().map(|frame| self.frame_bytes(*frame)).sum();
        let frames = Frames::Shared { frames, offset: 0, bytes };
        let (kind, region) = (Entry::Region, Some(region));
        self.see(draft, Sight { kind, name, frames, rights, attributes, region, span });
    }

    /// Memory that only this component sees. Files can only be read.
    fn own_memory(
        &mut self,
        draft: usize,
        (kind, name): (Entry, String),
        bytes: u64,
        content: Option<ContentId>,
        span: Span,
    ) {
        let rights = if content.is_some() { Rights::READ } else { Rights::READ_WRITE };
        let frames = Frames::Own { bytes, content };
        self.see(draft, Sight { kind, name, frames, rights, attributes: DATA, region: None, span });
    }

    /// A scheduling context with room for its refills.
    pub(super) fn time(
        &mut self,
        draft: usize,
        name: String,
        sched: &spec::Sched,
        span: Span,
    ) -> ObjectId {
        let refills = sched.extra_refills.saturating_add(2);
        let mut bits = abi::object::MIN_SCHED_CONTEXT_BITS;
        while bits < 63 && abi::object::refill_capacity(bits) < refills {
            bits += 1;
        }
        let context = SchedContext {
            bits: u64::from(bits),
            budget: Some(sched.budget_us),
            period: sched.period_us,
            core: sched.core,
            extra_refills: sched.extra_refills,
            is_sporadic: sched.sporadic,
            data: u64::from(self.drafts[draft].id.0) + 1,
        };
        self.add(Some(draft), name, Kind::SchedContext(context), span)
    }

    /// Frames for so many bytes, as large and as few as possible.
    pub(super) fn own_frames(
        &mut self,
        draft: Option<usize>,
        name: &str,
        bytes: u64,
        span: Span,
    ) -> Vec<ObjectId> {
        let mut frames = Vec::new();
        let mut offset = 0;
        while offset < bytes {
            let size = super::memory::largest(offset, bytes - offset);
            let frame = Frame { size, position: Position::Anywhere, fills: Vec::new() };
            let name = format!("{name}/{}", frames.len());
            frames.push(self.add(draft, name, Kind::Frame(frame), span));
            offset += size.bytes();
        }
        frames
    }
}

fn waiver(waiver: &spec::LocalWaiver) -> Waiver {
    let (check, reason) = (waiver.check.value.clone(), waiver.reason.clone());
    Waiver { check, reason, span: waiver.check.span }
}

/// The rules as the model has them.
fn restart(rules: &Spanned<spec::RestartOrNever>, report: &mut Report) -> Option<Restart> {
    let spec::RestartOrNever::By(by) = &rules.value else { return None };
    let numbers = [("max", by.max), ("per_s", by.per_s), ("delay_ms", by.delay_ms)];
    let silence_ms = by.silence_ms.map(|most| ("silence_ms", most));
    for (key, number) in numbers.into_iter().chain(silence_ms) {
        if number > RESTART {
            let message = format!("`{key}` is too large: {number}");
            let wrong = Diagnostic::error(Code::NUMBER, message).at(rules.span, "in this rule");
            report.push(wrong.help(format!("`{key}` is at most {RESTART}")));
        }
    }
    let failure = |failure: &spec::Failure| match failure {
        spec::Failure::Fault => Failure::Fault,
        spec::Failure::Timeout => Failure::Timeout,
        spec::Failure::Exit => Failure::Exit,
    };
    let silence = by.silence_ms.map(|within| Failure::Silence { within });
    Some(Restart {
        on: by.on.iter().map(failure).chain(silence).collect(),
        most: by.max,
        within: by.per_s.saturating_mul(1000),
        delay: by.delay_ms,
        then: match by.then {
            spec::GiveUp::Stop => GiveUp::Stop,
            spec::GiveUp::Halt => GiveUp::Halt,
        },
        tells: Vec::new(),
        heartbeat: None,
        span: rules.span,
    })
}
