//! Several texts as one: overlays add to a layout, and change it, key by key.
//!
//! Tables merge. A list of tables (channels, assertions) gets the overlay's entries behind its
//! own. Any other value is replaced, and remembered, so that it can be told where each comes from.
//! Two overlays must not give one key different values.

use super::tree::{Field, Node, Table, Value};
use crate::code::Code;
use crate::{Diagnostic, Report};

/// Merges an overlay into what is before it. `version` is the key that all files have.
pub fn merge(base: &mut Node, overlay: Node, version: &str, report: &mut Report) {
    let (Value::Table(base), Value::Table(overlay)) = (&mut base.value, overlay.value) else {
        return;
    };
    merge_tables(base, overlay, &mut Context { version, depth: 0, report });
}

/// What stays the same inside of a merge.
struct Context<'a> {
    version: &'a str,
    depth: usize,
    report: &'a mut Report,
}

fn merge_tables(base: &mut Table, overlay: Table, context: &mut Context<'_>) {
    let mut added = Vec::new();
    for field in overlay.fields {
        match base.fields.binary_search_by(|old| old.name.cmp(&field.name)) {
            Ok(place) => merge_fields(&mut base.fields[place], field, context),
            Err(_) => added.push(field),
        }
    }
    base.fields.extend(added);
    base.fields.sort_by(|one, other| one.name.cmp(&other.name));
}

fn merge_fields(base: &mut Field, overlay: Field, context: &mut Context<'_>) {
    if context.depth == 0 && overlay.name == context.version && same(&base.node, &overlay.node) {
        return;
    }
    match (&mut base.node.value, overlay.node.value) {
        (Value::Table(base), Value::Table(inner)) => {
            context.depth += 1;
            merge_tables(base, inner, context);
            context.depth -= 1;
        }
        (Value::List(base), Value::List(more)) if is_of_tables(base) && is_of_tables(&more) => {
            base.extend(more);
        }
        (_, value) => replace(base, Node { value, span: overlay.node.span }, context),
    }
}

/// Whether a list is one of tables. An empty one can become one.
fn is_of_tables(list: &[Node]) -> bool {
    list.iter().all(|item| matches!(item.value, Value::Table(_)))
}

fn replace(field: &mut Field, node: Node, context: &mut Context<'_>) {
    let is_overlaid = !field.replaced.is_empty();
    if is_overlaid && field.node.span.file != node.span.file && !same(&field.node, &node) {
        let message = format!("two overlays give `{}` different values", field.name);
        let wrong = Diagnostic::error(Code::OVERLAY, message)
            .at(node.span, "this value")
            .at(field.node.span, "and this one")
            .help("give it in one overlay only");
        context.report.push(wrong);
        return;
    }
    field.replaced.push(std::mem::replace(&mut field.node, node));
}

/// Whether two values are equal, wherever they are written.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Integer(one), Value::Integer(other)) => one.is_some() && one == other,
        (Value::Real(one), Value::Real(other)) => one.to_bits() == other.to_bits(),
        (Value::Boolean(one), Value::Boolean(other)) => one == other,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Table(one), Value::Table(other)) => {
            let pairs = one.fields.iter().zip(&other.fields);
            one.fields.len() == other.fields.len()
                && pairs
                    .into_iter()
                    .all(|(one, other)| one.name == other.name && same(&one.node, &other.node))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::tree::parse;
    use layout::span::FileId;

    fn merged(texts: &[&str]) -> (Node, Report) {
        let mut report = Report::default();
        let mut nodes = texts.iter().zip(0..).map(|(text, file)| (FileId(file), *text));
        let (file, text) = nodes.next().expect("a text");
        let mut base = parse(file, text, &mut report);
        for (file, text) in nodes {
            let overlay = parse(file, text, &mut report);
            merge(&mut base, overlay, "layout", &mut report);
        }
        (base, report)
    }

    fn field<'a>(node: &'a Node, path: &[&str]) -> &'a Field {
        let (first, rest) = path.split_first().expect("a path");
        let Value::Table(table) = &node.value else { panic!("a table") };
        let found = table.get(first).expect("a field");
        if rest.is_empty() { found } else { field(&found.node, rest) }
    }

    #[test]
    fn values_of_overlays_win_and_lists_of_tables_grow() {
        let base = "layout = 1\n[component.a]\nprio = 1\nstack = 2\n[[channel]]\nx = 1\n";
        let overlay = "layout = 1\n[component.a]\nprio = 9\n[[channel]]\nx = 2\n";
        let (node, report) = merged(&[base, overlay]);
        assert!(!report.has_errors());
        let prio = field(&node, &["component", "a", "prio"]);
        assert!(matches!(prio.node.value, Value::Integer(Some(9))));
        assert_eq!((prio.node.span.file, prio.replaced.len()), (FileId(1), 1));
        assert_eq!(field(&node, &["component", "a", "stack"]).node.span.file, FileId(0));
        let Value::List(channels) = &field(&node, &["channel"]).node.value else {
            panic!("a list")
        };
        assert_eq!(channels.len(), 2);
    }

    #[test]
    fn overlays_must_not_disagree() {
        let (_, report) = merged(&["a = 1", "a = 2", "a = 3"]);
        assert_eq!(report.iter().next().map(|found| found.code), Some(Code::OVERLAY));
        let (_, report) = merged(&["a = 1", "a = 2", "a = 2"]);
        assert!(!report.has_errors());
    }
}
