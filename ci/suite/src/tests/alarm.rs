//! An interrupt at will: the alarm of the PL031 clock (Arm DDI 0224).

use crate::framework::prelude::*;
use libsys::window::Window;

/// The alarm's interrupt (boot.md §1): level triggered, shared by all cores.
pub(super) const IRQ: u64 = 34;

/// Seconds now.
const DATA: u64 = 0x00;
/// When the alarm rings.
const MATCH: u64 = 0x04;
/// Bit 0: the alarm interrupts.
const ENABLE: u64 = 0x10;
/// Bit 0: the alarm has rung and was not cleared.
const RAISED: u64 = 0x14;
/// Bit 0 written as 1 ends the interrupt.
const CLEAR: u64 = 0x1c;

/// The clock's alarm. It is silent at first.
pub(super) struct Alarm(Window);

impl Alarm {
    /// The alarm of this machine.
    pub(super) fn new(w: &mut World) -> Outcome<Self> {
        let alarm = Self(w.clock()?);
        alarm.silence();
        alarm.0.write_register(ENABLE, 1);
        Ok(alarm)
    }

    /// Raises the line: the alarm is set to now, again should a second begin in between.
    pub(super) fn ring(&self) {
        while self.0.read_register(RAISED) & 1 == 0 {
            self.0.write_register(MATCH, self.0.read_register(DATA));
        }
    }

    /// Lowers the line, until it rings again.
    pub(super) fn silence(&self) {
        // An hour from now: the old time must not match again.
        self.0.write_register(MATCH, self.0.read_register(DATA).wrapping_add(3600));
        self.0.write_register(CLEAR, 1);
    }
}
