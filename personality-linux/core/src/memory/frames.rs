//! Who uses which frame.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::machine::{Exhausted, Frame, Machine, PAGE_BYTES};

/// Frames whose owner was dropped: owners have no way to the machine.
pub(crate) type Discarded = Rc<RefCell<Vec<Frame>>>;

/// The machine, and how many use each of its frames.
#[derive(Debug)]
pub(crate) struct Frames<M> {
    pub(crate) machine: M,
    /// By the frame's number.
    users: Vec<u32>,
    discarded: Discarded,
}

impl<M: Machine> Frames<M> {
    pub(crate) fn new(machine: M) -> Self {
        Self { machine, users: Vec::new(), discarded: Discarded::default() }
    }

    /// Where frames go whose owner is dropped.
    pub(crate) fn discarded(&self) -> Discarded {
        Rc::clone(&self.discarded)
    }

    /// A frame of zeros with one user.
    pub(crate) fn allocate(&mut self) -> Result<Frame, Exhausted> {
        self.sweep();
        if self.machine.is_short() {
            return Err(Exhausted);
        }
        let frame = self.machine.allocate()?;
        let index = frame.0 as usize;
        if index >= self.users.len() {
            self.users.resize(index + 1, 0);
        }
        self.users[index] = 1;
        Ok(frame)
    }

    /// A frame with one user and the content of another.
    pub(crate) fn duplicate(&mut self, of: Frame) -> Result<Frame, Exhausted> {
        let frame = self.allocate()?;
        self.machine.copy(of, frame);
        Ok(frame)
    }

    /// How many use a frame.
    pub(crate) fn users(&self, frame: Frame) -> u32 {
        self.users.get(frame.0 as usize).copied().unwrap_or(0)
    }

    /// One more uses a frame.
    pub(crate) fn share(&mut self, frame: Frame) {
        if let Some(users) = self.users.get_mut(frame.0 as usize) {
            *users += 1;
        }
    }

    /// One fewer uses a frame; the last one gives it back.
    pub(crate) fn release(&mut self, frame: Frame) {
        let Some(users) = self.users.get_mut(frame.0 as usize) else { return };
        *users = users.saturating_sub(1);
        if *users == 0 {
            self.machine.free(frame);
        }
    }

    /// Gives back what dropped owners had.
    pub(crate) fn sweep(&mut self) {
        while let Some(frame) = self.take_discarded() {
            self.release(frame);
        }
    }

    fn take_discarded(&self) -> Option<Frame> {
        self.discarded.borrow_mut().pop()
    }

    /// Zeros from `offset` to the end of a frame.
    pub(crate) fn clear_from(&mut self, frame: Frame, offset: usize) {
        const ZEROS: [u8; 256] = [0; 256];
        let mut next = offset;
        while next < PAGE_BYTES {
            let length = (PAGE_BYTES - next).min(ZEROS.len());
            self.machine.write(frame, next, &ZEROS[..length]);
            next += length;
        }
    }
}
