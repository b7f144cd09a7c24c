//! Components: processes whose memory the pager keeps.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Range;

use libsys::bootstrap::AllocationError;
use libsys::exit::Parent;
use libsys::memory::Memory;
use libsys::object::Endpoint;
use libsys::pager::{Refusal, Usage};
use libsys::process::{Gift, Handover, Image, Process, Thread, slots};
use libsys::server::Origin;
use libsys::worker::Options;
use libsys::{Badge, Cap, Rights, initial, pager};

use super::client::ClientId;
use super::images::PagedImage;
use super::service::Service;
use super::{Kernel, PagedSpace};

/// Pages that the pager manages in a component: from where programs are linked to, up to 64 GiB.
const ROOM: Range<u64> = 0x200..0x100_0000;
/// `log2` of the slots of a component's CSpace.
const CSPACE_BITS: u32 = 8;

/// Why there is no component.
///
/// ```
/// use libsys::pager::Refusal;
/// use root_task::pager::LaunchError;
///
/// assert_eq!(LaunchError::from(Refusal::Quota).to_string(), "the quota is used up");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LaunchError {
    /// What the process needs is not there.
    Allocation(AllocationError),
    /// The pager refuses.
    Pager(Refusal),
}

impl From<AllocationError> for LaunchError {
    fn from(reason: AllocationError) -> Self {
        Self::Allocation(reason)
    }
}

impl From<abi::Error> for LaunchError {
    fn from(reason: abi::Error) -> Self {
        Self::Allocation(reason.into())
    }
}

impl From<Refusal> for LaunchError {
    fn from(reason: Refusal) -> Self {
        Self::Pager(reason)
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allocation(reason) => reason.fmt(f),
            Self::Pager(reason) => reason.fmt(f),
        }
    }
}

impl core::error::Error for LaunchError {}

/// What to start.
///
/// ```no_run
/// use libsys::worker::Options;
/// use root_task::pager::{Launch, PagedImage};
///
/// /// At most 1 MiB of memory, tables included.
/// fn small(image: &PagedImage, options: Options) -> Launch<'_> {
///     Launch { quota: 256, ..Launch::new(image, options) }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The program.
    pub image: &'a PagedImage,
    /// How its thread runs. Fault handler and parent are the pager.
    pub options: Options,
    /// Pages and tables that it may have.
    pub quota: u64,
    /// A number for its main function.
    pub argument: u64,
    /// Capabilities for it, besides those that every component has.
    pub gifts: &'a [Gift],
}

impl<'a> Launch<'a> {
    /// 4 MiB, argument 0, no gifts.
    #[must_use]
    pub const fn new(image: &'a PagedImage, options: Options) -> Self {
        Self { image, options, quota: 1024, argument: 0, gifts: &[] }
    }
}

/// A component: a client of the pager with a process.
///
/// ```no_run
/// use libsys::bootstrap::AllocationError;
/// use root_task::pager::Component;
///
/// /// Starts a program again, which finds its variables as it left them.
/// fn again(component: &Component) -> Result<(), AllocationError> {
///     component.run(2)
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it can no longer be freed"]
pub struct Component {
    /// Its number.
    pub client: ClientId,
    process: Process,
    thread: Thread,
    entry: u64,
}

impl Component {
    /// Starts its thread from the program's entry point, with what it has in memory.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn run(&self, argument: u64) -> Result<(), AllocationError> {
        let parent = Parent::Endpoint(slots::PARENT);
        let ipc_buffer = self.thread.ipc_buffer;
        let handover = Handover { argument, ipc_buffer, thread: initial::THREAD, parent };
        self.thread.start_with(&handover.registers(self.entry))
    }

    /// Starts its thread at any address, with a stack pointer.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn run_at(&self, address: u64, stack: u64) -> Result<(), AllocationError> {
        self.thread.start(address, stack)
    }
}

impl Service {
    /// Learns a program.
    pub fn learn(&self, image: &Image<'static>) -> PagedImage {
        let mut pager = self.pager.lock();
        self.images.lock().add(&mut pager, image)
    }

    /// Forgets a program. Components that run it keep what they have.
    ///
    /// # Errors
    /// `Kernel`.
    pub fn forget(&self, image: PagedImage) -> Result<(), Refusal> {
        image.forget(&mut self.pager.lock())
    }

    /// Makes a component with a program in it, and starts it.
    ///
    /// # Errors
    /// Too little memory, what the kernel refuses, or the pager. Nothing is left then.
    pub fn launch(self: &Arc<Self>, launch: &Launch<'_>) -> Result<Component, LaunchError> {
        let component = self.build(launch, |service, client| {
            launch.image.add_to(&mut service.pager.lock(), client)
        })?;
        self.begin(component, launch.argument)
    }

    /// Makes a component with a copy of all memory of another, which does not run meanwhile,
    /// and starts it from the entry point. Pages are shared until one side writes.
    ///
    /// # Errors
    /// As for [`launch`](Self::launch).
    pub fn clone_component(
        self: &Arc<Self>,
        of: &Component,
        launch: &Launch<'_>,
    ) -> Result<Component, LaunchError> {
        let component = self.build(launch, |service, client| {
            service.pager.lock().clone_client(of.client, client)
        })?;
        self.begin(component, launch.argument)
    }

    /// Stops a component, and takes back all that it had.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn stop(&self, component: Component) -> Result<(), LaunchError> {
        let Component { client, process, .. } = component;
        self.still(client);
        let dismissed = self.remove_servers_of(client);
        self.clear(client, process)?;
        Ok(dismissed?)
    }

    /// Takes back all that a client had, and its process. What is refused does not keep the rest.
    fn clear(&self, client: ClientId, process: Process) -> Result<(), LaunchError> {
        let mut pager = self.pager.lock();
        self.threads.lock().remove(&client);
        let removed = match pager.remove_client(client) {
            Ok(space) => pager.machine.release(space).map_err(LaunchError::from),
            Err(refusal) => Err(refusal.into()),
        };
        let freed = process.free(&mut pager.machine.memory);
        drop(pager);
        // Its fault may be one of those that wait.
        self.fetched.signal();
        removed?;
        Ok(freed?)
    }

    /// What a component has.
    #[must_use]
    pub fn usage(&self, component: &Component) -> Usage {
        self.pager.lock().usage(component.client).unwrap_or_default()
    }

    fn begin(&self, component: Component, argument: u64) -> Result<Component, LaunchError> {
        match component.run(argument) {
            Ok(()) => Ok(component),
            Err(reason) => {
                self.stop(component)?;
                Err(reason.into())
            }
        }
    }

    /// A process with a client, whose memory `furnish` arranges.
    fn build(
        &self,
        launch: &Launch<'_>,
        furnish: impl FnOnce(&Self, ClientId) -> Result<(), Refusal>,
    ) -> Result<Component, LaunchError> {
        let (client, mut process) = {
            let mut pager = self.pager.lock();
            let mut process = pager
                .making_room(|pager| Process::create(&mut pager.machine.memory, CSPACE_BITS))?;
            let space = PagedSpace::new(process.space().space());
            (pager.add_client(space, ROOM, launch.quota), process)
        };
        let furnished = furnish(self, client).map_err(LaunchError::from);
        let thread = furnished.and_then(|()| self.equip(&mut process, client, launch));
        match thread {
            Ok(thread) => Ok(Component { client, process, thread, entry: launch.image.entry() }),
            Err(reason) => {
                self.clear(client, process)?;
                Err(reason)
            }
        }
    }

    /// Gives a process its thread and its capabilities.
    fn equip(
        &self,
        process: &mut Process,
        client: ClientId,
        launch: &Launch<'_>,
    ) -> Result<Thread, LaunchError> {
        let mut pager = self.pager.lock();
        let Kernel { memory, .. } = &mut pager.machine;
        let handler = memory.slot::<Endpoint>()?;
        let badge = Origin::fault_badge(client.number());
        let minted = memory.path(handler).mint_from(memory.path(self.endpoint), Rights::ALL, badge);
        let options = Options { stack_pages: 0, fault_handler: handler, ..launch.options };
        let thread = match minted {
            Ok(()) => {
                pager.making_room(|pager| process.add_thread(&mut pager.machine.memory, options))
            }
            Err(reason) => Err(reason.into()),
        };
        let Kernel { memory, .. } = &mut pager.machine;
        // The thread has a copy of its own.
        memory.free_slot(handler)?;
        let thread = thread?;
        self.threads.lock().insert(client, thread.thread);
        self.give(process, memory, client, &thread, launch.gifts)?;
        Ok(thread)
    }

    fn give(
        &self,
        process: &Process,
        memory: &Memory,
        client: ClientId,
        thread: &Thread,
        gifts: &[Gift],
    ) -> Result<(), AllocationError> {
        let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
        let to_pager = |slot: Cap<Endpoint>| {
            Gift::new(slot, self.endpoint, rights).badged(Badge(client.number()))
        };
        process.give(memory, Gift::new(initial::THREAD, thread.thread, Rights::ALL))?;
        for slot in [slots::PARENT, slots::CONSOLE, pager::SERVER] {
            process.give(memory, to_pager(slot))?;
        }
        gifts.iter().try_for_each(|gift| process.give(memory, *gift))
    }
}
