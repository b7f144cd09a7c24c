//! Names and lines, for messages of the loader.

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
    for slot in &system.slots {
        let node = numbering.order.get(slot.node.0 as usize).copied().flatten();
        let slots = node.map_or(&[][..], |node| model[node].kind.slots());
        let entry = slots.iter().find(|entry| entry.slot == u64::from(slot.slot));
        names.slot_lines.push(files.line(entry.map_or(Span::NOWHERE, |entry| entry.span)));
    }
    names.components = model.components.iter().map(|component| component.name.clone()).collect();
    names.files = files.names;
    names
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
