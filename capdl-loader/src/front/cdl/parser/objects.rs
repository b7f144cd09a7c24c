//! The section `objects`.

use super::{DEEPEST, Kind, Parsed, Parser};
use crate::code::Code;
use crate::front::cdl::objects::is_foreign;
use crate::front::cdl::text::{Covered, Declaration, Module, Reference};

impl<'t> Parser<'t, '_> {
    /// `objects { a = ep }`.
    pub(super) fn objects(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        self.block("this section", |parser| {
            if parser.is_next_section() {
                parser.leaving = true;
                return parser.give_up("`}` before the next section");
            }
            let name = parser.path()?;
            module.objects.push(parser.declaration(name, 0)?);
            Ok(())
        })
    }

    /// Whether a section begins here: no declaration does so.
    fn is_next_section(&self) -> bool {
        let begins = ["caps", "cdt", "domains"].iter().any(|name| self.is_word(0, name));
        begins && self.is_sign(1, b'{') || self.is_word(0, "irq") && self.is_word(1, "maps")
    }

    /// `a/b/c[3]`.
    fn path(&mut self) -> Parsed<Vec<Reference<'t>>> {
        let mut path = vec![self.reference("the name of an object")?];
        while self.take(b'/') {
            path.push(self.reference("a name")?);
        }
        Ok(path)
    }

    /// The part behind the name.
    fn declaration(
        &mut self,
        mut path: Vec<Reference<'t>>,
        depth: usize,
    ) -> Parsed<Declaration<'t>> {
        let Some(name) = path.pop() else { return self.give_up("a name") };
        self.expect(b'=')?;
        let kind = self.word("a kind of object")?;
        let parameters = if is_foreign(kind.text) {
            // Other machines have other parameters, too.
            self.skip_parentheses();
            Vec::new()
        } else {
            self.parameters()?
        };
        let mut covered = Vec::new();
        if self.is_sign(0, b'{') {
            if depth == DEEPEST {
                let help = "give the inner ones declarations of their own";
                let message = "this is nested too deeply";
                self.problems.error(Code::SYNTAX, self.here(), message, help);
                return Err(super::GivenUp);
            }
            self.covered(&mut covered, depth + 1)?;
        }
        Ok(Declaration { around: path, name, kind, parameters, covered })
    }

    /// `{ a = ep, b, c[..3] }`.
    fn covered(&mut self, all: &mut Vec<Covered<'t>>, depth: usize) -> Parsed<()> {
        self.block("what this memory holds", |parser| {
            let mut path = parser.path()?;
            let only_named = !parser.is_sign(0, b'=') && path.len() == 1;
            match path.pop() {
                Some(name) if only_named => all.push(Covered::Named(name)),
                Some(name) => {
                    path.push(name);
                    all.push(Covered::Declared(parser.declaration(path, depth)?));
                }
                None => {}
            }
            parser.take(b',');
            Ok(())
        })
    }

    /// Goes behind the parentheses that begin here, if there are some.
    fn skip_parentheses(&mut self) {
        if !self.is_sign(0, b'(') {
            return;
        }
        while self.peek(0).kind != Kind::End && !self.take(b')') {
            self.advance();
        }
    }

    /// Whether a word ahead is a number.
    pub(super) fn is_number(&self, ahead: usize) -> bool {
        self.peek(ahead).kind == Kind::Number
    }
}
