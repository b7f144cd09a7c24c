//! All state of the kernel, in one value.
//!
//! The big lock's guard is the only source of `&mut Kernel`, so that "holds the lock" is a type.
//! `kernel[object]` reads and writes an object by name.

use core::ops::{Index, IndexMut};

use platform::Machine;
use platform::contract::{Platform, Ticks};

use crate::asid::AsidTable;
use crate::core_state::{CoreState, Cores};
use crate::domain::DomainSchedule;
use crate::fast::Tally;
use crate::irq::IrqTable;
use crate::mem::{Mem, Obj, Object};
use crate::ready::ReadyQueues;
use crate::release::ReleaseQueues;
use crate::thread::Thread;
use crate::utilisation::Utilisation;

/// Most cores that the kernel drives.
pub const MAX_CORES: usize = 8;
/// Most domains; several domains need a single core.
pub const MAX_DOMAINS: usize = 16;

/// Stopped between two consistent states: the system call will be restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preempted;

/// The kernel.
pub struct Kernel {
    /// Object memory.
    pub mem: Mem,
    /// The machine.
    pub machine: Machine,
    /// Logical number of the core that holds the lock.
    pub(crate) here: usize,
    /// Number of cores in use, 1 to [`MAX_CORES`].
    pub(crate) core_count: usize,
    /// What each core does.
    pub(crate) cores: Cores,
    /// Threads that are ready to run: an array of one set per domain on a single core, or one
    /// per core. Made at boot.
    pub(crate) ready: Option<Obj<ReadyQueues>>,
    /// Threads that wait for their budgets: one set per core. Made at boot.
    pub(crate) releases: Option<Obj<ReleaseQueues>>,
    /// Which domain runs, and when.
    pub(crate) domains: DomainSchedule,
    /// Who handles which interrupt.
    pub(crate) irqs: IrqTable,
    /// Number of the time since an address space was last lost, see [`crate::space`].
    pub(crate) space_epoch: u64,
    /// Which address space has which ASID.
    pub(crate) asids: AsidTable,
    /// Thousands of counter ticks per second.
    pub(crate) khz: Ticks,
    /// The shortest useful budget in ticks; asked for at every entry, hence kept.
    pub(crate) min_budget: Ticks,
    /// Whether refused calls are printed, in debug images.
    pub(crate) verbose: bool,
    /// Counters of benchmark images.
    pub(crate) utilisation: Utilisation,
    /// More counters of benchmark images.
    pub(crate) tally: Tally,
    /// Steps left until the next preemption point looks for interrupts.
    pub(crate) work_left: u32,
}

impl<T: Object> Index<Obj<T>> for Kernel {
    type Output = T;
    fn index(&self, object: Obj<T>) -> &T {
        self.mem.get(object)
    }
}

impl<T: Object> IndexMut<Obj<T>> for Kernel {
    fn index_mut(&mut self, object: Obj<T>) -> &mut T {
        self.mem.get_mut(object)
    }
}

/// Steps of a long operation between two looks for interrupts.
const WORK_UNITS: u32 = 8;

/// Microseconds as ticks of a counter of `khz` thousand counts per second.
fn to_ticks(microseconds: u64, khz: Ticks) -> Ticks {
    let exact = u128::from(microseconds) * u128::from(khz) / 1000;
    u64::try_from(exact).unwrap_or(u64::MAX)
}

impl Kernel {
    /// A kernel without any object, on `core_count` cores and with `domain_count` domains.
    #[must_use]
    pub fn new(mem: Mem, machine: Machine, core_count: usize, domain_count: usize) -> Self {
        let khz = machine.frequency() / 1000;
        let now = machine.now();
        Self {
            mem,
            machine,
            here: 0,
            core_count,
            cores: Cores::new(now),
            ready: None,
            releases: None,
            domains: DomainSchedule::new(domain_count),
            irqs: IrqTable::new(),
            space_epoch: 1,
            asids: AsidTable::new(),
            khz,
            min_budget: to_ticks(abi::time::MIN_BUDGET_US, khz),
            verbose: false,
            utilisation: Utilisation::default(),
            tally: Tally::new(),
            work_left: WORK_UNITS,
        }
    }

    /// The executing core.
    pub(crate) fn core(&self) -> &CoreState {
        &self.cores[self.here]
    }

    /// The executing core, to change it.
    pub(crate) fn core_mut(&mut self) -> &mut CoreState {
        &mut self.cores[self.here]
    }

    /// The thread that entered the kernel on this core.
    pub(crate) fn current(&self) -> Option<Obj<Thread>> {
        self.core().current
    }

    /// Microseconds as counter ticks.
    #[must_use]
    pub(crate) fn ticks(&self, microseconds: u64) -> Ticks {
        to_ticks(microseconds, self.khz)
    }

    /// Counter ticks as microseconds.
    #[must_use]
    pub(crate) fn microseconds(&self, ticks: Ticks) -> u64 {
        let exact = u128::from(ticks) * 1000 / u128::from(self.khz.max(1));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }

    /// To be called after each consistent step of a long operation.
    ///
    /// # Errors
    /// [`Preempted`] when an interrupt or another core has waited long enough.
    pub(crate) fn preemption_point(&mut self) -> Result<(), Preempted> {
        self.spend_work(1)
    }

    /// As [`Self::preemption_point`], for a step that took as long as `units` ordinary ones.
    ///
    /// # Errors
    /// [`Preempted`].
    pub(crate) fn spend_work(&mut self, units: u32) -> Result<(), Preempted> {
        self.work_left = self.work_left.saturating_sub(units);
        if self.work_left > 0 {
            return Ok(());
        }
        self.work_left = WORK_UNITS;
        if self.machine.interrupt_pending() || crate::lock::is_wanted() || self.budget_is_over() {
            return Err(Preempted);
        }
        Ok(())
    }
}
