//! The order within layers, with few crossings.

/// Rounds of sorting, down and up.
const ROUNDS: usize = 12;

/// Boxes and, where arrows pass a layer, corners: in layers, from left to right.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Grid {
    /// Items by layer: boxes have their numbers, corners those behind.
    pub layers: Vec<Vec<usize>>,
    /// The items of each arrow from the upper to the lower end.
    pub chains: Vec<Vec<usize>>,
    /// Boxes and corners.
    pub items: usize,
}

impl Grid {
    /// Of boxes with these layers.
    #[must_use]
    pub fn new(links: &[(usize, usize)], ranks: &[usize], tied: &[bool]) -> Self {
        let depth = ranks.iter().zip(tied).filter(|(_, tied)| **tied).map(|(rank, _)| rank + 1);
        let mut grid = Self {
            layers: vec![Vec::new(); depth.max().unwrap_or(0)],
            chains: Vec::new(),
            items: ranks.len(),
        };
        for (node, rank) in ranks.iter().enumerate().filter(|(node, _)| tied[*node]) {
            grid.layers[*rank].push(node);
        }
        for (from, to) in links.iter().copied() {
            let chain = grid.chain(from, to, ranks);
            grid.chains.push(chain);
        }
        grid.sort();
        grid
    }

    /// The items of an arrow; makes the corners. Two boxes of one layer cannot be linked.
    fn chain(&mut self, from: usize, to: usize, ranks: &[usize]) -> Vec<usize> {
        if from == to {
            return Vec::new();
        }
        let (upper, lower) = if ranks[from] < ranks[to] { (from, to) } else { (to, from) };
        let mut chain = vec![upper];
        for layer in ranks[upper] + 1..ranks[lower] {
            chain.push(self.items);
            self.layers[layer].push(self.items);
            self.items += 1;
        }
        chain.push(lower);
        chain
    }

    /// Pairs of items of neighbouring layers with an arrow between them.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.chains.iter().flat_map(|chain| chain.windows(2).map(|pair| (pair[0], pair[1])))
    }

    /// Sorts every layer by where the neighbours are, again and again; the best order is kept.
    fn sort(&mut self) {
        let mut above = vec![Vec::new(); self.items];
        let mut below = vec![Vec::new(); self.items];
        for (upper, lower) in self.pairs() {
            above[lower].push(upper);
            below[upper].push(lower);
        }
        let mut best = (self.crossings(), self.layers.clone());
        for round in 0..ROUNDS {
            let depth = self.layers.len();
            let (order, neighbours): (Vec<usize>, _) = match round % 2 {
                0 => ((1..depth).collect(), &above),
                _ => ((0..depth.saturating_sub(1)).rev().collect(), &below),
            };
            for layer in order {
                self.sort_layer(layer, neighbours);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn sort_layer(&mut self, layer: usize, neighbours: &[Vec<usize>]) {
        let places = self.places();
        let middle = |item: usize, own: usize| {
            let near = &neighbours[item];
            let sum: usize = near.iter().map(|other| places[*other]).sum();
            // In thousandths, so that averages of whole places stay apart.
            if near.is_empty() { own * 1000 } else { sum * 1000 / near.len() }
        };
        let items = self.layers[layer].iter().enumerate();
        let mut keyed: Vec<(usize, usize)> =
            items.map(|(own, item)| (middle(*item, own), *item)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        self.layers[layer] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    /// The place of each item in its layer.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.items];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(place, item)| places[*item] = place);
        }
        places
    }

    /// Pairs of arrows that cross.
    fn crossings(&self) -> usize {
        let places = self.places();
        let mut layer_of = vec![0; self.items];
        for (index, layer) in self.layers.iter().enumerate() {
            layer.iter().for_each(|item| layer_of[*item] = index);
        }
        let mut by_layer = vec![Vec::new(); self.layers.len()];
        for (upper, lower) in self.pairs() {
            by_layer[layer_of[upper]].push((places[upper], places[lower]));
        }
        let crossings = by_layer.iter_mut().map(|pairs| {
            pairs.sort_unstable();
            let later = |index: usize| &pairs[index + 1..];
            let crossed =
                |index: usize| later(index).iter().filter(|pair| pair.1 < pairs[index].1).count();
            (0..pairs.len()).map(crossed).sum::<usize>()
        });
        crossings.sum()
    }
}
