//! Processes: address spaces and CSpaces of their own, with threads in them.
//!
//! A [`Program`] says what is started and what it gets: from the image in an ELF file, by the
//! entry contract that [`Handover`] describes.
//!
//! ```no_run
//! use libsys::memory::{Memory, Objects, Space};
//! use libsys::object::Notification;
//! use libsys::process::{BuildError, Gift, Image, Program};
//! use libsys::worker::Options;
//! use libsys::{Cap, Rights, System, initial};
//!
//! /// Where the child finds what it signals: it has the same constant.
//! const BELL: Cap<Notification> = Cap::at(16);
//!
//! #[libsys::main]
//! fn parent(system: System) -> Result<(), BuildError> {
//!     let core = initial::sched_control(system.boot, 0).unwrap_or(Cap::NULL);
//!     let (mut memory, mut space) = (Memory::new(system), Space::initial());
//!     let bell = memory.create::<Notification>()?;
//!     let image = Image::of_module("child")?;
//!     let gifts = [Gift::new(BELL, bell, Rights::WRITE)];
//!     let program = Program { gifts: &gifts, ..Program::new(&image, Options::new(core)) };
//!     let child = program.start(&mut memory, &mut space)?;
//!     bell.wait();
//!     Ok(child.free(&mut memory)?)
//! }
//! # fn main() {}
//! ```
//!
//! A [`Process`] can also be made by hand: map code and data, add a thread, and start that at any
//! PC and SP. [`Process::free`] gives back all that it took, at once.
//!
//! | type | what |
//! |---|---|
//! | [`Program`] | what to start, and with what |
//! | [`Image`] | an ELF file, checked |
//! | [`Process`], [`Thread`] | what runs |
//! | [`Handover`] | the entry contract |
//! | [`Gift`], [`Resources`] | capabilities and memory that a process is given |
//! | [`Supervisor`] | hears how processes fare, and prints for them |

mod gift;
mod handover;
mod image;
mod program;
mod resources;
mod supervisor;
#[cfg(test)]
#[path = "process/tests/rollback.rs"]
mod tests;
mod thread;

use alloc::vec::Vec;
use core::fmt;

use abi::{GuardWord, WORD_BITS};

use crate::bootstrap::{AddressSpace, AllocationError};
use crate::cap::{Cap, SlotPath};
use crate::memory::{Made, Memory, Objects, Place, Request, Space};
use crate::object::{self, CNode};
use crate::worker::Options;

pub use gift::Gift;
pub use handover::Handover;
pub use image::{ADDRESSES, Access, Image, ImageError, Segment};
pub use program::{Program, slots};
pub use resources::Resources;
pub use supervisor::{Event, Report, Supervisor};
pub use thread::Thread;

/// Why there is no process.
///
/// ```
/// use libsys::process::{BuildError, ImageError};
///
/// let error = BuildError::from(ImageError::NeedsInterpreter);
/// assert_eq!(error, BuildError::Image(ImageError::NeedsInterpreter));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuildError {
    /// Its file is no image.
    Image(ImageError),
    /// What it needs is not there, or the kernel refuses.
    Allocation(AllocationError),
}

impl From<ImageError> for BuildError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<AllocationError> for BuildError {
    fn from(error: AllocationError) -> Self {
        Self::Allocation(error)
    }
}

impl From<abi::Error> for BuildError {
    fn from(error: abi::Error) -> Self {
        Self::Allocation(AllocationError::Refused(error))
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => error.fmt(f),
            Self::Allocation(error) => error.fmt(f),
        }
    }
}

/// An address space, a CSpace, and the threads that were added.
///
/// A step that fails leaves the process as it was, except that translation tables stay until the
/// process is freed.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::{Memory, Space};
/// use libsys::process::{Access, Process};
/// use libsys::worker::Options;
///
/// /// Runs position-independent code in a place of its own.
/// fn run(
///     memory: &mut Memory,
///     ours: &mut Space,
///     code: &[u8],
///     options: Options,
/// ) -> Result<Process, AllocationError> {
///     let mut process = Process::create(memory, 4)?;
///     process.load(memory, ours, 0x40_0000, code, Access::Execute)?;
///     let thread = process.add_thread(memory, options)?;
///     thread.start(0x40_0000, thread.stack.end)?;
///     Ok(process)
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it can no longer be freed"]
pub struct Process {
    space: Space,
    cnode: Cap<CNode>,
    cspace_bits: u32,
    /// Address space, CSpace, and what came with a program.
    objects: Made,
    threads: Vec<Thread>,
    /// What threads consist of.
    thread_objects: Made,
}

impl Process {
    /// An empty address space, and a CSpace of `1 << cspace_bits` empty slots, whose pointers are
    /// the numbers from 0 on.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn create(memory: &mut Memory, cspace_bits: u32) -> Result<Self, AllocationError> {
        let ((space, cnode), objects) = memory.all_or_nothing(|objects| {
            let cnode = objects.create_sized::<CNode>(cspace_bits)?;
            Ok((AddressSpace::create(objects)?, cnode))
        })?;
        let space = Space::new(space, ADDRESSES);
        let (threads, thread_objects) = (Vec::new(), Made::default());
        Ok(Self { space, cnode, cspace_bits, objects, threads, thread_objects })
    }

    /// What is mapped where. What is done with it directly is freed with the process.
    pub fn space(&mut self) -> &mut Space {
        &mut self.space
    }

    /// The threads, in the order in which they were added.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The path from our CSpace to a slot of the process's.
    #[must_use]
    pub fn slot<T>(&self, cap: Cap<T>) -> SlotPath {
        // The guard is in the process's own capability to the CNode.
        SlotPath::with_depth(self.cnode, cap.pointer(), self.cspace_bits as u8)
    }

    /// Gives it a capability.
    ///
    /// # Errors
    /// What the kernel refuses: the slot is taken, or there is no such slot.
    pub fn give(&self, memory: &Memory, gift: Gift) -> Result<(), AllocationError> {
        let to = self.slot(Cap::<()>::at(gift.slot));
        Ok(gift.deliver(to, |source| memory.path(source))?)
    }

    /// Maps fresh memory at `address`, in whole pages, with this content at the address; the rest
    /// is zero. `ours` is our own space: the content is written through it.
    ///
    /// # Errors
    /// See [`Space::allocate`].
    pub fn load(
        &mut self,
        memory: &mut Memory,
        ours: &mut Space,
        address: u64,
        content: &[u8],
        access: Access,
    ) -> Result<(), AllocationError> {
        let memory_end = address.checked_add(content.len() as u64);
        let segment = Segment {
            memory: address..memory_end.ok_or(AllocationError::NoAddresses)?,
            content,
            access,
        };
        self.load_segment(memory, ours, &segment)
    }

    /// [`load`](Self::load) for a segment of an image.
    fn load_segment(
        &mut self,
        memory: &mut Memory,
        ours: &mut Space,
        segment: &Segment<'_>,
    ) -> Result<(), AllocationError> {
        let pages = segment.pages();
        let request = Request {
            place: Place::At(pages.start),
            guard_pages: 0,
            rights: segment.access.rights(),
            attributes: segment.access.attributes(),
            ..Request::bytes(pages.end - pages.start)
        };
        let offset = segment.memory.start - pages.start;
        let write = |window: &crate::window::Window| window.write_bytes(offset, segment.content);
        self.space.allocate_with(memory, request, ours, write).map(|_| ())
    }

    /// Adds a thread that does not run yet, with an IPC buffer and, unless `options.stack_pages`
    /// is 0, a stack. `options.parent` does not count: that is for programs.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn add_thread(
        &mut self,
        memory: &mut Memory,
        options: Options,
    ) -> Result<Thread, AllocationError> {
        let spaces = object::Space {
            cspace: self.cnode,
            guard: Some(self.guard()),
            vspace: self.space.space().vspace(),
        };
        let thread = Thread::create(memory, &mut self.space, spaces, options)?;
        let (thread, objects) = thread;
        self.thread_objects.append(objects);
        self.threads.push(thread.clone());
        Ok(thread)
    }

    /// Frees all that it took; its threads stop. What it made itself of memory that it was given
    /// goes with that memory.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn free(mut self, memory: &mut Memory) -> Result<(), AllocationError> {
        self.thread_objects.free(memory)?;
        self.space.clear(memory)?;
        self.objects.free(memory)
    }

    /// The guard that makes the numbers from 0 on the pointers of the slots.
    fn guard(&self) -> GuardWord {
        GuardWord { bits: (WORD_BITS - self.cspace_bits) as u8, guard: 0 }
    }
}
