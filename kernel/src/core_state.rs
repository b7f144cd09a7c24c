//! What the kernel keeps for each core.

use core::ops::{Index, IndexMut};

use platform::contract::{SpaceRoot, Ticks};

use crate::kernel::MAX_CORES;
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::thread::Thread;

/// What has been decided about the next thread of a core during one kernel entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The current thread goes on.
    Stay,
    /// The current thread goes on if nobody of its priority waits for a turn: its own is over.
    TurnOver,
    /// This thread became runnable and may be better than the current one.
    Candidate(Obj<Thread>),
    /// Look at the ready queues.
    Choose,
}

/// What happened to a core that its next exit has to take care of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Alert {
    /// Another core asked for a new choice.
    Kicked = 1,
    /// Another core changed the current thread before this core got the lock: the trap that
    /// brought it here is void.
    Stalled = 2,
    /// The loaded address space is not that of the loaded thread any more.
    SpaceStale = 4,
}

/// The alerts of a core, in one byte: fast paths ask for all of them at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Alerts(u8);

impl Alerts {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether there is this one.
    #[must_use]
    pub const fn has(self, alert: Alert) -> bool {
        self.0 & alert as u8 != 0
    }

    /// Raises one.
    pub const fn raise(&mut self, alert: Alert) {
        self.0 |= alert as u8;
    }

    /// Ends one. Returns whether it was there.
    pub const fn take(&mut self, alert: Alert) -> bool {
        let there = self.has(alert);
        self.0 &= !(alert as u8);
        there
    }
}

/// One core. Aligned so that cores do not share cache lines and are found by a shift.
#[derive(Clone, PartialEq, Debug)]
#[repr(align(128))]
pub struct CoreState {
    /// The thread that runs, or ran last and has not been replaced; `None` when idle.
    pub(crate) current: Option<Obj<Thread>>,
    /// The thread whose address space and user registers are loaded.
    pub(crate) loaded: Option<Obj<Thread>>,
    /// The scheduling context that pays for the time since the last switch.
    pub(crate) context: Option<Obj<SchedContext>>,
    /// What has been decided so far in this entry.
    pub(crate) decision: Decision,
    /// When the first thread in the release queues is due; the end of time when nobody waits.
    pub(crate) earliest_release: Ticks,
    /// Number of the last entry into the release queue, to keep equals in order.
    pub(crate) release_order: u64,
    /// When time was last accounted.
    pub(crate) time: Ticks,
    /// Time used since the last charge.
    pub(crate) used: Ticks,
    /// Whether the timer must be set again before the core leaves the kernel.
    pub(crate) reprogram: bool,
    /// The thread whose floating-point state is in this core's registers.
    pub(crate) fpu_holder: Option<Obj<Thread>>,
    /// Whether EL0 may use floating point now.
    pub(crate) fpu_enabled: bool,
    /// The address space with which the core translates, unless that is stale.
    pub(crate) space: Option<SpaceRoot>,
    /// What the next exit has to take care of.
    pub(crate) alerts: Alerts,
    /// Interrupt handlers of this core's own interrupts that another core acknowledged (bit per
    /// interrupt number below 32).
    pub(crate) acknowledged: u32,
    /// This core's own interrupts whose trigger another core chose (likewise).
    pub(crate) retriggered: u32,
    /// Those of them that are to be edge-triggered.
    pub(crate) edges: u32,
}

impl CoreState {
    /// An idle core.
    #[must_use]
    pub fn new(now: Ticks) -> Self {
        Self {
            current: None,
            context: None,
            decision: Decision::Choose,
            earliest_release: Ticks::MAX,
            release_order: 0,
            time: now,
            used: 0,
            reprogram: true,
            fpu_holder: None,
            fpu_enabled: false,
            space: None,
            loaded: None,
            alerts: Alerts::default(),
            acknowledged: 0,
            retriggered: 0,
            edges: 0,
        }
    }
}

/// All cores by their logical numbers, which are below [`MAX_CORES`] wherever they come from:
/// the index wraps instead of looking.
#[derive(Clone, PartialEq, Debug)]
pub struct Cores([CoreState; MAX_CORES]);

const _: () = assert!(MAX_CORES.is_power_of_two());

impl Cores {
    /// Idle cores.
    #[must_use]
    pub fn new(now: Ticks) -> Self {
        Self(core::array::from_fn(|_| CoreState::new(now)))
    }

    /// The cores in order.
    pub(crate) fn iter(&self) -> core::slice::Iter<'_, CoreState> {
        self.0.iter()
    }

    /// The cores in order, to change them.
    pub(crate) fn iter_mut(&mut self) -> core::slice::IterMut<'_, CoreState> {
        self.0.iter_mut()
    }
}

impl Index<usize> for Cores {
    type Output = CoreState;
    fn index(&self, core: usize) -> &CoreState {
        &self.0[core % MAX_CORES]
    }
}

impl IndexMut<usize> for Cores {
    fn index_mut(&mut self, core: usize) -> &mut CoreState {
        &mut self.0[core % MAX_CORES]
    }
}
