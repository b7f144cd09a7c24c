//! What objects are made of.

use layout::ObjectId;
use layout::object::{Kind, Untyped};

use super::Builder;
use super::symbols::{Meaning, Selected};
use super::text::{Covered, Declaration, Parameter, Reference, Selection, Value};
use crate::code::Code;

impl<'t> Builder<'t, '_> {
    /// Puts objects into the untyped memory that is written around them.
    pub(super) fn cover_objects(&mut self, declarations: &'t [Declaration<'t>]) {
        for declaration in declarations {
            self.cover(declaration, None);
        }
    }

    fn cover(&mut self, declaration: &'t Declaration<'t>, around: Option<ObjectId>) {
        let mut around = around;
        for name in &declaration.around {
            around = self.memory(name, around);
        }
        let own = self.declared(&declaration.name);
        for &object in &own {
            self.put(object, around, &declaration.name);
        }
        let [memory] = own[..] else {
            if let (Some(first), false) = (own.first(), declaration.covered.is_empty()) {
                let what = &self.model[*first].name;
                let message = format!("which element covers this: `{what}` or another?");
                let help = "declare the array first, then write what its elements cover";
                self.problems.error(Code::SYNTAX, declaration.name.span, message, help);
            }
            return;
        };
        for covered in &declaration.covered {
            match covered {
                Covered::Declared(inner) => self.cover(inner, Some(memory)),
                Covered::Named(name) => {
                    let Some(Selected::Objects(objects)) = self.select(name) else { continue };
                    for object in objects {
                        self.put(object, Some(memory), name);
                    }
                }
            }
        }
    }

    /// The objects that a declaration declares, or to which it adds.
    fn declared(&mut self, name: &Reference<'t>) -> Vec<ObjectId> {
        match (self.symbols.get(name.name), name.elements.as_deref()) {
            (Some(Meaning::One(object)), None) => vec![object],
            (Some(Meaning::Array(_, 0)), _) => Vec::new(),
            (Some(Meaning::Array(first, count)), Some([Selection::One(number)])) => {
                let is_declaration =
                    self.model[first].span == name.span && *number == u64::from(count);
                match (is_declaration, u32::try_from(*number)) {
                    (true, _) => (0..count).map(|index| ObjectId(first.0 + index)).collect(),
                    (false, Ok(index)) if index < count => vec![ObjectId(first.0 + index)],
                    _ => Vec::new(),
                }
            }
            // What is wrong has been told.
            _ => Vec::new(),
        }
    }

    /// Untyped memory in a path; it comes into being by being named.
    fn memory(&mut self, name: &Reference<'t>, around: Option<ObjectId>) -> Option<ObjectId> {
        if self.symbols.get(name.name).is_none() && name.elements.is_none() {
            let kind = Kind::Untyped(Untyped { bits: 0, address: None });
            let memory = self.add(name.name.into(), kind, name);
            self.name(name, Meaning::One(memory));
        }
        let memory = self.select_one(name)?;
        self.put(memory, around, name);
        Some(memory)
    }

    fn put(&mut self, object: ObjectId, memory: Option<ObjectId>, at: &Reference<'t>) {
        let Some(memory) = memory else { return };
        if !matches!(self.model[memory].kind, Kind::Untyped(_)) {
            let message = format!("`{}` is no untyped memory", self.model[memory].name);
            let help = "only `ut` covers other objects";
            return self.problems.error(Code::WRONG_TYPE, at.span, message, help);
        }
        match self.model[object].inside {
            Some(other) if other != memory => {
                let names = [object, other, memory].map(|id| &self.model[id].name);
                let [object, other, memory] = names;
                let message = format!("`{object}` lies in `{other}` and in `{memory}`");
                let help = "leave it in one of them";
                self.problems.error(Code::COVERED_TWICE, at.span, message, help);
            }
            _ => self.model[object].inside = Some(memory),
        }
    }

    /// A further declaration of untyped memory may give its size or address.
    pub(super) fn add_size(&mut self, declaration: &'t Declaration<'t>) {
        let objects = self.declared(&declaration.name);
        for parameter in &declaration.parameters {
            let given = match parameter {
                Parameter::Size(number, unit) if unit.text == "bits" => (Some(number.value), None),
                Parameter::Named(key, Value::Number(number)) if key.text == "paddr" => {
                    (None, Some(number.value))
                }
                _ => {
                    let help = "it takes `N bits` and `paddr: N`";
                    let message = "untyped memory has no such parameter";
                    self.problems.error(Code::UNKNOWN_KEY, parameter.span(), message, help);
                    continue;
                }
            };
            for &object in &objects {
                self.set_size(object, given, parameter);
            }
        }
    }

    fn set_size(
        &mut self,
        object: ObjectId,
        (bits, address): (Option<u64>, Option<u64>),
        parameter: &Parameter<'t>,
    ) {
        let model = &mut self.model;
        let Kind::Untyped(untyped) = &mut model[object].kind else { return };
        let old = *untyped;
        untyped.bits = bits.unwrap_or(old.bits);
        untyped.address = address.or(old.address);
        let has_other = (old.bits != 0 && untyped.bits != old.bits)
            || (old.address.is_some() && untyped.address != old.address);
        if has_other {
            let help = "leave one of the two declarations without it";
            let message = "an earlier declaration of this memory says otherwise";
            self.problems.error(Code::DUPLICATE_NAME, parameter.span(), message, help);
        }
    }
}
