//! Memory that two components share for rings.

use layout::Rights;
use layout::memory::{Frame, Position};
use layout::names::{ChannelKind, Region, RegionId, RegionKind};
use layout::object::Kind;
use layout::span::{Span, Spanned};

use super::Expander;
use super::channels::{Ringer, Wire};
use crate::front::forms::{Name, Size};

/// What a layout says of the memory.
#[derive(Clone, Copy)]
struct Memory<'a> {
    size: &'a Spanned<Size>,
    dma_by: &'a [Name],
}

impl Expander<'_> {
    /// Memory for rings, and the bells of both sides.
    pub(super) fn rings(&mut self, ringers: &mut Vec<Ringer>) {
        let channels = &self.layout.channel;
        let rings = channels.iter().filter_map(|channel| channel.value.ring.as_ref());
        let rings = rings.map(|Spanned { value, span }| {
            let memory = Memory { size: &value.size, dma_by: &value.dma_by };
            (*span, memory, [&value.from, &value.to], &value.name)
        });
        let services = channels.iter().filter_map(|channel| channel.value.service.as_ref());
        let services = services.map(|Spanned { value, span }| {
            let memory = Memory { size: &value.size, dma_by: &value.dma_by };
            (*span, memory, [&value.from, &value.to], &value.name)
        });
        let wires = self.wires(rings.chain(services));
        // Groups of regions have lower numbers.
        for (wire, group) in wires.iter().zip(self.layout.region.entries.len() as u32..) {
            let region = self.ring_memory(wire, group);
            for (here, there) in [(wire.from, wire.to), (wire.to, wire.from)] {
                let name = self.called(wire.name, there);
                let how = (Rights::READ_WRITE, super::assemble::DATA);
                self.see_region(here, name, region, how, wire.span);
            }
            let bells = [self.bell(wire.to, wire.span), self.bell(wire.from, wire.span)];
            self.channel(wire, ChannelKind::Ring { region, bells });
            ringers.push(self.ringer(wire.from, wire.to, wire.name, wire.span));
            ringers.push(self.ringer(wire.to, wire.from, wire.name, wire.span));
        }
    }

    /// The memory of a ring, as a region of the model; one piece if devices reach it.
    fn ring_memory(&mut self, wire: &Wire<'_, Memory<'_>>, group: u32) -> RegionId {
        let (name, span) = (self.channel_name(wire), wire.span);
        let Memory { size, dma_by } = wire.spec;
        let written = if size.span.is_somewhere() { size.span } else { span };
        let bytes = self.whole_pages(size.value.0, written, &name);
        let reached: Vec<_> = dma_by
            .iter()
            .filter_map(|by| {
                let place = self.find("device", &self.layout.device, by)?;
                Some(super::spanned(self.device_region(place), by.span))
            })
            .collect();
        let frames = match reached.is_empty() {
            true => self.own_frames(None, &name, bytes, span),
            false => self.frames_in_one_piece(&name, bytes, group, span),
        };
        let kind = RegionKind::Memory { dma_by: reached };
        self.model.add_region(Region { name, span, kind, frames })
    }

    fn frames_in_one_piece(
        &mut self,
        name: &str,
        bytes: u64,
        group: u32,
        span: Span,
    ) -> Vec<layout::ObjectId> {
        let mut frames = Vec::new();
        let mut offset = 0;
        while offset < bytes {
            let size = super::memory::largest(offset, bytes - offset);
            let position = Position::InGroup { group, offset };
            let frame = Frame { size, position, fills: Vec::new() };
            let name = format!("{name}/{}", frames.len());
            frames.push(self.add(None, name, Kind::Frame(frame), span));
            offset += size.bytes();
        }
        frames
    }
}
