//! A line without a device, for tests.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use libsys::service::terminal::{Refusal, Settings};

use crate::line::{Arrival, Line};

/// A line: what was sent, what is to come, and how much room there is. Clones are the same line.
#[derive(Clone, Debug)]
pub struct FakeLine(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    sent: Vec<u8>,
    room: usize,
    arrivals: VecDeque<Arrival>,
    settings: Settings,
    busy: bool,
}

impl FakeLine {
    /// A line with room for so many bytes.
    #[must_use]
    pub fn new(room: usize) -> Self {
        let (sent, arrivals, settings) = (Vec::new(), VecDeque::new(), Settings::USUAL);
        Self(Rc::new(RefCell::new(State { sent, room, arrivals, settings, busy: false })))
    }

    /// Makes room for so many bytes more.
    pub fn make_room(&self, bytes: usize) {
        let mut state = self.0.borrow_mut();
        state.room = state.room.saturating_add(bytes);
    }

    /// Whether characters are still on their way.
    pub fn set_busy(&self, busy: bool) {
        self.0.borrow_mut().busy = busy;
    }

    /// These bytes are typed.
    pub fn type_in(&self, bytes: &[u8]) {
        let arrival = |byte: &u8| Arrival { character: Ok(*byte), overrun: false };
        self.0.borrow_mut().arrivals.extend(bytes.iter().map(arrival));
    }

    /// This arrives.
    pub fn arrive(&self, arrival: Arrival) {
        self.0.borrow_mut().arrivals.push_back(arrival);
    }

    /// Takes what was sent.
    #[must_use]
    pub fn take_sent(&self) -> Vec<u8> {
        core::mem::take(&mut self.0.borrow_mut().sent)
    }
}

impl Line for FakeLine {
    fn send(&mut self, bytes: &[u8]) -> usize {
        let mut state = self.0.borrow_mut();
        let count = bytes.len().min(state.room);
        state.room -= count;
        state.sent.extend_from_slice(&bytes[..count]);
        count
    }

    fn receive(&mut self) -> Option<Arrival> {
        self.0.borrow_mut().arrivals.pop_front()
    }

    fn settings(&self) -> Settings {
        self.0.borrow().settings
    }

    fn configure(&mut self, settings: Settings) -> Result<(), Refusal> {
        let mut state = self.0.borrow_mut();
        match settings.baud {
            0 => return Err(Refusal::Impossible),
            _ if state.busy => return Err(Refusal::Busy),
            _ => state.settings = settings,
        }
        Ok(())
    }
}
