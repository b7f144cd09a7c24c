//! The map of physical memory.

use super::diagram::Shape;
use super::svg::{Anchor, Letters, Svg};
use crate::authority::System;
use crate::report::{amount, ranges};

/// Around everything.
const MARGIN: i64 = 24;
/// For addresses.
const ADDRESSES: i64 = 130;
/// For what is there.
const WIDTH: i64 = 420;
/// For one piece.
const ROW: i64 = 26;
/// Most pieces that are drawn.
const MOST: usize = 400;

/// The picture, from the lowest address down the page. `addresses` are those of all objects, as
/// far as they are known.
#[must_use]
pub fn svg(system: &System<'_>, addresses: &[Option<u64>]) -> String {
    let ranges = ranges::ranges(system, addresses);
    let title = format!("{}: physical memory", system.model.name);
    let words = ranges.iter().take(MOST).map(|range| {
        format!("{:#x}: {}, {}", range.start, range.name, amount(range.end - range.start))
    });
    let words: Vec<String> = words.collect();
    let mut svg = Svg::new(&title, &words.join("; "));
    svg.text(Letters::Large, Anchor::Start, (MARGIN, MARGIN + 14), &title);
    let unknown = addresses.iter().zip(&system.model.objects);
    let unknown =
        unknown.filter(|(address, object)| address.is_none() && object.kind.size_bits().is_some());
    let unknown = unknown.count();
    let note = match (unknown, ranges.len().saturating_sub(MOST)) {
        (0, 0) => String::new(),
        (0, more) => format!("{more} further pieces are left out"),
        (unknown, _) => format!("{unknown} objects get their place from the loader"),
    };
    svg.text(Letters::Small, Anchor::Start, (MARGIN, MARGIN + 32), &note);
    let mut y = MARGIN + 48;
    let left = MARGIN + ADDRESSES;
    let mut end = None;
    for range in ranges.iter().take(MOST) {
        if let Some(free) =
            end.and_then(|end| range.start.checked_sub(end)).filter(|free| *free > 0)
        {
            svg.rect("free", (left, y), (WIDTH, ROW - 6));
            let text = format!("{} between", amount(free));
            svg.text(Letters::Small, Anchor::Middle, (left + WIDTH / 2, y + 14), &text);
            y += ROW;
        }
        let size = amount(range.end - range.start);
        let tooltip = format!("{:#x} to {:#x}: {}", range.start, range.end - 1, range.name);
        svg.group(&tooltip);
        svg.rect(&format!("{} box", range.shape.name()), (left, y), (WIDTH, ROW - 2));
        let address = format!("{:#x}", range.start);
        svg.text(Letters::Small, Anchor::End, (left - 10, y + 16), &address);
        svg.text(Letters::Small, Anchor::Start, (left + 10, y + 16), &range.name);
        svg.text(Letters::Small, Anchor::End, (left + WIDTH - 10, y + 16), &size);
        svg.end();
        y += ROW;
        end = Some(range.end);
    }
    let mut x = MARGIN;
    for shape in Shape::ALL {
        svg.rect(shape.name(), (x, y + 14), (20, 12));
        svg.text(Letters::Small, Anchor::Start, (x + 26, y + 24), legend(shape));
        x += 150;
    }
    svg.finish((left + WIDTH + MARGIN).max(x), y + 44 + MARGIN)
}

const fn legend(shape: Shape) -> &'static str {
    match shape {
        Shape::Component => "of one component",
        Shape::Memory => "region",
        Shape::Device => "device",
        Shape::Power => "untyped",
    }
}
