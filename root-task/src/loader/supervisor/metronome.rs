//! What tells the supervisor that time goes by: a second thread of the initial task, which signals
//! its bell once in each period, as long as somebody counts them.

use libsys::bootstrap::AllocationError;
use libsys::object::{Budget, Notification};
use libsys::server::Origin;
use libsys::worker::{Options, Worker};
use libsys::{Cap, Error, Rights, SlotPath, initial, time};

use super::super::Loader;

/// The bit that it sets.
pub(super) const TICK: u64 = 1;

/// How it rings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// The bit that it sets.
    pub(super) bit: u64,
    /// What it takes of each period.
    pub(super) time: Budget,
    /// Its priority.
    pub(super) priority: u8,
}

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
    /// Makes it, for this bell. The loader still has control over the time of its own core.
    pub(super) fn new(
        loader: &mut Loader,
        bell: Cap<Notification>,
        rhythm: Rhythm,
    ) -> Result<Self, AllocationError> {
        let slot = loader.next_slot;
        if slot >= loader.boot.empty.end {
            return Err(AllocationError::NoSlots);
        }
        loader.next_slot += 1;
        let own = SlotPath::new(initial::CNODE, slot);
        let from = SlotPath::new(initial::CNODE, bell.pointer());
        own.mint_from(from, Rights::WRITE, Origin::signal_badge(rhythm.bit.trailing_zeros()))?;
        let (buffer, (_, stack)) = (loader.own_page()?, loader.own_page()?);
        let core = initial::sched_control(loader.boot, loader.boot.node_id).unwrap_or(Cap::NULL);
        let Rhythm { time, priority, .. } = rhythm;
        let options = Options { time: Some(time), priority, ..Options::new(core) };
        let worker = Worker::with_memory(loader, options, buffer, stack)?;
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
