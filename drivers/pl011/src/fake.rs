//! A UART in software, as the manual describes it; or one that says what it likes.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::registers::{FIFO, Register, Registers, control, data, flags, interrupt, line};

/// Characters from which on the receive FIFO interrupts, and up to which the transmit FIFO does.
const RECEIVE_LEVEL: usize = FIFO / 2;
const TRANSMIT_LEVEL: usize = FIFO / 8;

/// A UART. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct FakeUart(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    whole: u32,
    fraction: u32,
    line: u32,
    control: u32,
    levels: u32,
    mask: u32,
    raw: u32,
    transmit: VecDeque<u8>,
    receive: VecDeque<u32>,
    /// What is on the wire.
    sent: Vec<u8>,
    /// What a malicious device says to each read, one after the other, again and again.
    lies: Vec<u32>,
    reads: usize,
}

impl FakeUart {
    /// A UART after its reset.
    #[must_use]
    pub fn new() -> Self {
        let uart = Self::default();
        uart.0.borrow_mut().control = control::TRANSMIT | control::RECEIVE;
        uart
    }

    /// A device that answers each read with the next of these numbers, whatever is read. Without
    /// numbers it behaves.
    #[must_use]
    pub fn lying(lies: &[u32]) -> Self {
        let uart = Self::new();
        uart.0.borrow_mut().lies = lies.to_vec();
        uart
    }

    /// So many characters leave the FIFO for the wire.
    pub fn drain(&self, characters: usize) {
        let mut state = self.0.borrow_mut();
        if state.control & control::ENABLE == 0 {
            return;
        }
        for _ in 0..characters {
            let Some(byte) = state.transmit.pop_front() else { return };
            state.sent.push(byte);
            if state.transmit.len() == TRANSMIT_LEVEL {
                state.raw |= interrupt::TRANSMIT;
            }
        }
    }

    /// These characters arrive, with their errors; those without room are lost.
    pub fn arrive(&self, characters: impl IntoIterator<Item = u32>) {
        let mut state = self.0.borrow_mut();
        for word in characters {
            if state.receive.len() == state.depth() {
                // The next one that is read tells of it.
                if let Some(last) = state.receive.back_mut() {
                    *last |= data::OVERRUN;
                }
                continue;
            }
            state.receive.push_back(word);
            if state.receive.len() >= RECEIVE_LEVEL.min(state.depth()) {
                state.raw |= interrupt::RECEIVE;
            }
        }
    }

    /// Nothing follows for a while.
    pub fn pause(&self) {
        let mut state = self.0.borrow_mut();
        if !state.receive.is_empty() {
            state.raw |= interrupt::TIMEOUT;
        }
    }

    /// Whether the device interrupts.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        let state = self.0.borrow();
        state.raw & state.mask != 0
    }

    /// Takes what is on the wire.
    #[must_use]
    pub fn take_sent(&self) -> Vec<u8> {
        core::mem::take(&mut self.0.borrow_mut().sent)
    }
}

impl State {
    /// Characters that a FIFO holds.
    fn depth(&self) -> usize {
        if self.line & line::FIFOS != 0 { FIFO } else { 1 }
    }

    fn flags(&self) -> u32 {
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        flag(!self.transmit.is_empty(), flags::BUSY)
            | flag(self.receive.is_empty(), flags::RECEIVE_EMPTY)
            | flag(self.transmit.len() >= self.depth(), flags::TRANSMIT_FULL)
            | flag(self.transmit.is_empty(), flags::TRANSMIT_EMPTY)
    }

    fn receive(&mut self) -> u32 {
        let word = self.receive.pop_front().unwrap_or_default();
        if self.receive.len() < RECEIVE_LEVEL {
            self.raw &= !interrupt::RECEIVE;
        }
        if self.receive.is_empty() {
            self.raw &= !interrupt::TIMEOUT;
        }
        word
    }

    fn transmit(&mut self, byte: u8) {
        // A full FIFO loses what is written.
        if self.transmit.len() < self.depth() {
            self.transmit.push_back(byte);
        }
        if self.transmit.len() > TRANSMIT_LEVEL {
            self.raw &= !interrupt::TRANSMIT;
        }
    }

    /// FIFOs that are switched off or on are empty.
    fn set_line(&mut self, value: u32) {
        if (self.line ^ value) & line::FIFOS != 0 {
            self.transmit.clear();
            self.receive.clear();
        }
        self.line = value;
    }
}

impl Registers for FakeUart {
    fn read(&self, register: Register) -> u32 {
        let mut state = self.0.borrow_mut();
        if !state.lies.is_empty() {
            let place = state.reads % state.lies.len();
            state.reads += 1;
            return state.lies[place];
        }
        match register {
            Register::Data => state.receive(),
            Register::Flags => state.flags(),
            Register::BaudWhole => state.whole,
            Register::BaudFraction => state.fraction,
            Register::LineControl => state.line,
            Register::Control => state.control,
            Register::FifoLevels => state.levels,
            Register::InterruptMask => state.mask,
            Register::MaskedInterrupts => state.raw & state.mask,
            Register::InterruptClear => 0,
        }
    }

    fn write(&self, register: Register, value: u32) {
        let mut state = self.0.borrow_mut();
        match register {
            Register::Data => state.transmit((value & 0xff) as u8),
            Register::BaudWhole => state.whole = value & 0xffff,
            Register::BaudFraction => state.fraction = value & 0x3f,
            Register::LineControl => state.set_line(value & 0xff),
            Register::Control => state.control = value,
            Register::FifoLevels => state.levels = value,
            Register::InterruptMask => state.mask = value & interrupt::ALL,
            Register::InterruptClear => state.raw &= !value,
            Register::Flags | Register::MaskedInterrupts => {}
        }
    }
}
