//! A thread in an address space of its own.

use abi::{PAGE_BITS, Rights, VmAttributes};

use crate::bootstrap::{AddressSpace, AllocationError, Allocator};
use crate::cap::Cap;
use crate::initial;
use crate::memory::Objects;
use crate::object::{CNode, Page, SchedContext, Space, Thread, UserContext};
use crate::window::{MemoryKind, Window};
use crate::worker::{Options, new_context};

/// An address space with one thread.
#[derive(Debug)]
pub struct Process {
    /// The address space.
    pub space: AddressSpace,
    /// The thread.
    pub thread: Cap<Thread>,
    /// Its scheduling context; [`Cap::NULL`] without one.
    pub context: Cap<SchedContext>,
}

impl Process {
    /// Makes a thread with an empty address space, this CSpace and no IPC buffer.
    /// `options.stack_pages` is not used: map a stack where it should be.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn create(
        objects: &mut impl Objects,
        cspace: Cap<CNode>,
        options: Options,
    ) -> Result<Self, AllocationError> {
        let space = AddressSpace::create(objects)?;
        let thread = objects.create::<Thread>()?;
        thread.configure(Space::new(cspace, space.vspace()), 0, Cap::<Page>::NULL)?;
        let context = match options.time {
            Some(time) => new_context(objects, options.core, time)?,
            None => Cap::NULL,
        };
        let (priority, handler) = (options.priority, options.fault_handler);
        thread.set_sched_params(initial::THREAD, priority, priority, context, handler)?;
        Ok(Self { space, thread, context })
    }

    /// Puts a fresh page with `content` (at most 4096 bytes, the rest is zero) at `address` of
    /// the process. Executable unless it is writable.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn load(
        &self,
        allocator: &mut Allocator,
        address: u64,
        content: &[u8],
        rights: Rights,
    ) -> Result<Cap<Page>, AllocationError> {
        let page = allocator.create::<Page>()?;
        let window = Window::map(allocator, page, MemoryKind::Ram)?;
        window.write_bytes(0, content);
        page.unify_instruction(0..1 << PAGE_BITS)?;
        page.unmap()?;
        let execute_never = rights.contains(Rights::WRITE);
        let attributes = VmAttributes { cacheable: true, execute_never };
        self.space.map(allocator, page, address, rights, attributes)?;
        Ok(page)
    }

    /// Gives the thread the page at `address` as IPC buffer.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn set_ipc_buffer(&self, address: u64, page: Cap<Page>) -> Result<(), AllocationError> {
        Ok(self.thread.set_ipc_buffer(address, page)?)
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn start(&self, registers: &UserContext) -> Result<(), AllocationError> {
        Ok(self.thread.write_registers(true, registers)?)
    }
}
