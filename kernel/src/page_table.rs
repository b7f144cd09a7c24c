//! Lower translation tables: mapping them into address spaces and taking them out again.
//! (objects.md §11)

use abi::{Error, Invocation};

use crate::call::Call;
use crate::cap::{Asid, Cap};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::paging::Level;
use crate::slot::Slot;
use crate::space;
use crate::table::{Place, Table};

/// An operation on a page table that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Install the table.
    Map {
        /// Its capability.
        slot: Obj<Slot>,
        /// The table.
        table: Obj<Table>,
        /// The address space's ASID.
        asid: Asid,
        /// The empty entry.
        place: Place,
    },
    /// Take the table out and empty it.
    Unmap(Obj<Slot>),
}

/// Checks a message to the page table `table`, mapped in the address space of `asid`.
///
/// # Errors
/// As objects.md §11 lists them, in that order.
pub(crate) fn decode(
    kernel: &Kernel,
    call: &Call,
    table: Obj<Table>,
    asid: Option<Asid>,
) -> Result<Operation, Error> {
    match Invocation::from_label(call.info.label()) {
        Some(Invocation::PageTableMap) => decode_map(kernel, call, table, asid),
        Some(Invocation::PageTableUnmap) if !kernel.is_final(call.slot) => Err(Error::RevokeFirst),
        Some(Invocation::PageTableUnmap) => Ok(Operation::Unmap(call.slot)),
        _ => Err(Error::IllegalOperation),
    }
}

fn decode_map(
    kernel: &Kernel,
    call: &Call,
    table: Obj<Table>,
    mapped: Option<Asid>,
) -> Result<Operation, Error> {
    let [address, _attributes] = call.words::<2>(kernel)?;
    let [space] = call.caps::<1>()?;
    if mapped.is_some() {
        return Err(Error::InvalidCapability(0));
    }
    let (asid, root) = space::assigned(&kernel[space].cap).ok_or(Error::InvalidCapability(1))?;
    if address > abi::USER_TOP {
        return Err(Error::InvalidArgument(0));
    }
    kernel.check_space(asid, root, 1)?;
    let walk = kernel.walk(root, address);
    if walk.place.level == Level::Three || walk.page.is_some() {
        return Err(Error::DeleteFirst);
    }
    Ok(Operation::Map { slot: call.slot, table, asid, place: walk.place })
}

impl Kernel {
    /// Maps or unmaps a page table.
    pub(crate) fn perform_page_table(&mut self, operation: Operation) {
        match operation {
            Operation::Map { slot, table, asid, place } => {
                self.link_table(place, table);
                let address = place.level.first_address(place.address);
                self[slot].cap = Cap::PageTable { asid: Some(asid), table, address };
            }
            Operation::Unmap(slot) => {
                if let Cap::PageTable { asid: Some(asid), table, address } = self[slot].cap {
                    self.remove_table(asid, table, address);
                    self[table].clear();
                    self[slot].cap = Cap::PageTable { asid: None, table, address: 0 };
                }
            }
        }
    }

    /// Takes a page table out of its address space, if that still refers to it.
    pub(crate) fn remove_table(&mut self, asid: Asid, table: Obj<Table>, address: u64) {
        if let Some(root) = self.space(asid)
            && let Some(place) = self.place_of_table(root, address, table)
        {
            self.unlink_table(place, asid);
        }
    }
}
