//! A clock in software, as the manual describes it; or one that says what it likes.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::registers::{Register, Registers};

/// A clock. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct FakeClock(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    now: u32,
    matches: u32,
    runs: bool,
    mask: bool,
    raw: bool,
    lies: Vec<u32>,
    reads: usize,
}

impl FakeClock {
    /// A clock that shows this time and stands still.
    #[must_use]
    pub fn showing(now: u32) -> Self {
        let clock = Self::default();
        clock.0.borrow_mut().now = now;
        clock
    }

    /// A device that answers each read with the next of these numbers, again and again.
    #[must_use]
    pub fn lying(lies: &[u32]) -> Self {
        let clock = Self::default();
        clock.0.borrow_mut().lies = lies.to_vec();
        clock
    }

    /// A second passes.
    pub fn tick(&self) {
        let mut state = self.0.borrow_mut();
        if state.runs {
            state.now = state.now.wrapping_add(1);
            state.raw |= state.now == state.matches;
        }
    }

    /// Whether the device interrupts.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        let state = self.0.borrow();
        state.raw && state.mask
    }
}

impl Registers for FakeClock {
    fn read(&self, register: Register) -> u32 {
        let mut state = self.0.borrow_mut();
        if !state.lies.is_empty() {
            let place = state.reads % state.lies.len();
            state.reads += 1;
            return state.lies[place];
        }
        match register {
            Register::Data | Register::Load => state.now,
            Register::Match => state.matches,
            Register::Control => u32::from(state.runs),
            Register::InterruptMask => u32::from(state.mask),
            Register::InterruptClear => 0,
        }
    }

    fn write(&self, register: Register, value: u32) {
        let mut state = self.0.borrow_mut();
        match register {
            Register::Data => {}
            Register::Match => state.matches = value,
            Register::Load => state.now = value,
            Register::Control => state.runs = value & 1 != 0,
            Register::InterruptMask => state.mask = value & 1 != 0,
            Register::InterruptClear => state.raw &= value & 1 == 0,
        }
    }
}
