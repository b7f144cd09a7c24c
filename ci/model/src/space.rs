//! Address spaces. (objects.md §11)

use std::collections::BTreeMap;

use abi::{Error, Invocation, LookupFailure, Rights, USER_TOP, VmAttributes};

use crate::cap::{Address, Asid, Cap, Mapping, page_rights};
use crate::model::{Answer, Extra, Model, Request};

/// What an entry of a table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A table of the next level.
    Table(Address),
    /// A page.
    Page {
        /// Its first byte.
        start: Address,
        /// What user level may do.
        rights: Rights,
        /// How.
        attributes: VmAttributes,
    },
}

/// All tables with their entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tables(BTreeMap<Address, BTreeMap<u64, Entry>>);

impl Tables {
    /// A new table.
    pub fn add(&mut self, table: Address) {
        self.0.insert(table, BTreeMap::new());
    }

    /// A table goes.
    pub fn remove(&mut self, table: Address) {
        self.0.remove(&table);
    }

    /// Sets an entry.
    pub fn set(&mut self, (table, index): Place, entry: Entry) {
        self.0.entry(table).or_default().insert(index, entry);
    }

    /// An entry.
    #[must_use]
    pub fn get(&self, (table, index): Place) -> Option<Entry> {
        self.0.get(&table)?.get(&index).copied()
    }

    /// The entries of a table.
    pub fn entries(&self, table: Address) -> impl Iterator<Item = (u64, Entry)> {
        self.0.get(&table).into_iter().flatten().map(|(index, entry)| (*index, *entry))
    }

    /// All entries of all tables.
    pub fn iter(&self) -> impl Iterator<Item = (Place, Entry)> {
        let entries = |(table, entries): (&Address, &BTreeMap<u64, Entry>)| {
            let table = *table;
            let entries: Vec<_> =
                entries.iter().map(|(at, entry)| ((table, *at), *entry)).collect();
            entries
        };
        self.0.iter().flat_map(entries)
    }

    fn clear_entry(&mut self, (table, index): Place) {
        if let Some(entries) = self.0.get_mut(&table) {
            entries.remove(&index);
        }
    }

    fn clear(&mut self, table: Address) {
        if let Some(entries) = self.0.get_mut(&table) {
            entries.clear();
        }
    }
}

/// An entry of a table.
pub type Place = (Address, u64);

/// `log2` of the bytes that an entry of each level maps, from the top.
const SPANS: [u32; 4] = [39, 30, 21, 12];

/// The entry at which a walk ends: where, at which level, and what is there.
struct Walked {
    place: Place,
    level: usize,
    entry: Option<Entry>,
}

impl Model {
    /// Walks until an entry is no table.
    fn walk(&self, space: Address, address: u64) -> Walked {
        let mut table = space;
        for (level, span) in SPANS.iter().enumerate() {
            let place = (table, address >> span & 511);
            match self.tables.get(place) {
                Some(Entry::Table(next)) if level < 3 => table = next,
                entry => return Walked { place, level, entry },
            }
        }
        Walked { place: (table, 0), level: 3, entry: None }
    }

    /// The address space that an extra capability names. (the first checks of all mapping calls)
    fn space(&self, extra: Extra) -> Result<(Address, Asid), Error> {
        match extra.cap {
            Some(Cap::VSpace { object, asid: Some(asid) }) => Ok((object, asid)),
            _ => Err(Error::InvalidCapability(1)),
        }
    }

    /// That the space's number still names it.
    fn living(&self, space: Address, asid: Asid, stale: Error) -> Result<(), Error> {
        match self.space_of(asid) {
            None => Err(Error::destination(LookupFailure::InvalidRoot)),
            Some(object) if object == space => Ok(()),
            Some(_) => Err(stale),
        }
    }

    /// An invocation of a page table.
    pub(crate) fn invoke_table(
        &mut self,
        cap: Cap,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let Cap::PageTable { object, mapping } = cap else { return Err(Error::IllegalOperation) };
        match operation {
            Invocation::PageTableMap => {
                let ([address, _], [extra]) = request.needs()?;
                if mapping.is_some() {
                    return Err(Error::InvalidCapability(0));
                }
                let (space, asid) = self.space(extra)?;
                if address > USER_TOP {
                    return Err(Error::InvalidArgument(0));
                }
                self.living(space, asid, Error::InvalidCapability(1))?;
                let Walked { place, level, entry } = self.walk(space, address);
                if level == 3 || entry.is_some() {
                    return Err(Error::DeleteFirst);
                }
                self.tables.set(place, Entry::Table(object));
                let address = address >> SPANS[level] << SPANS[level];
                let mapping = Some(Mapping { asid, address });
                self.slots.update(request.slot, Cap::PageTable { object, mapping });
            }
            Invocation::PageTableUnmap => {
                if !self.slots.is_final(request.slot) {
                    return Err(Error::RevokeFirst);
                }
                if let Some(mapping) = mapping {
                    self.unmap_table(mapping, object);
                    self.tables.clear(object);
                }
                self.slots.update(request.slot, Cap::PageTable { object, mapping: None });
            }
            _ => return Err(Error::IllegalOperation),
        }
        Ok(Vec::new())
    }

    /// Takes a table out of its space, if it is there.
    pub(crate) fn unmap_table(&mut self, mapping: Mapping, object: Address) {
        let Some(mut table) = self.space_of(mapping.asid) else { return };
        for span in &SPANS[..3] {
            let place = (table, mapping.address >> span & 511);
            match self.tables.get(place) {
                Some(Entry::Table(next)) if next == object => {
                    return self.tables.clear_entry(place);
                }
                Some(Entry::Table(next)) => table = next,
                _ => return,
            }
        }
    }

    /// An invocation of a page.
    pub(crate) fn invoke_page(
        &mut self,
        cap: Cap,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let Cap::Page { start, bits, device, rights, .. } = cap else {
            return Err(Error::IllegalOperation);
        };
        match operation {
            Invocation::PageMap => self.map_page(cap, request),
            Invocation::PageUnmap => {
                self.forget_mapping(cap);
                let cap = Cap::Page { start, bits, device, rights, mapping: None };
                self.slots.update(request.slot, cap);
                Ok(Vec::new())
            }
            Invocation::PageAddress => Ok(vec![start]),
            Invocation::PageCleanData
            | Invocation::PageInvalidateData
            | Invocation::PageCleanInvalidateData
            | Invocation::PageUnifyInstruction => self.flush_page(cap, operation, request),
            _ => Err(Error::IllegalOperation),
        }
    }

    fn map_page(&mut self, cap: Cap, request: &Request<'_>) -> Answer {
        let Cap::Page { start, bits, device, rights, mapping } = cap else {
            return Err(Error::IllegalOperation);
        };
        let ([address, asked, attributes], [extra]) = request.needs()?;
        let (space, asid) = self.space(extra)?;
        self.living(space, asid, Error::InvalidCapability(1))?;
        if !address.is_multiple_of(1 << bits) {
            return Err(Error::Alignment);
        }
        match mapping {
            Some(mapping) if mapping.asid != asid => return Err(Error::InvalidCapability(1)),
            Some(mapping) if mapping.address != address => return Err(Error::InvalidArgument(0)),
            Some(_) => {}
            None if address.checked_add((1 << bits) - 1).is_none_or(|last| last > USER_TOP) => {
                return Err(Error::InvalidArgument(0));
            }
            None => {}
        }
        let Walked { place, level, .. } = self.walk(space, address);
        if SPANS[level] != bits {
            let bits_left = SPANS[level].into();
            return Err(Error::destination(LookupFailure::MissingCapability { bits_left }));
        }
        let effective = page_rights(rights, Rights::from_word(asked));
        let attributes = VmAttributes::from_word(attributes);
        self.tables.set(place, Entry::Page { start, rights: effective, attributes });
        let mapping = Some(Mapping { asid, address });
        self.slots.update(request.slot, Cap::Page { start, bits, device, rights, mapping });
        Ok(Vec::new())
    }

    /// Where a page is really mapped as its capability remembers it.
    fn mapped(&self, cap: Cap) -> Option<(Place, Entry)> {
        let Cap::Page { start, bits, mapping, .. } = cap else { return None };
        let mapping = mapping?;
        let Walked { place, level, entry } =
            self.walk(self.space_of(mapping.asid)?, mapping.address);
        let entry = entry.filter(|entry| {
            matches!(entry, Entry::Page { start: at, .. } if *at == start) && SPANS[level] == bits
        });
        entry.map(|entry| (place, entry))
    }

    /// Removes the mapping that a capability remembers, if it is still there.
    pub(crate) fn forget_mapping(&mut self, cap: Cap) {
        if let Some((place, _)) = self.mapped(cap) {
            self.tables.clear_entry(place);
        }
    }

    fn flush_page(&self, cap: Cap, operation: Invocation, request: &Request<'_>) -> Answer {
        let ([start, end], []) = request.needs()?;
        let Cap::Page { bits, mapping, .. } = cap else { return Err(Error::IllegalOperation) };
        let mapping = mapping.ok_or(Error::IllegalOperation)?;
        if self.space_of(mapping.asid).is_none() {
            return Err(Error::destination(LookupFailure::InvalidRoot));
        }
        if end <= start {
            return Err(Error::InvalidArgument(1));
        }
        if start >= 1 << bits || end > 1 << bits {
            return Err(Error::InvalidArgument(0));
        }
        let (_, entry) = self.mapped(cap).ok_or(Error::InvalidCapability(0))?;
        if operation == Invocation::PageInvalidateData && !is_writable(entry) {
            return Err(Error::IllegalOperation);
        }
        Ok(Vec::new())
    }

    /// An invocation of an address space: cache maintenance.
    pub(crate) fn invoke_space(
        &self,
        cap: Cap,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let known = Invocation::VSpaceCleanData..=Invocation::VSpaceUnifyInstruction;
        let Cap::VSpace { object, asid } = cap else { return Err(Error::IllegalOperation) };
        if !known.contains(&operation) {
            return Err(Error::IllegalOperation);
        }
        let ([start, end], []) = request.needs()?;
        if end <= start {
            return Err(Error::InvalidArgument(1));
        }
        if end > USER_TOP {
            return Err(Error::IllegalOperation);
        }
        let asid = asid.ok_or(Error::InvalidCapability(0))?;
        self.living(object, asid, Error::InvalidCapability(0))?;
        let Walked { level, entry, .. } = self.walk(object, start);
        let Some(entry @ Entry::Page { .. }) = entry else { return Ok(Vec::new()) };
        let last = start | ((1 << SPANS[level]) - 1);
        if end - 1 > last {
            return Err(Error::Range { min: start, max: last });
        }
        if operation == Invocation::VSpaceInvalidateData && !is_writable(entry) {
            return Err(Error::IllegalOperation);
        }
        Ok(Vec::new())
    }
}

fn is_writable(entry: Entry) -> bool {
    matches!(entry, Entry::Page { rights, .. } if rights.contains(Rights::WRITE))
}
