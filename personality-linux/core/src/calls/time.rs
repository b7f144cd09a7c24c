//! Clocks and sleeping. The wall clock shows the time since the start.

use core::time::Duration;

use super::{Address, Answer, Stop};
use crate::abi::errno::{EINVAL, Errno};
use crate::abi::flags::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_THREAD_CPUTIME_ID,
    TIMER_ABSTIME,
};
use crate::abi::structures::{duration, timespec};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::waiting::Wait;

/// Ticks of `times` in a second.
const TICKS: u128 = 100;

pub(super) fn check_clock(clock: u32) -> Result<(), Errno> {
    let known = [
        CLOCK_REALTIME,
        CLOCK_MONOTONIC,
        CLOCK_MONOTONIC_RAW,
        CLOCK_REALTIME_COARSE,
        CLOCK_MONOTONIC_COARSE,
        CLOCK_BOOTTIME,
        CLOCK_PROCESS_CPUTIME_ID,
        CLOCK_THREAD_CPUTIME_ID,
    ];
    if known.contains(&clock) { Ok(()) } else { Err(EINVAL) }
}

impl<M: Machine> Linux<M> {
    pub(super) fn clock_gettime(&mut self, me: ThreadId, clock: u32, buffer: Address) -> Answer {
        check_clock(clock)?;
        let now = timespec(self.now());
        self.write_memory(me, buffer, &now)?;
        Ok(0)
    }

    pub(super) fn clock_getres(&mut self, me: ThreadId, clock: u32, buffer: Address) -> Answer {
        check_clock(clock)?;
        if buffer != 0 {
            self.write_memory(me, buffer, &timespec(Duration::from_nanos(1)))?;
        }
        Ok(0)
    }

    pub(super) fn gettimeofday(&mut self, me: ThreadId, buffer: Address, zone: Address) -> Answer {
        let now = self.now();
        if buffer != 0 {
            let words = [now.as_secs(), now.subsec_micros().into()];
            self.write_memory(me, buffer, &words.map(u64::to_le_bytes).concat())?;
        }
        if zone != 0 {
            self.write_memory(me, zone, &[0; 8])?;
        }
        Ok(0)
    }

    pub(super) fn times(&mut self, me: ThreadId, buffer: Address) -> Answer {
        if buffer != 0 {
            self.write_memory(me, buffer, &[0; 32])?;
        }
        Ok((self.now().as_nanos() * TICKS / 1_000_000_000) as u64)
    }

    pub(super) fn nanosleep(&mut self, me: ThreadId, time: Address, left: Address) -> Answer {
        self.clock_nanosleep(me, CLOCK_MONOTONIC, 0, time, left)
    }

    pub(super) fn clock_nanosleep(
        &mut self,
        me: ThreadId,
        clock: u32,
        flags: u32,
        time: Address,
        left: Address,
    ) -> Answer {
        check_clock(clock)?;
        let known = self.flight(me).and_then(|flight| flight.deadline);
        let deadline = match known {
            Some(deadline) => deadline,
            None => {
                let time = duration(self.read_array(me, time)?).ok_or(EINVAL)?;
                let is_absolute = flags & TIMER_ABSTIME != 0;
                if is_absolute { time } else { self.now().saturating_add(time) }
            }
        };
        if let Some(flight) = self.flight(me) {
            flight.deadline = Some(deadline);
        }
        let rest = deadline.saturating_sub(self.now());
        if rest.is_zero() {
            return Ok(0);
        }
        if left != 0 && flags & TIMER_ABSTIME == 0 {
            // For the case that a signal ends it: what is left at the latest then.
            self.write_memory(me, left, &timespec(rest))?;
        }
        Err(Stop::Wait(Wait { keys: alloc::vec::Vec::new(), until: Some(deadline) }))
    }
}
