//! Names and lines, for messages of the loader.

use std::collections::HashMap;

use layout::cap::Place;
use layout::object::Kind;
use layout::{Model, ObjectId, Span};
use packed::System;
use packed::debug::put::Names;
use packed::record::Line;

use super::numbering::Numbering;
use crate::Sources;

/// All names of a system.
pub(super) fn of(
    model: &Model,
    sources: &Sources,
    numbering: &Numbering,
    system: &System,
) -> Names {
    let mut files = Files { sources, names: Vec::new() };
    let mut names = Names::default();
    let object = |id: &Option<ObjectId>| id.map(|id| &model[id]);
    for made in numbering.order.iter().map(object) {
        names.object_lines.push(files.line(made.map_or(Span::NOWHERE, |made| made.span)));
        names.objects.push(made.map_or_else(|| "of the loader".into(), |made| made.name.clone()));
    }
    let spans = slot_spans(model);
    for slot in &system.slots {
        let node = numbering.order.get(slot.node.0 as usize).copied().flatten();
        let place = node.map(|node| Place { node, slot: slot.slot.into() });
        let span = place.and_then(|place| spans.get(&place)).copied();
        names.slot_lines.push(files.line(span.unwrap_or(Span::NOWHERE)));
    }
    names.components = model.components.iter().map(|component| component.name.clone()).collect();
    names.files = files.names;
    names
}

/// Where each slot of the CNodes is described.
fn slot_spans(model: &Model) -> HashMap<Place, Span> {
    let nodes = model.objects().filter(|(_, object)| matches!(object.kind, Kind::CNode(_)));
    let slots = nodes.flat_map(|(node, object)| {
        let slots = object.kind.slots().iter();
        slots.map(move |entry| (Place { node, slot: entry.slot }, entry.span))
    });
    slots.collect()
}

struct Files<'a> {
    sources: &'a Sources,
    /// Those that were named, without their folders: an image does not depend on where it was made.
    names: Vec<String>,
}

impl Files<'_> {
    fn line(&mut self, span: Span) -> Line {
        let Some(place) = self.sources.place(span) else { return Line { file: 0, line: 0 } };
        let name = place.path.file_name().unwrap_or_default().to_string_lossy();
        let index = self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name.into_owned());
            self.names.len() - 1
        });
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Line { file: small(index + 1), line: small(place.line) }
    }
}
