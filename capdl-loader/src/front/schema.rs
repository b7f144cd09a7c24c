//! The format as a JSON Schema (draft 2020-12), for editors.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::decode::Decode;
use super::format::Layout;
use super::limits::{self, Bound};
use super::shape::{FieldShape, Shape, TableShape};

/// The schema of a layout: text in JSON.
///
/// ```
/// assert!(capdl::front::schema::schema().contains("\"budget_us\""));
/// ```
#[must_use]
pub fn schema() -> String {
    let mut writer = Writer::default();
    let root = writer.shape(Layout::shape());
    let mut text = String::from("{\n");
    text.push_str("  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
    text.push_str("  \"title\": \"A layout: the description of a whole system\",\n");
    // Writing into a string cannot fail.
    let _ = write!(text, "  \"allOf\": [{root}],\n  \"$defs\": {{\n");
    let tables: Vec<String> = writer
        .tables
        .iter()
        .map(|(name, table)| format!("    {}: {table}", quoted(name)))
        .collect();
    text.push_str(&tables.join(",\n"));
    text.push_str("\n  }\n}\n");
    text
}

/// The tables that were met, each described once.
#[derive(Default)]
struct Writer {
    tables: BTreeMap<&'static str, String>,
}

impl Writer {
    fn shape(&mut self, shape: Shape) -> String {
        match shape {
            Shape::Text => kind("string"),
            Shape::Number => "{\"type\": \"integer\", \"minimum\": 0}".into(),
            Shape::Exactly(number) => format!("{{\"const\": {number}}}"),
            Shape::Boolean => kind("boolean"),
            Shape::Share => "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1}".into(),
            Shape::Size => "{\"anyOf\": [{\"type\": \"integer\", \"minimum\": 0}, \
                            {\"type\": \"string\", \"pattern\": \"^[0-9]+ *[KMG]?$\"}]}"
                .into(),
            Shape::Words(words) => any(words.iter().map(|(word, meaning)| {
                let (word, meaning) = (quoted(word), quoted(meaning.trim()));
                format!("{{\"const\": {word}, \"description\": {meaning}}}")
            })),
            Shape::List(item) => self.list(item),
            Shape::OneOrMany(item) => {
                let (one, many) = (self.shape(item()), self.list(item));
                any([one, many].into_iter())
            }
            Shape::Either(one, other) => {
                let forms = [self.shape(one()), self.shape(other())];
                any(forms.into_iter())
            }
            Shape::Keyed(item) => {
                let item = self.shape(item());
                format!("{{\"type\": \"object\", \"additionalProperties\": {item}}}")
            }
            Shape::Table(table) => self.table(table),
        }
    }

    fn list(&mut self, item: fn() -> Shape) -> String {
        let item = self.shape(item());
        format!("{{\"type\": \"array\", \"items\": {item}}}")
    }

    /// A reference to a table, which is described when it is met first.
    fn table(&mut self, table: &'static TableShape) -> String {
        if !self.tables.contains_key(table.name) {
            self.tables.insert(table.name, String::new());
            let described = self.described(table);
            self.tables.insert(table.name, described);
        }
        format!("{{\"$ref\": \"#/$defs/{}\"}}", table.name)
    }

    fn described(&mut self, table: &'static TableShape) -> String {
        let fields = table.fields.iter().map(|field| self.field(table.name, field));
        let fields: Vec<String> = fields.collect();
        let choice = limits::ONE_OF.iter().find(|(name, _)| *name == table.name);
        let choice = choice.map_or(String::new(), |(_, fields)| {
            let fields =
                fields.iter().map(|field| format!("{{\"required\": [{}]}}", quoted(field)));
            format!(", \"oneOf\": [{}]", fields.collect::<Vec<_>>().join(", "))
        });
        let required = table.fields.iter().filter(|field| !(field.is_optional)());
        let required: Vec<String> = required.map(|field| quoted(field.name)).collect();
        format!(
            "{{\"type\": \"object\", \"description\": {}, \"additionalProperties\": false, \
             \"required\": [{}], \"properties\": {{{}}}{choice}}}",
            quoted(&table.meaning()),
            required.join(", "),
            fields.join(", ")
        )
    }

    fn field(&mut self, table: &str, field: &FieldShape) -> String {
        let shape = self.shape((field.shape)());
        let default = match field.default {
            Some(text) if text.parse::<u64>().is_ok() || matches!(text, "true" | "false") => {
                format!(", \"default\": {text}")
            }
            _ => String::new(),
        };
        let bound = |bounds: &[Bound], word: &str| {
            let of_this = |bound: &&Bound| bound.table == table && bound.field == field.name;
            let found = bounds.iter().find(of_this);
            found.map_or(String::new(), |bound| format!(", \"{word}\": {}", bound.last))
        };
        let bounds = bound(limits::SMALLEST, "minimum") + &bound(limits::LARGEST, "maximum");
        let (name, meaning) = (quoted(field.name), quoted(&field.meaning()));
        format!("{name}: {{\"description\": {meaning}{default}{bounds}, \"allOf\": [{shape}]}}")
    }
}

fn kind(name: &str) -> String {
    format!("{{\"type\": \"{name}\"}}")
}

fn any(forms: impl Iterator<Item = String>) -> String {
    format!("{{\"anyOf\": [{}]}}", forms.collect::<Vec<_>>().join(", "))
}

/// Text as JSON has it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            letter if letter.is_control() => {
                // Writing into a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
