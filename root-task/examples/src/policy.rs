//! Which pages of a B-tree to keep: one that knows what they are.
//!
//! Inner nodes stay, as long as they leave leaves a quarter of the room: every way to a leaf leads
//! through them. A leaf is on probation at first. One that comes back soon after it went has
//! shown that it is wanted, and joins the leaves that are kept; so a scan, which wants each leaf
//! once, drives none of those out.

use alloc::collections::VecDeque;

/// What a page is to the policy.
///
/// ```
/// use pager_examples::policy::Kind;
///
/// assert_ne!(Kind::Inner, Kind::Leaf);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A node above the leaves.
    Inner,
    /// A leaf.
    Leaf,
}

/// The policy. It learns only what a pager sees: which pages come, and what they are.
///
/// ```
/// use pager_examples::policy::{Kind, Policy};
///
/// let mut policy = Policy::new(8);
/// policy.loaded(1, Kind::Inner);
/// policy.loaded(2, Kind::Leaf);
/// assert_eq!(policy.evict(), Some(2), "inner nodes stay");
/// ```
#[derive(Debug)]
pub struct Policy {
    capacity: usize,
    inner: VecDeque<u64>,
    probation: VecDeque<u64>,
    wanted: VecDeque<u64>,
    /// Leaves that went lately.
    gone: VecDeque<u64>,
}

impl Policy {
    /// For so many pages.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let [inner, probation, wanted, gone] = [const { VecDeque::new() }; 4];
        Self { capacity, inner, probation, wanted, gone }
    }

    /// A page has come.
    pub fn loaded(&mut self, page: u64, kind: Kind) {
        let returns = self.gone.iter().position(|known| *known == page);
        match (kind, returns) {
            (Kind::Inner, _) => self.inner.push_back(page),
            (Kind::Leaf, Some(place)) => {
                self.gone.remove(place);
                self.wanted.push_back(page);
            }
            (Kind::Leaf, None) => self.probation.push_back(page),
        }
    }

    /// Chooses a page that goes.
    pub fn evict(&mut self) -> Option<u64> {
        if self.inner.len() > self.capacity * 3 / 4 {
            return self.inner.pop_front();
        }
        // One place in eight is for those on probation.
        let enough = self.probation.len() > self.capacity / 8 || self.wanted.is_empty();
        let leaves = if enough { &mut self.probation } else { &mut self.wanted };
        let Some(page) = leaves.pop_front() else {
            return self.wanted.pop_front().or_else(|| self.inner.pop_front());
        };
        self.gone.push_back(page);
        if self.gone.len() > self.capacity / 2 {
            self.gone.pop_front();
        }
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_goes_once() {
        let mut policy = Policy::new(8);
        for page in 0..8 {
            let kind = if page < 7 { Kind::Inner } else { Kind::Leaf };
            policy.loaded(page, kind);
        }
        let mut evicted: std::vec::Vec<_> = core::iter::from_fn(|| policy.evict()).collect();
        evicted.sort_unstable();
        assert!(evicted.into_iter().eq(0..8));
    }

    #[test]
    fn a_scan_leaves_what_is_wanted() {
        let mut policy = Policy::new(8);
        for page in [1, 2] {
            policy.loaded(page, Kind::Leaf);
        }
        while policy.evict().is_some() {}
        for page in [1, 2] {
            policy.loaded(page, Kind::Leaf);
        }
        for page in 100..200 {
            policy.loaded(page, Kind::Leaf);
            if page >= 106 {
                assert!(!matches!(policy.evict(), Some(1 | 2)));
            }
        }
    }
}
