//! Serving foreign system calls: what a handler receives, and what it answers.
//!
//! ```no_run
//! use libsys::Cap;
//! use libsys::foreign::Answer;
//! use libsys::object::{Endpoint, Reply};
//!
//! fn serve(endpoint: Cap<Endpoint>, reply: Cap<Reply>) -> ! {
//!     const NO_SUCH_CALL: u64 = -38_i64 as u64;
//!     let mut received = endpoint.recv(reply);
//!     loop {
//!         let answer = match received.foreign_call() {
//!             Some(call) if call.number == 172 => Answer::Result(received.badge),
//!             _ => Answer::Result(NO_SUCH_CALL),
//!         };
//!         received = endpoint.reply_recv(reply, answer.message());
//!     }
//! }
//! ```
//!
//! Threads are marked by [`Cap::set_system_calls`](crate::Cap::set_system_calls); [`abi::foreign`]
//! is the whole specification.

pub use abi::foreign::{ForeignCall, SystemCalls};

use abi::foreign::{LABEL, LENGTH, REPLY_REGISTERS};

use crate::object::UserContext;
use crate::syscall::{Message, Received};

impl Received {
    /// The foreign call that this message to a fault handler tells of; `None` for other messages.
    /// Reads the IPC buffer, so ask before the next system call; without one, what does not travel
    /// in registers is 0.
    #[inline]
    #[must_use]
    pub fn foreign_call(&self) -> Option<ForeignCall> {
        if self.info.label() != LABEL {
            return None;
        }
        let words: [u64; LENGTH] = core::array::from_fn(|index| self.word(index));
        Some(ForeignCall::from_words(words))
    }
}

/// The usual answers to a foreign call.
///
/// ```
/// use libsys::foreign::Answer;
///
/// let minus_one = Answer::Result(u64::MAX);
/// assert_eq!(minus_one.message().words, [u64::MAX]);
/// assert!(Answer::Again.message().words.is_empty());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The call's result, which its thread finds in x0.
    Result(u64),
    /// The thread makes the call again; or goes on elsewhere, if its registers were written.
    Again,
}

impl Answer {
    /// The reply that says so.
    #[inline]
    #[must_use]
    pub const fn message(&self) -> Message<'_> {
        match self {
            Self::Result(word) => Message::new(0, core::slice::from_ref(word)),
            Self::Again => Message::EMPTY,
        }
    }
}

/// The words of a reply after which the thread goes on with the general registers, PC, SP and
/// condition flags of `context`.
#[must_use]
pub fn replacement(context: &UserContext) -> [u64; REPLY_REGISTERS.len()] {
    REPLY_REGISTERS.map(|register| context.register(register))
}

#[cfg(test)]
mod tests {
    use abi::MessageInfo;
    use abi::registers::Register;

    use super::*;

    #[test]
    fn other_messages_are_no_call() {
        let info = MessageInfo::new(2, 0, 4);
        assert_eq!(Received { badge: 0, info, words: [1; 4] }.foreign_call(), None);
    }

    #[test]
    fn without_a_buffer_three_arguments_arrive() {
        let info = MessageInfo::new(LABEL, 0, 4);
        let call = Received { badge: 0, info, words: [64, 1, 2, 3] }.foreign_call();
        let arguments = [1, 2, 3, 0, 0, 0];
        assert_eq!(call, Some(ForeignCall { number: 64, arguments, resume: 0 }));
    }

    #[test]
    fn answers_have_no_label_and_their_words() {
        assert_eq!(Answer::Result(7).message().words, [7]);
        assert_eq!(Answer::Again.message().info(), MessageInfo(0));
        let context = UserContext::from_words(|index| index as u64).with(Register::X(0), 99);
        assert_eq!(replacement(&context)[..5], [99, 0, 1, 2, 4]);
    }
}
