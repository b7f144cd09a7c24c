//! Components.

use layout::span::Spanned;

use super::super::declare::{tables, words};
use super::super::forms::{Keyed, Name, OneOrMany, Size};

tables! {
    /// A part of the system that runs by itself.
    pub struct Component {
        /// The program: an ELF file, looked for beside the layout and in the search folders.
        image: Name,
        /// Its priority, 0 to 255.
        prio: Spanned<u64>,
        /// The highest priority that it may give; else its own.
        max_prio: Option<u64>,
        /// Its time. Only a passive component has none.
        sched: Option<Spanned<Sched>>,
        /// It has no time of its own and runs on that of its callers.
        passive: bool = false,
        /// The domain that it runs in.
        domain: u64 = 0,
        /// Whether it runs from the start.
        start: bool = true,
        /// Whether it may use floating point.
        float: bool = true,
        /// A stack besides that of the image, for programs that take one from their loader.
        stack: Option<Size>,
        /// Memory for its heap.
        heap: Option<Size>,
        /// Addresses where nothing is, for its fault handler to put memory there: bytes, by name.
        reserve: Keyed<Spanned<Size>>,
        /// Whether it prints through the supervisor. It need not if it calls, or drives, something
        /// that is called `console`.
        console: bool = true,
        /// Devices that it drives: it sees their registers and gets their interrupts.
        device: Vec<Name>,
        /// Interrupts that belong to no device.
        interrupt: Vec<Name>,
        /// Regions that it sees, and how.
        map: Keyed<Spanned<Access>>,
        /// Memory that it may make objects of.
        untyped: Vec<Name>,
        /// Whether it gets an ASID pool, to make address spaces.
        asid_pool: bool = false,
        /// Capabilities to itself, besides that to its thread.
        own: Vec<Own>,
        /// Capabilities that give authority over the whole machine.
        control: Vec<Control>,
        /// Callers whose answers it may owe at the same time, if it is called.
        replies: Spanned<u64> = Spanned { value: 1, span: layout::Span::NOWHERE },
        /// Whether capabilities may go with its answers, to whoever calls it.
        answers_grant: bool = false,
        /// Empty slots in its CSpace, for capabilities that it gets or makes.
        spare_slots: u64 = 0,
        /// Whose threads, time, CSpaces and address spaces it controls.
        manages: Vec<Name>,
        /// Who hears of its faults; else the supervisor, or who manages it.
        fault_handler: Option<Name>,
        /// Who hears that its budget ended.
        timeout_handler: Option<Name>,
        /// What happens when it fails.
        restart: Option<Spanned<RestartOrNever>>,
        /// Files that it sees in its memory.
        init_file: OneOrMany<InitFile>,
        /// Words that it finds by their order.
        arguments: Vec<String>,
        /// Bounded creation of objects at run time.
        pool: OneOrMany<Pool>,
        /// Checks that need not hold for it.
        waive: Vec<LocalWaiver>,
    }

    /// Time.
    pub struct Sched {
        /// Microseconds in each period.
        budget_us: Spanned<u64>,
        /// Microseconds.
        period_us: u64,
        /// The core whose time it is.
        core: u64 = 0,
        /// Refills beyond the two that each has.
        extra_refills: u64 = 0,
        /// Whether unused budget moves with its use.
        sporadic: bool = false,
    }

    /// What happens when a component fails.
    pub struct Restart {
        /// What counts as failing.
        on: Vec<Failure>,
        /// Without a sign of life for so many milliseconds it counts as failing.
        silence_ms: Option<u64>,
        /// Most restarts in the time that `per_s` says.
        max: u64 = 3,
        /// Seconds.
        per_s: u64 = 60,
        /// Milliseconds before the first restart; doubled by each further one.
        delay_ms: u64 = 0,
        /// What happens when there were too many.
        then: GiveUp = GiveUp::Stop,
        /// Components that are signalled after each restart.
        tells: Vec<Name>,
    }

    /// A file that a component sees in its memory.
    pub struct InitFile {
        /// The file, looked for like images.
        path: Name,
        /// What the component calls it; else as it is looked for.
        name["as"]: Option<String>,
    }

    /// Bounded creation of objects at run time.
    pub struct Pool {
        /// Its name.
        name: Name,
        /// Most members at any time.
        max: u64,
        /// What a member has.
        kind: PoolKind = PoolKind::Thread,
        /// Highest priority of a member's threads.
        prio_max: Spanned<u64>,
        /// The memory that members are made of together, if there is no `member_size`; else the
        /// component's first.
        untyped: Option<Name>,
        /// Bytes, a power of two: each member gets a piece of memory of its own, which is called
        /// as the pool, with its number: `procs.0`. There is none for a member too many.
        member_size: Option<Spanned<Size>>,
        /// Time for each member, made and set up by the loader: called like its memory.
        sched: Option<Sched>,
    }

    /// That a check need not hold for a component.
    pub struct LocalWaiver {
        /// The check's code.
        check: Name,
        /// Why.
        reason: String,
    }
}

words! {
    /// How a region is seen.
    pub enum Access {
        /// Read.
        Read = "r",
        /// Read and write.
        ReadWrite = "rw",
        /// Read and execute.
        ReadExecute = "rx",
        /// Read, write and execute.
        All = "rwx",
    }

    /// A capability to a part of the component itself.
    pub enum Own {
        /// Its CSpace.
        CSpace = "cspace",
        /// Its address space.
        VSpace = "vspace",
        /// Its time.
        SchedContext = "sched_context",
    }

    /// A capability that gives authority over the whole machine.
    pub enum Control {
        /// All interrupts.
        Irq = "irq_control",
        /// All ASID pools.
        Asid = "asid_control",
        /// All time.
        Sched = "sched_control",
        /// All domains.
        Domain = "domain",
        /// Calls to the firmware.
        SecureMonitor = "smc",
    }

    /// What counts as failing.
    pub enum Failure {
        /// A fault.
        Fault = "fault",
        /// A budget that ends.
        Timeout = "timeout",
        /// An end.
        Exit = "exit",
    }

    /// What happens when a component failed too often.
    pub enum GiveUp {
        /// It stays stopped.
        Stop = "stop",
        /// The machine stops.
        Halt = "halt",
    }

    /// What a member of a pool has.
    pub enum PoolKind {
        /// A thread in its creator's address space.
        Thread = "thread",
        /// A thread with an address space of its own.
        Process = "thread+vspace",
    }

    /// That a component stays as it is when it fails.
    pub enum Never {
        /// It is never restarted.
        Never = "never",
    }
}

/// Rules for restarts, or none.
#[derive(Clone, Debug)]
pub enum RestartOrNever {
    /// It stays as it is.
    Never,
    /// By these rules.
    By(Restart),
}

impl super::super::decode::Decode for RestartOrNever {
    fn decode(
        node: &super::super::tree::Node,
        decoder: &mut super::super::decode::Decoder<'_>,
    ) -> Option<Self> {
        match node.value {
            super::super::tree::Value::Text(_) => Never::decode(node, decoder).map(|_| Self::Never),
            _ => Restart::decode(node, decoder).map(Self::By),
        }
    }

    fn shape() -> super::super::shape::Shape {
        super::super::shape::Shape::Either(Never::shape, Restart::shape)
    }
}
