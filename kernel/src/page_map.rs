//! Mapping pages. (objects.md §11)
//!
//! A page capability records at most one mapping, and deleting or unmapping it removes that
//! mapping. An entry may meanwhile map another page, because mapping simply replaces what was
//! there; then it is left alone. So every entry that a walk can reach maps a page whose
//! capability records it, and no mapping outlives the right to the memory.
//!
//! # Caches
//!
//! Memory comes to a user after untyped memory was reset: cleared, written back to memory, and
//! gone from the instruction cache. Mapping a page executable thus shows zeroes or what the user
//! itself has written since, which `Page_Unify_Instruction` makes visible. A page that is mapped
//! uncached leaves the data cache first, so that nothing that was written through another
//! mapping lies above what the new one shows.

use abi::{Error, Invocation, LookupFailure, Rights, VmAttributes};

use crate::cache::Maintenance;
use crate::call::{Call, Outcome};
use crate::cap::{Asid, Cap};
use crate::kernel::{Kernel, Preempted};
use crate::mem::Obj;
use crate::page::{PageCap, PageMapping};
use crate::paging::{Leaf, Level};
use crate::slot::Slot;
use crate::space;
use crate::table::{Place, Walk};
use crate::thread::Thread;
use platform::address::PhysicalRange;
use platform::contract::CacheOperation;

/// An operation on a page that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Map it.
    Map(Map),
    /// Take it out of its address space.
    Unmap(Obj<Slot>),
    /// Tell where it is.
    Address(PageCap),
}

/// A page to be mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Map {
    slot: Obj<Slot>,
    /// The capability with the new mapping recorded.
    page: PageCap,
    asid: Asid,
    place: Place,
    leaf: Leaf,
    /// For whom the page has to leave the caches before.
    pub(crate) uncached: Option<Obj<Thread>>,
}

/// Checks a message to a page, other than for cache maintenance.
///
/// # Errors
/// As objects.md §11 lists them, in that order.
#[inline(always)]
pub(crate) fn decode(kernel: &Kernel, call: &Call, page: PageCap) -> Result<Operation, Error> {
    const MAP: u64 = Invocation::PageMap.label();
    const UNMAP: u64 = Invocation::PageUnmap.label();
    const ADDRESS: u64 = Invocation::PageAddress.label();
    match call.info.label() {
        MAP => decode_map(kernel, call, page).map(Operation::Map),
        UNMAP => Ok(Operation::Unmap(call.slot)),
        ADDRESS => Ok(Operation::Address(page)),
        _ => Err(Error::IllegalOperation),
    }
}

#[inline(always)]
fn decode_map(kernel: &Kernel, call: &Call, page: PageCap) -> Result<Map, Error> {
    let [address, rights, attributes] = call.words::<3>(kernel)?;
    let [space] = call.caps::<1>()?;
    let (asid, root) = space::assigned(&kernel[space].cap).ok_or(Error::InvalidCapability(1))?;
    kernel.check_space(asid, root, 1)?;
    let inside = page.inside();
    if address & inside != 0 {
        return Err(Error::Alignment);
    }
    match page.mapping() {
        Some(mapping) if mapping.asid != asid => return Err(Error::InvalidCapability(1)),
        Some(mapping) if mapping.address != address => return Err(Error::InvalidArgument(0)),
        None if address | inside > abi::USER_TOP => return Err(Error::InvalidArgument(0)),
        _ => {}
    }
    let Walk { place, .. } = kernel.walk(root, address);
    if place.level != Level::of_page(page.size()) {
        let bits_left = place.level.entry_bits().into();
        return Err(Error::destination(LookupFailure::MissingCapability { bits_left }));
    }
    let rights = page.mask_rights(Rights::from_word(rights)).rights();
    let attributes = VmAttributes::from_word(attributes);
    let uncached = !attributes.cacheable && !page.is_device();
    Ok(Map {
        slot: call.slot,
        page: page.with_mapping(Some(PageMapping { asid, address })),
        asid,
        place,
        leaf: Leaf::new(page.start(), page.size(), rights, attributes),
        uncached: uncached.then_some(call.thread),
    })
}

/// The memory of a page.
fn frame(page: PageCap) -> PhysicalRange {
    let start = page.start().0;
    PhysicalRange::new(start, start + page.size().bytes())
}

impl Kernel {
    /// Maps, unmaps or locates a page.
    ///
    /// # Errors
    /// [`Preempted`] before anything of the mapping has changed.
    pub(crate) fn perform_page(&mut self, operation: Operation) -> Result<Outcome, Preempted> {
        match operation {
            Operation::Map(map) => {
                if let Some(thread) = map.uncached {
                    let operation = CacheOperation::CleanInvalidate;
                    self.maintain(Maintenance { thread, operation, range: frame(map.page) })?;
                }
                self.map_page(&map);
            }
            Operation::Unmap(slot) => self.unmap_slot(slot),
            Operation::Address(page) => return Ok(Outcome::Word(page.start().0)),
        }
        Ok(Outcome::Done)
    }

    /// Maps a page; caches are as they have to be.
    #[inline(always)]
    pub(crate) fn map_page(&mut self, map: &Map) {
        self[map.slot].cap = Cap::Page(map.page);
        self.set_page(map.place, map.leaf, map.asid);
    }

    /// Takes the page of a capability out of its address space.
    #[inline(always)]
    pub(crate) fn unmap_slot(&mut self, slot: Obj<Slot>) {
        if let Cap::Page(page) = self[slot].cap {
            self.unmap_page(page);
            self[slot].cap = Cap::Page(page.with_mapping(None));
        }
    }

    /// The entry that still maps a page as its capability says, and what it holds.
    pub(crate) fn mapped_page(&self, page: PageCap) -> Option<(Place, Leaf)> {
        let mapping = page.mapping()?;
        let walk = self.walk(self.space(mapping.asid)?, mapping.address);
        let leaf = walk.page.filter(|leaf| leaf.frame() == page.start())?;
        (walk.place.level == Level::of_page(page.size())).then_some((walk.place, leaf))
    }

    /// Removes the mapping that a page capability records, if it is still there.
    pub(crate) fn unmap_page(&mut self, page: PageCap) {
        if let Some(mapping) = page.mapping()
            && let Some((place, _)) = self.mapped_page(page)
        {
            self.clear_page(place, mapping.asid);
        }
    }
}
