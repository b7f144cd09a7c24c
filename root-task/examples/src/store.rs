//! What the store of `btree` is to do, and where it leaves its figures.

use libsys::data;

use crate::btree::{Pages, Tree};

/// Keys of the store.
pub const KEYS: u64 = 6000;
/// Words of page 0 with figures: visits of pages, and misses that plain LRU would have had.
pub const VISITS: u64 = 8;
/// See [`VISITS`].
pub const LRU_MISSES: u64 = 9;

data! {
    /// By its argument.
    ///
    /// ```
    /// use pager_examples::store::Task;
    ///
    /// assert_eq!(Task::try_from(3), Ok(Task::Verify));
    /// ```
    pub enum Task {
        /// Insert all keys.
        Build = 1,
        /// Look some up often, and all of them now and then.
        Query = 2,
        /// Compare all values.
        Verify = 3,
    }
}

/// The key that is inserted at step `step`: all below [`KEYS`], in no order.
///
/// ```
/// use pager_examples::store::{KEYS, key};
///
/// let mut keys: Vec<u64> = (0..KEYS).map(key).collect();
/// keys.sort_unstable();
/// assert!(keys.into_iter().eq(0..KEYS));
/// ```
#[must_use]
pub const fn key(step: u64) -> u64 {
    // 1237 is prime, and no factor of the number of keys.
    step * 1237 % KEYS
}

/// The value of a key.
#[must_use]
pub const fn value(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555
}

/// Inserts all keys.
pub fn build<P: Pages>(tree: &mut Tree<P>) {
    (0..KEYS).map(key).for_each(|key| tree.insert(key, value(key)));
}

/// Looks up keys of a few leaves again and again, with scans of much in between: the sum of the
/// values found.
pub fn query<P: Pages>(tree: &mut Tree<P>) -> u64 {
    let (mut sum, mut state) = (0_u64, 1_u64);
    for round in 0..20 {
        for _ in 0..300 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Twelve places that are far apart.
            let key = (state >> 40) % 12 * (KEYS / 12) + (state >> 32) % 16;
            sum = sum.wrapping_add(tree.get(key).unwrap_or(0));
        }
        let start = round * 250;
        tree.scan(start, start + 1000, |_, value| sum = sum.wrapping_add(value));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btree::level;
    use crate::keeper::RESIDENT;
    use crate::lru::Lru;
    use crate::policy::{Kind, Policy};
    use std::collections::BTreeSet;
    use std::vec;
    use std::vec::Vec;

    /// Pages, and what two policies make of the visits.
    struct Traced {
        words: Vec<[u64; 512]>,
        resident: BTreeSet<u64>,
        policy: Policy,
        misses: u64,
        lru: Lru,
    }

    impl Pages for Traced {
        fn visit(&mut self, page: u64) {
            self.lru.access(page);
            if self.resident.insert(page) {
                self.misses += 1;
                if self.resident.len() > RESIDENT {
                    let gone = self.policy.evict().expect("a page to evict");
                    assert!(self.resident.remove(&gone));
                }
                let is_inner = level(self.words[page as usize][0]) > 0;
                self.policy.loaded(page, if is_inner { Kind::Inner } else { Kind::Leaf });
            }
        }

        fn read(&self, page: u64, word: u64) -> u64 {
            self.words[page as usize][word as usize]
        }

        fn write(&mut self, page: u64, word: u64, value: u64) {
            self.words[page as usize][word as usize] = value;
        }
    }

    #[test]
    fn the_policy_misses_less_where_scans_and_lookups_mix() {
        let (policy, lru) = (Policy::new(RESIDENT), Lru::new(RESIDENT));
        let words = vec![[0; 512]; 512];
        let mut tree =
            Tree::create(Traced { words, resident: BTreeSet::new(), policy, misses: 0, lru });
        build(&mut tree);
        let (misses, plain) = (tree.pages.misses, tree.pages.lru.misses());
        assert!(misses < plain, "while it is built: {misses} against {plain}");
        query(&mut tree);
        let (misses, plain) = (tree.pages.misses - misses, tree.pages.lru.misses() - plain);
        assert!(misses * 4 < plain * 3, "{misses} against {plain}");
    }
}
