//! What tells the supervisor that time goes by: a second thread of the initial task, which signals
//! its bell once in each period, as long as somebody counts them.

use core::time::Duration;

use libsys::bootstrap::AllocationError;
use libsys::object::{Budget, Notification};
use libsys::server::Origin;
use libsys::worker::{Options, Worker};
use libsys::{Cap, Error, Rights, SlotPath, initial, time};

use super::super::Loader;

/// How long a period is: the unit of the supervisor's times.
pub(in super::super) const PERIOD: Duration = Duration::from_millis(10);
/// The bit that it sets.
pub(super) const TICK: u64 = 1;
/// What it may take of each period. The kernel does not begin a call with less than 20 µs left.
const WORK: Duration = Duration::from_micros(50);

/// The thread, which stands still at first.
#[derive(Debug)]
pub(in super::super) struct Metronome {
    worker: Worker,
    runs: bool,
}

extern "C" fn tick(bell: u64) -> ! {
    let bell = Cap::<Notification>::at(bell);
    loop {
        time::next_period();
        bell.signal();
    }
}

impl Metronome {
    /// Makes it, for this bell, with a bit and a period. The loader still has control over the time
    /// of its own core.
    pub(super) fn new(
        loader: &mut Loader,
        bell: Cap<Notification>,
        (bit, period): (u64, Duration),
    ) -> Result<Self, AllocationError> {
        let slot = loader.next_slot;
        if slot >= loader.boot.empty.end {
            return Err(AllocationError::NoSlots);
        }
        loader.next_slot += 1;
        let own = SlotPath::new(initial::CNODE, slot);
        let from = SlotPath::new(initial::CNODE, bell.pointer());
        own.mint_from(from, Rights::WRITE, Origin::signal_badge(bit.trailing_zeros()))?;
        let (buffer, (_, stack)) = (loader.own_page()?, loader.own_page()?);
        let core = initial::sched_control(loader.boot, loader.boot.node_id).unwrap_or(Cap::NULL);
        let time = Some(Budget::periodic(WORK, period));
        let worker =
            Worker::with_memory(loader, Options { time, ..Options::new(core) }, buffer, stack)?;
        worker.thread.write_registers(false, &worker.registers(tick, slot))?;
        Ok(Self { worker, runs: false })
    }

    /// Lets it run, or stand still.
    pub(super) fn let_run(&mut self, runs: bool) -> Result<(), Error> {
        if runs == self.runs {
            return Ok(());
        }
        self.runs = runs;
        match runs {
            true => self.worker.thread.resume(),
            false => self.worker.thread.suspend(),
        }
    }
}

/// So many periods are at least this long.
pub(super) fn periods(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(PERIOD.as_nanos())).unwrap_or(u64::MAX)
}
