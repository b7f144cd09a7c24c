//! Which translation tables a client has.

use alloc::collections::BTreeSet;

use super::machine::Size;

/// `log2` of the entries of a table.
const ENTRY_BITS: u32 = 9;

/// The tables below the top one, by what they translate. A table is made for the first page
/// that needs it, and stays until the client goes.
#[derive(Debug)]
pub(super) struct Tables {
    /// `log2` of the pages that a table of the lowest level translates.
    lowest: u32,
    /// `log2` of the pages that it translates, and their common prefix.
    tables: BTreeSet<(u32, u64)>,
}

impl Tables {
    /// None, where so many small pages are a large one.
    pub(super) const fn new(large: u64) -> Self {
        Self { lowest: large.ilog2(), tables: BTreeSet::new() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.tables.len() as u64
    }

    /// The tables on the way to a page.
    fn path(&self, page: u64, size: Size) -> impl Iterator<Item = (u32, u64)> + use<> {
        let levels = match size {
            Size::Small => 0..3,
            Size::Large => 1..3,
        };
        let lowest = self.lowest;
        levels.map(move |level| {
            let bits = lowest + level * ENTRY_BITS;
            (bits, page >> bits)
        })
    }

    /// How many more a page of this size needs.
    pub(super) fn missing(&self, page: u64, size: Size) -> u64 {
        self.path(page, size).filter(|table| !self.tables.contains(table)).count() as u64
    }

    /// How many more these pages need together.
    pub(super) fn missing_for(&self, pages: impl IntoIterator<Item = (u64, Size)>) -> u64 {
        let paths = pages.into_iter().flat_map(|(page, size)| self.path(page, size));
        let missing = paths.filter(|table| !self.tables.contains(table));
        missing.collect::<BTreeSet<_>>().len() as u64
    }

    /// They have been made.
    pub(super) fn add(&mut self, page: u64, size: Size) {
        let path = self.path(page, size);
        self.tables.extend(path);
    }

    /// Whether a table is in the place of the large page here.
    pub(super) fn is_divided(&self, page: u64) -> bool {
        self.tables.contains(&(self.lowest, page >> self.lowest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_share_tables() {
        let mut tables = Tables::new(512);
        assert_eq!(tables.missing(5, Size::Small), 3);
        tables.add(5, Size::Small);
        assert_eq!((tables.count(), tables.missing(511, Size::Small)), (3, 0));
        assert_eq!(tables.missing(512, Size::Small), 1);
        assert_eq!(tables.missing(512, Size::Large), 0);
        assert_eq!(tables.missing(1 << 27, Size::Large), 2);
        assert!(tables.is_divided(0) && !tables.is_divided(512));
    }
}
