//! The machine that the kernel is.

use libsys::bootstrap::{AddressSpace, AllocationError};
use libsys::memory::{Frame, Made, Memory, Objects, Request, Space};
use libsys::object::{Large, Page, Small};
use libsys::pager::Protection;
use libsys::window::Window;
use libsys::{Cap, Rights};

use super::machine::{Machine, Size};

/// Bytes of a small page.
const PAGE: u64 = 1 << abi::PAGE_BITS;

/// Frames from a [`Memory`], mapped by the kernel. Each mapping has a capability of its own,
/// which is a copy of the frame's.
///
/// ```no_run
/// use libsys::System;
/// use libsys::memory::{Memory, Space};
/// use root_task::pager::{Kernel, Pager};
///
/// fn pager(system: System) -> Pager<Kernel> {
///     Pager::new(Kernel { memory: Memory::new(system), space: Space::initial() })
/// }
/// ```
#[derive(Debug)]
pub struct Kernel {
    /// Where frames, tables and slots come from.
    pub memory: Memory,
    /// The pager's own address space, for a look at frames.
    pub space: Space,
}

/// A client's address space, with the tables that were made for it.
///
/// ```no_run
/// use libsys::process::Process;
/// use root_task::pager::PagedSpace;
///
/// fn paged(process: &mut Process) -> PagedSpace {
///     PagedSpace::new(process.space().space())
/// }
/// ```
#[derive(Debug)]
pub struct PagedSpace {
    space: AddressSpace,
    tables: Made,
}

impl PagedSpace {
    /// An address space in which the pager's room is empty.
    #[must_use]
    pub fn new(space: AddressSpace) -> Self {
        Self { space, tables: Made::default() }
    }
}

impl Kernel {
    /// Puts bytes into a frame that is mapped nowhere, from this offset on.
    ///
    /// # Errors
    /// Too few addresses, or what the kernel refuses.
    pub fn fill_at(
        &mut self,
        frame: Frame,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AllocationError> {
        self.looking_at(frame, |_, window| {
            window.write_bytes(offset, bytes);
            Ok(())
        })
    }

    /// Copies a small page from another window into a frame that is mapped nowhere.
    ///
    /// # Errors
    /// Too few addresses, or what the kernel refuses.
    pub fn fill_from(
        &mut self,
        frame: Frame,
        from: &Window,
        offset: u64,
    ) -> Result<(), AllocationError> {
        self.looking_at(frame, |_, window| {
            window.copy_from(0, from, offset, PAGE);
            Ok(())
        })
    }

    /// Copies a frame that is mapped nowhere to a small page in another window.
    ///
    /// # Errors
    /// Too few addresses, or what the kernel refuses.
    pub fn save_to(
        &mut self,
        frame: Frame,
        to: &Window,
        offset: u64,
    ) -> Result<(), AllocationError> {
        self.looking_at(frame, |_, window| {
            to.copy_from(offset, window, 0, PAGE);
            Ok(())
        })
    }

    /// Does something with a frame through a window.
    fn looking_at<R>(
        &mut self,
        frame: Frame,
        look: impl FnOnce(&mut Self, &Window) -> Result<R, AllocationError>,
    ) -> Result<R, AllocationError> {
        let start = self.space.map(&mut self.memory, &[frame], Request::bytes(0))?.start;
        let result = match self.space.window(start) {
            Some(window) => look(self, &window),
            None => Err(AllocationError::NotOurs(start)),
        };
        self.space.unmap(&mut self.memory, start)?;
        result
    }

    /// Gives back a client's space, in which nothing is mapped any more.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn release(&mut self, space: PagedSpace) -> Result<(), AllocationError> {
        space.tables.free(&mut self.memory)
    }
}

/// Maps a page in a space, or changes how it is mapped there.
fn map_page(
    kernel: &mut Kernel,
    space: &mut PagedSpace,
    page: Frame,
    address: u64,
    protection: Protection,
) -> Result<(), AllocationError> {
    let (rights, attributes) = (protection.rights(), protection.attributes());
    let mut objects = space.tables.more(&mut kernel.memory);
    match page {
        Frame::Small(page) => space.space.map(&mut objects, page, address, rights, attributes)?,
        Frame::Large(page) => space.space.map(&mut objects, page, address, rights, attributes)?,
        Frame::Huge(page) => space.space.map(&mut objects, page, address, rights, attributes)?,
    }
    if protection == Protection::ReadExecute {
        // Whatever was written there through other addresses.
        match page {
            Frame::Small(page) => page.unify_instruction(0..PAGE)?,
            Frame::Large(page) => page.unify_instruction(0..PAGE * Kernel::LARGE)?,
            Frame::Huge(_) => {}
        }
    }
    Ok(())
}

/// The same kind of page in another slot.
fn in_slot(page: Frame, slot: u64) -> Frame {
    match page {
        Frame::Small(_) => Frame::Small(Cap::at(slot)),
        Frame::Large(_) => Frame::Large(Cap::at(slot)),
        Frame::Huge(_) => Frame::Huge(Cap::at(slot)),
    }
}

/// The slot of a page.
fn slot_of(page: Frame) -> Cap<()> {
    match page {
        Frame::Small(page) => page.cast(),
        Frame::Large(page) => page.cast(),
        Frame::Huge(page) => page.cast(),
    }
}

impl Machine for Kernel {
    type Frame = Frame;
    type Space = PagedSpace;
    /// The copy that is mapped.
    type Mapping = Frame;

    const LARGE: u64 = 512;

    fn create(&mut self, size: Size) -> Result<Frame, AllocationError> {
        Ok(match size {
            Size::Small => Frame::Small(self.memory.create::<Page<Small>>()?),
            Size::Large => Frame::Large(self.memory.create::<Page<Large>>()?),
        })
    }

    fn destroy(&mut self, frame: Frame) -> Result<(), AllocationError> {
        self.memory.free(slot_of(frame))
    }

    fn copy(&mut self, from: Frame, part: u64, to: Frame) -> Result<(), AllocationError> {
        self.looking_at(from, |kernel, source| {
            kernel.looking_at(to, |_, target| {
                target.copy_from(0, source, part * PAGE, to.bytes());
                Ok(())
            })
        })
    }

    fn map(
        &mut self,
        space: &mut PagedSpace,
        frame: Frame,
        page: u64,
        protection: Protection,
    ) -> Result<Frame, AllocationError> {
        let slot = self.memory.slot::<()>()?;
        let (to, from) = (self.memory.path(slot), self.memory.path(slot_of(frame)));
        let copy = in_slot(frame, slot.pointer());
        let copied = to.copy_from(from, Rights::ALL).map_err(AllocationError::from);
        let mapped = copied.and_then(|()| map_page(self, space, copy, page * PAGE, protection));
        if let Err(reason) = mapped {
            self.memory.free_slot(slot)?;
            return Err(reason);
        }
        Ok(copy)
    }

    fn protect(
        &mut self,
        space: &mut PagedSpace,
        mapping: &Frame,
        page: u64,
        protection: Protection,
    ) -> Result<(), AllocationError> {
        map_page(self, space, *mapping, page * PAGE, protection)
    }

    fn unmap(&mut self, mapping: &Frame) -> Result<(), AllocationError> {
        // The last capability to a mapping takes it along.
        self.memory.free_slot(slot_of(*mapping))
    }
}
