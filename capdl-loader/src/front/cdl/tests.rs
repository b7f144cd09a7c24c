//! Tests of the reader: what it makes of a text, and what it says about a bad one.

mod errors;
mod language;
mod limits;

use layout::object::{Kind, Object};
use layout::span::FileId;
use layout::{Model, ObjectId};

use super::read;
use crate::{Report, Sources};

/// Reads a text behind `arch aarch64`, with everything that is told about it.
fn told(text: &str) -> (Model, String, Report) {
    let text = format!("arch aarch64\n{text}");
    let mut sources = Sources::default();
    let file = sources.add("test.cdl", text.clone()).unwrap_or(FileId(0));
    let (model, report) = read("test", &text, file);
    let rendered = report.render(&sources);
    (model, rendered, report)
}

/// A text without errors and warnings.
fn good(text: &str) -> Model {
    let (model, rendered, report) = told(text);
    assert_eq!(report.iter().count(), 0, "{rendered}");
    model
}

/// What a text with errors or warnings makes the reader say.
fn complaint(text: &str) -> String {
    let (_, rendered, report) = told(text);
    assert!(report.iter().count() > 0, "nothing is told about: {text}");
    rendered
}

fn find<'m>(model: &'m Model, name: &str) -> (ObjectId, &'m Object) {
    let mut objects = model.objects();
    objects.find(|(_, object)| object.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn kind<'m>(model: &'m Model, name: &str) -> &'m Kind {
    &find(model, name).1.kind
}

fn id(model: &Model, name: &str) -> ObjectId {
    find(model, name).0
}
