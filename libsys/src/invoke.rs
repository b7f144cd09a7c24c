//! Invocations of kernel objects: a call, and its reply taken for a result.

use abi::error::NO_ERROR;
use abi::{Error, Invocation, MessageInfo};

use crate::syscall::{self, Message, Received};

/// Calls `destination` with the label of `invocation`.
#[inline(always)]
pub(crate) fn invoke(
    destination: u64,
    invocation: Invocation,
    words: &[u64],
    caps: &[u64],
) -> Result<Received, Error> {
    let message = Message::new(invocation.label(), words).with_caps(caps);
    check(syscall::call(destination, message))
}

/// [`invoke`] for invocations that answer nothing.
#[inline(always)]
pub(crate) fn perform(
    destination: u64,
    invocation: Invocation,
    words: &[u64],
    caps: &[u64],
) -> Result<(), Error> {
    invoke(destination, invocation, words, caps).map(|_| ())
}

/// Takes a reply for the result of an invocation.
///
/// # Errors
/// What the label says. A label that no kernel object answers with (the capability was that of
/// somebody's endpoint) becomes `InvalidCapability(0)`.
#[inline(always)]
pub fn check(reply: Received) -> Result<Received, Error> {
    if reply.info.label() == NO_ERROR {
        return Ok(reply);
    }
    let [w0, w1, w2, w3] = reply.words;
    Err(decode(reply.info, w0, w1, w2, w3))
}

/// The error of a reply. Its words come one by one: so they stay in registers, and a call that
/// succeeds pays nothing for the possibility.
#[cold]
fn decode(info: MessageInfo, w0: u64, w1: u64, w2: u64, w3: u64) -> Error {
    let reply = Received { badge: 0, info, words: [w0, w1, w2, w3] };
    let words = core::array::from_fn(|index| reply.word(index));
    Error::from_words(info.label(), &words).unwrap_or(Error::InvalidCapability(0))
}

/// Calls any capability with any label, words and capabilities, and answers the raw reply.
/// For messages that the typed methods cannot express.
#[inline]
pub fn raw(destination: u64, label: u64, words: &[u64], caps: &[u64]) -> (MessageInfo, [u64; 4]) {
    raw_with(destination, Message::new(label, words).with_caps(caps).info(), words, caps)
}

/// [`raw`] with an information word that need not fit: longer or shorter than the message.
#[inline]
pub fn raw_with(
    destination: u64,
    info: MessageInfo,
    words: &[u64],
    caps: &[u64],
) -> (MessageInfo, [u64; 4]) {
    let message = Message::new(info.label(), words).with_caps(caps);
    let reply = syscall::call_with(destination, info, message);
    (reply.info, reply.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(label: u64, words: &[u64]) -> Received {
        let mut registers = [0; 4];
        registers[..words.len()].copy_from_slice(words);
        let info = MessageInfo::new(label, 0, words.len());
        Received { badge: 0, info, words: registers }
    }

    #[test]
    fn label_zero_is_success() {
        assert_eq!(check(reply(0, &[7])).map(|reply| reply.word(0)), Ok(7));
    }

    #[test]
    fn errors_carry_their_words() {
        assert_eq!(check(reply(4, &[1, 64])), Err(Error::Range { min: 1, max: 64 }));
        let failure = abi::LookupFailure::MissingCapability { bits_left: 30 };
        assert_eq!(check(reply(6, &[0, 2, 30])), Err(Error::destination(failure)));
    }

    #[test]
    fn a_foreign_label_blames_the_capability() {
        assert_eq!(check(reply(77, &[])), Err(Error::InvalidCapability(0)));
    }

    #[test]
    fn words_beyond_the_length_are_zero() {
        let short = Received { info: MessageInfo::new(0, 0, 1), ..reply(0, &[5, 6]) };
        assert_eq!((short.word(0), short.word(1), short.word(9)), (5, 0, 0));
    }
}
