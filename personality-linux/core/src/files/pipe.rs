//! Bytes that go from one process to another.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

use crate::waiting::{Key, Wakes};

/// Bytes that a pipe holds.
pub(crate) const CAPACITY: usize = 64 << 10;
/// Writes of so many bytes are never torn.
pub(crate) const ATOMIC: usize = 4096;

/// The bytes, and how many have an end.
#[derive(Debug)]
pub(crate) struct Pipe {
    /// What those wait for who find it full or empty.
    pub(crate) key: Key,
    bytes: RefCell<VecDeque<u8>>,
    readers: Cell<u32>,
    writers: Cell<u32>,
    wakes: Wakes,
}

/// Which end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Read,
    Write,
}

/// An end; dropped, it is closed.
#[derive(Debug)]
pub(crate) struct PipeEnd {
    pub(crate) pipe: Rc<Pipe>,
    pub(crate) side: Side,
}

impl Pipe {
    pub(crate) fn new(number: u64, wakes: &Wakes) -> Rc<Self> {
        Rc::new(Self {
            key: Key::Pipe(number),
            bytes: RefCell::default(),
            readers: Cell::new(0),
            writers: Cell::new(0),
            wakes: Rc::clone(wakes),
        })
    }

    /// Another end.
    pub(crate) fn open(self: &Rc<Self>, side: Side) -> PipeEnd {
        let count = self.count(side);
        count.set(count.get() + 1);
        PipeEnd { pipe: Rc::clone(self), side }
    }

    fn count(&self, side: Side) -> &Cell<u32> {
        match side {
            Side::Read => &self.readers,
            Side::Write => &self.writers,
        }
    }

    /// Bytes that wait to be read.
    pub(crate) fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    /// Bytes that there is room for.
    pub(crate) fn room(&self) -> usize {
        CAPACITY - self.len()
    }

    /// Whether somebody can read what is written.
    pub(crate) fn has_readers(&self) -> bool {
        self.readers.get() > 0
    }

    /// Whether more may be written.
    pub(crate) fn has_writers(&self) -> bool {
        self.writers.get() > 0
    }

    /// Takes bytes out; answers how many.
    pub(crate) fn take(&self, bytes: &mut [u8]) -> usize {
        let mut waiting = self.bytes.borrow_mut();
        let count = bytes.len().min(waiting.len());
        for (place, byte) in bytes.iter_mut().zip(waiting.drain(..count)) {
            *place = byte;
        }
        if count > 0 {
            self.wakes.borrow_mut().push(self.key);
        }
        count
    }

    /// Puts bytes in; answers how many there was room for.
    pub(crate) fn put(&self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.room());
        self.bytes.borrow_mut().extend(&bytes[..count]);
        if count > 0 {
            self.wakes.borrow_mut().push(self.key);
        }
        count
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        let count = self.pipe.count(self.side);
        count.set(count.get() - 1);
        if count.get() == 0 {
            self.pipe.wakes.borrow_mut().push(self.pipe.key);
        }
    }
}
