//! Names of objects, and which elements of an array are meant.

use std::collections::HashMap;

use layout::{ObjectId, Span};

use super::Builder;
use super::text::{Reference, Selection};
use crate::code::Code;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// One object.
    One(ObjectId),
    /// Objects with consecutive numbers.
    Array(ObjectId, u32),
    /// The firmware, which is no object of the model.
    SecureMonitor,
    /// Something that was refused where it is declared.
    Refused,
}

/// All names of objects.
#[derive(Debug, Default)]
pub(super) struct Symbols<'t>(HashMap<&'t str, (Meaning, Span)>);

impl<'t> Symbols<'t> {
    /// What a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<Meaning> {
        self.0.get(name).map(|(meaning, _)| *meaning)
    }

    /// Gives a name a meaning; where it has one already, if it has.
    pub(super) fn add(&mut self, name: &'t str, meaning: Meaning, span: Span) -> Result<(), Span> {
        match self.0.get(name) {
            Some((_, other)) => Err(*other),
            None => {
                self.0.insert(name, (meaning, span));
                Ok(())
            }
        }
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'t str> + '_ {
        self.0.keys().copied()
    }
}

/// What a reference selects.
#[derive(Clone, Debug)]
pub(super) enum Selected {
    /// These objects, in this order.
    Objects(Vec<ObjectId>),
    /// The firmware.
    SecureMonitor,
}

impl<'t> Builder<'t, '_> {
    /// What a reference selects; nothing, once what is wrong with it has been told.
    pub(super) fn select(&mut self, reference: &Reference<'t>) -> Option<Selected> {
        match (self.symbols.get(reference.name), &reference.elements) {
            (Some(Meaning::Refused), _) => None,
            (Some(Meaning::SecureMonitor), None) => Some(Selected::SecureMonitor),
            (Some(Meaning::One(object)), None) => Some(Selected::Objects(vec![object])),
            (Some(Meaning::Array(first, count)), Some(elements)) => {
                let elements = self.elements(reference, elements, count)?;
                let objects = elements.into_iter().map(|index| ObjectId(first.0 + index));
                Some(Selected::Objects(objects.collect()))
            }
            (Some(Meaning::Array(..)), None) => {
                let name = reference.name;
                let message = format!("`{name}` is an array");
                let help = format!("write `{name}[0]`, or `{name}[]` for all of it");
                self.problems.error(Code::WRONG_TYPE, reference.span, message, help);
                None
            }
            (Some(_), Some(_)) => {
                let message = format!("`{}` is no array", reference.name);
                let help = "leave the brackets out";
                self.problems.error(Code::WRONG_TYPE, reference.span, message, help);
                None
            }
            (None, _) => {
                self.unknown(reference);
                None
            }
        }
    }

    /// The one object that a reference selects.
    pub(super) fn select_one(&mut self, reference: &Reference<'t>) -> Option<ObjectId> {
        match self.select(reference)? {
            Selected::Objects(objects) if objects.len() == 1 => objects.first().copied(),
            _ => {
                let help = "name one object with slots";
                let message = "this does not select one object";
                self.problems.error(Code::WRONG_TYPE, reference.span, message, help);
                None
            }
        }
    }

    /// Indexes below `count`.
    fn elements(
        &mut self,
        reference: &Reference<'t>,
        selections: &[Selection],
        count: u32,
    ) -> Option<Vec<u32>> {
        let all = [Selection::Through(None, None)];
        let selections = if selections.is_empty() { &all } else { selections };
        let mut indexes = Vec::new();
        for selection in selections {
            let (first, last) = match *selection {
                Selection::One(index) => (index, index),
                Selection::Through(first, last) => {
                    let end = u64::from(count).saturating_sub(1);
                    (first.unwrap_or(0), last.unwrap_or(end))
                }
            };
            let (Some(first), Some(last)) = (below(first, count), below(last, count)) else {
                let message = format!("`{}` has {count} elements", reference.name);
                let help = "the first one is 0";
                self.problems.error(Code::DANGLING, reference.span, message, help);
                return None;
            };
            if !self.allow(first.abs_diff(last) as usize + 1, reference.span) {
                return None;
            }
            if first <= last {
                indexes.extend(first..=last);
            } else {
                indexes.extend((last..=first).rev());
            }
        }
        Some(indexes)
    }

    fn unknown(&mut self, reference: &Reference<'t>) {
        let message = format!("there is no object `{}`", reference.name);
        let help = self.nearest(reference.name);
        self.problems.error(Code::DANGLING, reference.span, message, help);
    }
}

fn below(index: u64, count: u32) -> Option<u32> {
    u32::try_from(index).ok().filter(|index| *index < count)
}
