//! Notifications: a word of bits that signals set and a wait takes.

use abi::{ObjectType, Syscall};

use super::{FixedSize, Object};
use crate::cap::Cap;
use crate::machine;
use crate::syscall::{self, Message};

/// A word of bits to wait for.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::object::Notification;
///
/// /// Waits for signals, and answers those that came meanwhile as well.
/// fn drain(bell: Cap<Notification>) -> u64 {
///     bell.wait() | bell.poll()
/// }
/// # fn main() {}
/// ```
pub enum Notification {}

impl Object for Notification {
    const TYPE: ObjectType = ObjectType::Notification;
}

impl FixedSize for Notification {}

impl Cap<Notification> {
    /// Adds the capability's badge to the word, or wakes a waiter with it. Needs Write.
    #[inline(always)]
    pub fn signal(self) {
        syscall::send(self.pointer(), Message::EMPTY);
    }

    /// Takes the word; blocks until there is a signal. Needs Read.
    #[inline(always)]
    pub fn wait(self) -> u64 {
        machine::wait_word(Syscall::Wait.number(), self.pointer())
    }

    /// Takes the word if there was a signal, else answers 0. Needs Read.
    #[inline(always)]
    pub fn poll(self) -> u64 {
        machine::wait_word(Syscall::NBWait.number(), self.pointer())
    }
}
