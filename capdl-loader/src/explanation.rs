//! What each check means: why, an example, and what to do.

use crate::code::Code;

/// More of a check than its title.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Which.
    pub code: Code,
    /// Why it is wrong.
    pub why: &'static str,
    /// Something that is wrong in this way.
    pub example: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Explanation {
    /// That of a check of systems; checks of texts say all in their messages.
    ///
    /// ```
    /// use capdl::code::Code;
    /// use capdl::explanation::Explanation;
    ///
    /// assert!(Explanation::of(Code::PAGE_ZERO).unwrap().why.contains("null pointer"));
    /// assert_eq!(Explanation::of(Code::UNKNOWN_KEY), None);
    /// ```
    #[must_use]
    pub fn of(code: Code) -> Option<Self> {
        let found = ALL.iter().find(|(named, ..)| *named == code);
        found.map(|&(code, why, example, remedy)| Self { code, why, example, remedy })
    }
}

/// Code, why, example, remedy.
type Row = (Code, &'static str, &'static str, &'static str);

/// All of them, by code.
#[rustfmt::skip]
const ALL: &[Row] = &[
    (Code::SLOT_RANGE,
     "A lookup would find nothing, or, where a loader masks the number, another slot.",
     "slot 9 of a CNode of 2 bits",
     "Make the CNode larger, or use a lower slot."),
    (Code::SLOT_TWICE,
     "Only one of the two capabilities could be there.",
     "two entries for slot 1",
     "Move one of them."),
    (Code::SLOT_TYPE,
     "The kernel would refuse the capability when the loader puts it there.",
     "an endpoint as the address space of a thread",
     "Give the slot a capability of the type that is named."),
    (Code::PARAMETER,
     "The kernel would refuse the number, or cut it.",
     "priority 1000, or a stack pointer that is no multiple of 16",
     "Use a number of the range that is named."),
    (Code::GUARD,
     "A lookup takes all 64 bits of a pointer: guards and slots on the way must add up \
      to that.",
     "a guard of 12 bits before 4 bits of slots",
     "Leave `guard_size` out, or let it fill up 64 bits."),
    (Code::UNREACHABLE,
     "Memory is spent on an object that nothing can ever use.",
     "an endpoint without any capability to it",
     "Leave it out, or give somebody a capability."),
    (Code::THREAD_INCOMPLETE,
     "A thread without entry, stack, address space or time faults at once or never runs.",
     "a thread that is resumed without a scheduling context",
     "Give it what it lacks, or do not resume it."),
    (Code::BUFFER_UNMAPPED,
     "The kernel writes messages into the frame, the thread reads what is mapped: they \
      must be the same.",
     "a buffer at 0x205000, where nothing is mapped",
     "Map the frame there, readable and writable."),
    (Code::TABLE_SHARED,
     "The kernel lets a table have one place only.",
     "one table in two tables of the level above",
     "Make a table for each; share frames instead."),
    (Code::TABLE_LEVEL,
     "Each level of an address space translates bits of its own.",
     "a frame of 2 MiB in a table of level 1",
     "Put it into a table of the level that is named."),
    (Code::MAPPED_TWICE,
     "An entry can map one thing.",
     "two frames at one address",
     "Move one of the two."),
    (Code::BADGE_WIDTH,
     "A wider badge would lose its upper bits.",
     "a badge of 65 bits",
     "Use fewer bits."),
    (Code::DERIVED_RIGHTS,
     "The kernel never makes a capability that can do more than the one it is made of.",
     "a child with write rights of a parent without",
     "Give the parent more, or the child less."),
    (Code::DERIVATION_CYCLE,
     "Each capability is derived from at most one other, which was there before.",
     "two capabilities, each a child of the other",
     "Let one of them be an original."),
    (Code::TOO_MANY_SPACES,
     "An address space needs an ASID to run; a pool has 512.",
     "600 address spaces and no pool",
     "Add ASID pools."),
    (Code::ENTRY_UNMAPPED,
     "The thread would fault with its first instruction.",
     "an entry in a page that is mapped for reading only",
     "Map the program there, executable."),
    (Code::IRQ_UNNUMBERED,
     "Nobody would know which interrupt it is.",
     "an interrupt without an entry in `irq maps`",
     "Give it its INTID, or name its device."),
    (Code::IRQ_NUMBER,
     "The kernel gives an interrupt to one handler only, and keeps its timer for itself.",
     "INTID 27, or 33 twice",
     "Use the number of the device, which the board's file lists."),
    (Code::REFILLS,
     "Each refill takes 16 bytes of a scheduling context.",
     "8 extra refills in 128 bytes",
     "Make it larger."),
    (Code::COVERED_TWICE,
     "An object is made of one piece of memory.",
     "a frame in two pieces of untyped memory",
     "Leave it in one of them."),
    (Code::FRAMES_OVERLAP,
     "One page is one object: the second would lie elsewhere, or fail to be made.",
     "two frames at 0x9000000",
     "Share one frame, or use another address."),
    (Code::MISALIGNED,
     "Every object begins at a multiple of its size.",
     "2 MiB at 0x50010000",
     "Use a multiple, or smaller frames."),
    (Code::NO_MEMORY,
     "The loader could not get memory for it.",
     "a frame in the registers of the interrupt controller",
     "Name the device by its node; let the loader choose RAM."),
    (Code::STRADDLES,
     "Memory and devices are mapped in different ways.",
     "1 GiB of which the board has 256 MiB",
     "Make two of it."),
    (Code::NOT_CONTIGUOUS,
     "Frames of a group keep their distances in physical memory, each at a multiple of \
      its size.",
     "two frames at one offset",
     "Give each an offset of its own, the largest first."),
    (Code::COVER_TOO_SMALL,
     "The kernel would run out of this memory.",
     "16 KiB for three pages and a CNode of 16 KiB",
     "Make it larger, or put less into it."),
    (Code::OUT_OF_MEMORY,
     "The loader would run out of memory; the kernel's boot and the loader's planner \
      were run beforehand to see it.",
     "200 large pages on a board of 256 MiB",
     "Make the largest users smaller, or use another board."),
    (Code::OUT_OF_SLOTS,
     "The loader has a slot for each object.",
     "70 000 objects with a root CNode of 16 bits",
     "Write a larger `root_cnode_bits`."),
    (Code::FILL_RANGE,
     "Bytes would go to another page, or come from nowhere.",
     "8192 bytes into 4 KiB",
     "Fill less, or read the file that was built last."),
    (Code::RANGES_OVERLAP,
     "Two parts of an address space cannot be at one place.",
     "a region over the stack",
     "Leave the address out: the tool finds one."),
    (Code::WRITABLE_CODE,
     "Whoever can make the component write can make it run what was written.",
     "a page with read, write and execute",
     "Separate code from data, or waive it for code generators."),
    (Code::PAGE_ZERO,
     "A null pointer would not fault.",
     "a frame at address 0",
     "Map it elsewhere."),
    (Code::ATTRIBUTES,
     "Caches would hold, or reorder, what a device has to see.",
     "registers mapped cached",
     "Map devices uncached, and a frame in one way everywhere."),
    (Code::NO_GUARD_PAGE,
     "A stack that is too small would overwrite what lies below it.",
     "a stack directly above data",
     "Leave a page unmapped below."),
    (Code::DEVICE_PAGE,
     "A page is the least that can be mapped: each driver can program the other's \
      device.",
     "two of the eight virtio transports of a page",
     "Use a transport in another page, or one on a PCI bus."),
    (Code::DMA_MEMORY,
     "A device knows physical addresses only.",
     "a region of scattered pages for a device",
     "Write `contiguous = true`."),
    (Code::BUDGET_PERIOD,
     "No thread runs longer than time passes.",
     "2000 us in each 1000 us",
     "Make the budget smaller, or the period longer."),
    (Code::NO_TIME,
     "The kernel refuses times that are too short to be kept.",
     "a budget of 0",
     "Use at least 20 us."),
    (Code::UTILISATION,
     "What is promised to several must not exceed what there is.",
     "95 % where 90 % are allowed",
     "Lower budgets, or use another core."),
    (Code::RESPONSE_TIME,
     "When all that goes before it comes at once, the thread is finished after its \
      period.",
     "5 ms of higher priority before a deadline of 5 ms",
     "Order priorities by period, or promise less."),
    (Code::DOWNHILL_CALL,
     "The caller waits for a server that others keep from running: its priority is worth \
      nothing meanwhile.",
     "priority 100 calls priority 50",
     "Let servers have at least the priority of their callers."),
    (Code::CALL_CYCLE,
     "Each waits for the answer of the next.",
     "a calls b, b calls a",
     "Let one of them signal."),
    (Code::NO_DONOR,
     "A passive component runs on the time of its callers only.",
     "`passive = true` without a channel to it",
     "Give it time, or callers."),
    (Code::NO_TIMEOUT_HANDLER,
     "A deadline would be missed silently.",
     "a real-time component without `timeout_handler`",
     "Name one."),
    (Code::IRQ_CORE,
     "The kernel has to interrupt another core, which costs microseconds.",
     "an interrupt of core 0 for a thread of core 1",
     "Let both have one core."),
    (Code::NO_COUNTER,
     "Without the counter (boot option `tessera.export=vcounter`) the supervisor cannot tell how \
      long ago a failure was: all of them count for ever, and `per_s` means nothing.",
     "`restart = { max = 5, per_s = 60 }` without `kernel = { counter = true }`",
     "Write `counter = true` in `kernel`, and boot with the option, as `cargo xtask run --layout` \
      does."),
    (Code::CONTROL_CAP,
     "Who has it can take every interrupt, or all time.",
     "`control = [\"irq_control\"]`",
     "Let the loader set up what is needed; waive it with a reason."),
    (Code::ASSERTION,
     "The layout claims something of itself that is not so.",
     "two components that are claimed to be isolated share a region",
     "Take away what the message names, or name through whom something may flow."),
    (Code::SHARED_CSPACE,
     "Whoever shares a CNode shares all authority in it.",
     "one CNode as the CSpace of two components",
     "Give each its own."),
    (Code::FOREIGN_TABLE,
     "Who has an address space can map anything there, and unmap what is.",
     "a capability to another's address space",
     "Let it manage the component, or leave it out."),
    (Code::UNCONFINED_DMA,
     "Without an IOMMU a driver can let its device read and write all memory.",
     "a driver of a virtio device",
     "Trust the device by name, or waive it with a reason."),
    (Code::UNBADGED,
     "The server would take the client for nobody.",
     "one client with a badge, one without",
     "Give each a badge."),
    (Code::SAME_BADGE,
     "The server would take one client for the other.",
     "two clients with badge 1",
     "Give each a badge of its own."),
    (Code::RESTART_SCOPE,
     "After a restart, the capability is to something that is not what it was.",
     "a friend with a capability to a driver's thread",
     "Let the friend manage the driver, or leave it out."),
    (Code::POOL_PRIORITY,
     "Nobody can give a priority that is higher than his own highest.",
     "`prio_max = 200` of a component with 100",
     "Lower it, or raise the owner's."),
    (Code::POOL_BOUND,
     "What nobody counts is no bound: only all of the memory ends it.",
     "a pool of 4 that are made of 64M of memory, and have no time of their own",
     "Give each member a piece of memory or time by the layout."),
    (Code::WAIVER,
     "A waiver that does nothing hides that a check still holds.",
     "a waiver of O101",
     "Mend what the check finds."),
    (Code::KERNEL_CONFIGURATION,
     "The kernel would not boot, or with less than the layout uses.",
     "12 cores on a board of 8",
     "Use what the board has."),
    (Code::NOT_PACKED,
     "The loader makes each capability from its object's first one, fills pages of up to 2 MiB \
      from files that exist, and counts domains' turns in ticks of a known counter.",
     "a capability that is derived from one with fewer rights than its object gives",
     "Write it so that the loader can make it, or let a component make it at run time."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_of_systems_is_explained_once() {
        for (code, title) in Code::ALL {
            let wanted = matches!(code.letter(), 'O' | 'M' | 'T' | 'A');
            let count = ALL.iter().filter(|(named, ..)| named == code).count();
            assert!(count == 1 || (!wanted && count == 0), "{code} ({title}): {count}");
        }
    }
}
