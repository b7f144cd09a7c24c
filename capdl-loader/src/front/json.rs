//! Reads the specification of rust-sel4's initializer, as JSON.
//!
//! | file | idea |
//! |---|---|
//! | `value` | JSON with the place of each value |
//! | `fields` | the members of a value, each asked for once; who is left is told |
//! | `objects`, `caps`, `frames` | what the members mean |
//!
//! The format has no version, and its spelling has changed. All spellings that were found in
//! public documentation are read: `TCB` and `Tcb`; slots as pairs and as objects; frames whose
//! `init` is a fill or holds one; objects without properties as a string or with `null`.

mod caps;
mod fields;
mod frames;
mod objects;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;

use layout::memory::ContentId;
use layout::object::Kind;
use layout::span::FileId;
use layout::{Model, ObjectId, Span, Turn, TurnLength};

use super::affinity::Affinities;
use super::problems::Problems;
use crate::Report;
use crate::code::Code;
use fields::Fields;
use value::{Json, Node};

/// Reads a text. Spans refer to `file`. If the report has no error, the model is all that the
/// text says.
///
/// ```
/// use layout::span::FileId;
///
/// let text = r#"{"objects": [{"name": "bell", "object": "Notification"}], "irqs": []}"#;
/// let (model, report) = capdl::front::json::read("one", text, FileId(0));
/// assert!(!report.has_errors());
/// assert_eq!(model.objects[0].name, "bell");
/// ```
#[must_use]
pub fn read(name: &str, text: &str, file: FileId) -> (Model, Report) {
    let mut problems = Problems::default();
    let mut reader = Reader {
        model: Model::named(name),
        problems: &mut problems,
        meanings: Vec::new(),
        contents: HashMap::new(),
        affinities: Affinities::default(),
    };
    match value::parse(text, file) {
        Ok(root) => reader.spec(&root),
        Err((span, message)) => {
            reader.problems.error(Code::SYNTAX, span, message, "the file is no JSON from here on");
        }
    }
    let model = reader.model;
    (model, problems.into_report())
}

/// What an object of the file stands for.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// An object of the model.
    Object(ObjectId),
    /// The firmware.
    SecureMonitor,
    /// The control of domains.
    Domains,
    /// Something that was refused.
    Refused,
}

struct Reader<'p> {
    model: Model,
    problems: &'p mut Problems,
    /// By the file's numbers.
    meanings: Vec<Meaning>,
    contents: HashMap<String, ContentId>,
    affinities: Affinities,
}

impl Reader<'_> {
    fn spec(&mut self, root: &Node<'_>) {
        let Some(mut fields) = self.fields(root, "a specification") else { return };
        let objects = fields.required("objects", self.problems).map(|node| self.list(node));
        let objects = objects.unwrap_or_default();
        self.meanings = self.number_objects(objects);
        for (object, index) in objects.iter().zip(0..) {
            self.object(object, index);
        }
        for irq in fields.optional("irqs").map(|node| self.list(node)).unwrap_or_default() {
            self.number_irq(irq);
        }
        for cover in fields.optional("untyped_covers").map(|n| self.list(n)).unwrap_or_default() {
            self.cover(cover);
        }
        self.domains(&mut fields);
        // What the loader finds out by itself.
        for known in ["asid_slots", "root_objects", "cached_orig_cap_slots", "log_level"] {
            let _ = fields.optional(known);
        }
        fields.report_rest(self.problems);
        std::mem::take(&mut self.affinities).settle(&mut self.model, self.problems);
    }

    /// `[33, 5]` or `{"irq": 33, "handler": 5}`.
    fn number_irq(&mut self, node: &Node<'_>) {
        let (number, handler) = match &node.value {
            Json::List(pair) if pair.len() == 2 => (Some(&pair[0]), Some(&pair[1])),
            _ => {
                let Some(mut fields) = self.fields(node, "an interrupt's number") else { return };
                let number = fields.required("irq", self.problems);
                let handler = fields.required("handler", self.problems);
                fields.report_rest(self.problems);
                (number, handler)
            }
        };
        let (Some(number), Some(handler)) = (number, handler) else { return };
        let (Some(number), Some(meaning)) = (self.number(number), self.meaning(handler)) else {
            return;
        };
        let Meaning::Object(id) = meaning else { return };
        match &mut self.model[id].kind {
            Kind::Irq(irq) if irq.number.is_none() => irq.number = Some(number),
            _ => {
                let help = "name an interrupt, and each one once";
                let message = "this is no interrupt, or has a number already";
                self.problems.error(Code::WRONG_TYPE, handler.span, message, help);
            }
        }
    }

    /// `{"parent": 1, "children": {"start": 5, "end": 9}}`.
    fn cover(&mut self, node: &Node<'_>) {
        let Some(mut fields) = self.fields(node, "what untyped memory covers") else { return };
        let parent = fields.required("parent", self.problems).and_then(|node| self.meaning(node));
        let range = fields.required("children", self.problems).and_then(|node| self.range(node));
        fields.report_rest(self.problems);
        let (Some(Meaning::Object(parent)), Some((start, end))) = (parent, range) else { return };
        if !matches!(self.model[parent].kind, Kind::Untyped(_)) {
            let help = "only untyped memory covers other objects";
            let message = "this parent is no untyped memory";
            self.problems.error(Code::WRONG_TYPE, node.span, message, help);
            return;
        }
        let end = usize::try_from(end).unwrap_or(usize::MAX);
        let children = usize::try_from(start).ok().and_then(|start| self.meanings.get(start..end));
        let Some(children) = children.map(<[Meaning]>::to_vec) else {
            return self.no_object(node.span);
        };
        for child in children {
            if let Meaning::Object(child) = child {
                self.put_inside(child, parent, node.span);
            }
        }
    }

    fn put_inside(&mut self, child: ObjectId, parent: ObjectId, span: Span) {
        // The format numbers children behind their parents, so that nothing covers itself.
        let is_second = self.model[child].inside.is_some_and(|other| other != parent);
        if is_second || child <= parent {
            let message = format!("`{}` cannot be covered by this", self.model[child].name);
            let help = "an object lies in one memory, which has a lower number";
            return self.problems.error(Code::COVERED_TWICE, span, message, help);
        }
        self.model[child].inside = Some(parent);
    }

    /// The order of domains, in microseconds.
    fn domains(&mut self, fields: &mut Fields<'_, '_>) {
        let schedule = fields.optional("domain_schedule").filter(|node| !node.is_null());
        let start = fields.optional("domain_set_start").filter(|node| !node.is_null());
        let shift = fields.optional("domain_idx_shift").filter(|node| !node.is_null());
        let Some(schedule) = schedule else { return };
        for turn in self.list(schedule) {
            let Some(mut fields) = self.fields(turn, "a turn of a domain") else { continue };
            let domain = fields.required("id", self.problems).and_then(|node| self.number(node));
            let time = fields.required("time", self.problems).and_then(|node| self.number(node));
            fields.report_rest(self.problems);
            if let (Some(domain), Some(time)) = (domain, time) {
                let length = TurnLength::Microseconds(time);
                self.model.schedule.turns.push(Turn { domain, length, span: turn.span });
            }
        }
        self.model.schedule.start = start.and_then(|node| self.number(node));
        self.model.schedule.shift = shift.and_then(|node| self.number(node)).unwrap_or(0);
    }

    /// `{"start": 5, "end": 9}`, where the end is not before the start.
    fn range(&mut self, node: &Node<'_>) -> Option<(u64, u64)> {
        let mut fields = self.fields(node, "a range")?;
        let start = fields.required("start", self.problems).and_then(|node| self.number(node));
        let end = fields.required("end", self.problems).and_then(|node| self.number(node));
        fields.report_rest(self.problems);
        let (start, end) = (start?, end?);
        if end < start {
            let help = "`start` is the first, `end` the one behind the last";
            self.problems.error(Code::PARAMETER, node.span, "this range ends too early", help);
            return None;
        }
        Some((start, end))
    }

    /// What one of the file's numbers stands for.
    fn meaning(&mut self, node: &Node<'_>) -> Option<Meaning> {
        let number = self.number(node)?;
        let index = usize::try_from(number).ok();
        let meaning = index.and_then(|index| self.meanings.get(index)).copied();
        if meaning.is_none() {
            self.no_object(node.span);
        }
        meaning
    }

    fn no_object(&mut self, span: Span) {
        let count = self.meanings.len();
        let message = format!("there are {count} objects, numbered from 0");
        self.problems.error(Code::DANGLING, span, message, "take the number of one of them");
    }
}
