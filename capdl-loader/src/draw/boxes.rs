//! A diagram as SVG.

use super::diagram::{Diagram, Node, Shape, Tie};
use super::layered::{Rect, Spot, layout};
use super::svg::{Anchor, Letters, Svg};

/// Around everything.
const MARGIN: i64 = 24;
/// Above the boxes, for the title.
const HEAD: i64 = 48;
/// Below the boxes, for the legend.
const FOOT: i64 = 44;

/// Draws it.
#[must_use]
pub fn svg(diagram: &Diagram) -> String {
    let sizes: Vec<(i64, i64)> = diagram.nodes.iter().map(size).collect();
    let ends: Vec<(usize, usize)> = diagram.links.iter().map(|link| (link.from, link.to)).collect();
    let layout = layout(&sizes, &ends);
    let (left, top) = (MARGIN, MARGIN + HEAD);
    let moved = |(x, y): Spot| (x + left, y + top);
    let mut svg = Svg::new(&diagram.title, &description(diagram));
    svg.text(Letters::Large, Anchor::Start, (MARGIN, MARGIN + 14), &diagram.title);
    if let Some(note) = &diagram.note {
        svg.text(Letters::Small, Anchor::Start, (MARGIN, MARGIN + 32), note);
    }
    let routes: Vec<Vec<Spot>> =
        layout.routes.iter().map(|route| route.iter().copied().map(moved).collect()).collect();
    for (link, route) in diagram.links.iter().zip(&routes) {
        let (from, to) = (&diagram.nodes[link.from].name, &diagram.nodes[link.to].name);
        svg.group(&format!("{from}, {}, {to}: {}", link.tie.name(), link.label));
        svg.arrow(link.tie.name(), &curve(route));
        svg.end();
    }
    let boxes = layout.boxes.iter().map(|rect| {
        let (x, y) = moved((rect.x, rect.y));
        Rect { x, y, ..*rect }
    });
    let mut labels = Labels(boxes.collect());
    for (link, route) in diagram.links.iter().zip(&routes) {
        if let Some(spot) = labels.place(route, &link.label) {
            svg.text(Letters::Small, Anchor::Middle, spot, &link.label);
        }
    }
    for (node, rect) in diagram.nodes.iter().zip(&layout.boxes) {
        let (x, y) = moved((rect.x, rect.y));
        draw_box(&mut svg, node, Rect { x, y, ..*rect });
    }
    let width = layout.width.max(legend_width(diagram)).max(Letters::Large.width(&diagram.title));
    let bottom = top + layout.height;
    legend(&mut svg, diagram, bottom + FOOT - 12);
    svg.finish(width + 2 * MARGIN, bottom + FOOT + MARGIN)
}

fn size(node: &Node) -> (i64, i64) {
    let text = Letters::Large.width(&node.name).max(Letters::Small.width(&node.detail));
    (text.max(48) + 24, if node.detail.is_empty() { 34 } else { 48 })
}

fn draw_box(svg: &mut Svg, node: &Node, rect: Rect) {
    svg.group(&format!("{} ({}) {}", node.name, node.shape.name(), node.detail));
    svg.rect(&format!("{} box", node.shape.name()), (rect.x, rect.y), (rect.width, rect.height));
    let middle = rect.x + rect.width / 2;
    svg.text(Letters::Large, Anchor::Middle, (middle, rect.y + 21), &node.name);
    if !node.detail.is_empty() {
        svg.text(Letters::Small, Anchor::Middle, (middle, rect.y + 38), &node.detail);
    }
    svg.end();
}

/// Curves that leave and arrive straight up or down.
fn curve(route: &[Spot]) -> String {
    let Some(((x, y), rest)) = route.split_first() else { return String::new() };
    let mut path = format!("M{x} {y}");
    let (mut x1, mut y1) = (*x, *y);
    for (x2, y2) in rest.iter().copied() {
        if x1 == x2 {
            path.push_str(&format!("L{x2} {y2}"));
        } else {
            let middle = (y1 + y2) / 2;
            path.push_str(&format!("C{x1} {middle} {x2} {middle} {x2} {y2}"));
        }
        (x1, y1) = (x2, y2);
    }
    path
}

/// Boxes, and labels that were placed: later labels keep away.
struct Labels(Vec<Rect>);

impl Labels {
    /// Where the middle of a label stands: at one of some places along its arrow, the first that
    /// nothing else needs. Without one it is left out: the arrow has it as a tooltip.
    fn place(&mut self, route: &[Spot], label: &str) -> Option<Spot> {
        if label.is_empty() || route.len() < 2 {
            return None;
        }
        let width = Letters::Small.width(label);
        let stretches = route.windows(2).map(|ends| (ends[0], ends[1]));
        let mut spots = stretches.flat_map(|ends| {
            let parts = [8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14];
            parts.into_iter().map(move |part| along(ends, part))
        });
        let rect = |(x, y): Spot| Rect { x: x - width / 2, y: y - 10, width, height: 13 };
        let is_free = |spot: &Spot| !self.0.iter().any(|taken| touch(*taken, rect(*spot)));
        let spot = spots.find(is_free)?;
        self.0.push(rect(spot));
        Some(spot)
    }
}

/// A place on a stretch between two layers, in sixteenths of its curve.
fn along(((x1, y1), (x2, y2)): (Spot, Spot), part: i64) -> Spot {
    // The curve as it is drawn: both control points at half the height.
    let (t, rest) = (part, 16 - part);
    let x = x1 * rest * rest * (rest + 3 * t) + x2 * t * t * (t + 3 * rest);
    let middle = (y1 + y2) / 2;
    let y = y1 * rest * rest * rest + 3 * middle * rest * t * (rest + t) + y2 * t * t * t;
    (x / 4096, y / 4096 + 4)
}

fn touch(one: Rect, other: Rect) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}

/// The kinds of arrows and boxes that occur.
fn used(diagram: &Diagram) -> (Vec<Shape>, Vec<Tie>) {
    let shapes = Shape::ALL.into_iter().filter(|s| diagram.nodes.iter().any(|n| n.shape == *s));
    let ties = Tie::ALL.into_iter().filter(|t| diagram.links.iter().any(|link| link.tie == *t));
    (shapes.collect(), ties.collect())
}

/// Pixels for one entry of the legend.
const ENTRY: i64 = 96;

fn legend_width(diagram: &Diagram) -> i64 {
    let (shapes, ties) = used(diagram);
    ENTRY * i64::try_from(shapes.len() + ties.len()).unwrap_or(0)
}

fn legend(svg: &mut Svg, diagram: &Diagram, y: i64) {
    let (shapes, ties) = used(diagram);
    let mut x = MARGIN;
    for shape in shapes {
        svg.rect(shape.name(), (x, y - 10), (20, 12));
        svg.text(Letters::Small, Anchor::Start, (x + 26, y), shape.name());
        x += ENTRY;
    }
    for tie in ties {
        svg.arrow(tie.name(), &format!("M{x} {}L{} {}", y - 4, x + 30, y - 4));
        svg.text(Letters::Small, Anchor::Start, (x + 36, y), tie.name());
        x += ENTRY;
    }
}

/// The picture in words.
fn description(diagram: &Diagram) -> String {
    let nodes = diagram.nodes.iter().map(|node| match node.detail.is_empty() {
        true => format!("{} ({})", node.name, node.shape.name()),
        false => format!("{} ({}, {})", node.name, node.shape.name(), node.detail),
    });
    let nodes: Vec<String> = nodes.collect();
    let links = diagram.links.iter().map(|link| {
        let (from, to) = (&diagram.nodes[link.from].name, &diagram.nodes[link.to].name);
        let label = if link.label.is_empty() { "" } else { ": " };
        format!("{from} to {to}, {}{label}{}", link.tie.name(), link.label)
    });
    let links: Vec<String> = links.collect();
    format!("Boxes: {}. Arrows: {}.", nodes.join("; "), links.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_touch_neither_each_other_nor_boxes() {
        let taken = Rect { x: 0, y: 90, width: 200, height: 30 };
        let mut labels = Labels(vec![taken]);
        // Many arrows between the same two boxes, as faults and control of one supervisor.
        let routes: Vec<Vec<Spot>> =
            (0..12).map(|i| vec![(100, 0), (40 + 10 * i, 74), (40 + 10 * i, 200)]).collect();
        let placed = routes.iter().filter_map(|route| labels.place(route, "handles faults"));
        let placed = placed.count();
        assert!((2..12).contains(&placed), "{placed}");
        for (index, one) in labels.0.iter().enumerate() {
            let others = &labels.0[index + 1..];
            assert!(!others.iter().any(|other| touch(*one, *other)), "{one:?}");
        }
        assert_eq!(labels.place(&routes[0], ""), None);
    }
}
