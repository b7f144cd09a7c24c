//! Which capabilities are derived from which.

use std::collections::HashMap;

use layout::Span;
use layout::cap::{Derivation, Place};

use super::Builder;
use super::text::{Module, PlaceText};
use crate::Diagnostic;
use crate::code::Code;

/// A parent that is named at its child.
#[derive(Debug)]
pub(super) struct Parent<'t> {
    /// The child.
    pub(super) child: Place,
    /// What is named.
    pub(super) parent: &'t PlaceText<'t>,
    /// Where.
    pub(super) span: Span,
}

impl<'t> Builder<'t, '_> {
    /// What `child_of` says, in the order of the text.
    pub(super) fn derive_inline(&mut self) {
        for Parent { child, parent, span } in std::mem::take(&mut self.parents) {
            if let Some(parent) = self.place_of(parent) {
                self.model.derivations.push(Derivation { child, parent, span });
            }
        }
    }

    /// What the section `cdt` says; then all derivations are looked at.
    pub(super) fn derive(&mut self, module: &'t Module<'t>) {
        for [parent, child] in &module.derivations {
            let (parent, child) = (&module.places[*parent], &module.places[*child]);
            let span = span_of(child);
            let (Some(parent), Some(child)) = (self.place_of(parent), self.place_of(child)) else {
                continue;
            };
            self.model.derivations.push(Derivation { child, parent, span });
        }
        self.keep_those_between_nodes();
        self.report_second_parents();
    }

    /// A thread's own slots are no places of the model: a capability in one is always a copy that
    /// nobody can revoke from.
    fn keep_those_between_nodes(&mut self) {
        let all = std::mem::take(&mut self.model.derivations);
        let is_kept = |builder: &Self, derivation: &Derivation| {
            builder.is_node(derivation.child) && builder.is_node(derivation.parent)
        };
        let (kept, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|d| is_kept(self, d));
        self.model.derivations = kept;
        for derivation in others {
            let help = "only derivations between slots of CNodes are kept";
            let message = "a derivation from or to a slot of another object";
            self.problems.oddity(Code::QUIRK, derivation.span, message, help);
        }
    }

    fn report_second_parents(&mut self) {
        let mut parents: HashMap<Place, &Derivation> = HashMap::new();
        for derivation in &self.model.derivations {
            let first = *parents.entry(derivation.child).or_insert(derivation);
            if first.parent != derivation.parent {
                let error = Diagnostic::error(Code::SLOT_TWICE, "this capability has two parents");
                let error = error.at(derivation.span, "one more").at(first.span, "the first");
                self.problems.push(error.help("leave one of them out"));
            }
        }
    }

    /// The slot that a place names; nothing, once what is wrong with it has been told.
    fn place_of(&mut self, place: &PlaceText<'t>) -> Option<Place> {
        match place {
            PlaceText::Slot(node, slot) => {
                let node = self.select_one(node)?;
                Some(Place { node, slot: self.slot_number(node, *slot)? })
            }
            PlaceText::Named(name) => {
                let label = self.labels.get(name.name).filter(|label| label.count == 1);
                let place = label.map(|label| label.place);
                if place.is_none() {
                    let message = format!("there is no one capability `{}`", name.name);
                    let help = "name it where it is, or write `(node, slot)`";
                    self.problems.error(Code::DANGLING, name.span, message, help);
                }
                place
            }
        }
    }
}

fn span_of(place: &PlaceText<'_>) -> Span {
    match place {
        PlaceText::Slot(node, slot) => node.span.to(slot.span()),
        PlaceText::Named(name) => name.span,
    }
}
