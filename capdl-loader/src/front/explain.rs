//! Where a value of a layout comes from, and what it means.

use std::fmt::Write;

use layout::Span;

use super::decode::Decode;
use super::format::Layout;
use super::shape::{FieldShape, Shape};
use super::suggest::nearest;
use super::tree::{Node, Table, Value};
use crate::Sources;

/// Explains a path such as `component.blk.prio`.
///
/// # Errors
/// Which part of the path does not exist.
pub fn explain(path: &str, tree: &Node, sources: &Sources) -> Result<String, String> {
    let mut shape = Layout::shape();
    let mut node = Some(tree);
    let mut field: Option<&FieldShape> = None;
    let mut replaced: &[Node] = &[];
    let mut walked = String::new();
    for part in path.split('.') {
        let table = node.and_then(|node| match &node.value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        (shape, field) = step(shape, part, table).map_err(|near| unknown(&walked, part, near))?;
        let found = table.and_then(|table| table.get(part));
        replaced = found.map_or(&[], |found| &found.replaced);
        node = found.map(|found| &found.node);
        let dot = if walked.is_empty() { "" } else { "." };
        // Writing into a string cannot fail.
        let _ = write!(walked, "{dot}{part}");
    }
    let mut text = match node {
        Some(node) => format!("{path} = {}\n", written(node)),
        None => format!("{path} is not written\n"),
    };
    let origins = replaced.iter().map(|old| ("replaces", old));
    let origins = node.map(|node| ("written at", node)).into_iter().chain(origins.rev());
    for (word, node) in origins {
        let (place, value) = (place(node.span, sources), written(node));
        let _ = writeln!(text, "  {word} {place}: {value}");
    }
    if let Some(field) = field {
        let _ = writeln!(text, "  {}", field.meaning());
        if let (None, Some(default)) = (node, field.default) {
            let _ = writeln!(text, "  it is {default}");
        }
    }
    let _ = writeln!(text, "  it is written as {}", form(shape));
    Ok(text)
}

/// One part further: its shape, and its field if the format names it. Else the nearest name.
fn step(
    shape: Shape,
    part: &str,
    table: Option<&Table>,
) -> Result<(Shape, Option<&'static FieldShape>), Option<String>> {
    match shape {
        Shape::Table(known) => match known.fields.iter().find(|field| field.name == part) {
            Some(field) => Ok(((field.shape)(), Some(field))),
            None => {
                let names = known.fields.iter().map(|field| field.name);
                Err(nearest(part, names).map(str::to_string))
            }
        },
        Shape::Keyed(item) => {
            let names = table.iter().flat_map(|table| &table.fields).map(|field| &field.name);
            if names.clone().any(|name| name == part) {
                return Ok((item(), None));
            }
            Err(nearest(part, names.map(String::as_str)).map(str::to_string))
        }
        Shape::Either(_, other) => step(other(), part, table),
        Shape::OneOrMany(item) => step(item(), part, table),
        _ => Err(None),
    }
}

fn unknown(walked: &str, part: &str, near: Option<String>) -> String {
    let whose = if walked.is_empty() { "a layout".into() } else { format!("`{walked}`") };
    match near {
        Some(near) => format!("{whose} has no `{part}`; did you mean `{near}`?"),
        None => format!("{whose} has no `{part}`"),
    }
}

fn place(span: Span, sources: &Sources) -> String {
    match sources.place(span) {
        Some(place) => format!("{}:{}:{}", place.path.display(), place.line, place.column),
        None => "nowhere".into(),
    }
}

/// A value as it is written.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(Some(number)) => number.to_string(),
        Value::Integer(None) => "a number of more than 128 bits".into(),
        Value::Real(number) => number.to_string(),
        Value::Boolean(is) => is.to_string(),
        Value::Date => "a date".into(),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => {
            let field =
                |field: &super::tree::Field| format!("{} = {}", field.name, written(&field.node));
            let fields: Vec<String> = table.fields.iter().map(field).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// What a value may look like, in words.
fn form(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text".into(),
        Shape::Number => "a whole number".into(),
        Shape::Exactly(number) => number.to_string(),
        Shape::Boolean => "true or false".into(),
        Shape::Share => "a share from 0.0 to 1.0".into(),
        Shape::Size => "a number of bytes, or a text such as \"64K\"".into(),
        Shape::Words(words) => {
            let words =
                words.iter().map(|(word, meaning)| format!("{word:?} ({})", meaning.trim()));
            words.collect::<Vec<_>>().join(", ")
        }
        Shape::List(item) => format!("a list of: {}", form(item())),
        Shape::OneOrMany(item) => format!("one or a list of: {}", form(item())),
        Shape::Either(one, other) => format!("{}, or {}", form(one()), form(other())),
        Shape::Keyed(item) => format!("names, each with {}", form(item())),
        Shape::Table(table) => {
            let names: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
            format!("a table with {}", names.join(", "))
        }
    }
}
