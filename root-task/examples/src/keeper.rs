//! A pager of its own for one store: a bounded set of frames, a policy that knows the store, and
//! a backing store for what does not fit.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use libsys::bootstrap::AllocationError;
use libsys::memory::{Frame, Request};
use libsys::pager::{CUSTOM, Protection};
use libsys::window::Window;
use root_task::pager::{Access, Intent, Kernel, Machine, PagedSpace, Size};

use crate::btree::level;
use crate::policy::{Kind, Policy};

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Pages of the store.
pub const PAGES: u64 = 512;
/// Those that are in memory at once.
pub const RESIDENT: usize = 32;

/// A page of the store in memory.
#[derive(Debug)]
struct Resident {
    frame: Frame,
    mapping: Frame,
    is_dirty: bool,
}

/// The pager.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use pager_examples::keeper::Keeper;
/// use root_task::pager::{Access, PagedSpace};
///
/// /// Whether a thread of the store may try again.
/// fn resolve(
///     keeper: &mut Keeper,
///     space: &mut PagedSpace,
///     access: Access,
/// ) -> Result<bool, AllocationError> {
///     keeper.provide(space, access)
/// }
/// ```
#[derive(Debug)]
pub struct Keeper {
    kernel: Kernel,
    policy: Policy,
    free: Vec<Frame>,
    residents: BTreeMap<u64, Resident>,
    disk: Window,
    /// Pages that came from the backing store.
    pub loads: u64,
    /// Pages that went back there, because they had changed.
    pub saves: u64,
    /// The most pages that were in memory at once.
    pub most: usize,
}

impl Keeper {
    /// A pager with an empty backing store.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn new(mut kernel: Kernel) -> Result<Self, AllocationError> {
        let disk = kernel.space.allocate(&mut kernel.memory, Request::bytes(PAGES * PAGE))?.start;
        let disk = kernel.space.window(disk).ok_or(AllocationError::NotOurs(disk))?;
        let free = (0..RESIDENT).map(|_| kernel.create(Size::Small));
        let free = free.collect::<Result<Vec<_>, _>>()?;
        let (policy, residents) = (Policy::new(RESIDENT), BTreeMap::new());
        Ok(Self { kernel, policy, free, residents, disk, loads: 0, saves: 0, most: 0 })
    }

    /// Memory and addresses, to make the store's process with.
    pub fn kernel(&mut self) -> &mut Kernel {
        &mut self.kernel
    }

    /// A word of the backing store.
    #[must_use]
    pub fn saved_word(&self, page: u64, word: u64) -> u64 {
        self.disk.read_word(page * PAGE + 8 * word)
    }

    /// Provides what an access of the store needs. `false`: it is not the store's.
    ///
    /// # Errors
    /// Too little memory for tables, or what the kernel refuses.
    pub fn provide(
        &mut self,
        space: &mut PagedSpace,
        access: Access,
    ) -> Result<bool, AllocationError> {
        let page = access.address.wrapping_sub(CUSTOM.start) / PAGE;
        if page >= PAGES || access.intent == Intent::Execute {
            return Ok(false);
        }
        let writes = access.intent == Intent::Write;
        let place = CUSTOM.start / PAGE + page;
        if let Some(resident) = self.residents.get_mut(&page) {
            // It was clean so far.
            resident.is_dirty |= writes;
            self.kernel.protect(space, &resident.mapping, place, protection(writes))?;
            return Ok(true);
        }
        let frame = self.vacate()?;
        let filled = self.kernel.fill_from(frame, &self.disk, page * PAGE);
        let mapped = filled.and_then(|()| self.kernel.map(space, frame, place, protection(writes)));
        let mapping = match mapped {
            Ok(mapping) => mapping,
            Err(reason) => {
                self.free.push(frame);
                return Err(reason);
            }
        };
        self.loads += 1;
        self.residents.insert(page, Resident { frame, mapping, is_dirty: writes });
        self.most = self.most.max(self.residents.len());
        let is_inner = level(self.saved_word(page, 0)) > 0;
        self.policy.loaded(page, if is_inner { Kind::Inner } else { Kind::Leaf });
        Ok(true)
    }

    /// Writes everything back, and forgets it.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn flush(&mut self) -> Result<(), AllocationError> {
        let pages: Vec<u64> = self.residents.keys().copied().collect();
        for page in pages {
            self.drop_page(page)?;
        }
        self.policy = Policy::new(RESIDENT);
        Ok(())
    }

    /// A frame that is free, or that a page leaves.
    fn vacate(&mut self) -> Result<Frame, AllocationError> {
        if self.free.is_empty()
            && let Some(page) = self.policy.evict()
        {
            self.drop_page(page)?;
        }
        self.free.pop().ok_or(AllocationError::NoSlots)
    }

    fn drop_page(&mut self, page: u64) -> Result<(), AllocationError> {
        let Some(resident) = self.residents.remove(&page) else { return Ok(()) };
        self.kernel.unmap(&resident.mapping)?;
        if resident.is_dirty {
            self.kernel.save_to(resident.frame, &self.disk, page * PAGE)?;
            self.saves += 1;
        }
        self.free.push(resident.frame);
        Ok(())
    }
}

/// A page is read-only until it is written to, so that the pager knows.
const fn protection(writes: bool) -> Protection {
    if writes { Protection::ReadWrite } else { Protection::Read }
}
