//! What is drawn of a system with too many parties: the boxes with the most arrows.

use super::diagram::Diagram;

/// Most boxes of a picture.
pub const MOST: usize = 120;

/// Leaves out boxes, those with the fewest arrows first, and says so.
#[must_use]
pub fn thinned(mut diagram: Diagram) -> Diagram {
    let count = diagram.nodes.len();
    if count <= MOST {
        return diagram;
    }
    let mut arrows = vec![0_usize; count];
    for link in &diagram.links {
        arrows[link.from] += 1;
        arrows[link.to] += 1;
    }
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|node| (std::cmp::Reverse(arrows[*node]), *node));
    let mut kept = order[..MOST].to_vec();
    kept.sort_unstable();
    let mut place = vec![None; count];
    kept.iter().enumerate().for_each(|(new, old)| place[*old] = Some(new));
    diagram.nodes = kept.iter().map(|node| diagram.nodes[*node].clone()).collect();
    diagram.links = diagram
        .links
        .into_iter()
        .filter_map(|mut link| {
            (link.from, link.to) = (place[link.from]?, place[link.to]?);
            Some(link)
        })
        .collect();
    let note = format!("{} boxes with fewer arrows are left out", count - MOST);
    diagram.note = Some(match diagram.note {
        Some(other) => format!("{other}; {note}"),
        None => note,
    });
    diagram
}
