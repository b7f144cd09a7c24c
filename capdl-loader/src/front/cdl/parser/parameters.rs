//! Parameters of objects and of capabilities: one grammar.

use super::{Kind, Parsed, Parser};
use crate::front::cdl::text::{FillText, Parameter, Value, Word};

impl<'t> Parser<'t, '_> {
    /// `(12 bits, paddr: 0x1000, RW)`, or nothing.
    pub(super) fn parameters(&mut self) -> Parsed<Vec<Parameter<'t>>> {
        let mut all = Vec::new();
        if !self.take(b'(') {
            return Ok(all);
        }
        while !self.take(b')') {
            all.push(self.parameter()?);
            if !self.take(b',') && !self.is_sign(0, b')') {
                return self.give_up("`,` or `)`");
            }
        }
        Ok(all)
    }

    fn parameter(&mut self) -> Parsed<Parameter<'t>> {
        if self.peek(0).kind == Kind::Number {
            let number = self.number()?;
            return Ok(Parameter::Size(number, self.word("a unit, such as `bits`")?));
        }
        let key = self.word("a parameter")?;
        let value = if self.take(b':') { self.parameter_value()? } else { Value::Nothing };
        Ok(Parameter::Named(key, value))
    }

    fn parameter_value(&mut self) -> Parsed<Value<'t>> {
        match self.peek(0).kind {
            Kind::Number => Ok(Value::Number(self.number()?)),
            Kind::Name => Ok(Value::Word(self.word("a word")?)),
            Kind::Sign(b'[') if self.is_sign(1, b'{') => Ok(Value::Fills(self.fills()?)),
            Kind::Sign(b'[') => Ok(Value::List(self.selections()?)),
            Kind::Sign(b'(') => {
                self.advance();
                self.part()?;
                self.expect(b',')?;
                self.part()?;
                self.expect(b')')?;
                Ok(Value::Pair)
            }
            _ => self.give_up("a value"),
        }
    }

    /// A number or a reference, of which nothing is kept.
    fn part(&mut self) -> Parsed<()> {
        if self.peek(0).kind == Kind::Number {
            return self.number().map(drop);
        }
        self.reference("a number or a name").map(drop)
    }

    /// `[{0 4096 CDL_FrameFill_FileData "a.elf" 8192}, ...]`.
    fn fills(&mut self) -> Parsed<Vec<FillText<'t>>> {
        self.expect(b'[')?;
        let mut all = Vec::new();
        while !self.take(b']') {
            all.push(self.fill()?);
            if !self.take(b',') && !self.is_sign(0, b']') {
                return self.give_up("`,` or `]`");
            }
        }
        Ok(all)
    }

    fn fill(&mut self) -> Parsed<FillText<'t>> {
        let start = self.here();
        self.expect(b'{')?;
        let (at, length) = (self.number()?, self.number()?);
        let source = self.word("`CDL_FrameFill_FileData` or `CDL_FrameFill_BootInfo`")?;
        let name = match self.peek(0).kind {
            Kind::Text => self.quoted(),
            _ => self.word("a file between quotes, or a part of the boot information")?,
        };
        let offset = self.number()?;
        self.expect(b'}')?;
        Ok(FillText { at, length, source, name, offset, span: start.to(self.before()) })
    }

    /// What is between the quotes of the next word.
    fn quoted(&mut self) -> Word<'t> {
        let span = self.here();
        let text = self.advance().text(self.text);
        Word { text: text.trim_matches('"'), span }
    }
}
