//! What there is at the start, of what the layout gives.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use libsys::bootstrap::{AllocationError, Allocator};
use libsys::layout::{Component, Kind, Missing};
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{
    AsidPool, Budget, CNode, Endpoint, Notification, Reply, SchedControl, Untyped,
};
use libsys::server::Origin;
use libsys::service::terminal::Terminal;
use libsys::worker::Options;
use libsys::{Cap, Error, ObjectType, Rights, initial, thread, time};

use super::IN_FLIGHT;
use super::console::{Console, Driven};

/// `log2` of the slots of the CSpace of programs: a CNode has two at least.
const EMPTY_CSPACE_BITS: u32 = 1;
/// The driver of the console, in the layout.
const CONSOLE: &str = "console";
/// How often those are looked for who wait for a time.
const TICK_PERIOD: Duration = Duration::from_millis(2);
const TICK_BUDGET: Duration = Duration::from_micros(100);

/// Why the server cannot begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Missing(Missing<'static>),
    Allocation(AllocationError),
    Refused(Error),
}

impl From<Missing<'static>> for Failure {
    fn from(missing: Missing<'static>) -> Self {
        Self::Missing(missing)
    }
}

impl From<AllocationError> for Failure {
    fn from(error: AllocationError) -> Self {
        Self::Allocation(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => write!(f, "{missing}"),
            Self::Allocation(error) => write!(f, "{error}"),
            Self::Refused(error) => write!(f, "{error:?}"),
        }
    }
}

/// What frames, spaces and threads are made of.
pub(crate) struct Resources {
    pub(crate) memory: Memory,
    /// This component's own address space.
    pub(crate) space: Space,
    pub(crate) asid_pool: Cap<AsidPool>,
    pub(crate) time: Cap<SchedControl>,
    /// Where programs fault to.
    pub(crate) endpoint: Cap<Endpoint>,
    /// The CSpace of programs: nothing is in it.
    pub(crate) nothing: Cap<CNode>,
    /// Slots that mappings had; they stay with mappings.
    slots: Vec<u64>,
}

impl Resources {
    /// An empty slot.
    pub(crate) fn slot(&mut self) -> Option<u64> {
        self.slots.pop().or_else(|| self.memory.slot::<()>().ok().map(Cap::pointer))
    }

    /// Empties a slot.
    pub(crate) fn give_back_slot(&mut self, slot: u64) {
        // It is a slot of ours.
        let _ = initial::CNODE.slot(slot).delete();
        self.slots.push(slot);
    }
}

/// Everything that the server consists of.
pub(crate) struct Parts {
    pub(crate) resources: Resources,
    pub(crate) endpoint: Cap<Endpoint>,
    pub(crate) bell: Cap<Notification>,
    pub(crate) console: Console,
    pub(crate) replies: Vec<Cap<Reply>>,
}

impl Parts {
    /// Makes them.
    ///
    /// # Errors
    /// The layout gives too little.
    pub(crate) fn make(component: &Component) -> Result<Self, Failure> {
        let untyped = component.find(Kind::Untyped, "linux_memory")?;
        let spare = component.find(Kind::Spare, "")?;
        let control = component.find(Kind::Control, "sched_control.0")?;
        let (time, asid_pool) = (Cap::at(control.value), component.asid_pool()?);
        let bits = untyped.extent as u32;
        let source = Cap::<Untyped>::at(untyped.value);
        let allocator =
            Allocator::over(initial::CNODE, source, bits, spare.value..spare.value + spare.extent);
        let mut memory = Memory::over(allocator);
        let mut space = Space::initial();
        let endpoint = memory.create::<Endpoint>()?;
        let nothing = memory.create_sized::<CNode>(EMPTY_CSPACE_BITS)?;
        let first = memory.make(ObjectType::Reply, 0, IN_FLIGHT as u64)?;
        let replies = first.map(Cap::at).collect();
        let bell = memory.create::<Notification>()?;
        if component.bell().is_ok() {
            // That one is for the disk, which waits for nothing else meanwhile.
            initial::THREAD.unbind_notification()?;
        }
        initial::THREAD.bind_notification(bell)?;
        super::checksums::learn(&mut memory, &mut space, time)?;
        start_ticking(&mut memory, &mut space, bell, time)?;
        // The supervisor's console, which a component has that no driver serves, can only print.
        let terminal = component.endpoint(CONSOLE).map(Terminal::new).ok();
        let console = match terminal.filter(|terminal| terminal.set_raw(true).is_ok()) {
            None => Console::Plain,
            Some(terminal) => {
                Console::Driven(Driven::start(&mut memory, &mut space, terminal, bell, time)?)
            }
        };
        let slots = Vec::new();
        let resources = Resources { memory, space, asid_pool, time, endpoint, nothing, slots };
        Ok(Self { resources, endpoint, bell, console, replies })
    }
}

/// Starts the thread that says that time has passed.
fn start_ticking(
    memory: &mut Memory,
    space: &mut Space,
    bell: Cap<Notification>,
    core: Cap<SchedControl>,
) -> Result<(), Failure> {
    let tick = memory.mint(bell, Rights::WRITE, Origin::signal_badge(0))?;
    let budget = Budget { sporadic: true, ..Budget::periodic(TICK_BUDGET, TICK_PERIOD) };
    let options = Options { priority: ATTENTIVE, time: Some(budget), ..Options::new(core) };
    thread::spawn_in(memory, space, options, move || {
        loop {
            time::next_period();
            tick.signal();
        }
    })?;
    Ok(())
}

/// Priority of programs.
pub(crate) const PRIORITY: u8 = 50;
/// Priority of what programs must not keep waiting: time, the console. The layout gives this
/// component more.
pub(crate) const ATTENTIVE: u8 = 60;
