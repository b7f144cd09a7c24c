//! Numbers of the hardware for address spaces. (objects.md §11)

use std::collections::BTreeMap;

use abi::object::{ASID_POOL_BITS, ASID_POOLS_BITS, ASIDS_PER_POOL_BITS};
use abi::{Error, Invocation, LookupFailure};

use crate::cap::{Address, Asid, Cap};
use crate::model::{Answer, Model, Request};

impl Model {
    /// The address space that a number names.
    #[must_use]
    pub fn space_of(&self, asid: Asid) -> Option<Address> {
        let pool = usize::from(asid >> ASIDS_PER_POOL_BITS);
        self.pools.get(&pool)?.1.get(&asid).copied()
    }

    /// An invocation of the control over ASIDs.
    pub(crate) fn invoke_asid_control(
        &mut self,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        if operation != Invocation::AsidControlMakePool {
            return Err(Error::IllegalOperation);
        }
        let ([index, depth], [untyped, root]) = request.needs()?;
        let free = (0..1 << ASID_POOLS_BITS).find(|number| !self.pools.contains_key(number));
        let number = free.ok_or(Error::DeleteFirst)?;
        let Some(Cap::Untyped { start, bits: ASID_POOL_BITS, device: false, .. }) = untyped.cap
        else {
            return Err(Error::InvalidCapability(1));
        };
        if self.slots.first_child(untyped.slot).is_some() {
            return Err(Error::RevokeFirst);
        }
        let slot = self.resolve_slot(root.cap, index, depth, false)?;
        if self.slots.get(slot).is_some() {
            return Err(Error::DeleteFirst);
        }
        self.pools.insert(number, (start, BTreeMap::new()));
        self.filled_by_copy(untyped.slot);
        let pool = Cap::AsidPool { object: start, index: number };
        self.slots.insert(slot, pool, untyped.slot, true);
        Ok(Vec::new())
    }

    /// An invocation of a pool of ASIDs.
    pub(crate) fn invoke_asid_pool(
        &mut self,
        (object, index): (Address, usize),
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        if operation != Invocation::AsidPoolAssign {
            return Err(Error::IllegalOperation);
        }
        let ([], [space]) = request.needs()?;
        let Some(Cap::VSpace { object: table, asid: None }) = space.cap else {
            return Err(Error::InvalidCapability(1));
        };
        let invalid = Error::destination(LookupFailure::InvalidRoot);
        let (pool, spaces) = self.pools.get_mut(&index).ok_or(invalid)?;
        if *pool != object {
            return Err(Error::InvalidCapability(0));
        }
        let first = Asid::try_from(index << ASIDS_PER_POOL_BITS).unwrap_or(Asid::MAX);
        // Number 0 means nothing to the hardware.
        let mut all = (first..=first + 511).filter(|asid| *asid != 0);
        let asid = all.find(|asid| !spaces.contains_key(asid)).ok_or(Error::DeleteFirst)?;
        spaces.insert(asid, table);
        self.slots.update(space.slot, Cap::VSpace { object: table, asid: Some(asid) });
        Ok(Vec::new())
    }

    /// A space gives its number back.
    pub(crate) fn release_asid(&mut self, asid: Option<Asid>, space: Address) {
        let Some(asid) = asid else { return };
        let pool = self.pools.get_mut(&usize::from(asid >> ASIDS_PER_POOL_BITS));
        if let Some((_, spaces)) = pool
            && spaces.get(&asid) == Some(&space)
        {
            spaces.remove(&asid);
        }
    }

    /// A pool goes, with all its numbers.
    pub(crate) fn remove_pool(&mut self, index: usize, object: Address) {
        if self.pools.get(&index).is_some_and(|(pool, _)| *pool == object) {
            self.pools.remove(&index);
        }
    }
}
