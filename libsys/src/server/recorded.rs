//! Callers without a kernel, for tests of servers.

use alloc::rc::Rc;
use core::cell::{Cell, RefCell};
use core::fmt;

use abi::message::MAX_LENGTH;

use super::later::Responder;
use super::message::{Buffer, Outgoing};
use super::operation::{self, CallError, Operation, Request};
use crate::cap::Badge;
use crate::syscall::Received;

/// A caller in the same program: what it asks, and what it was answered. Clones are the same
/// caller, so that one can be the [`Responder`] of its own call.
///
/// ```
/// use libsys::interface;
/// use libsys::server::Recorded;
///
/// interface! {
///     /// Doubles.
///     pub mod double {
///         type Error = core::convert::Infallible;
///
///         /// Twice the number.
///         Twice = 1: fn twice(number: u64) -> u64;
///     }
/// }
///
/// # fn main() {
/// let caller = Recorded::new();
/// let request = caller.ask(7, &double::Twice { number: 4 });
/// // The server's part:
/// if let Some(double::Call::Twice(asked)) = double::Call::accept(&request, caller.clone()) {
///     let twice = 2 * asked.number;
///     asked.answer(Ok(twice));
/// }
/// assert_eq!(caller.answer::<double::Twice>(), Some(Ok(8)));
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Recorded(Rc<Parts>);

struct Parts {
    words: [Cell<u64>; MAX_LENGTH],
    answer: RefCell<Option<Outgoing>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { words: [const { Cell::new(0) }; _], answer: RefCell::new(None) }
    }
}

impl Recorded {
    /// A caller that has asked for nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The message of a call, as the server receives it with this badge.
    pub fn ask<O: Operation>(&self, badge: u64, operation: &O) -> Request {
        let message = operation::ask(operation, &mut self.clone());
        let message = Received { badge, info: message.info, words: message.words };
        Request { client: Badge(badge), message, slot: 0 }
    }

    /// A message of these words, sensible or not.
    pub fn say(&self, badge: u64, label: u64, words: &[u64]) -> Request {
        let words = &words[..words.len().min(MAX_LENGTH)];
        let mut registers = [0; abi::message::REGISTER_WORDS];
        for (index, word) in words.iter().enumerate() {
            match registers.get_mut(index) {
                Some(register) => *register = *word,
                None => self.0.words[index].set(*word),
            }
        }
        let info = abi::MessageInfo::new(label, 0, words.len());
        let message = Received { badge, info, words: registers };
        Request { client: Badge(badge), message, slot: 0 }
    }

    /// Whether it was answered since it was last asked for its answer.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.0.answer.borrow().is_some()
    }

    /// Takes its answer; `None`: it still waits.
    #[must_use]
    pub fn answer<O: Operation>(&self) -> Option<Result<O::Answer, CallError<O::Error>>> {
        let Outgoing { info, words } = self.0.answer.borrow_mut().take()?;
        Some(operation::result::<O, _>(&Received { badge: 0, info, words }, 0, self))
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorded").field(&self.0.answer).finish()
    }
}

/// Beyond the longest message there is nothing.
impl Buffer for Recorded {
    fn word(&self, index: usize) -> u64 {
        self.0.words.get(index).map_or(0, Cell::get)
    }

    fn set_word(&mut self, index: usize, value: u64) {
        if let Some(word) = self.0.words.get(index) {
            word.set(value);
        }
    }

    fn set_cap(&mut self, _index: usize, _pointer: u64) {}
}

impl Responder for Recorded {
    type Buffer = Self;

    fn buffer(&self) -> Self {
        self.clone()
    }

    fn respond(self, answer: Outgoing) {
        let earlier = self.0.answer.replace(Some(answer));
        assert!(earlier.is_none(), "a call has one answer");
    }
}
