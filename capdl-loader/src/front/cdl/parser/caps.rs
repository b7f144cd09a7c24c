//! The section `caps`.

use super::{Kind, Parsed, Parser};
use crate::front::cdl::text::{CapText, EntryText, Held, Module, PlaceText, SlotText};

impl<'t> Parser<'t, '_> {
    /// `caps { c { 1: e } n = (c, 1) }`.
    pub(super) fn caps(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        self.block("this section", |parser| {
            if parser.peek(0).kind == Kind::Name && parser.is_sign(1, b'=') {
                let name = parser.word("a name")?;
                parser.advance();
                let (node, slot) = parser.place()?;
                module.caps.push(CapText::Name(name, node, slot));
                return Ok(());
            }
            let object = parser.reference("an object that has slots")?;
            let mut entries = Vec::new();
            let done = parser.block("what is in these slots", |parser| {
                entries.push(parser.entry()?);
                parser.take(b';');
                Ok(())
            });
            module.caps.push(CapText::Slots(object, entries));
            done
        })
    }

    /// `1: name = object (parameters) - child_of parent`.
    fn entry(&mut self) -> Parsed<EntryText<'t>> {
        let start = self.here();
        let slot = if self.is_sign(1, b':') || self.is_number(0) {
            let slot = self.slot()?;
            self.expect(b':')?;
            Some(slot)
        } else {
            None
        };
        let mut label = None;
        let held = if self.is_sign(0, b'<') {
            self.copied()?
        } else {
            let first = self.reference("an object, or `<name>`")?;
            if !self.take(b'=') {
                Held::Object(first)
            } else {
                label = Some(first);
                match self.is_sign(0, b'<') {
                    true => self.copied()?,
                    false => Held::Object(self.reference("an object")?),
                }
            }
        };
        let parameters = self.parameters()?;
        let parent = if self.is_sign(0, b'-') { Some(self.parent()?) } else { None };
        let span = start.to(self.before());
        Ok(EntryText { slot, label, held, parameters, parent, span })
    }

    /// `<name>`.
    fn copied(&mut self) -> Parsed<Held<'t>> {
        self.expect(b'<')?;
        let name = self.reference("the name of a capability")?;
        self.expect(b'>')?;
        Ok(Held::Copy(name))
    }

    /// `- child_of name`.
    fn parent(&mut self) -> Parsed<PlaceText<'t>> {
        self.expect(b'-')?;
        if !self.take_word("child_of") {
            return self.give_up("`child_of`");
        }
        self.place_or_name()
    }

    /// `(node, slot)` or a name.
    pub(super) fn place_or_name(&mut self) -> Parsed<PlaceText<'t>> {
        if self.is_sign(0, b'(') {
            let (node, slot) = self.place()?;
            return Ok(PlaceText::Slot(node, slot));
        }
        Ok(PlaceText::Named(self.reference("a place, or the name of a capability")?))
    }

    /// `(node, slot)`.
    fn place(&mut self) -> Parsed<(super::Reference<'t>, SlotText<'t>)> {
        self.expect(b'(')?;
        let node = self.reference("an object that has slots")?;
        self.expect(b',')?;
        let slot = self.slot()?;
        self.expect(b')')?;
        Ok((node, slot))
    }

    fn slot(&mut self) -> Parsed<SlotText<'t>> {
        if self.is_number(0) {
            return Ok(SlotText::Number(self.number()?));
        }
        Ok(SlotText::Word(self.word("a slot")?))
    }
}
