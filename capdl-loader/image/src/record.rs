//! What there is to do: the kinds of rows.
//!
//! Their order here is that of the work. A *run* says the first of several equal things; the
//! others follow at the next cells, and where there are addresses, at the next places.

use abi::{Rights, VmAttributes};

use crate::cell::{Cell, Origin};
use crate::field::{choices, rows};

/// First registers of a thread that a layout can set: x0 to x7.
pub const ARGUMENTS: usize = 8;

choices! {
    /// When an interrupt counts as raised.
    pub enum Trigger {
        /// As long as the line is high.
        Level = 0,
        /// When the line rises.
        Edge = 1,
    }

    /// Where the bytes of a fill are from.
    pub enum Source {
        /// The image's contents.
        Content = 0,
        /// The kernel's boot information.
        BootInfo = 1,
        /// The device tree.
        DeviceTree = 2,
        /// Zeros.
        Zeros = 3,
        /// The physical address of the frame whose cell is the row's `offset`, little endian.
        Address = 4,
    }

    /// How a capability comes into a slot.
    pub enum How {
        /// Copied, or minted if it has data.
        Copied = 0,
        /// Moved, after all copies were made; its cell is empty then.
        Moved = 1,
        /// Made from another slot: a row of [`Derived`] says how.
        Derived = 2,
    }

    /// How a device is made to stop what it does.
    pub enum Silencing {
        /// It has nothing to stop.
        Nothing = 0,
        /// Virtio over memory-mapped registers: 0 is written to its status, until that is 0
        /// (Virtio 1.2, 4.2.3.1).
        VirtioMmio = 1,
        /// A PL011 UART: its interrupts are masked and its DMA is switched off (PL011 TRM 3.3.10,
        /// 3.3.14); it goes on transmitting.
        Pl011 = 2,
        /// A PL031 clock: its interrupt is masked (PL031 TRM 3.3.5).
        Pl031 = 3,
        /// A function of PCI: its access to memory and its interrupt are switched off by its
        /// command register (PCI 3.0, 6.2.2).
        Pci = 4,
    }

    /// What happens to a component that failed too often.
    pub enum GiveUp {
        /// It stays stopped.
        Stop = 0,
        /// The machine stops.
        Halt = 1,
    }
}

rows! {
    /// Untyped memory that the system was planned for.
    pub struct Memory: "planned memory" {
        /// Physical address.
        pub address: u64,
        /// `log2` of its bytes.
        pub bits: u8,
        /// Whether it is a device's.
        pub is_device: bool,
    }

    /// An ASID pool.
    pub struct Pool: "ASID pool" {
        /// The memory that it is made of.
        pub memory: Cell,
        /// Its cell.
        pub pool: Cell,
    }

    /// A run of address spaces that get their names from a pool.
    pub struct Spaces: "ASID assignment" {
        /// The pool; none: the one that the initial thread has from the start.
        pub pool: Option<Cell>,
        /// The first space.
        pub first: Cell,
        /// How many.
        pub count: u32,
    }

    /// A run of copies that the loader needs for itself.
    pub struct Copies: "copy" {
        /// The first cell that gets one.
        pub first: Cell,
        /// What the first one is copied from; the others are from the next cells.
        pub source: Cell,
        /// How many.
        pub count: u32,
        /// At most these.
        pub rights: Rights,
        /// Badge; 0: none.
        pub badge: u64,
    }

    /// An interrupt of the machine.
    pub struct Interrupt: "interrupt" {
        /// The cell of its handler.
        pub handler: Cell,
        /// The interrupt controller's number (INTID).
        pub number: u16,
        /// When it counts as raised.
        pub trigger: Trigger,
        /// The core that it goes to.
        pub core: u8,
        /// What it signals.
        pub notification: Option<Cell>,
    }

    /// An interrupt that software sends to a core.
    pub struct CoreSignal: "signal to a core" {
        /// Its cell.
        pub cell: Cell,
        /// 0 to 15.
        pub number: u8,
        /// The core.
        pub core: u8,
    }

    /// Bytes to be put into a frame. Fills of one frame follow each other.
    pub struct Fill: "fill" {
        /// The frame.
        pub frame: Cell,
        /// `log2` of the frame's bytes.
        pub bits: u8,
        /// The first byte of the frame that is set.
        pub at: u32,
        /// How many.
        pub length: u32,
        /// Where they are from ...
        pub source: Source,
        /// ... and from which byte on.
        pub offset: u64,
        /// Whether somebody executes them.
        pub is_code: bool,
        /// Whether somebody sees them past the caches.
        pub is_uncached: bool,
    }

    /// A run of tables for neighbouring addresses.
    pub struct Tables: "page table" {
        /// The address space.
        pub space: Cell,
        /// The first address of the first.
        pub address: u64,
        /// Their level, 1 to 3.
        pub level: u8,
        /// How many.
        pub count: u32,
        /// The first.
        pub first: Cell,
    }

    /// A run of frames at neighbouring addresses.
    pub struct Pages: "mapping" {
        /// The address space.
        pub space: Cell,
        /// The first one's address.
        pub address: u64,
        /// How many.
        pub count: u32,
        /// The first.
        pub first: Cell,
        /// `log2` of the bytes of each.
        pub bits: u8,
        /// Read, write.
        pub rights: Rights,
        /// Cached, executable.
        pub attributes: VmAttributes,
    }

    /// Time for a scheduling context.
    pub struct Time: "scheduling context" {
        /// The context.
        pub context: Cell,
        /// The core whose time it is.
        pub core: u8,
        /// Microseconds in each period.
        pub budget: u64,
        /// Microseconds.
        pub period: u64,
        /// Refills beyond two.
        pub extra_refills: u64,
        /// What timeout faults say.
        pub data: u64,
        /// Whether unused budget moves with its use.
        pub is_sporadic: bool,
    }

    /// A thread.
    pub struct Thread: "thread" {
        /// The thread.
        pub thread: Cell,
        /// Where its lookups begin.
        pub cspace: Option<Cell>,
        /// The guard of that, as the word of the ABI.
        pub guard: u64,
        /// Its address space.
        pub vspace: Option<Cell>,
        /// The frame of its IPC buffer.
        pub buffer: Option<Cell>,
        /// Where that appears.
        pub buffer_address: u64,
        /// Its time.
        pub context: Option<Cell>,
        /// The endpoint that is told about faults.
        pub fault_handler: Option<Cell>,
        /// The endpoint that is told when its budget ends.
        pub timeout_handler: Option<Cell>,
        /// The notification that ends its receives.
        pub notification: Option<Cell>,
        /// Its priority.
        pub priority: u8,
        /// The highest that it may give.
        pub max_priority: u8,
        /// Its domain.
        pub domain: u8,
        /// Whether its use of floating point is a fault.
        pub is_without_float: bool,
        /// Where it begins.
        pub entry: u64,
        /// Its stack pointer.
        pub stack: u64,
        /// Its thread pointer.
        pub thread_pointer: u64,
        /// x0 to x7.
        pub arguments: [u64; ARGUMENTS],
    }

    /// A slot of a CNode that is occupied. They ascend by node and slot.
    pub struct Slot: "slot" {
        /// The CNode.
        pub node: Cell,
        /// The slot.
        pub slot: u32,
        /// How what is in it gets there.
        pub how: How,
        /// What is in it.
        pub origin: Origin,
        /// At most these.
        pub rights: Rights,
        /// Badge, or the word of a guard; 0: none.
        pub data: u64,
    }

    /// A slot that is made from another one, after that.
    pub struct Derived: "derived slot" {
        /// The CNode.
        pub node: Cell,
        /// The slot.
        pub slot: u32,
        /// The parent's CNode.
        pub parent_node: Cell,
        /// The parent's slot.
        pub parent_slot: u32,
        /// At most these.
        pub rights: Rights,
        /// Badge, or the word of a guard; 0: none.
        pub data: u64,
    }

    /// A turn of a domain.
    pub struct Turn: "turn of a domain" {
        /// Its place in the kernel's table.
        pub index: u16,
        /// The domain.
        pub domain: u8,
        /// Ticks of the counter.
        pub ticks: u64,
        /// Whether the schedule begins here.
        pub is_start: bool,
    }

    /// A run of threads that run from the start.
    pub struct Resume: "thread to run" {
        /// The first.
        pub first: Cell,
        /// How many.
        pub count: u32,
    }

    /// A run of capabilities that nobody has once the system runs.
    pub struct Dropped: "dropped capability" {
        /// The first.
        pub first: Cell,
        /// How many.
        pub count: u32,
    }

    /// How a component is started again.
    pub struct Recipe: "restart recipe" {
        /// The component's number; it tells the supervisor of its failures with one more.
        pub component: u32,
        /// Its thread, one of [`Thread`].
        pub thread: Cell,
        /// Its CSpace.
        pub cspace: Option<Cell>,
        /// Whether faults start it again.
        pub on_fault: bool,
        /// Whether an exhausted budget does.
        pub on_timeout: bool,
        /// Whether its end does.
        pub on_exit: bool,
        /// Most restarts ...
        pub most: u32,
        /// ... in so many milliseconds.
        pub within: u64,
        /// Milliseconds before the first; each further one doubles them.
        pub delay: u64,
        /// What happens when there were too many.
        pub then: GiveUp,
    }

    /// A run of frames of a component that get their first content again.
    pub struct Renewed: "renewed frame" {
        /// The component.
        pub component: u32,
        /// The first.
        pub first: Cell,
        /// How many.
        pub count: u32,
        /// `log2` of the bytes of each.
        pub bits: u8,
        /// Whether the component cannot write them: they are as they were, or memory has failed.
        pub is_constant: bool,
        /// Whether somebody executes them.
        pub is_code: bool,
        /// Whether somebody sees them past the caches.
        pub is_uncached: bool,
    }

    /// Who waits for an answer of a component gets one when it is started again.
    pub struct Answered: "answered caller" {
        /// The component.
        pub component: u32,
        /// The reply object.
        pub reply: Cell,
    }

    /// A notification that is signalled when a component was started again.
    pub struct Told: "told neighbour" {
        /// The component.
        pub component: u32,
        /// The notification, with its badge.
        pub notification: Cell,
    }

    /// Where the loader hears of failures once the system runs.
    pub struct Supervisor: "supervisor" {
        /// It receives here.
        pub endpoint: Cell,
        /// With this.
        pub reply: Cell,
        /// What it is signalled through by passive components, if there are any.
        pub bell: Option<Cell>,
        /// Its priority.
        pub priority: u8,
        /// Its microseconds in each period.
        pub budget: u64,
        /// Microseconds.
        pub period: u64,
        /// Microseconds of its clock in each of the clock's periods.
        pub clock_budget: u64,
        /// The clock's period: the unit of delays, in microseconds.
        pub clock_period: u64,
    }

    /// A component that has to give signs of life.
    pub struct Heartbeat: "heartbeat" {
        /// The component, one of [`Recipe`].
        pub component: u32,
        /// The page in which it answers.
        pub page: Cell,
        /// The notification through which it is asked, with its badge.
        pub asks: Cell,
        /// Without a sign for so many milliseconds it has failed.
        pub within: u64,
    }

    /// A component without time of its own: it gets some until it says that it is initialised.
    pub struct Passive: "passive component" {
        /// The component.
        pub component: u32,
        /// Its thread.
        pub thread: Cell,
        /// The bit by which it says so in the supervisor's bell.
        pub ready: u64,
        /// Microseconds in each period, until then.
        pub budget: u64,
        /// Microseconds.
        pub period: u64,
    }

    /// A device that is silenced before a component is started again that drives it.
    pub struct Quiesce: "device to silence" {
        /// The component.
        pub component: u32,
        /// The page of its registers.
        pub page: Cell,
        /// Where they begin in it.
        pub at: u32,
        /// How it is done.
        pub how: Silencing,
    }

    /// Where something is written.
    pub struct Line: "line" {
        /// The file: its place among the image's files, plus 1; 0: nobody wrote it.
        pub file: u32,
        /// Its line, from 1 upwards.
        pub line: u32,
    }
}
