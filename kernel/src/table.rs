//! Translation tables of user address spaces, and walks through them.
//!
//! A table descriptor is the name of a [`Table`] in a form that hardware understands. Only
//! [`Kernel::link_table`] writes one, and walks begin at the root of an address space that has an
//! ASID. So that invariant I1 of [`crate::mem`] holds for descriptors too, a table
//!
//! * leaves the table above it before it is deleted, unless no walk reaches that any more, and
//! * is empty when it is mapped: unmapping clears it, and fresh memory is zero.

use platform::contract::Platform;

use crate::cap::Asid;
use crate::kernel::Kernel;
use crate::mem::{Kind, Obj, Object};
use crate::paging::{ENTRIES, Entry, Leaf, Level};

/// A table of descriptors (Arm ARM D8.3). Its level follows from where it is mapped. Its
/// alignment to its size comes from retyping.
#[repr(C)]
#[derive(PartialEq, Debug)]
pub struct Table {
    pub(crate) descriptors: [u64; ENTRIES],
}

const _: () = assert!(size_of::<Table>() == 1 << abi::PAGE_BITS);

impl Object for Table {
    const KIND: Kind = Kind::Table;
}

impl Table {
    /// Makes every entry lead nowhere. No walk may reach the table.
    pub(crate) fn clear(&mut self) {
        self.descriptors.fill(0);
    }
}

/// The entry of a table that translates an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The table.
    pub(crate) table: Obj<Table>,
    /// Its level.
    pub(crate) level: Level,
    /// An address that the entry translates.
    pub(crate) address: u64,
}

/// Where the walk for an address ended: at an entry that does not lead to a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Walk {
    /// The entry.
    pub(crate) place: Place,
    /// The page that it maps.
    pub(crate) page: Option<Leaf>,
}

impl Kernel {
    #[inline(always)]
    fn entry(&self, place: Place) -> Entry {
        let descriptor = self[place.table].descriptors[place.level.index(place.address)];
        Entry::from_bits(descriptor, place.level)
    }

    fn set_entry(&mut self, place: Place, entry: Entry) {
        self[place.table].descriptors[place.level.index(place.address)] = entry.bits();
    }

    /// The entry one level below `place`, if that leads to a table.
    fn below(&self, place: Place) -> Option<Place> {
        let Entry::Table(address) = self.entry(place) else { return None };
        Some(Place { table: self.mem.at(address)?, level: place.level.next()?, ..place })
    }

    /// Follows the tables for `address` as far as they go.
    #[inline(always)]
    pub(crate) fn walk(&self, root: Obj<Table>, address: u64) -> Walk {
        let mut place = Place { table: root, level: Level::Zero, address };
        // By names, so that each step of the walk is compiled for its level.
        for level in [Level::Zero, Level::One, Level::Two, Level::Three] {
            place.level = level;
            match self.entry(place) {
                Entry::Table(below) => match self.mem.at(below) {
                    Some(below) => place.table = below,
                    None => break,
                },
                Entry::Page(leaf) => return Walk { place, page: Some(leaf) },
                Entry::Nothing => break,
            }
        }
        Walk { place, page: None }
    }

    /// The entry for `address` that leads to `table`.
    pub(crate) fn place_of_table(
        &self,
        root: Obj<Table>,
        address: u64,
        table: Obj<Table>,
    ) -> Option<Place> {
        let mut place = Place { table: root, level: Level::Zero, address };
        loop {
            let below = self.below(place)?;
            if below.table == table {
                return Some(place);
            }
            place = below;
        }
    }

    /// Lets an empty entry lead to an empty table.
    pub(crate) fn link_table(&mut self, place: Place, table: Obj<Table>) {
        let address = self.mem.address(table);
        self.set_entry(place, Entry::Table(address));
        self.machine.publish_tables();
    }

    /// Takes the table out of an entry that leads to one. Walks of it may be cached for any
    /// address below the entry, hence all of the address space is forgotten.
    pub(crate) fn unlink_table(&mut self, place: Place, asid: Asid) {
        self.set_entry(place, Entry::Nothing);
        self.machine.flush_space(asid.get());
    }

    /// Maps a page at an entry that does not lead to a table.
    #[inline(always)]
    pub(crate) fn set_page(&mut self, place: Place, leaf: Leaf, asid: Asid) {
        match self.entry(place) {
            Entry::Page(old) if old.differs_in_permissions_only(leaf) => {
                self.set_entry(place, Entry::Page(leaf));
                self.machine.flush_page(asid.get(), place.address);
            }
            Entry::Page(_) => {
                // Break before make, Arm ARM D8.16.1: no walker may see the old translation and
                // the new one at once.
                self.clear_page(place, asid);
                self.fill_page(place, leaf);
            }
            Entry::Nothing | Entry::Table(_) => self.fill_page(place, leaf),
        }
    }

    /// Maps a page at an empty entry.
    pub(crate) fn fill_page(&mut self, place: Place, leaf: Leaf) {
        self.set_entry(place, Entry::Page(leaf));
        self.machine.publish_tables();
    }

    /// Takes the page out of an entry that maps one.
    pub(crate) fn clear_page(&mut self, place: Place, asid: Asid) {
        self.set_entry(place, Entry::Nothing);
        self.machine.flush_page(asid.get(), place.address);
    }
}

#[cfg(test)]
impl Kernel {
    /// The valid steps of a walk, for tests.
    pub(crate) fn steps(&self, root: Obj<Table>, address: u64) -> std::vec::Vec<(Level, Entry)> {
        let start = Place { table: root, level: Level::Zero, address };
        core::iter::successors(Some(start), |place| self.below(*place))
            .map(|place| (place.level, self.entry(place)))
            .filter(|(_, entry)| *entry != Entry::Nothing)
            .collect()
    }
}
