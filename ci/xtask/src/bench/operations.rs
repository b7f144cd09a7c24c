//! The operations: their names, as the root task `ci/bench` announces them, and what is expected
//! of each, in instructions of the kernel from vector to ERET.
//!
//! The peer is seL4 with MCS for aarch64 at EL1, release, GCC 12 -O2, counted the same way on the
//! same machine with its own benchmark suite; `None` where that has no such row.

use super::counts::Metric;

/// What is expected of one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: &'static str,
    /// What the peer takes.
    pub(crate) peer: Option<u64>,
    /// What it may take at most.
    pub(crate) floor: Option<u64>,
    /// What it is meant to take.
    pub(crate) aim: Option<u64>,
}

const fn against(name: &'static str, peer: u64, floor: u64, aim: u64) -> Operation {
    Operation { name, peer: Some(peer), floor: Some(floor), aim: Some(aim) }
}

const fn peer(name: &'static str, peer: u64) -> Operation {
    Operation { peer: Some(peer), ..alone(name) }
}

const fn bounded(name: &'static str, floor: u64, aim: u64) -> Operation {
    Operation { floor: Some(floor), aim: Some(aim), ..alone(name) }
}

const fn alone(name: &'static str) -> Operation {
    Operation { name, peer: None, floor: None, aim: None }
}

/// The operation that the root task does not announce: from the first instruction after reset to
/// the root task's first, with 1 GiB of RAM.
pub(super) const BOOT: &str = "boot";

/// A window with so many instructions of user level and none of the kernel, which checks the
/// counting.
pub(super) const CALIBRATION: (&str, u64) = ("ten instructions of user level", 10);

/// Bytes that are cleared in one operation; figures for clearing are bytes per instruction.
const CLEARED: u64 = 2 << 20;

/// All of them, in the order of the table.
pub(crate) const OPERATIONS: &[Operation] = &[
    against(BOOT, 2_720_000, 2_000_000, 400_000),
    against("call 0 words", 209, 185, 140),
    against("reply 0 words", 266, 230, 160),
    alone("call 4 words"),
    alone("reply 4 words"),
    against("call 10 words", 932, 450, 250),
    peer("reply 10 words", 1017),
    bounded("call 120 words", 900, 550),
    alone("reply 120 words"),
    against("call 0 words, other space", 209, 185, 140),
    against("reply 0 words, other space", 266, 230, 160),
    alone("call 4 words, other space"),
    alone("reply 4 words, other space"),
    against("call 10 words, other space", 932, 450, 250),
    peer("reply 10 words, other space", 1017),
    bounded("call 120 words, other space", 900, 550),
    alone("reply 120 words, other space"),
    alone("call 0 words, active server"),
    alone("reply 0 words, active server"),
    peer("call 0 words, FPU owner changes", 261),
    peer("reply 0 words, FPU owner changes", 318),
    peer("call 0 words, FPU, other space", 261),
    peer("reply 0 words, FPU, other space", 318),
    peer("send 0 words", 780),
    alone("receive 0 words"),
    alone("send 10 words"),
    alone("receive 10 words"),
    bounded("call with a capability", 1000, 450),
    alone("reply to a call with a capability"),
    against("signal a waiter, no switch", 452, 136, 100),
    against("signal a waiter, switch", 842, 500, 260),
    alone("wait, switch"),
    alone("signal a bound receiver, no switch"),
    alone("signal a bound receiver, switch"),
    alone("receive, switch"),
    bounded("signal, nobody waits", 136, 100),
    alone("poll"),
    alone("polling send to an empty slot"),
    against("undefined instruction, to handler", 673, 450, 200),
    peer("undefined instruction, answer", 1081),
    against("undefined instruction, round trip", 1755, 900, 420),
    alone("undefined instruction, to active handler"),
    alone("undefined instruction, active answer"),
    bounded("unknown system call, to handler", 450, 200),
    alone("unknown system call, answer"),
    bounded("unknown system call, round trip", 900, 420),
    bounded("foreign system call, to server", 450, 200),
    alone("foreign system call, answer"),
    bounded("foreign system call, round trip", 900, 420),
    bounded("foreign system call, round trip, other space", 900, 420),
    bounded("VM fault, to handler", 450, 200),
    alone("VM fault, answer"),
    alone("VM fault, mapped and answered"),
    alone("timeout fault"),
    against("interrupt, switch", 470, 470, 300),
    alone("interrupt, no switch"),
    alone("acknowledge an interrupt"),
    alone("acknowledge, waiter is ready"),
    against("yield, nobody else ready", 502, 400, 200),
    against("yield to another thread", 688, 500, 250),
    alone("yield among 16 threads"),
    alone("create and start a thread"),
    alone("retype an untyped"),
    alone("retype 256 untypeds"),
    alone("retype a thread"),
    alone("retype 256 threads"),
    alone("retype an endpoint"),
    alone("retype 256 endpoints"),
    alone("retype a notification"),
    alone("retype 256 notifications"),
    alone("retype a CNode"),
    alone("retype 256 CNodes"),
    alone("retype a context"),
    alone("retype 256 contexts"),
    alone("retype a reply"),
    alone("retype 256 replies"),
    alone("retype an address space"),
    alone("retype 256 address spaces"),
    against("retype a page", 1276, 900, 400),
    alone("retype 256 pages"),
    alone("retype a page table"),
    alone("retype 256 page tables"),
    alone("retype a large page"),
    against("clear 2 MiB", CLEARED * 100 / 239, CLEARED / 8, CLEARED / 21),
    against("map a page", 626, 450, 220),
    peer("protect a page", 635),
    alone("unmap a page"),
    alone("map a large page"),
    alone("unmap a large page"),
    alone("map a page table"),
    alone("unmap a page table"),
    alone("copy a capability"),
    alone("move a capability"),
    alone("delete a copy"),
    alone("mint a capability"),
    alone("revoke a child"),
    alone("revoke without children"),
    alone("revoke 256 children"),
    alone("delete an endpoint"),
    alone("delete a notification"),
    alone("delete a thread"),
    alone("delete a reply"),
    alone("delete a page"),
];

/// Sections of the kernel's image, in bytes, of which something is expected.
pub(super) const SECTIONS: &[Operation] = &[against(".text", 41_400, 128 << 10, 56 << 10)];

/// Distinct lines of 64 bytes that an operation touches.
pub(super) const LINES: &[(Metric, Operation)] = &[
    (Metric::DataLines, against("call 0 words", 26, 26, 16)),
    (Metric::CodeLines, against("call 0 words", 19, 19, 12)),
    (Metric::DataLines, peer("reply 0 words", 29)),
    (Metric::CodeLines, peer("reply 0 words", 25)),
];

/// The row of a name.
pub(super) fn named(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_differ_and_can_stand_in_tables() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        assert!(names.iter().all(|name| !name.contains(['|', '"', '<', '&'])));
    }

    #[test]
    fn aims_are_below_floors() {
        for operation in OPERATIONS {
            assert_eq!(operation.aim.is_some(), operation.floor.is_some(), "{}", operation.name);
            assert!(operation.aim <= operation.floor, "{}", operation.name);
        }
    }
}
