//! A number that some add to and others take: `eventfd(2)`.

use core::cell::Cell;

use crate::abi::errno::{EAGAIN, EINVAL, Errno};
use crate::abi::flags::{POLLIN, POLLOUT};
use crate::waiting::{Key, Wakes};

/// The largest number.
const MOST: u64 = u64::MAX - 1;

/// The number.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) key: Key,
    count: Cell<u64>,
    /// Whether a read takes one and not all.
    is_semaphore: bool,
    wakes: Wakes,
}

impl Counter {
    pub(crate) fn new(key: Key, count: u64, is_semaphore: bool, wakes: &Wakes) -> Self {
        Self { key, count: Cell::new(count), is_semaphore, wakes: Wakes::clone(wakes) }
    }

    /// Takes what a read gets.
    ///
    /// # Errors
    /// `EAGAIN`: there is nothing.
    pub(crate) fn take(&self) -> Result<u64, Errno> {
        let count = self.count.get();
        let taken = if self.is_semaphore { count.min(1) } else { count };
        if taken == 0 {
            return Err(EAGAIN);
        }
        self.count.set(count - taken);
        self.wakes.borrow_mut().push(self.key);
        Ok(taken)
    }

    /// Adds a number.
    ///
    /// # Errors
    /// `EAGAIN`: the sum is too large now. `EINVAL`: the number always is.
    pub(crate) fn add(&self, number: u64) -> Result<(), Errno> {
        if number > MOST {
            return Err(EINVAL);
        }
        if number > MOST - self.count.get() {
            return Err(EAGAIN);
        }
        self.count.set(self.count.get() + number);
        self.wakes.borrow_mut().push(self.key);
        Ok(())
    }

    /// What could be done now.
    pub(crate) fn poll(&self) -> u16 {
        let count = self.count.get();
        let readable = if count > 0 { POLLIN } else { 0 };
        readable | if count < MOST { POLLOUT } else { 0 }
    }
}
