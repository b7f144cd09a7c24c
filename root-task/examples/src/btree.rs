//! A small B-tree in pages: keys and values of 64 bits.
//!
//! Page 0 says where the root is. The first word of each page says how high above the leaves it is
//! and how many keys it has: that is what a pager that knows the store looks at.
//!
//! | word | leaf | inner node | page 0 |
//! |---|---|---|---|
//! | 0 | number of keys | the same, and level in the upper half | [`META`] |
//! | 1 | key 0 | child below key 0 | page of the root |
//! | 2 | value 0 | key 0 | pages in use |
//! | 3 … | key 1, value 1 … | child from key 0 on, key 1 … | |

/// Keys of a full node. Pages have room for more: but a small tree should have many.
pub const KEYS: u64 = 48;
/// The first word of page 0: as of an inner node, for it is wanted as often.
pub const META: u64 = 0xff << 32;

/// Where the words are.
pub trait Pages {
    /// The store goes to another page: counts, if somebody wants to know.
    fn visit(&mut self, page: u64);
    /// Reads a word of a page.
    fn read(&self, page: u64, word: u64) -> u64;
    /// Writes it.
    fn write(&mut self, page: u64, word: u64, value: u64);
}

/// The level of the page that begins with this word; 0: a leaf.
///
/// ```
/// use pager_examples::btree::{META, level};
///
/// assert_eq!(level(7), 0, "a leaf of seven keys");
/// assert!(level(META) > 0);
/// ```
#[must_use]
pub const fn level(first_word: u64) -> u64 {
    first_word >> 32
}

/// A tree.
///
/// ```
/// use pager_examples::btree::{Pages, Tree};
///
/// struct Memory(Vec<[u64; 512]>);
///
/// impl Pages for Memory {
///     fn visit(&mut self, _page: u64) {}
///     fn read(&self, page: u64, word: u64) -> u64 {
///         self.0[page as usize][word as usize]
///     }
///     fn write(&mut self, page: u64, word: u64, value: u64) {
///         self.0[page as usize][word as usize] = value;
///     }
/// }
///
/// let mut tree = Tree::create(Memory(vec![[0; 512]; 8]));
/// tree.insert(5, 50);
/// assert_eq!((tree.get(5), tree.get(6)), (Some(50), None));
/// ```
#[derive(Debug)]
pub struct Tree<P> {
    /// The pages.
    pub pages: P,
}

impl<P: Pages> Tree<P> {
    /// An empty tree: an empty leaf as its root.
    pub fn create(mut pages: P) -> Self {
        for (word, value) in [(0, META), (1, 1), (2, 2)] {
            pages.write(0, word, value);
        }
        pages.write(1, 0, 0);
        Self { pages }
    }

    /// The tree that is in pages already.
    pub fn open(pages: P) -> Self {
        Self { pages }
    }

    /// The value of a key.
    pub fn get(&mut self, key: u64) -> Option<u64> {
        let leaf = self.leaf(key);
        let place = self.lower_bound(leaf, key);
        let found = place < self.count(leaf) && self.key(leaf, place) == key;
        found.then(|| self.pages.read(leaf, 2 + 2 * place))
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: u64, value: u64) {
        self.pages.visit(0);
        let mut node = self.pages.read(0, 1);
        self.pages.visit(node);
        if self.count(node) == KEYS {
            node = self.grow(node);
        }
        while self.level(node) > 0 {
            let mut place = self.child_place(node, key);
            let child = self.child(node, place);
            self.pages.visit(child);
            if self.count(child) == KEYS {
                self.split(node, place, child);
                place = self.child_place(node, key);
            }
            node = self.child(node, place);
            self.pages.visit(node);
        }
        self.put(node, key, value);
    }

    /// Calls `each` with all keys and values in a range, ascending.
    pub fn scan(&mut self, first: u64, end: u64, mut each: impl FnMut(u64, u64)) {
        let mut next = first;
        while next < end {
            let (leaf, bound) = self.leaf_and_bound(next);
            for place in self.lower_bound(leaf, next)..self.count(leaf) {
                let key = self.key(leaf, place);
                if key >= end {
                    return;
                }
                each(key, self.pages.read(leaf, 2 + 2 * place));
            }
            let Some(bound) = bound else { return };
            next = bound;
        }
    }

    /// Pages in use.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.pages.read(0, 2)
    }

    fn level(&self, node: u64) -> u64 {
        level(self.pages.read(node, 0))
    }

    fn count(&self, node: u64) -> u64 {
        self.pages.read(node, 0) & 0xffff_ffff
    }

    /// The key at a place of a leaf.
    fn key(&self, leaf: u64, place: u64) -> u64 {
        self.pages.read(leaf, 1 + 2 * place)
    }

    /// The child at a place of an inner node, and the key behind it.
    fn child(&self, node: u64, place: u64) -> u64 {
        self.pages.read(node, 1 + 2 * place)
    }

    fn separator(&self, node: u64, place: u64) -> u64 {
        self.pages.read(node, 2 + 2 * place)
    }

    fn leaf(&mut self, key: u64) -> u64 {
        self.leaf_and_bound(key).0
    }

    /// The leaf that a key belongs to, and the lowest key that belongs to a later one.
    fn leaf_and_bound(&mut self, key: u64) -> (u64, Option<u64>) {
        self.pages.visit(0);
        let (mut node, mut bound) = (self.pages.read(0, 1), None);
        self.pages.visit(node);
        while self.level(node) > 0 {
            let place = self.child_place(node, key);
            if place < self.count(node) {
                bound = Some(self.separator(node, place));
            }
            node = self.child(node, place);
            self.pages.visit(node);
        }
        (node, bound)
    }

    /// The first place in a leaf whose key is not less.
    fn lower_bound(&self, leaf: u64, key: u64) -> u64 {
        partition(self.count(leaf), |place| self.key(leaf, place) < key)
    }

    /// The place of the child that a key belongs to.
    fn child_place(&self, node: u64, key: u64) -> u64 {
        partition(self.count(node), |place| self.separator(node, place) <= key)
    }

    /// Puts a key into a leaf with room.
    fn put(&mut self, leaf: u64, key: u64, value: u64) {
        let (place, count) = (self.lower_bound(leaf, key), self.count(leaf));
        if place == count || self.key(leaf, place) != key {
            self.shift(leaf, 1 + 2 * place, 1 + 2 * count);
            self.pages.write(leaf, 0, count + 1);
            self.pages.write(leaf, 1 + 2 * place, key);
        }
        self.pages.write(leaf, 2 + 2 * place, value);
    }

    /// Makes room for two words.
    fn shift(&mut self, node: u64, from: u64, end: u64) {
        for word in (from..end).rev() {
            let value = self.pages.read(node, word);
            self.pages.write(node, word + 2, value);
        }
    }

    fn fresh(&mut self, first_word: u64) -> u64 {
        let page = self.pages.read(0, 2);
        self.pages.write(0, 2, page + 1);
        self.pages.visit(page);
        self.pages.write(page, 0, first_word);
        page
    }

    /// A root above a full one.
    fn grow(&mut self, root: u64) -> u64 {
        let above = self.fresh((self.level(root) + 1) << 32);
        self.pages.write(above, 1, root);
        self.split(above, 0, root);
        self.pages.write(0, 1, above);
        above
    }

    /// Moves the upper half of a full child, at a place of a node with room, to a fresh page.
    fn split(&mut self, node: u64, place: u64, child: u64) {
        const HALF: u64 = KEYS / 2;
        let level = self.level(child);
        // A leaf keeps all keys; of an inner node the middle one goes up.
        let (moved, start) = match level {
            0 => (KEYS - HALF, 1 + 2 * HALF),
            _ => (KEYS - HALF - 1, 3 + 2 * HALF),
        };
        let separator = match level {
            0 => self.key(child, HALF),
            _ => self.separator(child, HALF),
        };
        let upper = self.fresh(level << 32 | moved);
        let words = if level == 0 { 2 * moved } else { 2 * moved + 1 };
        for word in 0..words {
            let value = self.pages.read(child, start + word);
            self.pages.write(upper, 1 + word, value);
        }
        self.pages.write(child, 0, level << 32 | HALF);
        let count = self.count(node);
        self.shift(node, 2 + 2 * place, 2 + 2 * count);
        self.pages.write(node, 2 + 2 * place, separator);
        self.pages.write(node, 3 + 2 * place, upper);
        let level = self.level(node);
        self.pages.write(node, 0, level << 32 | (count + 1));
    }
}

/// How many of the first of `count` places are so, if all that are come first.
fn partition(count: u64, mut is_so: impl FnMut(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if is_so(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::vec;
    use std::vec::Vec;

    struct Memory(Vec<[u64; 512]>);

    impl Pages for Memory {
        fn visit(&mut self, _page: u64) {}

        fn read(&self, page: u64, word: u64) -> u64 {
            self.0[page as usize][word as usize]
        }

        fn write(&mut self, page: u64, word: u64, value: u64) {
            self.0[page as usize][word as usize] = value;
        }
    }

    #[test]
    fn a_tree_is_a_map() {
        let mut tree = Tree::create(Memory(vec![[0; 512]; 4096]));
        let mut map = BTreeMap::new();
        let mut state = 1_u64;
        for step in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let key = state >> 50;
            tree.insert(key, step);
            map.insert(key, step);
            let other = state >> 33 & 0x3fff;
            assert_eq!(tree.get(other), map.get(&other).copied());
        }
        let mut pairs = Vec::new();
        tree.scan(0, u64::MAX, |key, value| pairs.push((key, value)));
        assert_eq!(pairs, map.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>());
        let mut part = Vec::new();
        tree.scan(100, 300, |key, _| part.push(key));
        assert_eq!(part, map.range(100..300).map(|(key, _)| *key).collect::<Vec<_>>());
        assert!(tree.size() < 4096);
    }

    #[test]
    fn ascending_and_descending_keys_are_fine() {
        for descending in [false, true] {
            let mut tree = Tree::create(Memory(vec![[0; 512]; 512]));
            for step in 0..5000 {
                let key = if descending { 5000 - step } else { step };
                tree.insert(key, key * 2);
            }
            assert!((1..5000).all(|key| tree.get(key) == Some(key * 2)));
        }
    }
}
