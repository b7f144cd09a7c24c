//! Time that can be read: `timerfd_create(2)`.

use core::cell::Cell;
use core::time::Duration;

use super::alarm::Alarm;
use crate::abi::flags::POLLIN;
use crate::waiting::{Key, Wait, Wakes};

/// The timer.
#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) key: Key,
    alarm: Cell<Alarm>,
    wakes: Wakes,
}

impl Timer {
    pub(crate) fn new(key: Key, wakes: &Wakes) -> Self {
        Self { key, alarm: Cell::default(), wakes: Wakes::clone(wakes) }
    }

    /// Sets it; answers how it was set before.
    pub(crate) fn set(&self, alarm: Alarm) -> Alarm {
        self.wakes.borrow_mut().push(self.key);
        self.alarm.replace(alarm)
    }

    /// How it is set, after what has happened until now.
    pub(crate) fn alarm(&self, now: Duration) -> Alarm {
        let mut alarm = self.alarm.get();
        if !alarm.period.is_zero() {
            alarm.take(now);
        }
        alarm
    }

    /// How often its time has come since this was read last.
    pub(crate) fn take(&self, now: Duration) -> u64 {
        let mut alarm = self.alarm.get();
        let count = alarm.take(now);
        self.alarm.set(alarm);
        count
    }

    /// What could be done now, and until when to wait for more.
    pub(crate) fn poll(&self, now: Duration, wait: &mut Wait) -> u16 {
        wait.keys.push(self.key);
        let mut alarm = self.alarm.get();
        let count = alarm.take(now);
        // Also of one that can be read: somebody may wait for each time that it expires.
        wait.not_behind(alarm.next);
        if count > 0 { POLLIN } else { 0 }
    }
}
