//! What a test gets: memory and slots of its own, and short ways to make things of them.

use abi::{ObjectType, Rights};
use core::time::Duration;
use libsys::bootstrap::{AllocationError, Allocator};
use libsys::object::{
    Budget, CNode, ChosenSize, FixedSize, Notification, Page, SchedContext, SchedControl, Thread,
    Untyped,
};
use libsys::window::{MemoryKind, Window};
use libsys::worker::{Options, Worker};
use libsys::{Badge, BootInfo, Cap, SlotPath, initial};

use super::board::Board;
use super::helper::Helper;
use super::image::Image;
use super::outcome::{Ending, Outcome};

/// The surroundings of one test. What it makes is revoked behind it.
pub struct World {
    /// Memory (16 MiB) and slots (about 2000) of this test.
    pub allocator: Allocator,
    /// The boot information.
    pub boot: &'static BootInfo,
    image: Image,
    clock: Cap<Page>,
    bell: Cap<Notification>,
    settler: Option<Settler>,
}

/// A thread of the lowest priority: when it runs, all others are blocked.
#[derive(Clone, Copy)]
struct Settler {
    request: Cap<Notification>,
    answer: Cap<Notification>,
}

impl World {
    pub(super) fn new(
        mut allocator: Allocator,
        boot: &'static BootInfo,
        image: Image,
        clock: Cap<Page>,
    ) -> Result<Self, AllocationError> {
        Board::shared().clear();
        super::helper::forget_all();
        let bell = allocator.create::<Notification>()?;
        Ok(Self { allocator, boot, image, clock, bell, settler: None })
    }

    /// The kernel's image.
    pub fn image(&self) -> Image {
        self.image
    }

    /// Number of cores.
    pub fn cores(&self) -> u64 {
        self.boot.node_count
    }

    /// Words shared with the helpers of this test.
    pub fn board(&self) -> &'static Board {
        Board::shared()
    }
}

/// Objects and capabilities.
impl World {
    /// An empty slot, as the pointer of what will be in it.
    pub fn slot<T>(&mut self) -> Outcome<Cap<T>> {
        Ok(self.allocator.slot()?)
    }

    /// The path to a slot of the root CNode.
    pub fn path<T>(&self, cap: Cap<T>) -> SlotPath {
        self.allocator.path(cap)
    }

    /// A new object of a type with one size.
    pub fn create<T: FixedSize>(&mut self) -> Outcome<Cap<T>> {
        Ok(self.allocator.create()?)
    }

    /// A new object of a chosen size.
    pub fn create_sized<T: ChosenSize>(&mut self, size: u32) -> Outcome<Cap<T>> {
        Ok(self.allocator.create_sized(size)?)
    }

    /// Fresh untyped memory of `1 << bits` bytes.
    pub fn untyped(&mut self, bits: u32) -> Outcome<Cap<Untyped>> {
        self.create_sized(bits)
    }

    /// A new CNode of `1 << radix` slots whose guard makes plain numbers valid addresses.
    pub fn cnode(&mut self, radix: u32) -> Outcome<Cap<CNode>> {
        let fresh = self.create_sized::<CNode>(radix)?;
        let guarded = self.slot::<CNode>()?;
        let bits = u8::try_from(64 - radix).unwrap_or(63).min(63);
        let guard = abi::GuardWord { bits, guard: 0 };
        self.path(guarded).mutate_from(self.path(fresh), guard)?;
        Ok(guarded)
    }

    /// A new object of a type known at run time only.
    pub fn make(&mut self, object: ObjectType, size: u32) -> Outcome<Cap<()>> {
        Ok(Cap::at(self.allocator.make(object, size, 1)?.start))
    }

    /// A copy with at most these rights.
    pub fn copy<T>(&mut self, cap: Cap<T>, rights: Rights) -> Outcome<Cap<T>> {
        let copy = self.slot()?;
        self.path(copy).copy_from(self.path(cap), rights)?;
        Ok(copy)
    }

    /// A copy with a badge.
    pub fn mint<T>(&mut self, cap: Cap<T>, rights: Rights, badge: u64) -> Outcome<Cap<T>> {
        let copy = self.slot()?;
        self.path(copy).mint_from(self.path(cap), rights, Badge(badge))?;
        Ok(copy)
    }

    /// Deletes a capability.
    pub fn delete<T>(&self, cap: Cap<T>) -> Outcome {
        Ok(self.path(cap).delete()?)
    }

    /// Revokes a capability.
    pub fn revoke<T>(&self, cap: Cap<T>) -> Outcome {
        Ok(self.path(cap).revoke()?)
    }

    /// Whether a slot of the root CNode is empty.
    pub fn is_empty<T>(&self, cap: Cap<T>) -> bool {
        self.path(cap).is_occupied() == Ok(false)
    }

    /// Fresh memory mapped in the root thread's address space.
    pub fn window(&mut self, pages: u64) -> Outcome<Window> {
        Ok(Window::fresh(&mut self.allocator, pages)?)
    }

    /// A whole block of device memory that nothing else uses; revoked after the test.
    pub fn device_untyped(&self) -> Outcome<(Cap<Untyped>, u64, u32)> {
        device_block(self.boot).ok_or(Ending::Skipped("no device memory above the console"))
    }

    /// The registers of the machine's clock, which can interrupt.
    pub fn clock(&mut self) -> Outcome<Window> {
        if self.clock == Cap::NULL {
            return Err(Ending::Skipped("no clock"));
        }
        let page = self.copy(self.clock, Rights::ALL)?;
        Ok(Window::map(&mut self.allocator, page, MemoryKind::Device)?)
    }

    /// Authority over the time of a core.
    pub fn sched_control(&self, core: u64) -> Cap<SchedControl> {
        initial::sched_control(self.boot, core).unwrap_or(Cap::NULL)
    }
}

/// The largest block of device memory: never the one with the console.
pub(super) fn device_block(boot: &BootInfo) -> Option<(Cap<Untyped>, u64, u32)> {
    let blocks = boot.untyped.slots().zip(&boot.untyped_list);
    let devices = blocks.filter(|(_, entry)| entry.is_device != 0 && entry.size_bits >= 28);
    let (slot, entry) = devices.max_by_key(|(_, entry)| entry.size_bits)?;
    Some((Cap::at(slot), entry.address, entry.size_bits.into()))
}

/// Threads.
impl World {
    /// Options of a helper on core 0: 10 ms round robin, 16 KiB of stack, no fault handler.
    pub fn options(&self, priority: u8) -> Options {
        Options { priority, ..Options::new(self.sched_control(0)) }
    }

    /// A helper that runs a closure.
    pub fn spawn<F>(&mut self, priority: u8, closure: F) -> Outcome<Helper>
    where
        F: FnOnce() + Copy + Send + 'static,
    {
        self.spawn_with(self.options(priority), closure)
    }

    /// A helper with chosen options that runs a closure.
    pub fn spawn_with<F>(&mut self, options: Options, closure: F) -> Outcome<Helper>
    where
        F: FnOnce() + Copy + Send + 'static,
    {
        let helper = self.helper(options)?;
        helper.start(closure)?;
        Ok(helper)
    }

    /// A helper that does not run yet.
    pub fn helper(&mut self, options: Options) -> Outcome<Helper> {
        let worker = Worker::create(&mut self.allocator, options)?;
        Ok(Helper::new(worker, self.bell))
    }

    /// Options of a passive helper: no scheduling context.
    pub fn passive(&self, priority: u8) -> Options {
        Options { time: None, ..self.options(priority) }
    }

    /// A bare thread: this CSpace and address space, no IPC buffer, no time, priority 0.
    pub fn thread(&mut self) -> Outcome<Cap<Thread>> {
        let thread = self.create::<Thread>()?;
        let space = libsys::object::Space::new(initial::CNODE, initial::VSPACE);
        thread.configure(space, 0, Cap::<libsys::object::Page>::NULL)?;
        Ok(thread)
    }

    /// A scheduling context of 10 ms round robin on a core, without refills beyond two.
    pub fn context(&mut self, core: u64) -> Outcome<Cap<SchedContext>> {
        self.context_with(core, Budget::round_robin(Duration::from_millis(10)))
    }

    /// A scheduling context with a chosen budget.
    pub fn context_with(&mut self, core: u64, time: Budget) -> Outcome<Cap<SchedContext>> {
        let control = self.sched_control(core);
        Ok(libsys::worker::new_context(&mut self.allocator, control, time)?)
    }

    /// Waits until every thread of core 0 with a priority of 1 or more is blocked (or waits for
    /// its time).
    pub fn settle(&mut self) -> Outcome {
        let settler = match self.settler {
            Some(settler) => settler,
            None => self.start_settler()?,
        };
        settler.request.signal();
        settler.answer.wait();
        Ok(())
    }

    fn start_settler(&mut self) -> Outcome<Settler> {
        let settler = Settler { request: self.create()?, answer: self.create()? };
        self.spawn(0, move || {
            loop {
                settler.request.wait();
                settler.answer.signal();
            }
        })?;
        self.settler = Some(settler);
        Ok(settler)
    }
}
