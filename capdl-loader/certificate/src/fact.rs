//! What a system consists of, bit by bit. Objects and regions are numbers, each from 0.

use abi::Rights;

/// A capability that somebody holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// Untyped memory.
    Untyped(u32),
    /// An endpoint.
    Endpoint(u32, Rights),
    /// A notification.
    Notification(u32, Rights),
    /// A reply object.
    Reply(u32, Rights),
    /// A CNode.
    CNode(u32),
    /// A CNode that is the CSpace of threads, in a slot of another: its holder changes what they
    /// have, and does not act from there itself.
    CSpace(u32),
    /// A thread.
    Thread(u32),
    /// A scheduling context.
    SchedContext(u32),
    /// A frame.
    Frame(u32, Rights),
    /// A translation table of any level.
    PageTable(u32),
    /// An ASID pool.
    AsidPool(u32),
    /// An interrupt.
    Irq(u32),
    /// A signal to a core.
    CoreSignal(u32),
    /// All interrupts.
    IrqControl,
    /// All ASID pools.
    AsidControl,
    /// All time of a core.
    SchedControl,
    /// All domains.
    DomainControl,
    /// The firmware.
    SecureMonitor,
}

/// Something that holds in a system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// There is an object.
    Object(u32),
    /// A slot of a CNode has a capability.
    Slot {
        /// The CNode.
        node: u32,
        /// The capability.
        cap: Held,
    },
    /// A thread has a capability that only the kernel uses: its CSpace, address space, buffer,
    /// handlers, time, notification.
    Role {
        /// The thread.
        thread: u32,
        /// The capability.
        cap: Held,
    },
    /// An entry of a translation table.
    Entry {
        /// The table.
        table: u32,
        /// A frame or a table.
        cap: Held,
        /// Whether whoever changes the frame changes what the threads behind the table do: it is
        /// executable, or their private memory.
        is_relied_on: bool,
    },
    /// There is an interrupt; it signals a notification, if it has one.
    Irq {
        /// The interrupt.
        irq: u32,
        /// The notification.
        signals: Option<u32>,
    },
    /// A signal to a core raises an interrupt.
    Raises {
        /// The signal.
        signal: u32,
        /// The interrupt.
        irq: u32,
    },
    /// After a restart that a thread brings about, the supervisor signals.
    Tells {
        /// The thread.
        thread: u32,
        /// The notification.
        notification: u32,
    },
    /// The supervisor stops the machine if a thread fails too often.
    Halts {
        /// The thread.
        thread: u32,
        /// In whose name: a thread of who manages it, else itself.
        by: u32,
    },
    /// A reply object that several parties hold may hold callers of an endpoint.
    Answers {
        /// The reply object.
        reply: u32,
        /// The endpoint.
        endpoint: u32,
    },
    /// A thread runs, until the machine stops.
    Runs {
        /// The thread.
        thread: u32,
    },
    /// An object is made of untyped memory.
    Inside {
        /// The memory.
        untyped: u32,
        /// The object.
        object: u32,
    },
    /// A capability in one CNode is derived from one in another.
    Derived {
        /// The CNode of the original, which can be revoked.
        parent: u32,
        /// The other.
        child: u32,
    },
    /// Two frames have physical memory in common.
    Overlap {
        /// One.
        one: u32,
        /// The other.
        other: u32,
    },
    /// A frame has registers of a device.
    Registers {
        /// The device.
        device: u32,
        /// The frame.
        frame: u32,
    },
    /// A device accesses a frame without the processor.
    Accesses {
        /// The device.
        device: u32,
        /// The frame.
        frame: u32,
    },
    /// Nothing but itself keeps a device from accessing all memory.
    Unconfined {
        /// The device.
        device: u32,
    },
}
