//! Address spaces: pools, names, tables, pages.

use libsys::object::{
    AsidPool, CNode, Huge, Large, Page, PageSize, PageTable, Small, Untyped, VSpace,
};
use libsys::{Badge, Cap, initial};
use packed::record::Pages;

use super::{Loader, Stop, cells};

impl Loader {
    /// Makes pools, and gives each space a name of one.
    pub(super) fn name_spaces(&self) -> Result<(), Stop> {
        for row in self.image.layout.pools.rows() {
            let memory: Cap<Untyped> = self.cap(row.memory);
            let made = initial::ASID_CONTROL.make_pool(memory, self.path(row.pool));
            made.map_err(self.refused("making an ASID pool", row.memory))?;
        }
        for row in self.image.layout.spaces.rows() {
            let pool: Cap<AsidPool> = row.pool.map_or(initial::ASID_POOL, |pool| self.cap(pool));
            for cell in cells(row.first, row.count) {
                let space: Cap<VSpace> = self.cap(cell);
                pool.assign(space).map_err(self.refused("assigning an ASID", cell))?;
            }
        }
        Ok(())
    }

    /// Makes the copies that later steps use.
    pub(super) fn copy(&self) -> Result<(), Stop> {
        for row in self.image.layout.copies.rows() {
            for index in 0..row.count {
                let source = row.source.plus(index);
                let (to, from) = (self.path(row.first.plus(index)), self.path(source));
                let made = match row.badge {
                    0 => to.copy_from(from, row.rights),
                    badge => to.mint_from(from, row.rights, Badge(badge)),
                };
                made.map_err(self.refused("copying", source))?;
            }
        }
        Ok(())
    }

    /// Maps all tables, then all pages.
    pub(super) fn map(&self) -> Result<(), Stop> {
        for row in self.image.layout.tables.rows() {
            let space = self.cap(row.space);
            // What one entry of the level above spans.
            let span = 1_u64 << (48 - 9 * u32::from(row.level));
            for (cell, address) in
                cells(row.first, row.count).zip((row.address..).step_by(span as usize))
            {
                let table: Cap<PageTable> = self.cap(cell);
                table.map(space, address).map_err(self.refused("mapping", cell))?;
            }
        }
        for row in self.image.layout.pages.rows() {
            match u32::from(row.bits) {
                Small::BITS => self.map_run::<Small>(&row)?,
                Large::BITS => self.map_run::<Large>(&row)?,
                _ => self.map_run::<Huge>(&row)?,
            }
        }
        Ok(())
    }

    fn map_run<S: PageSize>(&self, row: &Pages) -> Result<(), Stop> {
        let space = self.cap(row.space);
        let mut address = row.address;
        for cell in cells(row.first, row.count) {
            let page: Cap<Page<S>> = self.cap(cell);
            let mapped = page.map(space, address, row.rights, row.attributes);
            mapped.map_err(self.refused("mapping", cell))?;
            address += 1 << S::BITS;
        }
        Ok(())
    }

    /// The bits of a CNode's slots, for paths into it.
    pub(super) fn node(&self, cell: packed::Cell) -> (Cap<CNode>, u8) {
        let bits = self.image.layout.objects.of(cell).map_or(0, |run| run.size);
        (self.cap(cell), bits)
    }
}
