//! Address spaces and their tables.

use std::collections::HashMap;

use abi::{Rights, VmAttributes};
use layout::Model;
use layout::cap::{Cap, Entry};
use layout::memory::{FrameSize, PageTable};
use layout::names::ComponentId;
use layout::object::{Kind, Object, ObjectId};
use layout::span::Span;

/// `log2` of the entries of a table.
const TABLE_BITS: u32 = 9;

/// An address space to which frames are added.
#[derive(Debug)]
pub(super) struct Space {
    root: ObjectId,
    owner: Option<ComponentId>,
    /// The name before those of its tables.
    name: String,
    /// Tables by their level and by the addresses that they translate.
    tables: HashMap<(u8, u64), ObjectId>,
}

/// A frame as an address space sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    pub(super) frame: ObjectId,
    pub(super) size: FrameSize,
    pub(super) rights: Rights,
    pub(super) attributes: VmAttributes,
    pub(super) span: Span,
}

impl Space {
    /// An address space with nothing in it.
    pub(super) fn new(root: ObjectId, owner: Option<ComponentId>, name: String) -> Self {
        Self { root, owner, name, tables: HashMap::new() }
    }

    /// Maps a frame at an address, which has to be aligned and below the end of user space.
    pub(super) fn map(&mut self, model: &mut Model, address: u64, mapping: Mapping) {
        let level = mapping.size.table_level();
        let mut table = self.root;
        for below in 1..=level {
            table = self.table(model, table, below, address, mapping.span);
        }
        let Mapping { frame, rights, attributes, span, .. } = mapping;
        let cap = Cap::Frame { object: frame, rights, attributes };
        insert(model, table, Entry { slot: index(address, level), cap, span });
    }

    /// The table of a level that translates an address.
    fn table(
        &mut self,
        model: &mut Model,
        above: ObjectId,
        level: u8,
        address: u64,
        span: Span,
    ) -> ObjectId {
        let start = address >> shift(level - 1);
        if let Some(table) = self.tables.get(&(level, start)) {
            return *table;
        }
        let name = format!("{}/table/{level}/{:x}", self.name, start << shift(level - 1));
        let kind = Kind::PageTable(PageTable { level, slots: Vec::new() });
        let table = model.add(Object { owner: self.owner, ..Object::new(name, kind, span) });
        let cap = Cap::PageTable(table);
        insert(model, above, Entry { slot: index(address, level - 1), cap, span });
        self.tables.insert((level, start), table);
        table
    }
}

/// Bits of an address below those that choose an entry of a table of this level.
const fn shift(level: u8) -> u32 {
    abi::PAGE_BITS + TABLE_BITS * (3 - level as u32)
}

/// The entry of a table of this level that translates an address.
const fn index(address: u64, level: u8) -> u64 {
    (address >> shift(level)) & ((1 << TABLE_BITS) - 1)
}

fn insert(model: &mut Model, table: ObjectId, entry: Entry) {
    if let Kind::PageTable(table) = &mut model[table].kind {
        table.slots.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use layout::memory::{Frame, Position};

    fn frame(model: &mut Model, size: FrameSize) -> Mapping {
        let kind = Kind::Frame(Frame { size, position: Position::Anywhere, fills: Vec::new() });
        let frame = model.add(Object::new("frame", kind, Span::NOWHERE));
        let (rights, attributes) = (Rights::READ, VmAttributes::DEFAULT);
        Mapping { frame, size, rights, attributes, span: Span::NOWHERE }
    }

    #[test]
    fn frames_share_tables_of_one_range() {
        let mut model = Model::named("x");
        let table = Kind::PageTable(PageTable { level: 0, slots: Vec::new() });
        let root = model.add(Object::new("v", table, Span::NOWHERE));
        let mut space = Space::new(root, None, "v".into());
        for (address, size) in [
            (0x20_0000, FrameSize::Small),
            (0x20_1000, FrameSize::Small),
            (0x40_0000, FrameSize::Large),
            (0x40_0000_0000, FrameSize::Huge),
        ] {
            let mapping = frame(&mut model, size);
            space.map(&mut model, address, mapping);
        }
        let levels = model.objects.iter().filter_map(|object| match &object.kind {
            Kind::PageTable(table) => Some((table.level, table.slots.len())),
            _ => None,
        });
        let levels: Vec<_> = levels.collect();
        // The huge page lies in the same table of level 1 as what is 256 GiB before it.
        assert_eq!(levels, [(0, 1), (1, 2), (2, 2), (3, 2)]);
    }
}
