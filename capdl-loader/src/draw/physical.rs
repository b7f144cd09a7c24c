//! The map of physical memory.

use super::diagram::Shape;
use super::svg::{Anchor, Letters, Svg};
use crate::authority::System;
use crate::report::amount;
use crate::report::ranges::{Range, ranges};

/// Around everything.
const MARGIN: i64 = 24;
/// For addresses.
const ADDRESSES: i64 = 130;
/// For what is there.
const WIDTH: i64 = 420;
/// For one piece.
const ROW: i64 = 26;
/// For all of a line.
const COLUMN: i64 = MARGIN + ADDRESSES + WIDTH;
/// For title and note.
const TOP: i64 = MARGIN + 48;
/// Most pieces that are drawn.
const MOST: usize = 400;

/// The picture, from the lowest address down the page, in several columns if there is much.
/// `addresses` are those of all objects, as far as they are known.
#[must_use]
pub fn svg(system: &System<'_>, addresses: &[Option<u64>]) -> String {
    let ranges = ranges(system, addresses);
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
    let rows = rows(&ranges);
    let columns = columns(rows.len());
    let height = rows.len().div_ceil(columns);
    for (number, row) in rows.iter().enumerate() {
        row.draw(&mut svg, (pixels(number / height) * COLUMN, TOP + pixels(number % height) * ROW));
    }
    let bottom = TOP + pixels(height) * ROW;
    let mut x = MARGIN;
    for shape in Shape::ALL {
        svg.rect(shape.name(), (x, bottom + 14), (20, 12));
        svg.text(Letters::Small, Anchor::Start, (x + 26, bottom + 24), legend(shape));
        x += 150;
    }
    svg.finish((pixels(columns) * COLUMN + MARGIN).max(x), bottom + 44 + MARGIN)
}

/// What stands in one line.
enum Row<'a> {
    /// So many bytes of which nothing is known.
    Between(u64),
    /// A piece.
    Piece(&'a Range),
}

/// The lines, by address.
fn rows(ranges: &[Range]) -> Vec<Row<'_>> {
    let (mut rows, mut end) = (Vec::new(), None);
    for range in ranges.iter().take(MOST) {
        let between = end.and_then(|end| range.start.checked_sub(end)).filter(|bytes| *bytes > 0);
        rows.extend(between.map(Row::Between));
        rows.push(Row::Piece(range));
        end = Some(range.end);
    }
    rows
}

/// As few columns as make the picture no more than twice as high as wide, so that it can be read
/// on a screen as a whole.
fn columns(rows: usize) -> usize {
    let is_wide =
        |columns: &usize| pixels(rows.div_ceil(*columns)) * ROW <= 2 * pixels(*columns) * COLUMN;
    (1..).find(is_wide).unwrap_or(1)
}

fn pixels(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Row<'_> {
    /// Draws it into the column that begins at `x`.
    fn draw(&self, svg: &mut Svg, (x, y): (i64, i64)) {
        let left = x + MARGIN + ADDRESSES;
        match self {
            Self::Between(bytes) => {
                svg.rect("free", (left, y), (WIDTH, ROW - 6));
                let text = format!("{} between", amount(*bytes));
                svg.text(Letters::Small, Anchor::Middle, (left + WIDTH / 2, y + 14), &text);
            }
            Self::Piece(range) => {
                let (start, end) = (range.start, range.end);
                svg.group(&format!("{start:#x} to {:#x}: {}", end - 1, range.name));
                svg.rect(&format!("{} box", range.shape.name()), (left, y), (WIDTH, ROW - 2));
                let (address, size) = (format!("{start:#x}"), amount(end - start));
                svg.text(Letters::Small, Anchor::End, (left - 10, y + 16), &address);
                svg.text(Letters::Small, Anchor::Start, (left + 10, y + 16), &range.name);
                svg.text(Letters::Small, Anchor::End, (left + WIDTH - 10, y + 16), &size);
                svg.end();
            }
        }
    }
}

const fn legend(shape: Shape) -> &'static str {
    match shape {
        Shape::Component => "of one component",
        Shape::Memory => "region",
        Shape::Device => "device",
        Shape::Power => "untyped",
    }
}
