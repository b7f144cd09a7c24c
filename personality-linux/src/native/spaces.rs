//! Address spaces and what is mapped in them.

use alloc::collections::BTreeMap;
use core::num::NonZeroU32;

use libsys::bootstrap::AddressSpace;
use libsys::memory::{Made, Objects};
use libsys::object::{Page, VSpace};
use libsys::{Cap, Rights, VmAttributes, initial};
use linux::machine::{Exhausted, Mapping, PAGE, Protection, SpaceHandle};

use super::Resources;

/// An address space, and the objects that it consists of.
struct Space {
    root: Cap<VSpace>,
    made: Made,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Spaces {
    spaces: BTreeMap<SpaceHandle, Space>,
    last: u32,
}

/// Rights and attributes of a mapping. Memory that nobody may touch is not mapped at all.
const fn how(protection: Protection) -> (Rights, VmAttributes) {
    let rights = if protection.write { Rights::READ_WRITE } else { Rights::READ };
    let attributes = VmAttributes { cacheable: true, execute_never: !protection.execute };
    (rights, attributes)
}

impl Spaces {
    /// An empty one.
    pub(crate) fn create(&mut self, resources: &mut Resources) -> Result<SpaceHandle, Exhausted> {
        let pool = resources.asid_pool;
        let (root, made) = resources
            .memory
            .all_or_nothing(|objects| {
                let root = objects.create::<VSpace>()?;
                pool.assign(root)?;
                Ok(root)
            })
            .map_err(|_| Exhausted)?;
        self.last += 1;
        let handle = SpaceHandle(self.last);
        self.spaces.insert(handle, Space { root, made });
        Ok(handle)
    }

    /// Frees one, with its tables.
    pub(crate) fn destroy(&mut self, resources: &mut Resources, handle: SpaceHandle) {
        if let Some(space) = self.spaces.remove(&handle) {
            // Its objects were made here.
            let _ = space.made.free(&mut resources.memory);
        }
    }

    /// The top-level table.
    pub(crate) fn root(&self, handle: SpaceHandle) -> Option<Cap<VSpace>> {
        self.spaces.get(&handle).map(|space| space.root)
    }

    /// Maps a page, by a capability of its own.
    pub(crate) fn map(
        &mut self,
        resources: &mut Resources,
        handle: SpaceHandle,
        address: u64,
        page: Cap<Page>,
        protection: Protection,
    ) -> Result<Mapping, Exhausted> {
        let space = self.spaces.get_mut(&handle).ok_or(Exhausted)?;
        let slot = resources.slot().ok_or(Exhausted)?;
        let copied = initial::CNODE
            .slot(slot)
            .copy_from(initial::CNODE.slot(page.pointer()), Rights::READ_WRITE);
        let copy = Cap::<Page>::at(slot);
        let (rights, attributes) = how(protection);
        let objects = &mut space.made.more(&mut resources.memory);
        let tables = AddressSpace::new(space.root);
        let mapped = copied
            .map_err(Into::into)
            .and_then(|()| tables.map(objects, copy, address, rights, attributes));
        let number = u32::try_from(slot).ok().and_then(NonZeroU32::new);
        match (mapped, number) {
            (Ok(()), Some(number)) => {
                if protection.execute {
                    // It is mapped, so this cannot be refused.
                    let _ = copy.unify_instruction(0..PAGE);
                }
                Ok(Mapping(number))
            }
            _ => {
                resources.give_back_slot(slot);
                Err(Exhausted)
            }
        }
    }

    /// Changes what is permitted.
    pub(crate) fn protect(
        &mut self,
        mapping: Mapping,
        handle: SpaceHandle,
        address: u64,
        protection: Protection,
    ) {
        let Some(space) = self.spaces.get(&handle) else { return };
        let page = Cap::<Page>::at(mapping.0.get().into());
        let (rights, attributes) = how(protection);
        // It is mapped there, so this cannot be refused.
        let _ = page.map(space.root, address, rights, attributes);
    }
}
