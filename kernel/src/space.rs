//! Address spaces: what can be asked of their capabilities, what happens when these are deleted,
//! and which address space a core translates with.
//!
//! | part | file |
//! |---|---|
//! | descriptors | [`crate::paging`] |
//! | tables and walks | [`crate::table`] |
//! | ASIDs and their pools | [`crate::asid`] |
//! | mapping of lower tables | [`crate::page_table`] |
//! | mapping of pages | [`crate::page_map`] |
//! | cache maintenance | [`crate::cache`] |

use abi::{Error, Rights, VmAttributes};
use platform::address::PhysicalAddress;
use platform::contract::{Platform, SpaceRoot};

use crate::call::{Call, Outcome};
use crate::cap::{Asid, Cap};
use crate::kernel::{Kernel, MAX_CORES, Preempted};
use crate::mem::Obj;
use crate::page::PageSize;
use crate::paging::{Leaf, Level};
use crate::slot::Slot;
use crate::table::{Place, Table};
use crate::thread::{Holds, Thread, Translation};
use crate::{asid, cache, lock, page_map, page_table};

/// An operation on an address space or a part of one that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Map or unmap a page table.
    PageTable(page_table::Operation),
    /// Map, unmap or locate a page.
    Page(page_map::Operation),
    /// Maintain caches.
    Cache(cache::Maintenance),
    /// Make a pool of ASIDs, or assign one.
    Asid(asid::Operation),
}

/// Checks a message to an address space, a page table, a page, an ASID pool or ASID control.
///
/// # Errors
/// As objects.md §11 lists them, in that order.
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    match call.cap {
        Cap::VSpace { asid, table } => {
            cache::decode_space(kernel, call, table, asid).map(Operation::Cache)
        }
        Cap::PageTable { asid, table, .. } => {
            page_table::decode(kernel, call, table, asid).map(Operation::PageTable)
        }
        Cap::Page(page) => match cache::of_page(call.info.label()) {
            Some(operation) => {
                cache::decode_page(kernel, call, page, operation).map(Operation::Cache)
            }
            None => page_map::decode(kernel, call, page).map(Operation::Page),
        },
        Cap::AsidControl => asid::decode_control(kernel, call).map(Operation::Asid),
        Cap::AsidPool { index, pool } => {
            asid::decode_pool(kernel, call, index, pool).map(Operation::Asid)
        }
        _ => Err(Error::IllegalOperation),
    }
}

/// The ASID and the root table of a capability to an address space that has an ASID.
pub(crate) fn assigned(cap: &Cap) -> Option<(Asid, Obj<Table>)> {
    match *cap {
        Cap::VSpace { asid: Some(asid), table } => Some((asid, table)),
        _ => None,
    }
}

impl Kernel {
    /// Does what [`decode`] has accepted.
    ///
    /// # Errors
    /// [`Preempted`] during cache maintenance and while memory is being cleared.
    pub(crate) fn perform_space(&mut self, operation: Operation) -> Result<Outcome, Preempted> {
        match operation {
            Operation::PageTable(operation) => self.perform_page_table(operation),
            Operation::Page(operation) => return self.perform_page(operation),
            Operation::Cache(maintenance) => self.maintain(maintenance)?,
            Operation::Asid(operation) => self.perform_asid(operation)?,
        }
        Ok(Outcome::Done)
    }

    /// The effects of deleting a capability to a part of an address space; `last` says whether no
    /// other capability names the same object.
    pub(crate) fn finalise_space(&mut self, slot: Obj<Slot>, last: bool) {
        match self[slot].cap {
            Cap::Page(page) => self.unmap_page(page),
            Cap::PageTable { asid: Some(asid), table, address } if last => {
                self.remove_table(asid, table, address);
            }
            Cap::VSpace { asid: Some(asid), table } if last => self.remove_space(asid, table),
            Cap::VSpace { .. } => self.forget_translations(),
            Cap::AsidPool { index, pool } if last => self.remove_pool(index, pool),
            _ => {}
        }
    }

    /// The living address space of a thread, if it is remembered: no capability to any space was
    /// deleted and no space has lost its ASID since it was found, and the thread has not been
    /// given another.
    #[inline(always)]
    pub(crate) fn translation(&self, thread: Obj<Thread>) -> Option<SpaceRoot> {
        let known = self[thread].translation;
        if known.epoch == self.space_epoch { known.space } else { None }
    }

    /// Finds and remembers the living address space of a thread.
    fn find_translation(&mut self, thread: Obj<Thread>) -> Option<SpaceRoot> {
        let cap = &self[self.thread_slot(thread, Holds::VSpace)].cap;
        let (asid, table) = assigned(cap)?;
        if self.space(asid) != Some(table) {
            return None;
        }
        let space = SpaceRoot::new(self.mem.address(table), asid);
        self[thread].translation = Translation { space: Some(space), epoch: self.space_epoch };
        Some(space)
    }

    /// What was remembered of address spaces may be wrong.
    pub(crate) fn forget_translations(&mut self) {
        self.space_epoch += 1;
    }

    /// Lets this core translate for `thread`: with its address space if that is alive, else with
    /// none, so that its first instruction faults.
    pub(crate) fn activate_space_of(&mut self, thread: Obj<Thread>) {
        let space = self.translation(thread).or_else(|| self.find_translation(thread));
        if space.is_some() && space == self.core().space {
            return;
        }
        self.core_mut().space = space;
        match space {
            Some(space) => self.machine.activate_space(space),
            None => self.machine.activate_no_space(),
        }
    }

    /// Whether the space with which a core translates has lost its ASID.
    fn is_dead(&self, space: SpaceRoot) -> bool {
        let asid = Asid::new(space.asid());
        asid.and_then(|asid| self.space(asid)) != self.mem.at(space.table())
    }

    /// Lets this core translate no user address.
    pub(crate) fn deactivate_space(&mut self) {
        self.core_mut().space = None;
        self.machine.activate_no_space();
    }

    /// Makes every core stop translating with an address space that lost its ASID. From here on no
    /// core walks the dead tables.
    pub(crate) fn leave_dead_spaces(&mut self) {
        self.forget_translations();
        for core in 0..self.core_count.min(MAX_CORES) {
            let Some(space) = self.cores[core].space else { continue };
            if !self.is_dead(space) {
                continue;
            }
            if core == self.here {
                self.deactivate_space();
            } else {
                // A core that waits for the lock translates no user address, and looks for the
                // space of its thread again when it has the lock.
                self.kick(core);
                lock::wait_until_in_kernel(core);
                self.cores[core].space = None;
            }
        }
    }

    /// Lets the entry for `address` of `parent`, a table of `level`, lead to an empty table. For
    /// boot: the entry is empty.
    pub(crate) fn install_table(
        &mut self,
        parent: Obj<Table>,
        level: Level,
        address: u64,
        child: Obj<Table>,
    ) {
        self.link_table(Place { table: parent, level, address }, child);
    }

    /// Maps a frame at `address` by an entry of `table`, whose level fits the size. For boot: the
    /// entry is empty, and no core translates with the table yet.
    pub(crate) fn install_page(
        &mut self,
        table: Obj<Table>,
        address: u64,
        frame: (PhysicalAddress, PageSize),
        rights: Rights,
        attributes: VmAttributes,
    ) {
        let (start, size) = frame;
        let leaf = Leaf::new(start, size, rights, attributes);
        self.fill_page(Place { table, level: Level::of_page(size), address }, leaf);
    }
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
