//! Foreign system calls: an extension of the base ABI.
//!
//! A thread can be marked as running a program of another system
//! ([`Invocation::ThreadSetSystemCalls`](crate::Invocation::ThreadSetSystemCalls)). From then on
//! every `svc` of it is a call of that system: whatever its immediate and its registers say, it
//! reaches no native call and no debug call, but becomes a message to the thread's fault handler.
//! A server there can be to the thread what its own kernel would be.
//!
//! The mark is not one of the flags of `TCB_SetFlags`, since the base ABI promises that all of
//! those but the first stay 0 whatever a program sets.
//!
//! # Marking
//!
//! `ThreadSetSystemCalls` on a thread; word 0 is [`SystemCalls`] (0 native, 1 foreign). Errors:
//! `TruncatedMessage` without a word, `Range(0, 1)`. It works on the caller as well, whose next
//! call is then the first foreign one, and on a thread in any state: a native call under way
//! completes; one that is repeated (preempted, or the thread was suspended and resumed) becomes a
//! foreign call. The mark stays until it is taken back. A new thread is native.
//!
//! # The fault
//!
//! Label [`LABEL`], [`LENGTH`] words:
//!
//! | word | what |
//! |---|---|
//! | 0 | the call's number: x8 |
//! | 1–6 | its arguments: x0 to x5 |
//! | 7 | the address behind the `svc` |
//!
//! The first four words travel in registers: number and three arguments are all that most calls
//! have. Nothing else is sent. A handler that needs more (another register, the immediate of the
//! `svc`) reads it where it is: the thread waits, so `ThreadReadRegisters` and its memory tell.
//!
//! Delivery is that of every fault: the badge of the handler's capability, the thread's priority,
//! its scheduling context for a passive handler, no capabilities. Without a handler, or when the
//! handler's endpoint is deleted meanwhile, the thread becomes inactive. A call is not made while
//! the budget is too small for it; the thread makes it again in its next period.
//!
//! Until it is answered the thread is *at* the `svc`: `ThreadReadRegisters` reports the address of
//! the `svc` as its PC, and all registers as the program had them. Suspended and resumed, it makes
//! the call again.
//!
//! # The answer
//!
//! The words of the reply set the registers of [`REPLY_REGISTERS`] (x0, PC, SP, SPSR, x1 to x30),
//! as many as there are. So with label 0
//!
//! | length | effect |
//! |---|---|
//! | 0 | no register changes: the call is made again |
//! | 1 | x0 is the result, and the thread goes on behind the `svc`; no other register changes |
//! | 2 and more | x0 likewise; the thread goes on at the PC given |
//!
//! Registers may also be written (`ThreadWriteRegisters`) before a reply of length 0: then the
//! thread goes on at the PC written. With another label the registers are set in the same way, but
//! the thread becomes inactive.

use crate::registers::Register::{self, Pc, Sp, Spsr, X};

/// Which system's calls the `svc` instructions of a thread are.
///
/// ```
/// use abi::SystemCalls;
///
/// assert_eq!(SystemCalls::from_word(1), Some(SystemCalls::Foreign));
/// assert_eq!(SystemCalls::from_word(2), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum SystemCalls {
    /// This kernel's.
    #[default]
    Native = 0,
    /// Another system's: each is a fault.
    Foreign = 1,
}

impl SystemCalls {
    /// Highest word that means something.
    pub const LAST: u64 = Self::Foreign as u64;

    /// The word of an invocation.
    #[must_use]
    pub const fn word(self) -> u64 {
        self as u64
    }

    /// What the word of an invocation means.
    #[must_use]
    pub const fn from_word(word: u64) -> Option<Self> {
        match word {
            0 => Some(Self::Native),
            1 => Some(Self::Foreign),
            _ => None,
        }
    }
}

/// Label of the fault.
pub const LABEL: u64 = crate::EXTENSIONS;
/// Words of the fault's message.
pub const LENGTH: usize = 8;
/// Arguments of a call.
pub const ARGUMENTS: usize = 6;
/// Register with the number of a call.
pub const NUMBER_REGISTER: usize = 8;
/// Registers that the words of a reply set.
pub const REPLY_REGISTERS: [Register; 34] = {
    let mut registers = [X(0); 34];
    registers[1] = Pc;
    registers[2] = Sp;
    registers[3] = Spsr;
    let mut number = 1;
    while number < 31 {
        registers[3 + number as usize] = X(number);
        number += 1;
    }
    registers
};

/// A foreign system call.
///
/// ```
/// use abi::ForeignCall;
///
/// let call = ForeignCall::from_words([64, 1, 0x1000, 5, 0, 0, 0, 0x40_0004]);
/// assert_eq!((call.number, call.arguments[2], call.resume), (64, 5, 0x40_0004));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignCall {
    /// Its number.
    pub number: u64,
    /// Its arguments; a call may have fewer.
    pub arguments: [u64; ARGUMENTS],
    /// The address behind the `svc`.
    pub resume: u64,
}

impl ForeignCall {
    /// The words of the fault's message.
    #[must_use]
    pub const fn to_words(self) -> [u64; LENGTH] {
        let [a0, a1, a2, a3, a4, a5] = self.arguments;
        [self.number, a0, a1, a2, a3, a4, a5, self.resume]
    }

    /// The call that a fault's message tells of.
    #[must_use]
    pub const fn from_words(words: [u64; LENGTH]) -> Self {
        let [number, arguments @ .., resume] = words;
        Self { number, arguments, resume }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_what_its_words_say() {
        let words = [64, 1, 2, 3, 4, 5, 6, 0x40_0004];
        let call = ForeignCall::from_words(words);
        assert_eq!((call.number, call.resume), (64, 0x40_0004));
        assert_eq!(call.arguments, [1, 2, 3, 4, 5, 6]);
        assert_eq!(call.to_words(), words);
    }

    #[test]
    fn a_reply_can_set_every_general_register_once() {
        assert_eq!(REPLY_REGISTERS[..4], [X(0), Pc, Sp, Spsr]);
        for number in 1..31 {
            assert_eq!(REPLY_REGISTERS[3 + usize::from(number)], X(number));
        }
    }

    #[test]
    fn only_two_words_mean_something() {
        for calls in [SystemCalls::Native, SystemCalls::Foreign] {
            assert_eq!(SystemCalls::from_word(calls.word()), Some(calls));
            assert!(calls.word() <= SystemCalls::LAST);
        }
        for word in [SystemCalls::LAST + 1, 1 << 32, u64::MAX] {
            assert_eq!(SystemCalls::from_word(word), None);
        }
    }
}
