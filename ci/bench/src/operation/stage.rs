//! Where operations take place: address spaces with the stubs in them, and threads that run them.

use abi::registers::Register;
use abi::{PAGE_BITS, Rights, VmAttributes};
use libsys::bootstrap::{AddressSpace, AllocationError, Allocator};
use libsys::object::{Notification, Page, SchedContext, SchedControl, Space, Thread, UserContext};
use libsys::window::{MemoryKind, Window};
use libsys::worker::{self, Options, Worker};
use libsys::{Cap, MessageInfo, initial};

use super::{PLENTY, REPETITIONS};
use crate::machine::stub::{self, Stub};
use crate::{Bench, Outcome, priority};

/// Bytes, as a power of two, and slots for one operation.
const MEMORY_BITS: u32 = 23;
const SLOTS: u64 = 384;

/// Everything that one operation has made.
pub(super) struct Stage {
    /// Memory and slots, to be taken back.
    pub(super) own: Allocator,
    /// Authority over the time of this core.
    pub(super) control: Cap<SchedControl>,
    /// Signalled when the client has done its work.
    pub(super) done: Cap<Notification>,
    code: Cap<Page>,
    /// Where the stubs are, in all address spaces.
    code_address: u64,
}

/// An address space with the stubs.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// This program's.
    Here,
    /// One of its own.
    Apart(AddressSpace),
}

impl Stage {
    /// An empty stage.
    pub(super) fn new(bench: &mut Bench) -> Result<Self, AllocationError> {
        let mut own = match bench.spare.take() {
            Some(own) => own,
            None => bench.system.allocator.subset(MEMORY_BITS, SLOTS)?,
        };
        let done = own.create()?;
        let code = own.create::<Page>()?;
        let window = Window::map(&mut own, code, MemoryKind::Ram)?;
        window.write_bytes(0, stub::code());
        code.unify_instruction(0..1 << PAGE_BITS)?;
        let code_address = window.address();
        code.map(initial::VSPACE, code_address, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
        Ok(Self { own, control: bench.control, done, code, code_address })
    }

    /// Another address space.
    pub(super) fn place_apart(&mut self) -> Result<Place, AllocationError> {
        let space = AddressSpace::create(&mut self.own)?;
        let code = self.own.slot::<Page>()?;
        self.own.path(code).copy_from(self.own.path(self.code), Rights::ALL)?;
        let attributes = VmAttributes::DEFAULT;
        space.map(&mut self.own, code, self.code_address, Rights::READ_WRITE, attributes)?;
        Ok(Place::Apart(space))
    }

    /// A thread with an IPC buffer, which is the answered window too.
    pub(super) fn thread(
        &mut self,
        place: Place,
    ) -> Result<(Cap<Thread>, Window), AllocationError> {
        let thread = self.own.create::<Thread>()?;
        let page = self.own.create::<Page>()?;
        let buffer = Window::map(&mut self.own, page, MemoryKind::Ram)?;
        let vspace = match place {
            Place::Here => initial::VSPACE,
            Place::Apart(space) => {
                let copy = self.own.slot::<Page>()?;
                self.own.path(copy).copy_from(self.own.path(page), Rights::ALL)?;
                let (rights, attributes) = (Rights::READ_WRITE, VmAttributes::DEFAULT);
                space.map(&mut self.own, copy, buffer.address(), rights, attributes)?;
                space.vspace()
            }
        };
        thread.configure(Space::new(initial::CNODE, vspace), buffer.address(), page)?;
        thread.set_priority(initial::THREAD, priority::HELPER)?;
        Ok((thread, buffer))
    }

    /// A thread that can run any code of this program, with time that does not end.
    pub(super) fn worker(&mut self, priority: u8) -> Result<Worker, AllocationError> {
        let options = Options { priority, time: Some(PLENTY), ..Options::new(self.control) };
        Worker::create(&mut self.own, options)
    }

    /// Time that does not end, for a thread.
    pub(super) fn time(&mut self) -> Result<Cap<SchedContext>, AllocationError> {
        worker::new_context(&mut self.own, self.control, PLENTY)
    }

    /// Registers to run a stub with.
    pub(super) fn registers(&self, stub: Stub, loops: Loop) -> UserContext {
        UserContext::starting_at(self.code_address + stub.offset(), 0)
            .with(Register::X(6), loops.reply)
            .with(Register::X(19), loops.target)
            .with(Register::X(20), loops.call)
            .with(Register::X(21), loops.info.0)
            .with(Register::X(22), REPETITIONS)
            .with(Register::X(23), self.done.pointer())
    }

    /// Waits until the client has done its work.
    pub(super) fn wait(&self) {
        self.done.wait();
    }

    /// Takes everything back, for the next stage.
    pub(super) fn clear(mut self, bench: &mut Bench) -> Outcome {
        self.own.reclaim()?;
        bench.spare = Some(self.own);
        Ok(())
    }
}

/// What a stub does again and again.
#[derive(Clone, Copy)]
pub(super) struct Loop {
    /// The number of the system call,
    pub(super) call: u64,
    /// on this capability,
    pub(super) target: u64,
    /// with this reply object
    pub(super) reply: u64,
    /// and this message.
    pub(super) info: MessageInfo,
}

/// Lets the helpers run until all of them are blocked.
pub(super) fn settle() -> Outcome {
    initial::THREAD.set_priority(initial::THREAD, priority::LOWERED)?;
    Ok(initial::THREAD.set_priority(initial::THREAD, priority::OWN)?)
}

/// What a thread does that has nothing to do any more.
pub(super) fn rest() -> ! {
    loop {
        // Nobody resumes it.
        let _ = libsys::current_thread().suspend();
    }
}
