//! A diagram for Graphviz.

use std::fmt::Write;

use super::diagram::{Diagram, Shape, Tie};

/// Writes it.
#[must_use]
pub fn dot(diagram: &Diagram) -> String {
    let mut out = String::from("digraph layout {\n");
    let _ = writeln!(out, "  label={};", quoted(&diagram.title));
    out.push_str("  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n");
    for (index, node) in diagram.nodes.iter().enumerate() {
        let shape = match node.shape {
            Shape::Component => "box",
            Shape::Memory => "cylinder",
            Shape::Device => "component",
            Shape::Power => "diamond",
        };
        let text = match node.detail.is_empty() {
            true => node.name.clone(),
            false => format!("{}\n{}", node.name, node.detail),
        };
        let _ = writeln!(out, "  n{index} [shape={shape}, label={}];", quoted(&text));
    }
    for link in &diagram.links {
        let style = match link.tie {
            Tie::Signal | Tie::Dma => "dashed",
            Tie::Fault => "dotted",
            Tie::Call | Tie::Read | Tie::Write | Tie::Control => "solid",
        };
        let text = match link.label.is_empty() {
            true => link.tie.name().to_string(),
            false => format!("{}: {}", link.tie.name(), link.label),
        };
        let (from, to) = (link.from, link.to);
        let _ = writeln!(out, "  n{from} -> n{to} [style={style}, label={}];", quoted(&text));
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
