//! What the reader and the checks refuse beside wrong types, as far as a schema can say it.

use abi::MAX_PRIORITY;
use abi::time::MIN_BUDGET_US;

/// Most members of a pool.
pub const MEMBERS: u64 = 4096;
/// Most restarts, seconds and milliseconds that a rule may name: behind them the supervisor could
/// not count.
pub const RESTART: u64 = u32::MAX as u64;

/// A number of a table, and the bound that it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The table.
    pub table: &'static str,
    /// Its field.
    pub field: &'static str,
    /// The last number that is accepted.
    pub last: u64,
}

const fn bound(table: &'static str, field: &'static str, last: u64) -> Bound {
    Bound { table, field, last }
}

/// Numbers that may not be larger.
pub const LARGEST: &[Bound] = &[
    bound("Component", "prio", MAX_PRIORITY as u64),
    bound("Component", "max_prio", MAX_PRIORITY as u64),
    bound("Supervisor", "prio", MAX_PRIORITY as u64),
    bound("Pool", "max", MEMBERS),
    bound("Restart", "max", RESTART),
    bound("Restart", "per_s", RESTART),
    bound("Restart", "delay_ms", RESTART),
    bound("Restart", "silence_ms", RESTART),
    bound("RawThread", "prio", MAX_PRIORITY as u64),
    bound("RawThread", "max_prio", MAX_PRIORITY as u64),
    bound("RawCoreSignal", "number", 15),
];

/// Numbers that may not be smaller.
pub const SMALLEST: &[Bound] = &[
    bound("Sched", "budget_us", MIN_BUDGET_US),
    bound("Sched", "period_us", MIN_BUDGET_US),
    bound("Supervisor", "budget_us", MIN_BUDGET_US),
    bound("Supervisor", "period_us", MIN_BUDGET_US),
];

/// Tables that have exactly one of some fields.
pub const ONE_OF: &[(&str, &[&str])] = &[
    ("Channel", &["call", "signal", "ring", "service"]),
    ("Assertion", &["isolated", "only", "never_holds"]),
    ("Only", &["may_read", "may_write", "may_call", "may_signal"]),
    ("Turn", &["us", "ticks"]),
    ("RawFill", &["file", "boot"]),
    ("RawCap", &["to", "control"]),
];
