//! Which pages plain least-recently-used replacement would have kept.

use alloc::vec::Vec;

/// A cache of so many pages, of which only the numbers are there.
///
/// ```
/// use pager_examples::lru::Lru;
///
/// let mut lru = Lru::new(2);
/// [1, 2, 1, 3, 2].map(|page| lru.access(page));
/// assert_eq!(lru.misses(), 4, "page 2 was gone when it was wanted again");
/// ```
#[derive(Debug)]
pub struct Lru {
    capacity: usize,
    /// The page used last is the last.
    pages: Vec<u64>,
    misses: u64,
}

impl Lru {
    /// An empty cache.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, pages: Vec::with_capacity(capacity), misses: 0 }
    }

    /// A page is wanted.
    pub fn access(&mut self, page: u64) {
        match self.pages.iter().rposition(|known| *known == page) {
            Some(place) => {
                self.pages[place..].rotate_left(1);
            }
            None => {
                self.misses += 1;
                if self.pages.len() == self.capacity {
                    self.pages.remove(0);
                }
                self.pages.push(page);
            }
        }
    }

    /// How often a page that was wanted was not there.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses
    }
}
