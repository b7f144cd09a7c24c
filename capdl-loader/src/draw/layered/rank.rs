//! The layer of each box: below all boxes that have an arrow to it, cycles apart.

/// The layers of boxes, from 0; those without arrows have 0.
#[must_use]
pub fn ranks(count: usize, links: &[(usize, usize)], tied: &[bool]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in links.iter().filter(|(from, to)| from != to) {
        below[*from].push(*to);
    }
    let order = finished(&below);
    let mut position = vec![0; count];
    order.iter().enumerate().for_each(|(place, node)| position[*node] = place);
    // Without the arrows back to a box that is not finished, there are no cycles.
    let down = |from: usize, to: usize| position[from] > position[to];
    let mut ranks = vec![0; count];
    for node in order.iter().rev().copied() {
        for next in below[node].iter().copied().filter(|next| down(node, *next)) {
            ranks[next] = ranks[next].max(ranks[node] + 1);
        }
    }
    let mut has_above = vec![false; count];
    for (from, to) in links.iter().copied().filter(|(from, to)| from != to && tied[*from]) {
        let (upper, lower) = if ranks[from] < ranks[to] { (from, to) } else { (to, from) };
        has_above[lower] |= upper != lower;
    }
    // What nothing points to comes right above what it points to.
    for node in 0..count {
        let lowest = below[node].iter().map(|next| ranks[*next]).min();
        if let Some(lowest) = lowest.filter(|lowest| !has_above[node] && *lowest > ranks[node]) {
            ranks[node] = lowest - 1;
        }
    }
    ranks
}

/// The boxes in the order in which a depth-first walk is finished with them.
fn finished(below: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(below.len());
    let mut seen = vec![false; below.len()];
    for start in 0..below.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut walk = vec![(start, 0)];
        while let Some((node, next)) = walk.last_mut() {
            match below[*node].get(*next) {
                Some(child) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[*child], true) {
                        walk.push((*child, 0));
                    }
                }
                None => {
                    order.push(*node);
                    walk.pop();
                }
            }
        }
    }
    order
}
