//! Threads and their time.

use alloc::vec::Vec;

use crate::cap::Cap;
use crate::span::{Span, Spanned};

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Thread {
    /// Its capabilities by their use, each at most once in a model that passes the checks.
    pub roles: Vec<RoleEntry>,
    /// Where its IPC buffer appears.
    pub buffer_address: u64,
    /// Where it begins.
    pub entry: Option<Spanned<u64>>,
    /// Its stack pointer.
    pub stack: u64,
    /// Its first registers, x0 upwards.
    pub arguments: Vec<u64>,
    /// Its thread pointer (TPIDR_EL0).
    pub thread_pointer: u64,
    /// Its priority.
    pub priority: u64,
    /// The highest that it may give.
    pub max_priority: u64,
    /// Its domain.
    pub domain: u64,
    /// Whether its use of floating point is a fault.
    pub is_without_float: bool,
    /// Whether it runs from the start.
    pub resumed: bool,
}

impl Thread {
    /// The capability that has this use.
    #[must_use]
    pub fn role(&self, role: Role) -> Option<&RoleEntry> {
        self.roles.iter().find(|entry| entry.role == role)
    }
}

/// What a thread has a capability for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// The CNode at which its lookups begin.
    CSpace,
    /// Its address space.
    VSpace,
    /// The frame of its IPC buffer.
    Buffer,
    /// The endpoint that is told about its faults.
    FaultHandler,
    /// The endpoint that is told when its budget ends.
    TimeoutHandler,
    /// Its time.
    SchedContext,
    /// The notification that interrupts its waiting at an endpoint.
    Notification,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::CSpace,
        Self::VSpace,
        Self::Buffer,
        Self::FaultHandler,
        Self::TimeoutHandler,
        Self::SchedContext,
        Self::Notification,
    ];
}

/// A capability of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoleEntry {
    /// What for.
    pub role: Role,
    /// The capability.
    pub cap: Cap,
    /// Where that is written.
    pub span: Span,
}

/// Time. Unless `budget` equals `period`, its thread gets at most `budget` in each `period`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchedContext {
    /// `log2` of its bytes, which bound its refills.
    pub bits: u64,
    /// Microseconds; `None`: it gets no time from the start.
    pub budget: Option<Spanned<u64>>,
    /// Microseconds.
    pub period: u64,
    /// The core whose time it is.
    pub core: u64,
    /// Refills beyond the two that each has.
    pub extra_refills: u64,
    /// Whether unused budget moves with its use.
    pub is_sporadic: bool,
    /// The word in its timeout faults.
    pub data: u64,
}
