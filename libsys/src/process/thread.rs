//! Threads of a process.

use core::ops::Range;

use crate::bootstrap::AllocationError;
use crate::cap::Cap;
use crate::memory::{Frame, Made, Memory, Objects, Request, Sizes, Space};
use crate::object::{self, Page, SchedContext, UserContext};
use crate::worker::{self, Options};

const PAGE_SIZE: u64 = 1 << abi::PAGE_BITS;

/// A thread of a [`Process`](super::Process). It lives as long as that.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use libsys::memory::Memory;
/// use libsys::process::Process;
/// use libsys::worker::Options;
///
/// /// A second thread of a process, below its first.
/// fn second(
///     process: &mut Process,
///     memory: &mut Memory,
///     first: Options,
///     code: u64,
/// ) -> Result<(), AllocationError> {
///     let options = Options { priority: first.priority - 1, ..first };
///     let thread = process.add_thread(memory, options)?;
///     thread.start(code, thread.stack.end)
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The thread.
    pub thread: Cap<object::Thread>,
    /// Its scheduling context; [`Cap::NULL`] without one.
    pub context: Cap<SchedContext>,
    /// Address of its IPC buffer, in a page of its own.
    pub ipc_buffer: u64,
    /// Addresses of its stack, perhaps none. The pages below and above are not mapped.
    pub stack: Range<u64>,
}

impl Thread {
    /// Makes one, and nothing if that fails.
    pub(super) fn create(
        memory: &mut Memory,
        space: &mut Space,
        spaces: object::Space,
        options: Options,
    ) -> Result<(Self, Made), AllocationError> {
        space.all_or_nothing(memory, |space, memory| {
            let ipc_buffer = space.allocate(memory, pages(1))?.start;
            let stack = match options.stack_pages {
                0 => 0..0,
                count => space.allocate(memory, pages(count))?,
            };
            let page = frame_at(space, ipc_buffer)?;
            let ((thread, context), made) = memory.all_or_nothing(|objects| {
                let thread = objects.create::<object::Thread>()?;
                thread.configure(spaces, ipc_buffer, page)?;
                Ok((thread, worker::schedule(objects, thread, options)?))
            })?;
            Ok((Self { thread, context, ipc_buffer, stack }, made))
        })
    }

    /// Starts it at an address with a stack pointer, or starts it again.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn start(&self, pc: u64, sp: u64) -> Result<(), AllocationError> {
        self.start_with(&UserContext::starting_at(pc, sp))
    }

    /// Starts it with these registers.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn start_with(&self, registers: &UserContext) -> Result<(), AllocationError> {
        Ok(self.thread.write_registers(true, registers)?)
    }
}

/// So many pages, with a page on both sides that is never mapped.
fn pages(count: u64) -> Request {
    Request { sizes: Sizes::Small, ..Request::bytes(count.saturating_mul(PAGE_SIZE)) }
}

/// The page of memory that was asked for in small pages.
fn frame_at(space: &Space, address: u64) -> Result<Cap<Page>, AllocationError> {
    match space.lookup(address) {
        Some((_, Frame::Small(page))) => Ok(page),
        _ => Err(AllocationError::NotOurs(address)),
    }
}
