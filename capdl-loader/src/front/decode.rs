//! From a tree to types, with all that is wrong and not only the first.

use layout::span::{Span, Spanned};

use super::shape::{Shape, TableShape};
use super::suggest::nearest;
use super::tree::{Node, Table, Value};
use crate::code::Code;
use crate::{Diagnostic, Report};

/// What can be read from a value.
pub trait Decode: Sized {
    /// The code of the message when it is missing.
    const MISSING: Code = Code::WRONG_TYPE;

    /// Reads it. `None`: what is wrong has been told.
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self>;

    /// What it may look like.
    fn shape() -> Shape;

    /// What it is when nothing is written; `None`: something must be written.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// Tells what is wrong, and in which part.
#[derive(Debug)]
pub struct Decoder<'a> {
    report: &'a mut Report,
    path: Vec<String>,
}

impl<'a> Decoder<'a> {
    /// At the root of a text.
    pub fn new(report: &'a mut Report) -> Self {
        Self { report, path: Vec::new() }
    }

    /// Tells that something is wrong.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Reads a part that has this name.
    pub fn inside<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(name.into());
        let read = read(self);
        self.path.pop();
        read
    }

    /// The part that is being read, as it is written with dots.
    #[must_use]
    pub fn path(&self) -> String {
        match self.path.as_slice() {
            [] => "the layout".into(),
            path => format!("`{}`", path.join(".")),
        }
    }

    /// Tells that a value is something else than wanted.
    pub fn expected(&mut self, node: &Node, wanted: &str) {
        let message = format!("{} must be {wanted}", self.path());
        let label = format!("this is {}", node.value.noun());
        let wrong = Diagnostic::error(Code::WRONG_TYPE, message).at(node.span, label);
        self.push(wrong.help(format!("write {wanted} here")));
    }

    /// Tells that nothing can be called so.
    pub fn bad_name(&mut self, name: &str, key: Span) {
        let shown: String = name.chars().take(64).flat_map(char::escape_default).collect();
        let message = format!("{} cannot have something called `{shown}`", self.path());
        let wrong = Diagnostic::error(Code::WRONG_TYPE, message).at(key, "not a name");
        let help = "a name has up to 64 letters (a to z), digits, `_`, `-`, `.` and `@`, and \
            begins with a letter or a digit";
        self.push(wrong.help(help));
    }

    /// The table that it is, without keys that nobody knows.
    pub fn table<'n>(&mut self, node: &'n Node, shape: Shape) -> Option<&'n Table> {
        let (Value::Table(table), Shape::Table(shape)) = (&node.value, shape) else {
            self.expected(node, "a table");
            return None;
        };
        for field in &table.fields {
            if !shape.fields.iter().any(|known| known.name == field.name) {
                self.unknown_key(&field.name, field.key, shape);
            }
        }
        Some(table)
    }

    fn unknown_key(&mut self, name: &str, key: Span, shape: &TableShape) {
        let message = format!("{} has no key `{name}`", self.path());
        let known = || shape.fields.iter().map(|field| field.name);
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", known().collect::<Vec<_>>().join(", ")),
        };
        self.push(Diagnostic::error(Code::UNKNOWN_KEY, message).at(key, "unknown").help(help));
    }

    /// One field of a table; what it is by default if it is wrong or missing.
    pub fn field<T: Decode>(
        &mut self,
        node: &Node,
        table: &Table,
        key: &'static str,
        default: Option<T>,
    ) -> Option<T> {
        let otherwise = || default.or_else(T::absent);
        if let Some(field) = table.get(key) {
            return self.inside(key, |inner| T::decode(&field.node, inner)).or_else(otherwise);
        }
        let value = otherwise();
        if value.is_none() {
            let message = format!("{} needs a key `{key}`", self.path());
            let wrong = Diagnostic::error(T::MISSING, message).at(node.span, "it is missing here");
            self.push(wrong.help(format!("write `{key} = ...`")));
        }
        value
    }

    /// One of some words.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let Value::Text(text) = &node.value else {
            self.expected(node, "a word in quotes");
            return None;
        };
        let found = words.iter().find(|(word, _)| word == text);
        if found.is_none() {
            let message = format!("{} cannot be `{text}`", self.path());
            let known = || words.iter().map(|(word, _)| *word);
            let help = match nearest(text, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of {}", known().collect::<Vec<_>>().join(", ")),
            };
            let wrong = Diagnostic::error(Code::WRONG_TYPE, message);
            self.push(wrong.at(node.span, "unknown word").help(help));
        }
        found.map(|(_, value)| *value)
    }
}

impl Decode for String {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            decoder.expected(node, "a text");
            return None;
        };
        Some(text.clone())
    }

    fn shape() -> Shape {
        Shape::Text
    }
}

impl Decode for u64 {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Integer(number) = node.value else {
            decoder.expected(node, "a whole number");
            return None;
        };
        let number = number.and_then(|number| Self::try_from(number).ok());
        if number.is_none() {
            let message = format!("{} does not fit into 64 bits without sign", decoder.path());
            let wrong = Diagnostic::error(Code::NUMBER, message).at(node.span, "out of range");
            decoder.push(wrong.help("write a number from 0 to 9223372036854775807"));
        }
        number
    }

    fn shape() -> Shape {
        Shape::Number
    }
}

impl Decode for bool {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Boolean(is) = node.value else {
            decoder.expected(node, "true or false");
            return None;
        };
        Some(is)
    }

    fn shape() -> Shape {
        Shape::Boolean
    }
}

impl<T: Decode> Decode for Spanned<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        Some(Self { value: T::decode(node, decoder)?, span: node.span })
    }

    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        T::decode(node, decoder).map(Some)
    }

    fn shape() -> Shape {
        T::shape()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// The elements that can be read; the others have been told.
impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::List(list) = &node.value else {
            decoder.expected(node, "a list");
            return None;
        };
        Some(list.iter().filter_map(|item| T::decode(item, decoder)).collect())
    }

    fn shape() -> Shape {
        Shape::List(T::shape)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}
