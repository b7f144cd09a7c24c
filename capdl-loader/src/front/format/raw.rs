//! Objects and capabilities that the rest of the format has no words for.
//!
//! Objects of the other parts have names, too, which may stand wherever one of these does:
//! `blk/thread`, `blk/cspace`, `blk/vspace`, `blk/time`, `blk/port`, `blk/bell`, `blk/reply`,
//! and `net_dma/0` for a region's first frame. The report lists them.

use layout::span::Spanned;

use super::super::declare::{tables, words};
use super::super::forms::{Keyed, Name, OneOrMany};
use super::component::Control;
use super::memory::{PageSize, Trigger};

tables! {
    /// Objects and capabilities in the kernel's own terms.
    pub struct Raw {
        /// Memory to make objects of.
        untyped: Keyed<RawUntyped>,
        /// Where threads meet.
        endpoint: Keyed<RawPlain>,
        /// Words of bits to be signalled.
        notification: Keyed<RawPlain>,
        /// Who is to be answered.
        reply: Keyed<RawPlain>,
        /// Tables of capabilities.
        cnode: Keyed<RawCNode>,
        /// Threads.
        thread: Keyed<RawThread>,
        /// Time.
        sched_context: Keyed<RawTime>,
        /// Memory to be mapped.
        frame: Keyed<RawFrame>,
        /// Translation tables; those of level 0 are address spaces.
        page_table: Keyed<RawTable>,
        /// Names for address spaces.
        asid_pool: Keyed<RawAsidPool>,
        /// Interrupts.
        irq: Keyed<RawIrq>,
        /// Interrupts that software sends to other cores.
        core_signal: Keyed<RawCoreSignal>,
        /// Capabilities that components get under these names, by component.
        grant: Keyed<Keyed<RawCap>>,
        /// Which capabilities are derived from which.
        derive: Vec<Spanned<RawDerivation>>,
    }

    /// An object without parameters.
    pub struct RawPlain {
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// Memory to make objects of.
    pub struct RawUntyped {
        /// `log2` of its bytes.
        bits: u64,
        /// Where it must lie.
        address: Option<u64>,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// A table of capabilities.
    pub struct RawCNode {
        /// `log2` of its slots.
        bits: u64,
        /// What is in them, by their numbers.
        slot: Keyed<RawCap>,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// A thread.
    pub struct RawThread {
        /// The CNode at which its lookups begin.
        cspace: Option<RawCap>,
        /// Its address space.
        vspace: Option<RawCap>,
        /// The frame of its IPC buffer.
        buffer: Option<RawCap>,
        /// The endpoint that is told about its faults.
        fault_handler: Option<RawCap>,
        /// The endpoint that is told when its budget ends.
        timeout_handler: Option<RawCap>,
        /// Its time.
        sched_context: Option<RawCap>,
        /// The notification that interrupts its waiting at an endpoint.
        notification: Option<RawCap>,
        /// Where its IPC buffer appears.
        buffer_address: u64 = 0,
        /// Where it begins.
        entry: Option<Spanned<u64>>,
        /// Its stack pointer.
        stack: u64 = 0,
        /// Its first registers, x0 upwards.
        arguments: Vec<u64>,
        /// Its thread pointer.
        thread_pointer: u64 = 0,
        /// Its priority.
        prio: u64 = 0,
        /// The highest that it may give; else its own.
        max_prio: Option<u64>,
        /// Its domain.
        domain: u64 = 0,
        /// Whether it may use floating point.
        float: bool = true,
        /// Whether it runs from the start.
        start: bool = true,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// Time.
    pub struct RawTime {
        /// `log2` of its bytes.
        bits: u64 = 8,
        /// Microseconds in each period; without it, no time from the start.
        budget_us: Option<Spanned<u64>>,
        /// Microseconds.
        period_us: u64 = 0,
        /// The core whose time it is.
        core: u64 = 0,
        /// Refills beyond the two that each has.
        extra_refills: u64 = 0,
        /// Whether unused budget moves with its use.
        sporadic: bool = false,
        /// The word in its timeout faults.
        data: u64 = 0,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// Memory to be mapped.
    pub struct RawFrame {
        /// Its size.
        size: PageSize = PageSize::Small,
        /// Where it must lie.
        address: Option<u64>,
        /// What is in it at first.
        fill: OneOrMany<Spanned<RawFill>>,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// Bytes of a file, or of what the kernel says at boot.
    pub struct RawFill {
        /// First byte of the frame.
        at: u64 = 0,
        /// How many.
        length: u64,
        /// The file.
        file: Option<Name>,
        /// A part of what the kernel says at boot.
        boot: Option<BootPart>,
        /// First byte of the file or the part.
        offset: u64 = 0,
    }

    /// A translation table.
    pub struct RawTable {
        /// 0 for an address space, to 3 for a table of pages of 4 KiB.
        level: u64,
        /// What is in its entries, by their numbers.
        slot: Keyed<RawCap>,
        /// The untyped memory that it is made of; else the loader chooses.
        inside: Option<Name>,
    }

    /// Names for address spaces.
    pub struct RawAsidPool {
        /// Which pool of the system it must be; else the loader chooses.
        high: Option<u64>,
        /// Address spaces by their place in the pool.
        slot: Keyed<RawCap>,
    }

    /// An interrupt.
    pub struct RawIrq {
        /// The interrupt controller's number (INTID).
        intid: u64,
        /// When it counts as raised.
        trigger: Trigger = Trigger::Level,
        /// The core that it goes to.
        core: u64 = 0,
        /// What it signals.
        notification: Option<RawCap>,
    }

    /// An interrupt that software sends to other cores.
    pub struct RawCoreSignal {
        /// 0 to 15.
        number: u64,
        /// The core that it goes to.
        core: u64,
    }

    /// A capability: to an object, or of a kind that gives authority over the whole machine.
    pub struct RawCap {
        /// The object.
        to: Option<Name>,
        /// The kind.
        control: Option<Spanned<Control>>,
        /// Letters of `rwgp`: read, write, grant, grant reply. Else all.
        rights: Option<Name>,
        /// Of an endpoint, a notification, or the function that may be called.
        badge: Option<u64>,
        /// Of a CNode: what lookups must begin with.
        guard: u64 = 0,
        /// Of a CNode: bits of that; else as many as make a lookup 64 bits long.
        guard_bits: Option<u64>,
        /// Of a frame: whether the processor's caches hold it.
        cached: bool = true,
        /// Of a frame: whether it may be executed.
        execute: bool = false,
        /// Of `sched_control`: the core.
        core: u64 = 0,
    }

    /// That revoking one capability deletes another.
    pub struct RawDerivation {
        /// Whose.
        child: RawPlace,
        /// From which.
        parent: RawPlace,
    }

    /// A slot.
    pub struct RawPlace {
        /// The CNode.
        cnode: Name,
        /// Its slot.
        slot: u64,
    }
}

words! {
    /// A part of what the kernel says at boot.
    pub enum BootPart {
        /// The boot information itself.
        BootInfo = "bootinfo",
        /// The device tree.
        DeviceTree = "device-tree",
    }
}
