//! The numbers of the checks.
//!
//! A letter says what is wrong: `L` the text, `O` an object, `M` memory, `T` time, `A` authority,
//! `C` what another tool's format cannot carry.

use std::fmt;

/// The number of a check.
///
/// ```
/// use capdl::code::Code;
///
/// assert_eq!(Code::UNKNOWN_KEY.to_string(), "L001");
/// assert_eq!(Code::parse("L001"), Some(Code::UNKNOWN_KEY));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code {
    letter: char,
    number: u16,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:03}", self.letter, self.number)
    }
}

/// Declares the codes: name, letter, number, and what is wrong in general.
macro_rules! codes {
    ($($name:ident $letter:literal $number:literal $title:literal;)*) => {
        impl Code {
            $(
                #[doc = $title]
                pub const $name: Self = Self { letter: $letter, number: $number };
            )*

            /// All of them, each with what is wrong in general.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, $title)),*];
        }
    };
}

codes! {
    SYNTAX 'L' 0 "The text cannot be read.";
    UNKNOWN_KEY 'L' 1 "There is no such key.";
    VERSION 'L' 2 "The version is missing, or unknown.";
    NUMBER 'L' 3 "A number is too large, or not a number.";
    DUPLICATE_NAME 'L' 4 "Two things have one name.";
    DANGLING 'L' 5 "Nothing has this name.";
    OVERLAY 'L' 6 "Two overlays disagree.";
    WRONG_TYPE 'L' 7 "A value is of the wrong type, or missing.";
    FILE 'L' 8 "A program or another file of the system cannot be used.";
    TEXT 'L' 9 "A text that describes the system cannot be read.";
    SLOT_RANGE 'O' 101 "A slot lies beyond its CNode or table.";
    SLOT_TWICE 'O' 102 "A slot is used twice.";
    SLOT_TYPE 'O' 103 "A slot cannot hold a capability of this type.";
    PARAMETER 'O' 104 "A parameter is out of range.";
    GUARD 'O' 105 "Lookups in a CSpace are not 64 bits long.";
    UNREACHABLE 'O' 106 "Nobody can reach an object.";
    THREAD_INCOMPLETE 'O' 107 "A thread is to run, but lacks what it needs for that.";
    BUFFER_UNMAPPED 'O' 108 "An IPC buffer is not mapped where its thread has it.";
    TABLE_SHARED 'O' 109 "A table has two parents, or contains itself.";
    TABLE_LEVEL 'O' 110 "A table or frame stands in a table of the wrong level.";
    MAPPED_TWICE 'O' 111 "Two capabilities map the same address.";
    BADGE_WIDTH 'O' 112 "A badge is wider than the kernel keeps.";
    DERIVED_RIGHTS 'O' 113 "A capability cannot be derived from its parent.";
    DERIVATION_CYCLE 'O' 114 "Derivations form a cycle, or a capability has two parents.";
    TOO_MANY_SPACES 'O' 115 "There are more address spaces than places in ASID pools.";
    ENTRY_UNMAPPED 'O' 116 "A thread begins where nothing executable is mapped.";
    IRQ_UNNUMBERED 'O' 117 "An interrupt has no number.";
    IRQ_NUMBER 'O' 118 "An interrupt's number is taken, reserved, or does not exist.";
    REFILLS 'O' 119 "A scheduling context is too small for its refills.";
    COVERED_TWICE 'O' 121 "An object lies in two pieces of untyped memory, or in itself.";
    FRAMES_OVERLAP 'M' 201 "Frames overlap in physical memory.";
    MISALIGNED 'M' 202 "A physical address is no multiple of the object's size.";
    NO_MEMORY 'M' 203 "There is neither RAM nor a device at a physical address.";
    STRADDLES 'M' 204 "Memory is partly RAM and partly a device.";
    NOT_CONTIGUOUS 'M' 205 "Frames that must lie together cannot.";
    COVER_TOO_SMALL 'M' 206 "Untyped memory is too small for what lies in it.";
    OUT_OF_MEMORY 'M' 207 "The board's memory is too small for the system.";
    OUT_OF_SLOTS 'M' 208 "The loader's CNode has too few slots for the system.";
    FILL_RANGE 'M' 209 "A fill exceeds its frame or its file.";
    RANGES_OVERLAP 'M' 210 "Parts of an address space overlap.";
    WRITABLE_CODE 'M' 211 "Memory is writable and executable.";
    PAGE_ZERO 'M' 212 "Something is mapped at address 0.";
    ATTRIBUTES 'M' 213 "A device is mapped as memory, or one frame in two ways.";
    NO_GUARD_PAGE 'M' 214 "There is no guard page under a stack.";
    DEVICE_PAGE 'M' 216 "Two components share a page of devices.";
    DMA_MEMORY 'M' 217 "Memory for a device is not contiguous.";
    BUDGET_PERIOD 'T' 301 "A budget is larger than its period.";
    NO_TIME 'T' 302 "A budget or period is too short.";
    UTILISATION 'T' 303 "More of a core's time is promised than the policy allows.";
    RESPONSE_TIME 'T' 304 "A thread can miss its deadline.";
    DOWNHILL_CALL 'T' 305 "A component calls one of lower priority.";
    CALL_CYCLE 'T' 306 "Calls form a cycle: a deadlock.";
    NO_DONOR 'T' 307 "Nobody gives time to a passive component.";
    NO_TIMEOUT_HANDLER 'T' 308 "Nobody is told when a real-time thread runs out of budget.";
    IRQ_CORE 'T' 309 "An interrupt goes to another core than the thread that it wakes.";
    NO_COUNTER 'T' 310 "Limits of restarts need a counter that the kernel does not export.";
    CONTROL_CAP 'A' 401 "A component has authority over the whole machine.";
    ASSERTION 'A' 402 "An assertion does not hold.";
    SHARED_CSPACE 'A' 403 "Two components share a CNode.";
    FOREIGN_TABLE 'A' 404 "A component can change another's address space.";
    UNCONFINED_DMA 'A' 405 "A device can reach all memory.";
    UNBADGED 'A' 406 "A server cannot tell a client from others: it has no badge.";
    SAME_BADGE 'A' 407 "A server cannot tell two clients apart: they have one badge.";
    RESTART_SCOPE 'A' 408 "Parts of a component that restarts are held by others.";
    POOL_PRIORITY 'A' 409 "Members of a pool may get a higher priority than its owner.";
    WAIVER 'A' 410 "A waiver is of no check that can be waived, or has no reason.";
    POOL_BOUND 'A' 411 "Nothing keeps a pool from having more members than it may.";
    NOT_CARRIED 'C' 501 "The other format cannot carry this.";
    KERNEL_CONFIGURATION 'C' 502 "The kernel or the board is not what the layout wants.";
    FOREIGN 'C' 503 "This machine has nothing like it.";
    NOT_PACKED 'C' 505 "The image cannot hold this.";
    QUIRK 'C' 504 "The other tool takes this differently than it looks.";
}

/// What nobody checks, and why.
pub const NOT_CHECKED: &[(&str, &str)] = &[(
    "M215",
    "Not checked: how much stack a program needs. Compilers do not tell; a guard page (M214) does.",
)];

impl Code {
    /// What it is about: see the table of this module.
    #[must_use]
    pub const fn letter(self) -> char {
        self.letter
    }

    /// The code that is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let code = Self::ALL.iter().map(|(code, _)| *code);
        code.into_iter().find(|code| code.to_string() == text)
    }

    /// What is wrong in general.
    #[must_use]
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, title)| title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_is_given_twice() {
        let codes: BTreeSet<Code> = Code::ALL.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(NOT_CHECKED.iter().all(|(code, _)| Code::parse(code).is_none()));
    }
}
