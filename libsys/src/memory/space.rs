//! What is mapped where.

use abi::{ObjectType, PAGE_BITS, Rights, VmAttributes};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use super::pages::{Frame, Run, Sizes, plan};
use super::ranges::Ranges;
use super::{Made, Memory};
use crate::bootstrap::{AddressSpace, AllocationError, INITIAL_ADDRESSES};
use crate::cap::Cap;
use crate::window::Window;

const PAGE_SIZE: u64 = 1 << PAGE_BITS;

/// Where memory appears.
///
/// ```
/// use libsys::memory::{Place, Request};
///
/// let code = Request { place: Place::At(0x20_0000), guard_pages: 0, ..Request::bytes(4096) };
/// assert_eq!(code.place, Place::At(0x20_0000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Wherever there is room.
    Anywhere,
    /// From this address on, a multiple of 4 KiB.
    At(u64),
}

/// What memory is wanted for.
///
/// ```
/// use libsys::Rights;
/// use libsys::memory::{Place, Request, Sizes};
///
/// let stack = Request { guard_pages: 1, sizes: Sizes::Small, ..Request::bytes(64 << 10) };
/// assert_eq!((stack.place, stack.rights), (Place::Anywhere, Rights::READ_WRITE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Bytes, rounded up to whole pages.
    pub bytes: u64,
    /// Where.
    pub place: Place,
    /// Pages of 4 KiB before and behind that are never mapped.
    pub guard_pages: u64,
    /// What the address space may do with it.
    pub rights: Rights,
    /// How it is cached, and whether it may be executed.
    pub attributes: VmAttributes,
    /// How large its pages may be.
    pub sizes: Sizes,
}

impl Request {
    /// Anywhere, readable and writable, with a guard page on both sides.
    #[must_use]
    pub const fn bytes(bytes: u64) -> Self {
        Self {
            bytes,
            place: Place::Anywhere,
            guard_pages: 1,
            rights: Rights::READ_WRITE,
            attributes: VmAttributes { cacheable: true, execute_never: true },
            sizes: Sizes::Largest,
        }
    }

    /// The page of 4 KiB that contains this address, without guard pages: what a pager maps.
    #[must_use]
    pub const fn page(address: u64) -> Self {
        let place = Place::At(address & !(PAGE_SIZE - 1));
        Self { place, guard_pages: 0, ..Self::bytes(PAGE_SIZE) }
    }

    /// The length in whole pages.
    fn length(&self) -> Option<u64> {
        self.bytes.max(1).checked_next_multiple_of(PAGE_SIZE)
    }
}

/// Addresses that are in use.
#[derive(Debug)]
struct Region {
    end: u64,
    is_writable: bool,
    /// With the guard pages.
    reserved: Range<u64>,
    /// Each with its address.
    frames: Vec<(u64, Frame)>,
    /// First slots of what is freed with the region.
    owned: Vec<u64>,
}

impl Region {
    fn new(addresses: &Range<u64>, reserved: Range<u64>, rights: Rights) -> Self {
        let is_writable = rights.contains(Rights::READ_WRITE);
        let (frames, owned) = (Vec::new(), Vec::new());
        Self { end: addresses.end, is_writable, reserved, frames, owned }
    }
}

/// An address space that knows what is in it.
///
/// ```no_run
/// use libsys::bootstrap::{AddressSpace, AllocationError};
/// use libsys::memory::{Memory, Place, Request, Space};
///
/// /// An address space of its own, with a stack below 2 GiB.
/// fn with_stack(memory: &mut Memory) -> Result<Space, AllocationError> {
///     let mut space = Space::new(AddressSpace::create(memory)?, 0x1000..1 << 31);
///     let place = Place::At((1 << 31) - (1 << 20) - 0x1000);
///     space.allocate(memory, Request { place, ..Request::bytes(1 << 20) })?;
///     Ok(space)
/// }
/// ```
#[derive(Debug)]
pub struct Space {
    space: AddressSpace,
    free: Ranges,
    regions: BTreeMap<u64, Region>,
    tables: Made,
}

impl Space {
    /// Manages these addresses of an address space; nothing may be mapped there.
    #[must_use]
    pub fn new(space: AddressSpace, addresses: Range<u64>) -> Self {
        let mut free = Ranges::default();
        free.insert(addresses);
        Self { space, free, regions: BTreeMap::new(), tables: Made::default() }
    }

    /// Manages addresses of the initial thread's space that nothing else uses. Make it once.
    #[must_use]
    pub fn initial() -> Self {
        Self::new(AddressSpace::initial(), INITIAL_ADDRESSES)
    }

    /// The address space.
    #[must_use]
    pub const fn space(&self) -> AddressSpace {
        self.space
    }

    /// Addresses that are free, in bytes.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.free.len()
    }

    /// Fresh memory, zeroed, at new addresses: those.
    ///
    /// # Errors
    /// `NoAddresses`: there is no such room, or the place is taken. Too little memory, or what the
    /// kernel refuses. Nothing is mapped or taken then.
    pub fn allocate(
        &mut self,
        memory: &mut Memory,
        request: Request,
    ) -> Result<Range<u64>, AllocationError> {
        let length = request.length().ok_or(AllocationError::NoAddresses)?;
        let (addresses, reserved) = self.reserve(length, &request)?;
        let mut region = Region::new(&addresses, reserved, request.rights);
        let filled = plan(addresses.clone(), request.sizes)
            .try_for_each(|run| fill(&mut region, memory, run));
        let how = (request.rights, request.attributes);
        let mapped = filled.and_then(|()| self.map_all(memory, &region.frames, how));
        self.keep(memory, addresses, region, mapped)
    }

    /// [`allocate`](Self::allocate) with content, which `write` puts there through a window in
    /// another space: that of the calling program. In pages of 4 KiB.
    ///
    /// # Errors
    /// As in [`allocate`](Self::allocate). `NotOurs`: the other space is not that of the program.
    pub fn allocate_with(
        &mut self,
        memory: &mut Memory,
        request: Request,
        ours: &mut Self,
        write: impl FnOnce(&Window),
    ) -> Result<Range<u64>, AllocationError> {
        let length = request.length().ok_or(AllocationError::NoAddresses)?;
        let (addresses, reserved) = self.reserve(length, &request)?;
        let mut region = Region::new(&addresses, reserved, request.rights);
        let filled = plan(addresses.clone(), Sizes::Small)
            .try_for_each(|run| fill(&mut region, memory, run));
        let written = filled.and_then(|()| ours.write_frames(memory, &region.frames, write));
        let how = (request.rights, request.attributes);
        let mapped = written.and_then(|()| self.map_all(memory, &region.frames, how));
        self.keep(memory, addresses, region, mapped)
    }

    /// Lets somebody write frames, which are mapped here meanwhile, and makes what is written
    /// visible to instruction fetches.
    fn write_frames(
        &mut self,
        memory: &mut Memory,
        frames: &[(u64, Frame)],
        write: impl FnOnce(&Window),
    ) -> Result<(), AllocationError> {
        let frames: Vec<Frame> = frames.iter().map(|(_, frame)| *frame).collect();
        let start = self.map(memory, &frames, Request::bytes(0))?.start;
        let written = match self.window(start) {
            None => Err(AllocationError::NotOurs(start)),
            Some(window) => {
                write(&window);
                frames.iter().try_for_each(|frame| Ok(frame.unify_instruction()?))
            }
        };
        self.unmap(memory, start)?;
        written
    }

    /// Maps frames that exist, one behind the other. Unmapping does not free them. The length of
    /// the request does not count. Frames larger than 4 KiB come first, and want a place that is
    /// aligned to the first.
    ///
    /// # Errors
    /// As in [`allocate`](Self::allocate).
    pub fn map(
        &mut self,
        memory: &mut Memory,
        frames: &[Frame],
        request: Request,
    ) -> Result<Range<u64>, AllocationError> {
        let length = frames.iter().map(|frame| frame.bytes()).sum();
        let first = frames.first().ok_or(AllocationError::NoAddresses)?;
        let request = Request { bytes: length, ..request };
        let (addresses, reserved) = self.reserve_aligned(length, &request, first.bytes())?;
        let mut address = addresses.start;
        let placed = frames.iter().map(|frame| {
            address += frame.bytes();
            (address - frame.bytes(), *frame)
        });
        let mut region = Region::new(&addresses, reserved, request.rights);
        region.frames.extend(placed);
        let how = (request.rights, request.attributes);
        let mapped = self.map_all(memory, &region.frames, how);
        self.keep(memory, addresses, region, mapped)
    }

    /// Changes what may be done with memory that begins at `start`.
    ///
    /// # Errors
    /// `NotOurs`: nothing begins there. What the kernel refuses.
    pub fn protect(
        &mut self,
        memory: &mut Memory,
        start: u64,
        rights: Rights,
        attributes: VmAttributes,
    ) -> Result<(), AllocationError> {
        let region = self.regions.get_mut(&start).ok_or(AllocationError::NotOurs(start))?;
        region.is_writable = rights.contains(Rights::READ_WRITE);
        let frames = region.frames.clone();
        self.map_all(memory, &frames, (rights, attributes))
    }

    /// Unmaps the memory that begins at `start`, and frees it if it was allocated here.
    ///
    /// # Errors
    /// `NotOurs`: nothing begins there. What the kernel refuses.
    pub fn unmap(&mut self, memory: &mut Memory, start: u64) -> Result<(), AllocationError> {
        let region = self.regions.remove(&start).ok_or(AllocationError::NotOurs(start))?;
        self.undo(memory, region)
    }

    /// Maps several things, and does with them what may fail: after an error none is left.
    ///
    /// # Errors
    /// Those of the work.
    pub fn all_or_nothing<R>(
        &mut self,
        memory: &mut Memory,
        work: impl FnOnce(&mut Self, &mut Memory) -> Result<R, AllocationError>,
    ) -> Result<R, AllocationError> {
        let before: Vec<u64> = self.regions.keys().copied().collect();
        let result = work(self, memory);
        if result.is_err() {
            let added: Vec<u64> = self.regions.keys().copied().collect();
            for start in added.into_iter().filter(|start| before.binary_search(start).is_err()) {
                self.unmap(memory, start)?;
            }
        }
        result
    }

    /// What is mapped at an address: the frame, and where it begins.
    #[must_use]
    pub fn lookup(&self, address: u64) -> Option<(u64, Frame)> {
        let (_, region) = self.regions.range(..=address).next_back()?;
        let after = region.frames.partition_point(|(start, _)| *start <= address);
        let (start, frame) = *region.frames.get(after.checked_sub(1)?)?;
        (address - start < frame.bytes()).then_some((start, frame))
    }

    /// A look at memory that begins at `start` and was mapped readable and writable, if this is
    /// the initial thread's space.
    #[must_use]
    pub fn window(&self, start: u64) -> Option<Window> {
        let region = self.regions.get(&start).filter(|region| region.is_writable)?;
        let is_ours = self.space == AddressSpace::initial();
        is_ours.then(|| Window::over(start..region.end))
    }

    /// The ranges that are mapped, ascending.
    pub fn mapped(&self) -> impl Iterator<Item = Range<u64>> {
        self.regions.iter().map(|(start, region)| *start..region.end)
    }

    /// Unmaps and frees everything, tables included. The address space itself remains.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn clear(&mut self, memory: &mut Memory) -> Result<(), AllocationError> {
        while let Some((_, region)) = self.regions.pop_first() {
            self.undo(memory, region)?;
        }
        // Those of lower levels were made later.
        core::mem::take(&mut self.tables).free(memory)
    }

    fn reserve(
        &mut self,
        length: u64,
        request: &Request,
    ) -> Result<(Range<u64>, Range<u64>), AllocationError> {
        const LARGE: u64 = 2 << 20;
        let alignment = match request.sizes {
            Sizes::Largest if length >= LARGE => LARGE,
            _ => PAGE_SIZE,
        };
        self.reserve_aligned(length, request, alignment)
    }

    /// Takes addresses, and those of the guard pages around them.
    fn reserve_aligned(
        &mut self,
        length: u64,
        request: &Request,
        alignment: u64,
    ) -> Result<(Range<u64>, Range<u64>), AllocationError> {
        let none = AllocationError::NoAddresses;
        let guard = request.guard_pages.checked_mul(PAGE_SIZE).ok_or(none)?;
        let around = |start: u64| {
            let end = start.checked_add(length)?;
            Some((start..end, start.checked_sub(guard)?..end.checked_add(guard)?))
        };
        let (addresses, reserved) = match request.place {
            Place::At(start) => around(start).filter(|_| start.is_multiple_of(PAGE_SIZE)),
            Place::Anywhere => {
                let room = guard.checked_mul(2).and_then(|guards| guards.checked_add(length));
                let room = room.and_then(|room| room.checked_add(alignment)).ok_or(none)?;
                let low = self.free.peek(room, PAGE_SIZE).ok_or(none)?;
                around((low + guard).next_multiple_of(alignment))
            }
        }
        .ok_or(none)?;
        if !self.free.take_at(reserved.clone()) {
            return Err(none);
        }
        Ok((addresses, reserved))
    }

    fn map_all(
        &mut self,
        memory: &mut Memory,
        frames: &[(u64, Frame)],
        how: (Rights, VmAttributes),
    ) -> Result<(), AllocationError> {
        let mut objects = self.tables.more(memory);
        let space = self.space;
        frames.iter().try_for_each(|(at, frame)| frame.map(space, &mut objects, *at, how))
    }

    /// Keeps a region if it could be mapped, else undoes it.
    fn keep(
        &mut self,
        memory: &mut Memory,
        addresses: Range<u64>,
        region: Region,
        mapped: Result<(), AllocationError>,
    ) -> Result<Range<u64>, AllocationError> {
        if let Err(reason) = mapped {
            self.undo(memory, region)?;
            return Err(reason);
        }
        self.regions.insert(addresses.start, region);
        Ok(addresses)
    }

    fn undo(&mut self, memory: &mut Memory, region: Region) -> Result<(), AllocationError> {
        for (_, frame) in &region.frames {
            frame.unmap()?;
        }
        for first in region.owned {
            memory.free(Cap::<()>::at(first))?;
        }
        self.free.insert(region.reserved);
        Ok(())
    }
}

/// Makes the frames of one run.
fn fill(region: &mut Region, memory: &mut Memory, run: Run) -> Result<(), AllocationError> {
    let object = match Frame::of_bits(run.bits, 0) {
        Frame::Small(_) => ObjectType::SmallPage,
        Frame::Large(_) => ObjectType::LargePage,
        Frame::Huge(_) => ObjectType::HugePage,
    };
    let mut address = run.start;
    for group in memory.groups(object, run.bits, run.count)? {
        region.owned.push(group.start);
        for slot in group {
            region.frames.push((address, Frame::of_bits(run.bits, slot)));
            address += 1 << run.bits;
        }
    }
    Ok(())
}
