//! Where boxes and arrows go: in layers, so that most arrows point down.
//!
//! All arithmetic is in whole pixels: the result does not depend on the machine.
//!
//! | module | what |
//! |---|---|
//! | [`rank`] | the layer of each box |
//! | [`order`] | the order within layers, with few crossings |
//! | [`place`] | coordinates |

pub mod order;
pub mod place;
pub mod rank;

#[cfg(test)]
mod tests;

/// A point, in pixels from the upper left corner.
pub type Spot = (i64, i64);

/// Where a box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rect {
    /// Its left edge.
    pub x: i64,
    /// Its upper edge.
    pub y: i64,
    /// Its width.
    pub width: i64,
    /// Its height.
    pub height: i64,
}

/// Where everything is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The boxes.
    pub boxes: Vec<Rect>,
    /// The corners of each arrow, from its beginning to its end.
    pub routes: Vec<Vec<Spot>>,
    /// How wide all is.
    pub width: i64,
    /// How high all is.
    pub height: i64,
}

/// Pixels between neighbours.
pub const GAP: i64 = 28;
/// Pixels between layers.
pub const DROP: i64 = 74;
/// Most pixels that a row of boxes without arrows takes.
const ROW: i64 = 900;

/// Places boxes of these sizes, and arrows between them. Arrows from a box to itself get no
/// corners.
#[must_use]
pub fn layout(sizes: &[(i64, i64)], links: &[(usize, usize)]) -> Layout {
    let mut tied = vec![false; sizes.len()];
    for (from, to) in links.iter().filter(|(from, to)| from != to) {
        (tied[*from], tied[*to]) = (true, true);
    }
    let ranks = rank::ranks(sizes.len(), links, &tied);
    let grid = order::Grid::new(links, &ranks, &tied);
    let mut layout = place::place(sizes, links, &grid);
    alone(sizes, &tied, &mut layout);
    layout
}

/// Puts the boxes without arrows into rows below the others.
fn alone(sizes: &[(i64, i64)], tied: &[bool], layout: &mut Layout) {
    let most = layout.width.max(ROW);
    let mut y = if layout.height > 0 { layout.height + GAP } else { 0 };
    let (mut x, mut row_height) = (0, 0);
    for (index, (width, height)) in sizes.iter().copied().enumerate() {
        if tied[index] {
            continue;
        }
        if x > 0 && x + width > most {
            (x, y, row_height) = (0, y + row_height + GAP, 0);
        }
        layout.boxes[index] = Rect { x, y, width, height };
        x += width + GAP;
        row_height = row_height.max(height);
        layout.width = layout.width.max(x - GAP);
        layout.height = layout.height.max(y + height);
    }
}
