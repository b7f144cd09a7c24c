//! Coordinates: items as near to their neighbours above and below as the order allows.

use super::order::Grid;
use super::{DROP, GAP, Layout, Rect, Spot};

/// Rounds of moving, down and up.
const ROUNDS: usize = 16;

/// Gives boxes their places and arrows their corners.
#[must_use]
pub fn place(sizes: &[(i64, i64)], links: &[(usize, usize)], grid: &Grid) -> Layout {
    let width = |item: usize| sizes.get(item).map_or(0, |size| size.0);
    let centres = centres(grid, &width);
    let mut layout = Layout {
        boxes: vec![Rect::default(); sizes.len()],
        routes: Vec::new(),
        width: 0,
        height: 0,
    };
    let mut rows: Vec<(i64, i64)> = Vec::new();
    for layer in &grid.layers {
        let height = layer.iter().filter_map(|item| sizes.get(*item)).map(|size| size.1).max();
        let (y, height) =
            (rows.last().map_or(0, |(y, height)| y + height + DROP), height.unwrap_or(0));
        rows.push((y, height));
        for item in layer.iter().copied().filter(|item| *item < sizes.len()) {
            let (width, own) = sizes[item];
            let rect = Rect {
                x: centres[item] - width / 2,
                y: y + (height - own) / 2,
                width,
                height: own,
            };
            layout.boxes[item] = rect;
        }
        layout.height = y + height;
    }
    layout.routes = routes(links, grid, &layout.boxes, (&centres, &rows));
    let boxes = layout.boxes.iter().map(|rect| rect.x + rect.width);
    let corners = layout.routes.iter().flatten().map(|(x, _)| *x);
    layout.width = boxes.chain(corners).max().unwrap_or(0);
    layout
}

/// The middle of each item, so that nothing is left of 0.
fn centres(grid: &Grid, width: &impl Fn(usize) -> i64) -> Vec<i64> {
    let mut neighbours = [vec![Vec::new(); grid.items], vec![Vec::new(); grid.items]];
    for pair in grid.chains.iter().flat_map(|chain| chain.windows(2)) {
        neighbours[0][pair[1]].push(pair[0]);
        neighbours[1][pair[0]].push(pair[1]);
    }
    let mut centres = vec![0_i64; grid.items];
    for layer in &grid.layers {
        settle(layer, &mut centres, width);
    }
    for round in 0..ROUNDS {
        let side = &neighbours[round % 2];
        let depth = grid.layers.len();
        for step in 0..depth {
            let layer = &grid.layers[if round % 2 == 0 { step } else { depth - 1 - step }];
            for item in layer {
                let near = &side[*item];
                if let Ok(count @ 1..) = i64::try_from(near.len()) {
                    centres[*item] = near.iter().map(|other| centres[*other]).sum::<i64>() / count;
                }
            }
            settle(layer, &mut centres, width);
        }
    }
    let items = grid.layers.iter().flatten().copied();
    let least = items.map(|item| centres[item] - width(item) / 2).min().unwrap_or(0);
    centres.iter_mut().for_each(|centre| *centre -= least);
    centres
}

/// Moves the items of a layer apart, each as little as possible from where it would like to be:
/// groups of neighbours that would overlap stand around the mean of their wishes.
fn settle(layer: &[usize], centres: &mut [i64], width: &impl Fn(usize) -> i64) {
    /// Neighbours that touch: where they begin, the sum of their wishes for that, their number.
    struct Group {
        sum: i64,
        count: i64,
    }
    let mut offsets = Vec::with_capacity(layer.len());
    let mut groups: Vec<Group> = Vec::new();
    let mut offset = 0;
    for (index, item) in layer.iter().copied().enumerate() {
        if index > 0 {
            let before = layer[index - 1];
            offset += (width(before) + 1) / 2 + GAP + (width(item) + 1) / 2;
        }
        offsets.push(offset);
        groups.push(Group { sum: centres[item] - offset, count: 1 });
        while let [.., first, second] = groups.as_mut_slice() {
            if first.sum * second.count <= second.sum * first.count {
                break;
            }
            (first.sum, first.count) = (first.sum + second.sum, first.count + second.count);
            groups.pop();
        }
    }
    let wishes = groups.iter().flat_map(|group| {
        let start = group.sum.div_euclid(group.count);
        (0..group.count).map(move |_| start)
    });
    for ((item, offset), start) in layer.iter().zip(offsets).zip(wishes) {
        centres[*item] = start + offset;
    }
}

/// The corners of every arrow: a place of its own at the edge of either box, and straight down
/// where it passes a layer.
fn routes(
    links: &[(usize, usize)],
    grid: &Grid,
    boxes: &[Rect],
    (centres, rows): (&[i64], &[(i64, i64)]),
) -> Vec<Vec<Spot>> {
    let mut row_of = vec![0; grid.items];
    for (row, layer) in grid.layers.iter().enumerate() {
        layer.iter().for_each(|item| row_of[*item] = row);
    }
    let ports = Ports::new(grid, boxes, centres);
    let chains = links.iter().zip(&grid.chains).enumerate();
    let routes = chains.map(|(index, (link, chain))| {
        let (Some(upper), Some(lower)) = (chain.first(), chain.last()) else { return Vec::new() };
        let mut route = vec![ports.spot(index, boxes[*upper], false)];
        for item in &chain[1..chain.len() - 1] {
            let (y, height) = rows[row_of[*item]];
            route.extend([(centres[*item], y), (centres[*item], y + height)]);
        }
        route.push(ports.spot(index, boxes[*lower], true));
        if link.0 != *upper {
            route.reverse();
        }
        route
    });
    routes.collect()
}

/// Where arrows leave the lower edges of boxes, and where they meet the upper ones.
struct Ports {
    /// By arrow: its place among those at the edge, and their number.
    leave: Vec<(i64, i64)>,
    meet: Vec<(i64, i64)>,
}

impl Ports {
    fn new(grid: &Grid, boxes: &[Rect], centres: &[i64]) -> Self {
        let count = grid.chains.len();
        let mut ports = Self { leave: vec![(0, 1); count], meet: vec![(0, 1); count] };
        let mut at_lower_edge = vec![Vec::new(); boxes.len()];
        let mut at_upper_edge = vec![Vec::new(); boxes.len()];
        for (index, chain) in grid.chains.iter().enumerate() {
            if let [upper, second, ..] = chain[..] {
                at_lower_edge[upper].push((centres[second], index));
            }
            if let [.., second, lower] = chain[..] {
                at_upper_edge[lower].push((centres[second], index));
            }
        }
        for (edges, ports) in [(at_lower_edge, &mut ports.leave), (at_upper_edge, &mut ports.meet)]
        {
            for mut edge in edges {
                edge.sort_unstable();
                let total = i64::try_from(edge.len()).unwrap_or(i64::MAX);
                for ((_, index), place) in edge.into_iter().zip(0..) {
                    ports[index] = (place, total);
                }
            }
        }
        ports
    }

    fn spot(&self, link: usize, rect: Rect, is_upper_edge: bool) -> Spot {
        let (place, total) = if is_upper_edge { self.meet[link] } else { self.leave[link] };
        let x = rect.x + rect.width * (place + 1) / (total + 1);
        (x, if is_upper_edge { rect.y } else { rect.y + rect.height })
    }
}
