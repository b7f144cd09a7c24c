//! Devices, regions, untyped memory.

use std::collections::BTreeMap;

use layout::memory::{ContentId, Fill, Frame, FrameSize, Position, Source};
use layout::names::{Region, RegionId, RegionKind, Silence, Silencing};
use layout::object::{Kind, ObjectId, Untyped};
use layout::span::Span;

use super::{Expander, scope, spanned};
use crate::Diagnostic;
use crate::code::Code;
use crate::front::format::memory::{Device, PageSize, Region as RegionSpec};
use crate::front::forms::{Name, Named};

impl<'a> Expander<'a> {
    /// Makes all of them. Regions of the model are first the devices, then the regions.
    pub(super) fn memory(&mut self) {
        let mut pages = BTreeMap::new();
        self.functions = self.functions();
        for (place, device) in self.layout.device.entries.iter().enumerate() {
            self.device(place, device, &mut pages);
        }
        for (region, group) in self.layout.region.entries.iter().zip(0..) {
            self.region(region, group);
        }
        for untyped in &self.layout.untyped.entries {
            let size = &untyped.value.size;
            if !size.value.0.is_power_of_two() {
                let message = format!(
                    "the untyped memory `{}` has no size that is a power of two",
                    untyped.name
                );
                self.error(
                    Code::NUMBER,
                    message,
                    size.span,
                    ("no power of two", "write 4K, 8K, 16K, or another power of two"),
                );
                continue;
            }
            let bits = u64::from(size.value.0.trailing_zeros());
            let kind = Kind::Untyped(Untyped { bits, address: untyped.value.address });
            self.add(None, untyped.name.clone(), kind, untyped.span);
        }
    }

    /// A device: the pages of its registers. Devices that share a page share its frame.
    fn device(
        &mut self,
        place: usize,
        device: &Named<Device>,
        pages: &mut BTreeMap<u64, ObjectId>,
    ) {
        let node = self.node(&device.value.node);
        let function = self.functions.get(place).cloned().flatten();
        let registers = match (&function, &device.value.function, node) {
            (Some(function), ..) => function.parts().map(|(_, range)| range).collect(),
            (None, None, Some(node)) => node.registers.clone(),
            _ => Vec::new(),
        };
        let mut frames = Vec::new();
        for range in registers {
            let size = FrameSize::Small;
            let end = range.end.next_multiple_of(size.bytes());
            let mut address = range.start & !(size.bytes() - 1);
            while address < end {
                let size = largest(address, end - address);
                let frame = *pages.entry(address).or_insert_with(|| {
                    let name = format!("{}/{}", device.name, frames.len());
                    let frame = Frame { size, position: Position::At(address), fills: Vec::new() };
                    let kind = Kind::Frame(frame);
                    let object = layout::object::Object::new(name.clone(), kind, device.span);
                    let id = self.model.add(object);
                    self.scope.objects.insert(name, id);
                    id
                });
                frames.push(frame);
                address += size.bytes();
            }
        }
        let has_dma = node.is_some_and(|node| node.has_dma);
        let silencing = match (&function, node) {
            // Its configuration comes first.
            (Some(_), _) => Silencing { how: Silence::Pci, at: 0 },
            (None, Some(node)) => silencing(node),
            (None, None) => Silencing::default(),
        };
        let name = function.map_or_else(|| device.value.node.value.clone(), |found| found.name);
        let kind = RegionKind::Device { node: name, has_dma, silencing };
        self.model.add_region(Region {
            name: device.name.clone(),
            span: device.span,
            kind,
            frames,
        });
    }

    /// The node of the board with this name; `None`, and told, if there is none.
    fn node(&mut self, name: &Name) -> Option<&'a crate::board::Node> {
        let board = self.board;
        let found = board.node(&name.value);
        if found.is_none() {
            let names = self.board.nodes.iter().map(|node| node.name.as_str());
            self.report.push(scope::dangling("node of the board", name, names));
        }
        found
    }

    /// A region: its frames, in one group if it is to be one piece.
    fn region(&mut self, region: &Named<RegionSpec>, group: u32) {
        let spec = &region.value;
        let bytes = self.whole_pages(spec.size.value.0, spec.size.span, &region.name);
        let page = spec.page.map(frame_size);
        let is_one_piece = spec.contiguous && spec.address.is_none();
        let start = spec.address.map_or(0, |address| address.value);
        let mut frames = Vec::new();
        let mut offset = 0;
        while offset < bytes {
            let size = page.unwrap_or_else(|| largest(start + offset, bytes - offset));
            let position = match spec.address {
                Some(address) => Position::At(address.value + offset),
                None if is_one_piece => Position::InGroup { group, offset },
                None => Position::Anywhere,
            };
            let name = format!("{}/{}", region.name, frames.len());
            let frame = Frame { size, position, fills: Vec::new() };
            frames.push(self.add(None, name, Kind::Frame(frame), region.span));
            offset += size.bytes();
        }
        if let Some(file) = &spec.file {
            self.fill(&frames, file, bytes);
        }
        let dma_by = spec.dma_by.iter().filter_map(|name| {
            let place = self.find("device", &self.layout.device, name)?;
            Some(spanned(region_id(place), name.span))
        });
        let kind = RegionKind::Memory { dma_by: dma_by.collect() };
        self.model.add_region(Region {
            name: region.name.clone(),
            span: region.span,
            kind,
            frames,
        });
    }

    /// A size in whole pages; told, and rounded up, if it is not.
    pub(super) fn whole_pages(&mut self, bytes: u64, span: Span, name: &str) -> u64 {
        let page = FrameSize::Small.bytes();
        if bytes == 0 || !bytes.is_multiple_of(page) {
            let message = format!("`{name}` is not a number of whole pages");
            let wrong = Diagnostic::error(Code::NUMBER, message).at(span, "not whole pages");
            self.report.push(wrong.help("a page has 4K"));
        }
        let most: u64 = self.board.memory.iter().map(|range| range.end - range.start).sum();
        let rounded = bytes.checked_next_multiple_of(page).filter(|bytes| *bytes <= most);
        if rounded.is_none() {
            let message = format!("`{name}` is larger than all memory of the board");
            let label = format!("more than {most} bytes");
            self.error(Code::NUMBER, message, span, (&label, "make it smaller"));
        }
        rounded.unwrap_or_default()
    }

    /// Puts a file into frames that lie one behind the other.
    fn fill(&mut self, frames: &[ObjectId], file: &Name, room: u64) {
        let content = self.files.get(file, self.report);
        let length = self.files.bytes(content).map_or(0, |bytes| bytes.len() as u64);
        self.put(frames, content, length, file.span);
        if length > room {
            let message = format!("the file `{}` is larger than its region", file.value);
            let label = format!("{length} bytes, for a region of {room}");
            let wrong = Diagnostic::error(Code::FILE, message).at(file.span, label);
            let pages = length.next_multiple_of(FrameSize::Small.bytes());
            self.report.push(wrong.help(format!("give the region {pages} bytes or more")));
        }
    }

    /// Puts the bytes of a file into frames that lie one behind the other.
    pub(super) fn put(&mut self, frames: &[ObjectId], content: ContentId, bytes: u64, span: Span) {
        let mut offset = 0;
        for id in frames {
            let Kind::Frame(frame) = &mut self.model[*id].kind else { continue };
            let length = bytes.saturating_sub(offset).min(frame.size.bytes());
            if length > 0 {
                let source = Source::File { content, offset };
                frame.fills.push(Fill { at: 0, length, source, span });
            }
            offset += frame.size.bytes();
        }
    }

    /// The region that the layout's device at this place became.
    pub(super) fn device_region(&self, place: usize) -> RegionId {
        region_id(place)
    }

    /// The region that the layout's region at this place became.
    pub(super) fn memory_region(&self, place: usize) -> RegionId {
        region_id(self.layout.device.entries.len() + place)
    }

    /// The device or region with this name.
    pub(super) fn any_region(&mut self, name: &Name) -> Option<RegionId> {
        let place = self.model.regions.iter().position(|region| region.name == name.value);
        place.map(region_id)
    }

    /// Devices by their names.
    pub(super) fn devices(&mut self, names: &[Name]) -> Vec<RegionId> {
        let found = names.iter().filter_map(|name| {
            let place = self.find("device", &self.layout.device, name)?;
            Some(region_id(place))
        });
        found.collect()
    }
}

/// The number of the region at this place.
fn region_id(place: usize) -> RegionId {
    RegionId(u32::try_from(place).unwrap_or(u32::MAX))
}

/// The largest frame that may stand at `address` and fits into `room`.
pub(super) fn largest(address: u64, room: u64) -> FrameSize {
    let fits = |size: &FrameSize| address.is_multiple_of(size.bytes()) && room >= size.bytes();
    FrameSize::ALL.into_iter().rev().find(fits).unwrap_or(FrameSize::Small)
}

pub(super) fn frame_size(page: PageSize) -> FrameSize {
    match page {
        PageSize::Small => FrameSize::Small,
        PageSize::Large => FrameSize::Large,
        PageSize::Huge => FrameSize::Huge,
    }
}

/// How the device of a node is made to stop what it does.
fn silencing(node: &crate::board::Node) -> Silencing {
    let known = [
        ("virtio,mmio", Silence::VirtioMmio),
        ("arm,pl011", Silence::Pl011),
        ("arm,pl031", Silence::Pl031),
    ];
    let is = |word: &str| node.compatible.iter().any(|compatible| compatible == word);
    let found = known.into_iter().find(|(word, _)| is(word));
    let start = node.registers.first().map_or(0, |range| range.start);
    let at = start & (FrameSize::Small.bytes() - 1);
    Silencing { how: found.map_or(Silence::Nothing, |(_, how)| how), at }
}
