//! Writes upstream capDL.
//!
//! What the language cannot carry is never left out in silence: each such fact is an error.
//!
//! | file | idea |
//! |---|---|
//! | `facts` | what cannot be written |
//! | `names` | identifiers, arrays |
//! | `objects` | the section `objects` |
//! | `slots` | the section `caps` |
//! | `sections` | interrupts, derivations, domains |

mod facts;
mod names;
mod objects;
mod sections;
mod slots;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use layout::Model;

use crate::Report;
use facts::Facts;
use names::Names;

/// A model as text, and what is not in the text. If the report has an error, the text describes
/// another system.
///
/// ```
/// use layout::object::{Kind, Object};
/// use layout::{Model, Span};
///
/// let mut model = Model::named("one");
/// model.add(Object::new("bell", Kind::Notification, Span::NOWHERE));
/// let (text, report) = capdl::export::cdl::write(&model);
/// assert!(!report.has_errors());
/// assert!(text.contains("bell = notification"));
/// ```
#[must_use]
pub fn write(model: &Model) -> (String, Report) {
    let mut writer = Writer {
        model,
        names: Names::default(),
        text: String::new(),
        facts: Facts::default(),
        cores: objects::cores_of_threads(model),
    };
    writer.report_what_is_left_out();
    let declared: Vec<String> =
        model.objects().map(|(id, object)| writer.declaration(id, object)).collect();
    writer.names = Names::of(model, &declared, &mut writer.facts);
    writer.line("arch aarch64\n\nobjects {");
    writer.objects(&declared);
    writer.covers();
    writer.line("}\n\ncaps {");
    writer.slots();
    writer.line("}");
    writer.irqs();
    writer.derivations();
    writer.domains();
    (writer.text, writer.facts.into_report())
}

struct Writer<'m> {
    model: &'m Model,
    names: Names,
    text: String,
    facts: Facts,
    /// The core of each thread that has a scheduling context.
    cores: std::collections::HashMap<layout::ObjectId, u64>,
}

impl Writer<'_> {
    fn line(&mut self, line: impl std::fmt::Display) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}
