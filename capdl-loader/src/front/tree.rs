//! A text in TOML as a tree whose every part knows where it is written.

use layout::Span;
use layout::span::FileId;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::code::Code;
use crate::{Diagnostic, Report};

/// A value, and where it is written.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it is written.
    pub span: Span,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A whole number; `None`: does not even fit into 128 bits.
    Integer(Option<i128>),
    /// A number with a fraction.
    Real(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or a time, which no layout has.
    Date,
    /// Several values.
    List(Vec<Node>),
    /// Named values.
    Table(Table),
}

impl Value {
    /// The word for it in messages.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Real(_) => "a number with a fraction",
            Self::Boolean(_) => "true or false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Named values, by ascending name.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// All of them.
    pub fields: Vec<Field>,
}

impl Table {
    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        let place = self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        self.fields.get(place)
    }
}

/// A named value.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where that is written.
    pub key: Span,
    /// Its value.
    pub node: Node,
    /// The values before it that overlays have replaced, the oldest first.
    pub replaced: Vec<Node>,
}

/// Reads a whole file. What cannot be read is told, and left out.
#[must_use]
pub fn parse(file: FileId, text: &str, report: &mut Report) -> Node {
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let range = error.span().unwrap_or(0..0);
        let message = error.message();
        let (code, help) = match message {
            "duplicate key" => (Code::DUPLICATE_NAME, "leave one of the two out"),
            _ => (Code::SYNTAX, "a layout is written in TOML 1.0 (toml.io)"),
        };
        let at = span(file, range.start..range.end);
        report.push(Diagnostic::error(code, message).at(at, "").help(help));
    }
    let at = span(file, tree.span());
    Node { value: Value::Table(table(file, tree.into_inner())), span: at }
}

/// A range of a file. Files have less than 4 GiB.
fn span(file: FileId, range: std::ops::Range<usize>) -> Span {
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(file, offset(range.start), offset(range.end))
}

fn table(file: FileId, table: DeTable<'_>) -> Table {
    let field = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
        let at = span(file, key.span());
        let name = std::borrow::Cow::into_owned(key.into_inner());
        Field { name, key: at, node: node(file, value), replaced: Vec::new() }
    };
    let mut fields: Vec<Field> = table.into_iter().map(field).collect();
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    Table { fields }
}

fn node(file: FileId, value: Spanned<DeValue<'_>>) -> Node {
    let at = span(file, value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => {
            Value::Integer(i128::from_str_radix(number.as_str(), number.radix()).ok())
        }
        DeValue::Float(number) => Value::Real(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(is) => Value::Boolean(is),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(list) => {
            Value::List(list.into_iter().map(|item| node(file, item)).collect())
        }
        DeValue::Table(inner) => Value::Table(table(file, inner)),
    };
    Node { value, span: at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_of_the_syntax_are_told() {
        let mut report = Report::default();
        let node = parse(FileId(0), "a = \nb = 1\nb = 2\nc = 'x\nd = 3\n", &mut report);
        let codes: Vec<Code> = report.iter().map(|found| found.code).collect();
        assert!(codes.contains(&Code::SYNTAX) && codes.contains(&Code::DUPLICATE_NAME));
        let Value::Table(table) = node.value else { panic!("a table") };
        assert!(table.get("d").is_some());
    }
}
