//! What is done for disks without being asked for: content is written after some time, or when
//! there is much of it; what can be read again is forgotten when memory gets scarce.

use core::time::Duration;

use crate::abi::errno::Errno;
use crate::linux::Linux;
use crate::machine::Machine;

/// How long a change may be in memory only.
const PERIOD: Duration = Duration::from_secs(5);
/// How many pages may: 32 MiB.
const UNWRITTEN: u64 = 8192;
/// Frames that programs find free, if there is anything to forget.
const FREE: u64 = 1024;
/// Calls between two looks at that.
const CALLS: u32 = 64;

/// When it was done, and when it is to be.
#[derive(Debug, Default)]
pub(crate) struct Housekeeping {
    written: Duration,
    calls: u32,
}

impl<M: Machine> Linux<M> {
    /// Writes what has been in memory only for some time.
    pub(crate) fn write_at_times(&mut self) {
        let now = self.now();
        if now < self.housekeeping.written.saturating_add(PERIOD) {
            return;
        }
        self.housekeeping.written = now;
        if self.mounts.are_behind() {
            // What could not be written is tried again after the same time.
            let _ = self.flush();
        }
    }

    /// Writes what is in memory only, and forgets what can be read again, if memory is scarce.
    pub(crate) fn keep_memory(&mut self) {
        self.housekeeping.calls += 1;
        if self.housekeeping.calls < CALLS {
            return;
        }
        self.housekeeping.calls = 0;
        let is_scarce = self.frames.machine.is_short() || self.frames.machine.frames().0 < FREE;
        if is_scarce || self.mounts.unwritten_pages() > UNWRITTEN {
            // It is tried again.
            let _ = self.flush();
        }
        if is_scarce {
            let mounts = self.mounts.clone();
            mounts.disks().for_each(|disk| disk.forget(&mut self.frames));
        }
    }

    /// Writes everything that is in memory only, so that it outlives a loss of power.
    ///
    /// # Errors
    /// A disk fails or is full.
    pub fn flush(&mut self) -> Result<(), Errno> {
        let now = self.now();
        self.mounts.flush(&mut self.frames, now)
    }
}
