//! ASIDs: the tags by which the translation hardware tells address spaces apart, and the pools
//! that hand them out. (objects.md §11)
//!
//! An ASID is the number of its pool followed by nine bits. A capability that holds an ASID may
//! outlive the address space, so that whoever uses one looks here whether it still means the same.
//!
//! No core translates with an ASID that is nobody's. Translations of it may linger in TLBs, where
//! nothing can use them, until the ASID is given out again: that flushes them. So a pool with
//! hundreds of address spaces is deleted in no time.

use abi::{Error, Invocation, LookupFailure};
use platform::contract::Platform;

use crate::call::Call;
use crate::cap::{Asid, Cap};
use crate::derivation::Origin;
use crate::kernel::{Kernel, Preempted};
use crate::mem::{Kind, Obj, Object};
use crate::slot::Slot;
use crate::table::Table;

/// Address spaces of one pool.
pub const ASIDS_PER_POOL: usize = 1 << abi::object::ASIDS_PER_POOL_BITS;
/// Pools in the system.
pub const POOLS: usize = 1 << abi::object::ASID_POOLS_BITS;

/// Bits of a word of [`AsidPool::used`].
const WORD: usize = 64;

/// Which address space has which ASID of one pool. Half of the object's 4 KiB.
#[repr(C)]
#[derive(PartialEq, Debug)]
pub struct AsidPool {
    /// By the low bits of the ASID.
    pub(crate) spaces: [Option<Obj<Table>>; ASIDS_PER_POOL],
    /// A bit for each space that is there, to find a free one fast.
    used: [u64; ASIDS_PER_POOL / WORD],
}

impl Object for AsidPool {
    const KIND: Kind = Kind::AsidPool;
}

impl AsidPool {
    fn set(&mut self, index: usize, space: Option<Obj<Table>>) {
        let bit = 1 << (index % WORD);
        let used = &mut self.used[index / WORD % (ASIDS_PER_POOL / WORD)];
        *used = if space.is_some() { *used | bit } else { *used & !bit };
        self.spaces[index % ASIDS_PER_POOL] = space;
    }

    /// The least index that is free and not below `from` (which is less than [`WORD`]).
    fn first_free(&self, from: u32) -> Option<usize> {
        let mut reserved = (1 << from) - 1;
        for (word, used) in self.used.iter().enumerate() {
            let bit = (used | reserved).trailing_ones();
            if bit < u64::BITS {
                return Some(word * WORD + usize::try_from(bit).ok()?);
            }
            reserved = 0;
        }
        None
    }
}

/// The pools that exist, by the high bits of the ASID.
#[derive(Clone, PartialEq, Debug)]
pub struct AsidTable {
    pub(crate) pools: [Option<Obj<AsidPool>>; POOLS],
    /// A bit for each of them, to find a free number fast.
    used: u128,
}

const _: () = assert!(POOLS == u128::BITS as usize);

impl AsidTable {
    /// No pool.
    pub(crate) const fn new() -> Self {
        Self { pools: [None; POOLS], used: 0 }
    }

    /// The least number that no pool has.
    pub(crate) fn first_free(&self) -> Option<u8> {
        let number = self.used.trailing_ones();
        u8::try_from(number).ok().filter(|_| number < u128::BITS)
    }

    fn pool(&self, index: u8) -> Option<Obj<AsidPool>> {
        self.pools.get(usize::from(index)).copied().flatten()
    }

    fn set(&mut self, index: u8, pool: Option<Obj<AsidPool>>) {
        if let Some(entry) = self.pools.get_mut(usize::from(index)) {
            *entry = pool;
            let bit = 1 << index;
            self.used = if pool.is_some() { self.used | bit } else { self.used & !bit };
        }
    }
}

/// The number of an ASID's pool.
fn pool_number(asid: Asid) -> u8 {
    u8::try_from(asid.get() >> abi::object::ASIDS_PER_POOL_BITS).unwrap_or(u8::MAX)
}

/// The place of an ASID in its pool.
fn place(asid: Asid) -> usize {
    usize::from(asid.get()) % ASIDS_PER_POOL
}

/// A change of ASIDs that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Make a pool.
    MakePool {
        /// The untyped memory that becomes the pool.
        untyped: Obj<Slot>,
        /// The pool's number.
        index: u8,
        /// The empty slot for its capability.
        to: Obj<Slot>,
    },
    /// Give an address space its ASID.
    Assign {
        /// The capability to the address space.
        slot: Obj<Slot>,
        /// The address space.
        table: Obj<Table>,
        /// The ASID.
        asid: Asid,
    },
}

/// Checks a message to ASID control.
///
/// # Errors
/// As objects.md §11 lists them for `ASIDControl_MakePool`, in that order.
pub(crate) fn decode_control(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    if call.info.label() != Invocation::AsidControlMakePool.label() {
        return Err(Error::IllegalOperation);
    }
    let [index, depth] = call.words::<2>(kernel)?;
    let [untyped, root] = call.caps::<2>()?;
    let number = kernel.asids.first_free().ok_or(Error::DeleteFirst)?;
    let Cap::Untyped { bits, device: false, .. } = kernel[untyped].cap else {
        return Err(Error::InvalidCapability(1));
    };
    if u32::from(bits) != abi::object::ASID_POOL_BITS {
        return Err(Error::InvalidCapability(1));
    }
    if kernel.first_child(untyped).is_some() {
        return Err(Error::RevokeFirst);
    }
    let to = kernel.slot_argument(kernel[root].cap, index, depth, false)?;
    if !kernel[to].is_empty() {
        return Err(Error::DeleteFirst);
    }
    Ok(Operation::MakePool { untyped, index: number, to })
}

/// Checks a message to the pool `pool` of number `index`.
///
/// # Errors
/// As objects.md §11 lists them for `ASIDPool_Assign`, in that order.
pub(crate) fn decode_pool(
    kernel: &Kernel,
    call: &Call,
    index: u8,
    pool: Obj<AsidPool>,
) -> Result<Operation, Error> {
    if call.info.label() != Invocation::AsidPoolAssign.label() {
        return Err(Error::IllegalOperation);
    }
    let [slot] = call.caps::<1>()?;
    let Cap::VSpace { asid: None, table } = kernel[slot].cap else {
        return Err(Error::InvalidCapability(1));
    };
    match kernel.asids.pool(index) {
        None => return Err(Error::destination(LookupFailure::InvalidRoot)),
        Some(alive) if alive != pool => return Err(Error::InvalidCapability(0)),
        Some(_) => {}
    }
    let asid = kernel.free_asid(index, pool).ok_or(Error::DeleteFirst)?;
    Ok(Operation::Assign { slot, table, asid })
}

impl Kernel {
    /// The address space that has an ASID now.
    pub(crate) fn space(&self, asid: Asid) -> Option<Obj<Table>> {
        let pool = self.asids.pool(pool_number(asid))?;
        self[pool].spaces[place(asid)]
    }

    /// Checks that `asid` is the ASID of the address space `table`, which was named by
    /// capability `cap` of the message.
    ///
    /// # Errors
    /// [`LookupFailure::InvalidRoot`] if it is nobody's, [`Error::InvalidCapability`] if it is
    /// another's.
    pub(crate) fn check_space(&self, asid: Asid, table: Obj<Table>, cap: u64) -> Result<(), Error> {
        match self.space(asid) {
            None => Err(Error::destination(LookupFailure::InvalidRoot)),
            Some(space) if space == table => Ok(()),
            Some(_) => Err(Error::InvalidCapability(cap)),
        }
    }

    /// The least ASID of a pool that is nobody's; never 0.
    pub(crate) fn free_asid(&self, index: u8, pool: Obj<AsidPool>) -> Option<Asid> {
        let low = self[pool].first_free(u32::from(index == 0))?;
        let high = u16::from(index) << abi::object::ASIDS_PER_POOL_BITS;
        Asid::new(high | u16::try_from(low).ok()?)
    }

    /// Makes `asid` of the pool `pool` the ASID of an address space.
    pub(crate) fn give_asid(&mut self, pool: Obj<AsidPool>, asid: Asid, table: Obj<Table>) {
        self[pool].set(place(asid), Some(table));
        self.machine.flush_space(asid.get());
    }

    /// Makes a fresh pool the one with number `index`.
    pub(crate) fn add_pool(&mut self, index: u8, pool: Obj<AsidPool>) {
        self.asids.set(index, Some(pool));
    }

    /// Makes pools and assigns ASIDs.
    ///
    /// # Errors
    /// [`Preempted`] while memory is being cleared.
    pub(crate) fn perform_asid(&mut self, operation: Operation) -> Result<(), Preempted> {
        match operation {
            Operation::MakePool { untyped, index, to } => {
                let region = self.spend_untyped(untyped)?;
                let pool = self.mem.create_zeroed::<AsidPool>(&region, 0, 1);
                self.add_pool(index, pool);
                self.insert(untyped, to, Cap::AsidPool { index, pool }, Origin::Original);
            }
            Operation::Assign { slot, table, asid } => {
                if let Some(pool) = self.asids.pool(pool_number(asid)) {
                    self.give_asid(pool, asid, table);
                    self[slot].cap = Cap::VSpace { asid: Some(asid), table };
                }
            }
        }
        Ok(())
    }

    /// Takes the ASID of an address space that is being deleted, if it has it still.
    pub(crate) fn remove_space(&mut self, asid: Asid, table: Obj<Table>) {
        if self.space(asid) == Some(table)
            && let Some(pool) = self.asids.pool(pool_number(asid))
        {
            self[pool].set(place(asid), None);
            self.leave_dead_spaces();
        }
    }

    /// Takes the ASIDs of all address spaces of a pool that is being deleted, and its number.
    pub(crate) fn remove_pool(&mut self, index: u8, pool: Obj<AsidPool>) {
        if self.asids.pool(index) == Some(pool) {
            self.asids.set(index, None);
            self.leave_dead_spaces();
        }
    }
}
