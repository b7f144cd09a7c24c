//! Which frame and table is seen where.

use std::collections::BTreeMap;

use abi::{Rights, VmAttributes};
use layout::cap::{Cap, Entry};
use layout::object::Kind;
use layout::{Model, ObjectId};
use packed::System;
use packed::record::{Pages, Tables};

use super::cells::Cells;
use super::numbering::Numbering;
use super::refusal;
use crate::Diagnostic;

/// A table at its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// The address space.
    pub(super) space: ObjectId,
    /// 1 to 3.
    pub(super) level: u8,
    /// The first address that it translates.
    pub(super) address: u64,
    pub(super) object: ObjectId,
}

/// A frame at one of its places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// The address space.
    pub(super) space: ObjectId,
    pub(super) address: u64,
    pub(super) object: ObjectId,
    pub(super) bits: u32,
    pub(super) rights: Rights,
    pub(super) attributes: VmAttributes,
}

/// All of them, by address space and then by address; tables also by level.
#[derive(Clone, Debug, Default)]
pub(super) struct Mappings {
    pub(super) tables: Vec<Table>,
    pub(super) pages: Vec<Page>,
    /// The first entry that stands where it cannot; it, and what is in it, is left out.
    pub(super) refused: Option<Diagnostic>,
}

/// The level of the tables with entries of 4 KiB.
const LOWEST: u8 = 3;

/// `log2` of what an entry of a table of this level spans.
const fn span_bits(level: u8) -> u32 {
    39 - 9 * level as u32
}

impl Mappings {
    /// Walks all address spaces.
    pub(super) fn of(model: &Model) -> Self {
        let mut walk =
            Walk { model, visited: vec![false; model.objects.len()], found: Self::default() };
        for (space, object) in model.objects() {
            if matches!(&object.kind, Kind::PageTable(table) if table.level == 0) {
                walk.table(Table { space, level: 0, address: 0, object: space });
            }
        }
        let mut mappings = walk.found;
        mappings.tables.sort_by_key(|table| (table.space, table.level, table.address));
        mappings.pages.sort_by_key(|page| (page.space, page.address));
        mappings
    }

    /// The rows for all of them. A frame that is seen twice needs another capability for that.
    pub(super) fn write(
        &self,
        model: &Model,
        numbering: &Numbering,
        cells: &mut Cells,
        system: &mut System,
    ) {
        for table in &self.tables {
            let (space, first) = (numbering.cell(table.space), numbering.cell(table.object));
            let row = Tables { space, address: table.address, level: table.level, count: 1, first };
            match system.tables.last_mut() {
                Some(last) if follows_table(last, &row) => last.count += 1,
                _ => system.tables.push(row),
            }
        }
        let mut seen = vec![false; model.objects.len()];
        for page in &self.pages {
            let frame = numbering.cell(page.object);
            let again = std::mem::replace(&mut seen[page.object.index()], true);
            let first = if again { cells.second_view(numbering, frame) } else { frame };
            let row = Pages {
                space: numbering.cell(page.space),
                address: page.address,
                count: 1,
                first,
                // 12, 21 or 30.
                bits: page.bits as u8,
                rights: page.rights,
                attributes: page.attributes,
            };
            match system.pages.last_mut() {
                Some(last) if follows_page(last, &row, numbering) => last.count += 1,
                _ => system.pages.push(row),
            }
        }
    }

    /// The pages of an address space.
    pub(super) fn pages_of(&self, space: ObjectId) -> &[Page] {
        let first = self.pages.partition_point(|page| page.space < space);
        let behind = self.pages.partition_point(|page| page.space <= space);
        &self.pages[first..behind]
    }

    /// How each frame is seen.
    pub(super) fn views(&self) -> BTreeMap<ObjectId, Views> {
        let mut views = BTreeMap::<ObjectId, Views>::new();
        for page in &self.pages {
            let view = views.entry(page.object).or_default();
            view.is_code |= !page.attributes.execute_never;
            view.is_uncached |= !page.attributes.cacheable;
            view.spaces.push(page.space);
        }
        views
    }
}

/// How a frame is seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Views {
    /// Somebody executes it.
    pub(super) is_code: bool,
    /// Somebody sees it past the caches.
    pub(super) is_uncached: bool,
    /// Who.
    pub(super) spaces: Vec<ObjectId>,
}

fn follows_table(last: &Tables, row: &Tables) -> bool {
    let end = last.address + (u64::from(last.count) << span_bits(last.level - 1));
    (last.space, last.level, end, last.first.plus(last.count))
        == (row.space, row.level, row.address, row.first)
}

fn follows_page(last: &Pages, row: &Pages, numbering: &Numbering) -> bool {
    let end = last.address + (u64::from(last.count) << last.bits);
    let looks = |page: &Pages| (page.space, page.bits, page.rights, page.attributes);
    let adjoins = (end, last.first.plus(last.count)) == (row.address, row.first);
    looks(last) == looks(row) && adjoins && numbering.are_of_one_run(last.first, row.first)
}

/// A walk through address spaces.
struct Walk<'a> {
    model: &'a Model,
    /// Tables that were met: each has one place.
    visited: Vec<bool>,
    found: Mappings,
}

impl Walk<'_> {
    fn table(&mut self, table: Table) {
        for entry in self.model[table.object].kind.slots() {
            if let Err(reason) = self.entry(table, entry) {
                self.found.refused.get_or_insert_with(|| refusal(entry.span, reason));
            }
        }
    }

    fn entry(&mut self, table: Table, entry: &Entry) -> Result<(), &'static str> {
        let Table { space, level, .. } = table;
        if entry.slot >= 512 {
            return Err("a table has 512 entries");
        }
        let address = table.address + (entry.slot << span_bits(level));
        match (entry.cap, entry.cap.object().map(|object| &self.model[object].kind)) {
            (Cap::PageTable(object), Some(Kind::PageTable(child)))
                if child.level == level + 1 && child.level <= LOWEST =>
            {
                if std::mem::replace(&mut self.visited[object.index()], true) {
                    return Err("this table has another place already");
                }
                let child = Table { space, level: level + 1, address, object };
                self.found.tables.push(child);
                self.table(child);
                Ok(())
            }
            (Cap::PageTable(_), _) => Err("no table of the level below"),
            (Cap::Frame { object, rights, attributes }, Some(Kind::Frame(frame))) => {
                let bits = frame.size.bits();
                if bits != span_bits(level) {
                    return Err("a frame of another size than the entry");
                }
                let page = Page { space, address, object, bits, rights, attributes };
                self.found.pages.push(page);
                Ok(())
            }
            (Cap::Frame { .. }, _) => Err("this is no frame"),
            _ => Err("only tables and frames can be entries of a table"),
        }
    }
}
