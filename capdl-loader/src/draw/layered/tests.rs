//! Boxes do not overlap, arrows begin and end at their boxes.

use proptest::prelude::*;

use super::{Rect, Spot, layout};

/// Sizes of boxes, and arrows between them.
type Graph = (Vec<(i64, i64)>, Vec<(usize, usize)>);

fn graphs() -> impl Strategy<Value = Graph> {
    prop::collection::vec((20_i64..200, 20_i64..60), 1..24).prop_flat_map(|sizes| {
        let count = sizes.len();
        (Just(sizes), prop::collection::vec((0..count, 0..count), 0..40))
    })
}

/// Whether an arrow can begin or end here.
fn at(rect: Rect, (x, y): Spot) -> bool {
    let within = x >= rect.x && x <= rect.x + rect.width;
    within && (y == rect.y || y == rect.y + rect.height)
}

fn is_inside(rect: Rect, (x, y): Spot) -> bool {
    let within = x > rect.x && x < rect.x + rect.width;
    within && y > rect.y && y < rect.y + rect.height
}

fn overlap(one: Rect, other: Rect) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}

proptest! {
    #[test]
    fn boxes_do_not_overlap_and_stay_inside((sizes, links) in graphs()) {
        let layout = layout(&sizes, &links);
        for (index, (rect, size)) in layout.boxes.iter().zip(&sizes).enumerate() {
            prop_assert_eq!((rect.width, rect.height), *size);
            prop_assert!(rect.x >= 0 && rect.x + rect.width <= layout.width);
            prop_assert!(rect.y >= 0 && rect.y + rect.height <= layout.height);
            for other in &layout.boxes[index + 1..] {
                prop_assert!(!overlap(*rect, *other), "{:?} {:?}", rect, other);
            }
        }
    }

    #[test]
    fn arrows_begin_and_end_at_their_boxes_and_pass_no_other((sizes, links) in graphs()) {
        let layout = layout(&sizes, &links);
        for ((from, to), route) in links.iter().zip(&layout.routes) {
            if from == to {
                prop_assert!(route.is_empty());
                continue;
            }
            prop_assert!(at(layout.boxes[*from], route[0]));
            prop_assert!(at(layout.boxes[*to], *route.last().expect("two corners or more")));
            for (x, y) in &route[1..route.len() - 1] {
                let inside = layout.boxes.iter().find(|rect| is_inside(**rect, (*x, *y)));
                prop_assert_eq!(inside, None);
            }
        }
    }

    #[test]
    fn the_same_graph_gives_the_same_picture((sizes, links) in graphs()) {
        prop_assert_eq!(layout(&sizes, &links), layout(&sizes, &links));
    }
}

#[test]
fn a_chain_stands_in_a_column_and_a_cycle_is_cut_once() {
    let straight = layout(&[(50, 20); 3], &[(0, 1), (1, 2)]);
    assert!(straight.boxes.windows(2).all(|pair| pair[0].x == pair[1].x && pair[0].y < pair[1].y));
    let cycle = layout(&[(50, 20); 3], &[(0, 1), (1, 2), (2, 0)]);
    assert!(cycle.boxes.windows(2).all(|pair| pair[0].y < pair[1].y));
    let back = &cycle.routes[2];
    assert!(back[0].1 > back[back.len() - 1].1, "the last arrow goes up");
}
