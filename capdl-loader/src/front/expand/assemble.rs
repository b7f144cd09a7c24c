//! CSpaces, address spaces and threads of drafted components.
//!
//! | address | what |
//! |---|---|
//! | as the program is linked | the program |
//! | [`BUFFER`] | the IPC buffer |
//! | [`MEMORY`] and up | memory by kind and name, each followed by a page that nothing occupies |
//! | behind it | the directory |
//!
//! The first thread starts as `libsys` wants it: x0 is the address of the directory, x1 that of
//! the IPC buffer, x2 the pointer of its own thread's capability, x3 that of the endpoint to tell
//! about its end.

use abi::directory::Kind as Entry;
use layout::cap::{Cap, Entry as SlotEntry};
use layout::memory::{ContentId, Fill, Frame, FrameSize, Position, Source};
use layout::names::{MappingName, RegionKind, SlotName};
use layout::object::{CNode, Kind, ObjectId};
use layout::span::{Span, Spanned};
use layout::thread::{Role, RoleEntry, Thread};
use layout::{Rights, VmAttributes};

use super::Expander;
use super::directory::{self, Line, encode};
use super::draft::{Frames, Holding, Sight};
use super::image::{Image, ImagePage};
use super::space::{Mapping, Space};
use crate::Diagnostic;
use crate::code::Code;

/// How memory is mapped that is neither code nor a device's.
pub(super) const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };
/// How registers of devices are mapped.
pub(super) const DEVICE: VmAttributes = VmAttributes { cacheable: false, execute_never: true };

/// Where the IPC buffer appears: in the first GiB, with programs, so that tables are shared.
const BUFFER: u64 = 0x2000_0000;
/// Where other memory begins.
const MEMORY: u64 = BUFFER + 0x1_0000;
const PAGE: u64 = FrameSize::Small.bytes();
/// The word for the endpoint that is told about the end.
const PARENT: &str = "parent";
/// The word for whom, or what, a component prints through.
const CONSOLE: &str = "console";
/// The first slot that has no fixed use.
const FIRST_SLOT: u64 = abi::bootinfo::slot::FIRST_DYNAMIC;

/// The slot of a capability that has its place: `libsys` looks for it there, as in the initial
/// task.
fn fixed_slot((kind, name): &(Entry, String)) -> Option<u64> {
    Some(match (kind, name.as_str()) {
        (Entry::Thread, "self") => abi::bootinfo::slot::THREAD,
        (Entry::CSpace, "self") => abi::bootinfo::slot::CNODE,
        (Entry::VSpace, "self") => abi::bootinfo::slot::VSPACE,
        (Entry::AsidPool, "") => abi::bootinfo::slot::ASID_POOL,
        _ => return None,
    })
}

impl Expander<'_> {
    /// Completes all components.
    pub(super) fn assemble(&mut self) {
        for draft in 0..self.drafts.len() {
            let lines = self.cspace(draft);
            self.address_space(draft, lines);
        }
    }

    /// Fills the CNode, and returns what the directory says about it.
    fn cspace(&mut self, draft: usize) -> Vec<Line> {
        let spec = self.drafts[draft].spec;
        if let Some(Cap::Endpoint { object, badge, .. }) = self.drafts[draft].fault {
            let cap = Cap::Endpoint { object, rights: Rights::WRITE, badge };
            self.hold(draft, Entry::Cap, PARENT.into(), cap, spec.span);
        }
        self.console(draft);
        let held = std::mem::take(&mut self.drafts[draft].holdings);
        let others = held.keys().filter(|key| fixed_slot(key).is_none()).count();
        let first_spare = FIRST_SLOT + others as u64;
        let slots = first_spare + self.drafts[draft].spare;
        let bits = u64::from(slots.next_power_of_two().trailing_zeros());
        let mut free = FIRST_SLOT..;
        let mut entries = Vec::new();
        let mut lines = Vec::new();
        let id = self.drafts[draft].id.0 as usize;
        for (key, Holding { cap, extent, span }) in held {
            let Some(slot) = fixed_slot(&key).or_else(|| free.next()) else { continue };
            let (kind, name) = key;
            let extent = if kind == Entry::CSpace && name == "self" { bits } else { extent };
            entries.push(SlotEntry { slot, cap, span });
            let word = kind.word();
            let dot = if name.is_empty() { "" } else { "." };
            let called = SlotName { name: format!("{word}{dot}{name}"), slot };
            self.model.components[id].slot_names.push(called);
            lines.push(Line::new(kind, name, slot, extent));
        }
        if self.drafts[draft].spare > 0 {
            let extent = (1 << bits) - first_spare;
            lines.push(Line::new(Entry::Spare, String::new(), first_spare, extent));
        }
        entries.sort_by_key(|entry| entry.slot);
        let cspace = self.drafts[draft].cspace;
        self.model[cspace].kind = Kind::CNode(CNode { bits, slots: entries });
        lines
    }

    /// Lets a component print through the supervisor, unless it has a console.
    fn console(&mut self, draft: usize) {
        let component = &self.drafts[draft];
        let (spec, badge) = (component.spec, Some(u64::from(component.id.0) + 1));
        let key = (Entry::Endpoint, CONSOLE.to_string());
        let drives = component.spec.value.device.iter().any(|device| device.value == CONSOLE);
        if !spec.value.console || drives || component.holdings.contains_key(&key) {
            return;
        }
        let (object, rights) = (self.supervisor(), Rights::WRITE.or(Rights::GRANT_REPLY));
        let cap = Cap::Endpoint { object, rights, badge };
        self.hold(draft, Entry::Endpoint, CONSOLE.into(), cap, spec.span);
    }

    /// Maps everything, and sets up the thread.
    fn address_space(&mut self, draft: usize, mut lines: Vec<Line>) {
        let spec = self.drafts[draft].spec;
        let (id, span) = (self.drafts[draft].id, spec.span);
        let mut space = Space::new(self.drafts[draft].vspace, Some(id), spec.name.clone());
        let image = self.image(draft, &mut space);
        let mut sights = std::mem::take(&mut self.drafts[draft].sights);
        sights.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        let mut cursor = MEMORY;
        let mut stack = image.map_or(0, |(_, stack)| stack);
        for sight in sights {
            let is_stack = sight.kind == Entry::Memory && sight.name == "stack";
            lines.extend(self.physical(draft, &sight));
            let line = self.sight(draft, &mut space, sight, &mut cursor);
            if is_stack {
                stack = line.value + line.extent;
            }
            lines.push(line);
        }
        lines.extend(self.words(draft));
        let slot = |kind, name: &str| {
            let found = lines.iter().find(|line| line.kind == kind && line.name == name);
            found.map_or(0, |line| line.value)
        };
        let (thread, parent) = (slot(Entry::Thread, "self"), slot(Entry::Cap, PARENT));
        let directory = self.directory(draft, &mut space, &lines, &mut cursor);
        let buffer = self.page(draft, &mut space, "buffer", BUFFER, (Rights::READ_WRITE, span));
        self.name_memory(draft, "ipc buffer", (BUFFER, PAGE), None);
        let arguments = vec![directory, BUFFER, thread, parent];
        let set_up = Thread {
            roles: self.roles(draft, buffer),
            buffer_address: BUFFER,
            entry: image.map(|(entry, _)| Spanned { value: entry, span: spec.value.image.span }),
            stack,
            arguments,
            thread_pointer: 0,
            priority: spec.value.prio.value,
            max_priority: self.max_priority(draft),
            domain: spec.value.domain,
            is_without_float: !spec.value.float,
            resumed: spec.value.start,
        };
        let thread = self.drafts[draft].thread;
        self.model[thread].kind = Kind::Thread(Box::new(set_up));
    }

    /// Words besides capabilities and memory.
    fn words(&mut self, draft: usize) -> Vec<Line> {
        let spec = self.drafts[draft].spec;
        let words = std::mem::take(&mut self.drafts[draft].words);
        let line = |kind, name, value| Line::new(kind, name, value, 0);
        let mut lines: Vec<Line> =
            words.into_iter().map(|word| line(word.kind, word.name, word.value)).collect();
        lines.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        let arguments = spec.value.arguments.iter().zip(0..);
        lines.extend(arguments.map(|(word, place)| line(Entry::Argument, word.clone(), place)));
        lines.push(line(Entry::Component, spec.name.clone(), 0));
        lines
    }

    fn max_priority(&self, draft: usize) -> u64 {
        let value = &self.drafts[draft].spec.value;
        let pools = value.pool.0.iter().map(|pool| pool.prio_max.value);
        value.max_prio.unwrap_or_else(|| pools.fold(value.prio.value, u64::max))
    }

    fn roles(&self, draft: usize, buffer: ObjectId) -> Vec<RoleEntry> {
        let draft = &self.drafts[draft];
        let cspace = Cap::CNode { object: draft.cspace, guard: 0, guard_bits: None };
        let (rights, attributes) = (Rights::READ_WRITE, DATA);
        let bell = |object| Cap::Notification { object, rights: Rights::READ, badge: None };
        let roles = [
            (Role::CSpace, Some(cspace)),
            (Role::VSpace, Some(Cap::PageTable(draft.vspace))),
            (Role::Buffer, Some(Cap::Frame { object: buffer, rights, attributes })),
            (Role::FaultHandler, draft.fault),
            (Role::TimeoutHandler, draft.timeout),
            (Role::SchedContext, draft.time.map(Cap::SchedContext)),
            (Role::Notification, draft.bell.map(bell)),
        ];
        let span = draft.spec.span;
        let roles = roles.into_iter().filter_map(|(role, cap)| Some((role, cap?)));
        roles.map(|(role, cap)| RoleEntry { role, cap, span }).collect()
    }

    /// Maps the program; returns where it begins, and where its own stack does, or 0.
    fn image(&mut self, draft: usize, space: &mut Space) -> Option<(u64, u64)> {
        let spec = self.drafts[draft].spec;
        let file = &spec.value.image;
        let content = self.files.get(file, self.report);
        let image = match Image::read(self.files.bytes(content)?) {
            Ok(image) => image,
            Err(reason) => {
                let message = format!("the program `{}` cannot be used", file.value);
                let wrong = Diagnostic::error(Code::FILE, message).at(file.span, reason);
                let help = "link it for aarch64, statically, to fixed addresses";
                self.report.push(wrong.help(help));
                return None;
            }
        };
        if image.pages.iter().any(|page| page.address + page.size.bytes() > BUFFER) {
            let message = format!("the program `{}` lies where other memory is", file.value);
            let wrong = Diagnostic::error(Code::FILE, message).at(file.span, "too high");
            let help = format!("link it so that it ends below {BUFFER:#x}");
            self.report.push(wrong.help(help));
            return None;
        }
        for page in &image.pages {
            self.image_page(draft, space, page, content);
        }
        for (part, range) in image.parts().iter().enumerate() {
            let name = format!("image.{part}");
            self.name_memory(draft, &name, (range.start, range.end - range.start), None);
        }
        if let Some(stack) = &image.stack {
            self.name_memory(draft, "stack", (stack.start, stack.end - stack.start), None);
        }
        Some((image.entry, image.stack.map_or(0, |stack| stack.end)))
    }

    fn image_page(
        &mut self,
        draft: usize,
        space: &mut Space,
        page: &ImagePage,
        content: ContentId,
    ) {
        let spec = self.drafts[draft].spec;
        let span = spec.value.image.span;
        let fills = page.fills.iter().map(|fill| {
            let source = Source::File { content, offset: fill.offset };
            Fill { at: fill.at, length: fill.length, source, span }
        });
        let frame = Frame { size: page.size, position: Position::Anywhere, fills: fills.collect() };
        let name = format!("{}/image/{:x}", spec.name, page.address);
        let frame = self.add(Some(draft), name, Kind::Frame(frame), span);
        let rights = if page.is_writable { Rights::READ_WRITE } else { Rights::READ };
        let attributes = VmAttributes { cacheable: true, execute_never: !page.is_code };
        let mapping = Mapping { frame, size: page.size, rights, attributes, span };
        space.map(&mut self.model, page.address, mapping);
    }

    /// Maps memory at the next address, and returns what the directory says about it.
    fn sight(&mut self, draft: usize, space: &mut Space, sight: Sight, cursor: &mut u64) -> Line {
        let Sight { kind, name, rights, attributes, region, span, frames } = sight;
        let (frames, offset, bytes) = match frames {
            Frames::Shared { frames, offset, bytes } => (frames, offset, bytes),
            Frames::Reserved { bytes } => {
                let start = *cursor;
                *cursor = start.saturating_add(bytes).saturating_add(PAGE);
                return Line::new(kind, name, start, bytes);
            }
            Frames::Own { bytes, content } => {
                let object = format!("{}/{}/{name}", self.drafts[draft].spec.name, kind.word());
                (self.filled(draft, &object, bytes, content, span), 0, bytes)
            }
        };
        let largest = frames.iter().map(|frame| self.frame_bytes(*frame)).max().unwrap_or(PAGE);
        let start = cursor.next_multiple_of(largest);
        let mut address = start;
        for frame in frames {
            let Kind::Frame(described) = &self.model[frame].kind else { continue };
            let size = described.size;
            if address + size.bytes() > abi::USER_END {
                self.error(
                    Code::PARAMETER,
                    "the address space is full",
                    span,
                    (
                        "no room for this",
                        "make regions smaller, or give them to several components",
                    ),
                );
                break;
            }
            let mapping = Mapping { frame, size, rights, attributes, span };
            space.map(&mut self.model, address, mapping);
            address += size.bytes();
        }
        *cursor = address + PAGE;
        let value = start + offset;
        self.name_memory(draft, &name, (value, bytes), region);
        Line::new(kind, name, value, bytes)
    }

    /// Where a region lies in physical memory, for a component that drives a device which reaches
    /// it. The checks see to it that such a region is one piece.
    fn physical(&self, draft: usize, sight: &Sight) -> Option<Line> {
        let Frames::Shared { frames, bytes, .. } = &sight.frames else { return None };
        let RegionKind::Memory { dma_by } = &self.model[sight.region?].kind else { return None };
        let driven = &self.drafts[draft].spec.value.device;
        let drives = |device: &str| driven.iter().any(|own| own.value == device);
        let is_driven = dma_by.iter().any(|device| drives(&self.model[device.value].name));
        let first = frames.first().filter(|_| is_driven)?;
        Some(Line::physical(sight.name.clone(), *first, *bytes))
    }

    /// Frames of a component's own with a file in them.
    fn filled(
        &mut self,
        draft: usize,
        name: &str,
        bytes: u64,
        content: Option<ContentId>,
        span: Span,
    ) -> Vec<ObjectId> {
        let pages = bytes.next_multiple_of(PAGE);
        let frames = self.own_frames(Some(draft), name, pages, span);
        if let Some(content) = content {
            self.put(&frames, content, bytes, span);
        }
        frames
    }

    /// Makes the directory and maps it; returns its address.
    fn directory(
        &mut self,
        draft: usize,
        space: &mut Space,
        lines: &[Line],
        cursor: &mut u64,
    ) -> u64 {
        let spec = self.drafts[draft].spec;
        let Some(bytes) = encode(lines) else {
            let message = format!("the component `{}` has too many names", spec.name);
            self.error(
                Code::PARAMETER,
                message,
                spec.span,
                ("more than 4 GiB of them", "make several components of it"),
            );
            return 0;
        };
        let length = bytes.len() as u64;
        let name = format!("{}/directory", spec.name);
        let content = self.files.add(name, Some(bytes), spec.span);
        let name = format!("{}/{}/directory", spec.name, Entry::Memory.word());
        let pages = length.next_multiple_of(PAGE);
        let frames = self.own_frames(Some(draft), &name, pages, spec.span);
        let mut start = 0;
        for id in &frames {
            let Kind::Frame(frame) = &mut self.model[*id].kind else { continue };
            let end = start + frame.size.bytes();
            frame.fills = directory::fills(lines, content, start..end.min(length), spec.span);
            start = end;
        }
        let sight = Sight {
            kind: Entry::Memory,
            name: "directory".into(),
            frames: Frames::Shared { frames, offset: 0, bytes: length },
            rights: Rights::READ,
            attributes: DATA,
            region: None,
            span: spec.span,
        };
        self.sight(draft, space, sight, cursor).value
    }

    /// A page of a component's own.
    fn page(
        &mut self,
        draft: usize,
        space: &mut Space,
        name: &str,
        address: u64,
        (rights, span): (Rights, Span),
    ) -> ObjectId {
        let size = FrameSize::Small;
        let frame = Frame { size, position: Position::Anywhere, fills: Vec::new() };
        let name = format!("{}/{name}", self.drafts[draft].spec.name);
        let frame = self.add(Some(draft), name, Kind::Frame(frame), span);
        let mapping = Mapping { frame, size, rights, attributes: DATA, span };
        space.map(&mut self.model, address, mapping);
        frame
    }

    fn name_memory(
        &mut self,
        draft: usize,
        name: &str,
        (address, bytes): (u64, u64),
        region: Option<layout::names::RegionId>,
    ) {
        let id = self.drafts[draft].id.0 as usize;
        let mapping = MappingName { name: name.into(), address, bytes, region };
        self.model.components[id].mappings.push(mapping);
    }
}
