//! Waiting for words of memory.

use super::{Address, Answer, Stop};
use crate::abi::errno::{EAGAIN, EINVAL, ENOSYS, ETIMEDOUT};
use crate::abi::flags::{
    CLOCK_REALTIME, FUTEX_CLOCK_REALTIME, FUTEX_CMP_REQUEUE, FUTEX_PRIVATE_FLAG, FUTEX_REQUEUE,
    FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE, FUTEX_WAKE_BITSET,
};
use crate::abi::structures::duration;
use crate::calls::Call;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::waiting::{Key, Wait};

/// All waiters.
const ANY: u32 = u32::MAX;

impl<M: Machine> Linux<M> {
    #[allow(clippy::too_many_arguments, reason = "the call has six")]
    pub(super) fn futex(
        &mut self,
        me: ThreadId,
        address: Address,
        operation: u32,
        value: u32,
        time: Address,
        other: Address,
        third: u32,
    ) -> Answer {
        if !address.is_multiple_of(4) {
            return Err(EINVAL.into());
        }
        let command = operation & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
        match command {
            FUTEX_WAIT | FUTEX_WAIT_BITSET => {
                let mask = if command == FUTEX_WAIT { ANY } else { third };
                if mask == 0 {
                    return Err(EINVAL.into());
                }
                self.set_futex_deadline(me, command, time)?;
                self.futex_wait(me, address, value)
            }
            FUTEX_WAKE => Ok(self.wake_futex(me, address, value, ANY)),
            FUTEX_WAKE_BITSET if third != 0 => Ok(self.wake_futex(me, address, value, third)),
            FUTEX_REQUEUE | FUTEX_CMP_REQUEUE => {
                let expected: [u8; 4] = self.read_array(me, address)?;
                if command == FUTEX_CMP_REQUEUE && u32::from_le_bytes(expected) != third {
                    return Err(EAGAIN.into());
                }
                // Those that would only change their place wake as well: each looks at its word
                // again, as after any wake-up.
                let more = (time as u32).saturating_add(value);
                let _ = other;
                Ok(self.wake_futex(me, address, more, ANY))
            }
            FUTEX_WAKE_BITSET => Err(EINVAL.into()),
            _ => Err(ENOSYS.into()),
        }
    }

    fn set_futex_deadline(&mut self, me: ThreadId, command: u32, time: Address) -> Answer {
        if time == 0 || self.flight(me).is_some_and(|flight| flight.deadline.is_some()) {
            return Ok(0);
        }
        let time = duration(self.read_array(me, time)?).ok_or(EINVAL)?;
        // A plain wait says how long, the other until when; both clocks are the same.
        let _ = CLOCK_REALTIME;
        let deadline = if command == FUTEX_WAIT { self.now().saturating_add(time) } else { time };
        if let Some(flight) = self.flight(me) {
            flight.deadline = Some(deadline);
        }
        Ok(0)
    }

    fn futex_wait(&mut self, me: ThreadId, address: Address, value: u32) -> Answer {
        let (is_woken, deadline) =
            self.flight(me).map_or((true, None), |flight| (flight.is_woken, flight.deadline));
        if is_woken {
            return Ok(0);
        }
        if u32::from_le_bytes(self.read_array(me, address)?) != value {
            return Err(EAGAIN.into());
        }
        if deadline.is_some_and(|deadline| deadline <= self.now()) {
            return Err(ETIMEDOUT.into());
        }
        let key = self.futex_key(me, address)?;
        Err(Stop::Wait(Wait { keys: alloc::vec![key], until: deadline }))
    }

    /// Words are the same if they are at one address of one space.
    fn futex_key(&mut self, me: ThreadId, address: Address) -> Result<Key, Stop> {
        Ok(Key::Futex(self.process(me)?.space.0, address))
    }

    /// Wakes up to so many threads that wait for a word, with a bit of the mask; how many.
    pub(crate) fn wake_futex(
        &mut self,
        me: ThreadId,
        address: Address,
        count: u32,
        mask: u32,
    ) -> u64 {
        let Ok(key) = self.futex_key(me, address) else { return 0 };
        let mut woken = 0;
        for thread in self.waiters.on(key) {
            if woken >= u64::from(count) {
                break;
            }
            if !self.flight(thread).is_some_and(|flight| waits_with(&flight.call, mask)) {
                continue;
            }
            self.waiters.remove(thread);
            if let Some(flight) = self.flight(thread) {
                flight.is_woken = true;
            }
            self.attempt(thread);
            woken += 1;
        }
        woken
    }
}

/// Whether a call waits with a bit of the mask.
fn waits_with(call: &Call, mask: u32) -> bool {
    match call {
        Call::Futex { operation, third, .. } => {
            let command = operation & !(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
            command == FUTEX_WAIT || third & mask != 0
        }
        _ => false,
    }
}
