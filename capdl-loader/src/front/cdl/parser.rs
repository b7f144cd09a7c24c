//! From words to the grammar's view of a text.
//!
//! An error ends a statement, not the file: reading goes on at the next one.

mod caps;
mod objects;
mod parameters;
mod sections;

use layout::Span;
use layout::span::FileId;

use super::text::{Module, Number, Reference, Selection, Word};
use super::token::{Kind, Token, tokens};
use crate::code::Code;
use crate::front::problems::Problems;

/// How deep untyped memory, and derivations, may be nested.
const DEEPEST: usize = 64;

/// A statement that was given up; what is wrong with it has been told.
#[derive(Debug)]
struct GivenUp;

/// What a part of a statement gives.
type Parsed<T> = Result<T, GivenUp>;

/// Reads a text of less than 4 GiB.
pub(super) fn parse<'t>(text: &'t str, file: FileId, problems: &mut Problems) -> Module<'t> {
    let (tokens, unclosed) = tokens(text);
    if let Some(start) = unclosed {
        let span = Span::new(file, start, start + 2);
        problems.error(Code::SYNTAX, span, "this comment does not end", "close it with `*/`");
    }
    let mut parser = Parser { text, file, tokens, at: 0, leaving: false, problems };
    parser.module()
}

struct Parser<'t, 'p> {
    text: &'t str,
    file: FileId,
    tokens: Vec<Token>,
    at: usize,
    /// Whether the section has ended without its brace.
    leaving: bool,
    problems: &'p mut Problems,
}

impl<'t> Parser<'t, '_> {
    /// A word ahead; behind the last one there is only `End`.
    fn peek(&self, ahead: usize) -> Token {
        let last = self.tokens.len() - 1;
        self.tokens[(self.at + ahead).min(last)]
    }

    /// Where the next word is.
    fn here(&self) -> Span {
        self.peek(0).span(self.file)
    }

    /// Where the word before is.
    fn before(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span(self.file)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek(0);
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn is_sign(&self, ahead: usize, sign: u8) -> bool {
        self.peek(ahead).kind == Kind::Sign(sign)
    }

    /// Takes the sign if it is next.
    fn take(&mut self, sign: u8) -> bool {
        let found = self.is_sign(0, sign);
        if found {
            self.advance();
        }
        found
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        let token = self.peek(ahead);
        token.kind == Kind::Name && token.text(self.text) == word
    }

    /// Takes this word if it is next.
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(0, word);
        if found {
            self.advance();
        }
        found
    }

    /// Tells what was expected instead of the next word.
    fn give_up<T>(&mut self, expected: &str) -> Parsed<T> {
        let token = self.peek(0);
        let found = match token.kind {
            Kind::End => "the end of the file".into(),
            _ => format!("`{}`", shortened(token.text(self.text))),
        };
        let help = match token.text(self.text) {
            "/" if self.is_sign(1, b'/') => {
                "a comment begins with `--`, or is between `/*` and `*/`"
            }
            _ => "",
        };
        let message = format!("expected {expected}, found {found}");
        let span = self.here();
        let error = crate::Diagnostic::error(Code::SYNTAX, message).at(span, "");
        self.problems.push(if help.is_empty() { error } else { error.help(help) });
        Err(GivenUp)
    }

    fn expect(&mut self, sign: u8) -> Parsed<()> {
        if self.take(sign) {
            return Ok(());
        }
        self.give_up(&format!("`{}`", char::from(sign)))
    }

    /// A name.
    fn word(&mut self, what: &str) -> Parsed<Word<'t>> {
        if self.peek(0).kind != Kind::Name {
            return self.give_up(what);
        }
        let span = self.here();
        Ok(Word { text: self.advance().text(self.text), span })
    }

    /// A number. What upstream reads in a surprising way is told.
    fn number(&mut self) -> Parsed<Number> {
        if self.peek(0).kind != Kind::Number {
            return self.give_up("a number");
        }
        let span = self.here();
        let text = self.advance().text(self.text);
        let (value, is_cut) = self.value(text, span);
        Ok(Number { value, is_cut, span })
    }

    /// What a number means, and whether bits of it are lost.
    fn value(&mut self, text: &str, span: Span) -> (u64, bool) {
        let (digits, radix) = match (text.get(..2), text.get(2..)) {
            (Some("0x"), Some(digits)) => (digits, 16),
            (Some("0o"), Some(digits)) => (digits, 8),
            _ => (text, 10),
        };
        let mut overflowed = false;
        let value =
            digits.chars().filter_map(|digit| digit.to_digit(radix)).fold(0, |sum, digit| {
                let (product, first) = u64::overflowing_mul(sum, radix.into());
                let (sum, second) = product.overflowing_add(digit.into());
                overflowed |= first | second;
                sum
            });
        if overflowed {
            let help = "upstream takes the lowest 64 bits; write the number that is meant";
            self.problems.oddity(Code::NUMBER, span, "this number has more than 64 bits", help);
        }
        let octal = radix == 10 && text.len() > 1 && text.starts_with('0');
        if octal && u64::from_str_radix(text, 8).is_ok_and(|octal| octal != value) {
            let help = "octal numbers begin with `0o`; drop the zero";
            self.problems.oddity(Code::QUIRK, span, "this number is decimal", help);
        }
        (value, overflowed)
    }

    /// A name, perhaps with elements.
    fn reference(&mut self, what: &str) -> Parsed<Reference<'t>> {
        let Word { text: name, span } = self.word(what)?;
        let elements = if self.is_sign(0, b'[') { Some(self.selections()?) } else { None };
        Ok(Reference { name, elements, span: span.to(self.before()) })
    }

    /// `[1, 2..3, ..4]`; also a plain list of numbers.
    fn selections(&mut self) -> Parsed<Vec<Selection>> {
        self.expect(b'[')?;
        let mut all = Vec::new();
        while !self.take(b']') {
            all.push(self.selection()?);
            if !self.take(b',') && !self.is_sign(0, b']') {
                return self.give_up("`,` or `]`");
            }
        }
        Ok(all)
    }

    fn selection(&mut self) -> Parsed<Selection> {
        let first =
            if self.peek(0).kind == Kind::Through { None } else { Some(self.number()?.value) };
        if self.peek(0).kind != Kind::Through {
            return Ok(first.map_or(Selection::Through(None, None), Selection::One));
        }
        self.advance();
        let has_last = self.peek(0).kind == Kind::Number;
        let last = if has_last { Some(self.number()?.value) } else { None };
        Ok(Selection::Through(first, last))
    }

    /// Goes to the next statement behind an error in the one that began at `start`: back to the
    /// start of this line if a statement seems to begin there, which the error has run into.
    fn recover(&mut self, start: usize) {
        let line = (start + 1..=self.at).rev().find(|at| self.tokens[*at].first_on_line);
        let begins = |at: &usize| {
            let next = self.tokens.get(at + 1).map(|token| token.kind);
            let first = self.tokens[*at].kind;
            matches!(first, Kind::Name | Kind::Number)
                && matches!(next, Some(Kind::Sign(b'=' | b':' | b'{')))
        };
        match line.filter(begins) {
            Some(line) => self.at = line,
            None => self.skip_statement(),
        }
    }

    /// Goes to the next statement: to a word at the start of a line, outside of braces that are
    /// opened on the way, or to the brace that ends the section.
    fn skip_statement(&mut self) {
        let mut depth = 0_usize;
        let start = self.at;
        loop {
            let token = self.peek(0);
            let is_new = token.first_on_line && self.at > start && depth == 0;
            match token.kind {
                Kind::End => return,
                Kind::Sign(b'}') if depth == 0 => return,
                Kind::Name | Kind::Number if is_new => return,
                Kind::Sign(b'{') => depth += 1,
                Kind::Sign(b'}') => depth -= 1,
                _ => {}
            }
            self.advance();
        }
    }

    /// Statements between braces, each by `statement`; bad ones are skipped.
    fn block(
        &mut self,
        what: &str,
        mut statement: impl FnMut(&mut Self) -> Parsed<()>,
    ) -> Parsed<()> {
        let open = self.here();
        self.expect(b'{')?;
        loop {
            if self.take(b'}') {
                return Ok(());
            }
            if self.peek(0).kind == Kind::End {
                let message = format!("{what} does not end");
                self.problems.error(Code::SYNTAX, open, message, "close it with `}`");
                return Err(GivenUp);
            }
            let before = self.at;
            if statement(self).is_err() {
                if std::mem::take(&mut self.leaving) {
                    return Err(GivenUp);
                }
                self.recover(before);
            }
            if self.at == before {
                self.advance();
            }
        }
    }
}

/// A word of a file, short enough for a message.
fn shortened(word: &str) -> String {
    match word.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.into(),
    }
}
