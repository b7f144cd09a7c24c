//! Helpers in an address space of their own: they see the suite's image, their stack and IPC
//! buffer, and what is shared with them, all at the addresses that the root thread uses.

use abi::registers::Register;
use abi::{PAGE_BITS, Rights, VmAttributes};
use libsys::Cap;
use libsys::bootstrap::AddressSpace;
use libsys::initial;
use libsys::object::{Page, SchedContext, Space, Thread};
use libsys::window::{MemoryKind, Window};
use libsys::worker::{Options, Worker};

use super::closure::{self, Shared};
use super::outcome::Outcome;
use super::world::World;

const PAGE: u64 = 1 << PAGE_BITS;
/// Pages of the stack above the one that both sides map.
const STACK_PAGES: u64 = 7;

/// A helper that shares only what it is given.
pub struct Neighbour {
    worker: Worker,
    space: AddressSpace,
    /// The lowest page of its stack: where its closure travels.
    door: Window,
}

impl World {
    /// A helper in an address space of its own that does not run yet.
    pub fn neighbour(&mut self, priority: u8) -> Outcome<Neighbour> {
        self.neighbour_with(self.options(priority))
    }

    /// A neighbour with chosen options, except for its stack.
    pub fn neighbour_with(&mut self, options: Options) -> Outcome<Neighbour> {
        let options = Options { stack_pages: 1, ..options };
        let worker = Worker::create(&mut self.allocator, options)?;
        let space = AddressSpace::create(&mut self.allocator)?;
        let bytes = self.boot.image_frames.len() * PAGE;
        let image = (self.boot.ipc_buffer - bytes..self.boot.ipc_buffer).step_by(1 << PAGE_BITS);
        for (slot, address) in self.boot.image_frames.slots().zip(image) {
            self.map_too(space, Cap::at(slot), address)?;
        }
        let door_page = self.create::<Page>()?;
        let door = Window::map(&mut self.allocator, door_page, MemoryKind::Ram)?;
        self.map_too(space, door_page, door.address())?;
        for number in 0..STACK_PAGES {
            let (page, address) = (self.create::<Page>()?, door.end() + number * PAGE);
            let default = VmAttributes::DEFAULT;
            space.map(&mut self.allocator, page, address, Rights::READ_WRITE, default)?;
        }
        let buffer = self.map_too(space, worker.buffer_page, worker.buffer.address())?;
        let spaces = Space::new(initial::CNODE, space.vspace());
        worker.thread.configure(spaces, worker.buffer.address(), buffer)?;
        Ok(Neighbour { worker, space, door })
    }

    /// A fresh page that this neighbour sees as well, and what to tell it.
    pub fn shared_with(&mut self, neighbour: &Neighbour) -> Outcome<(Window, Shared)> {
        let page = self.create::<Page>()?;
        let window = Window::map(&mut self.allocator, page, MemoryKind::Ram)?;
        self.map_too(neighbour.space, page, window.address())?;
        let shared = Shared::of(&window);
        Ok((window, shared))
    }

    /// Maps a copy of a page's capability.
    fn map_too(&mut self, space: AddressSpace, page: Cap<Page>, at: u64) -> Outcome<Cap<Page>> {
        let copy = self.copy(page, Rights::ALL)?;
        let default = VmAttributes::DEFAULT;
        space.map(&mut self.allocator, copy, at, Rights::READ_WRITE, default)?;
        Ok(copy)
    }
}

impl Neighbour {
    /// The thread.
    pub fn thread(&self) -> Cap<Thread> {
        self.worker.thread
    }

    /// Its scheduling context.
    pub fn context(&self) -> Cap<SchedContext> {
        self.worker.context
    }

    /// Starts the thread with a closure.
    pub fn start<F>(&self, closure: F) -> Outcome
    where
        F: FnOnce() + Copy + Send + 'static,
    {
        let (entry, argument) = closure::place(&self.door, closure);
        let stack = self.door.end() + STACK_PAGES * PAGE;
        let registers = self.worker.registers(entry, argument).with(Register::Sp, stack);
        Ok(self.worker.thread.write_registers(true, &registers)?)
    }
}
