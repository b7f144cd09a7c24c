//! Names, and what they refer to.

use std::collections::BTreeMap;

use layout::object::ObjectId;
use layout::span::Span;

use crate::code::Code;
use crate::front::format::Layout;
use crate::front::forms::Name;
use crate::front::suggest::nearest;
use crate::{Diagnostic, Report};

/// All names of a layout.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Objects, also those that nobody named.
    pub(super) objects: BTreeMap<String, ObjectId>,
}

impl Scope {
    /// Devices and regions have names in common, since both are memory that a component sees.
    pub(super) fn new(layout: &Layout, report: &mut Report) -> Self {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        let devices = layout.device.entries.iter().map(|entry| (&entry.name, entry.span));
        let regions = layout.region.entries.iter().map(|entry| (&entry.name, entry.span));
        for (name, span) in devices.chain(regions) {
            if let Some(first) = seen.insert(name, span) {
                let message = format!("a device and a region are called `{name}`");
                let wrong = Diagnostic::error(Code::DUPLICATE_NAME, message);
                let wrong = wrong.at(span, "this one").at(first, "and this one");
                report.push(
                    wrong.help("call one of them otherwise: both are memory that components map"),
                );
            }
        }
        Self::default()
    }
}

/// That nothing has a name.
pub(super) fn dangling<'n>(
    noun: &str,
    name: &Name,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let message = format!("there is no {noun} `{}`", name.value);
    let wrong = Diagnostic::error(Code::DANGLING, message).at(name.span, "unknown");
    let all: Vec<&str> = known.clone().take(12).collect();
    match nearest(&name.value, known) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None if all.is_empty() => wrong.help(format!("the layout has no {noun} at all")),
        None => wrong.help(format!("there are {}", all.join(", "))),
    }
}
