//! Workers: further threads in the initial thread's address space and CSpace.

use abi::object::MIN_SCHED_CONTEXT_BITS;
use abi::registers::Register;
use core::time::Duration;

use crate::bootstrap::{AllocationError, Allocator};
use crate::cap::Cap;
use crate::exit::Parent;
use crate::memory::{self, Frame, Made, Memory, Objects, Request, Sizes};
use crate::object::{
    Budget, Endpoint, Page, SchedContext, SchedControl, Space, Thread, UserContext,
};
use crate::window::{MemoryKind, Window};
use crate::{current_thread, initial, machine};
use machine::Identity;

/// Bytes of a page.
const PAGE: u64 = 1 << abi::PAGE_BITS;

/// A worker's code: gets the argument in x0 and never returns.
///
/// ```
/// use libsys::worker::Entry;
///
/// extern "C" fn idle(_argument: u64) -> ! {
///     loop {
///         libsys::time::next_period();
///     }
/// }
///
/// let entry: Entry = idle;
/// # let _ = entry;
/// ```
pub type Entry = extern "C" fn(u64) -> !;

/// How a worker runs.
///
/// ```
/// use core::time::Duration;
/// use libsys::Cap;
/// use libsys::object::{Budget, SchedControl};
/// use libsys::worker::Options;
///
/// /// Below everybody else, for a tenth of the time, with a large stack.
/// fn background(core: Cap<SchedControl>) -> Options {
///     let time = Budget::periodic(Duration::from_millis(1), Duration::from_millis(10));
///     Options { priority: 1, time: Some(time), stack_pages: 64, ..Options::new(core) }
/// }
/// assert_eq!(background(Cap::at(16)).priority, 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Priority, and the maximum that the worker may give to others.
    pub priority: u8,
    /// The worker's time; `None`: no scheduling context (the worker runs on its callers').
    pub time: Option<Budget>,
    /// Authority over the time of the core to run on. Needed with `time` only.
    pub core: Cap<SchedControl>,
    /// Who is told about faults; [`Cap::NULL`]: nobody.
    pub fault_handler: Cap<Endpoint>,
    /// Who is told when its time is used up; [`Cap::NULL`]: nobody, it waits for more.
    pub timeout_handler: Cap<Endpoint>,
    /// Pages of 4 KiB for the stack. The page below is never mapped.
    pub stack_pages: u64,
    /// Who is told when the thread ends: an endpoint in the thread's own CSpace.
    pub parent: Parent,
}

impl Options {
    /// Priority 255, 10 ms round robin on this core, no fault handler, 16 KiB of stack.
    #[must_use]
    pub const fn new(core: Cap<SchedControl>) -> Self {
        Self {
            priority: abi::MAX_PRIORITY,
            time: Some(Budget::round_robin(Duration::from_millis(10))),
            core,
            fault_handler: Cap::NULL,
            timeout_handler: Cap::NULL,
            stack_pages: 4,
            parent: Parent::Nobody,
        }
    }
}

/// A thread with its stack, IPC buffer and scheduling context.
///
/// ```no_run
/// use libsys::bootstrap::{AllocationError, Allocator};
/// use libsys::worker::{Options, Worker};
///
/// extern "C" fn count(from: u64) -> ! {
///     (from..).for_each(|number| libsys::println!("{number}"));
///     loop {
///         libsys::syscall::yield_now();
///     }
/// }
///
/// fn counter(allocator: &mut Allocator, options: Options) -> Result<Worker, AllocationError> {
///     let worker = Worker::create(allocator, options)?;
///     worker.start(count, 10)?;
///     Ok(worker)
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Worker {
    /// The thread.
    pub thread: Cap<Thread>,
    /// Its scheduling context; [`Cap::NULL`] without one.
    pub context: Cap<SchedContext>,
    /// The page of its IPC buffer, which starts at the first byte of [`buffer`](Self::buffer).
    pub buffer_page: Cap<Page>,
    /// The IPC buffer, as the creator sees it too.
    pub buffer: Window,
    /// The stack.
    pub stack: Window,
    thread_block: u64,
    /// What [`free`](Self::free) gives back.
    made: Made,
}

impl Worker {
    /// Makes a worker that does not run yet.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn create(allocator: &mut Allocator, options: Options) -> Result<Self, AllocationError> {
        let thread = allocator.create::<Thread>()?;
        let buffer_page = allocator.create::<Page>()?;
        let buffer = Window::map(allocator, buffer_page, MemoryKind::Ram)?;
        let stack = Window::fresh(allocator, options.stack_pages)?;
        Self::assemble(allocator, options, thread, (buffer_page, buffer), stack)
    }

    /// Makes a worker that does not run yet, in memory of the caller: a page for the IPC buffer and
    /// where the caller sees it, and the stack. Nobody else uses either while the worker lives.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses.
    pub fn with_memory(
        objects: &mut impl Objects,
        options: Options,
        buffer: (Cap<Page>, Window),
        stack: Window,
    ) -> Result<Self, AllocationError> {
        let thread = objects.create::<Thread>()?;
        Self::assemble(objects, options, thread, buffer, stack)
    }

    /// Makes a worker that does not run yet, of memory that can be freed. `space` is the initial
    /// thread's.
    ///
    /// # Errors
    /// Too little memory, or what the kernel refuses. `NotOurs`: another space.
    pub fn create_in(
        memory: &mut Memory,
        space: &mut memory::Space,
        options: Options,
    ) -> Result<Self, AllocationError> {
        let pages = |count: u64| Request { sizes: Sizes::Small, ..Request::bytes(count * PAGE) };
        space.all_or_nothing(memory, |space, memory| {
            let stack = space.allocate(memory, pages(options.stack_pages))?.start;
            let buffer = space.allocate(memory, pages(1))?.start;
            let windows = space.window(stack).zip(space.window(buffer));
            let (Some((stack, window)), Some((_, Frame::Small(page)))) =
                (windows, space.lookup(buffer))
            else {
                return Err(AllocationError::NotOurs(buffer));
            };
            let (mut worker, made) = memory.all_or_nothing(|objects| {
                let thread = objects.create::<Thread>()?;
                Self::assemble(objects, options, thread, (page, window), stack)
            })?;
            worker.made = made;
            Ok(worker)
        })
    }

    /// Frees what [`create_in`](Self::create_in) took; the thread stops.
    ///
    /// # Errors
    /// What the kernel refuses; `NotOurs` for what was not taken there.
    pub fn free(
        self,
        memory: &mut Memory,
        space: &mut memory::Space,
    ) -> Result<(), AllocationError> {
        self.made.free(memory)?;
        space.unmap(memory, self.buffer.address())?;
        space.unmap(memory, self.stack.address())
    }

    /// Puts the parts together.
    fn assemble(
        objects: &mut impl Objects,
        options: Options,
        thread: Cap<Thread>,
        (buffer_page, buffer): (Cap<Page>, Window),
        stack: Window,
    ) -> Result<Self, AllocationError> {
        let identity = Identity {
            thread,
            ipc_buffer: buffer.address(),
            stack: stack.address()..stack.end(),
            parent: options.parent.word(),
        };
        let thread_block = machine::place_block(&buffer, &identity);
        let space = Space::new(objects.cspace(), initial::VSPACE);
        thread.configure(space, buffer.address(), buffer_page)?;
        let context = schedule(objects, thread, options)?;
        Ok(Self {
            thread,
            context,
            buffer_page,
            buffer,
            stack,
            thread_block,
            made: Made::default(),
        })
    }

    /// The registers with which `entry` starts.
    #[must_use]
    pub fn registers(&self, entry: Entry, argument: u64) -> UserContext {
        UserContext::starting_at(entry as usize as u64, self.stack.end())
            .with(Register::X(0), argument)
            .with(Register::Tpidr, self.thread_block)
    }

    /// Starts the worker, or starts it again from the beginning.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn start(&self, entry: Entry, argument: u64) -> Result<(), AllocationError> {
        Ok(self.thread.write_registers(true, &self.registers(entry, argument))?)
    }
}

/// Gives a thread what it is scheduled by: its scheduling context, [`Cap::NULL`] without one.
pub(crate) fn schedule(
    objects: &mut impl Objects,
    thread: Cap<Thread>,
    options: Options,
) -> Result<Cap<SchedContext>, AllocationError> {
    let context = match options.time {
        Some(time) => new_context(objects, options.core, time)?,
        None => Cap::NULL,
    };
    let (priority, handler) = (options.priority, options.fault_handler);
    thread.set_sched_params(current_thread(), priority, priority, context, handler)?;
    if options.timeout_handler != Cap::NULL {
        thread.set_timeout_endpoint(options.timeout_handler)?;
    }
    Ok(context)
}

/// A configured scheduling context with room for the budget's refills.
///
/// # Errors
/// Too little memory, or what the kernel refuses.
pub fn new_context(
    objects: &mut impl Objects,
    core: Cap<SchedControl>,
    time: Budget,
) -> Result<Cap<SchedContext>, AllocationError> {
    let fits = |bits: &u32| abi::object::refill_capacity(*bits) >= time.extra_refills + 2;
    let bits = (MIN_SCHED_CONTEXT_BITS..32).find(fits).unwrap_or(32);
    let context = objects.create_sized::<SchedContext>(bits)?;
    core.configure(context, time)?;
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::rehearsal::{Stage, rehearse};

    #[test]
    fn a_worker_is_made_or_leaves_nothing() {
        let options = Options { timeout_handler: Cap::at(9), ..Options::new(Cap::at(8)) };
        let calls = rehearse(
            |Stage { memory, space, .. }| Worker::create_in(memory, space, options),
            |Stage { memory, space, .. }, worker| worker.free(memory, space),
        );
        assert!(calls > 10, "{calls}");
    }
}
