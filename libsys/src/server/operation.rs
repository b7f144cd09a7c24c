//! Calls and their answers.
//!
//! A call's label is that of its operation. An answer's label says how the call ended:
//!
//! | label | words |
//! |---|---|
//! | 0 | the answer |
//! | 16 | the interface's error: the server refused |
//! | 17 | a [`DecodeError`]: the server did not understand the call |
//! | [`ABANDONED`] | none: the server gave up, or its supervisor did |
//! | [`RESTARTED`] | none: the supervisor, after it has started the server again |
//!
//! Those of the kernel's errors are others, so a capability that is no endpoint shows.

use abi::MessageInfo;
use core::fmt;

use super::field::Field;
use super::message::{Buffer, DecodeError, Decoder, Encoder, Outgoing};
use crate::cap::Badge;
use crate::syscall::Received;

const ANSWERED: u64 = 0;
const REFUSED: u64 = 16;
const MALFORMED: u64 = 17;
/// The label of the answer of a server that gives up, or of the supervisor of one that has failed
/// and is not started again.
pub const ABANDONED: u64 = 18;

/// The label of the answer that a supervisor gives to whoever waited for a server that it has
/// started again. The server may have done what the call asked for, or a part of it, or nothing.
pub const RESTARTED: u64 = 0xe0d8;

/// An operation of an interface, with its arguments. [`interface!`](crate::interface) makes them.
///
/// ```
/// use libsys::server::Operation;
///
/// libsys::interface! {
///     /// A store of numbers.
///     pub mod store {
///         type Error = u32;
///
///         /// The number in a place.
///         Load = 5: fn load(place: u64) -> u64;
///     }
/// }
/// # fn main() {
/// assert_eq!(store::Load::LABEL, 5);
/// # }
/// ```
pub trait Operation: Field {
    /// The label of its calls.
    const LABEL: u64;
    /// What it answers.
    type Answer: Field;
    /// Why it can be refused.
    type Error: Field;
}

/// Why a call brought no answer.
///
/// ```
/// use libsys::server::CallError;
///
/// fn advice(error: CallError<u64>) -> &'static str {
///     match error {
///         CallError::Refused(_) => "ask for something else",
///         CallError::Abandoned | CallError::Restarted => "try again",
///         _ => "find another server",
///     }
/// }
/// assert_eq!(advice(CallError::Abandoned), "try again");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallError<E> {
    /// The server refused.
    Refused(E),
    /// The server did not understand the call: it has another interface.
    Malformed(DecodeError),
    /// The server gave up without an answer.
    Abandoned,
    /// The server failed meanwhile, and has been started again: it knows nothing of the call.
    Restarted,
    /// The answer is not what the interface says.
    Answer(DecodeError),
    /// No server of such interfaces has answered, but with this label: the kernel, perhaps.
    Foreign(u64),
}

impl<E: fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "refused: {error:?}"),
            Self::Malformed(error) => write!(f, "the server does not understand: {error}"),
            Self::Abandoned => write!(f, "the server gave up"),
            Self::Restarted => write!(f, "the server has been started again"),
            Self::Answer(error) => write!(f, "the answer is wrong: {error}"),
            Self::Foreign(label) => write!(f, "an answer with the label {label}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for CallError<E> {}

/// A message from a client.
///
/// ```
/// use libsys::server::Request;
/// use libsys::{Badge, MessageInfo, Received};
///
/// let info = MessageInfo::new(5, 0, 1);
/// let message = Received { badge: 3, info, words: [40, 0, 0, 0] };
/// let request = Request { client: Badge(message.badge), message, slot: 0 };
/// assert_eq!((request.client, request.message.word(0)), (Badge(3), 40));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Who: the badge of the capability that was called.
    pub client: Badge,
    /// What.
    pub message: Received,
    /// The receive slot's pointer: where a capability of the message is.
    pub slot: u64,
}

/// The message that asks for an operation.
#[inline(always)]
pub fn ask<O: Operation, B: Buffer>(operation: &O, buffer: &mut B) -> Outgoing {
    let mut encoder = Encoder::new(buffer);
    operation.encode(&mut encoder);
    encoder.finish(O::LABEL)
}

/// The operation that a message of the right label asks for.
///
/// # Errors
/// What is wrong with the message.
#[inline(always)]
pub fn understand<O: Operation, B: Buffer>(
    request: &Request,
    buffer: &B,
) -> Result<O, DecodeError> {
    whole(Decoder::new(buffer, &request.message, request.slot))
}

/// The message that answers an operation.
#[inline(always)]
pub fn answer<O: Operation, B: Buffer>(
    result: &Result<O::Answer, O::Error>,
    buffer: &mut B,
) -> Outgoing {
    match result {
        Ok(value) => message(ANSWERED, value, buffer),
        Err(error) => message(REFUSED, error, buffer),
    }
}

/// The message for who was not understood.
#[cold]
pub fn complain<B: Buffer>(error: DecodeError, buffer: &mut B) -> Outgoing {
    message(MALFORMED, &error, buffer)
}

/// The message for who gets no answer.
#[cold]
pub fn abandon<B: Buffer>(buffer: &mut B) -> Outgoing {
    message(ABANDONED, &(), buffer)
}

/// The result of an operation, from the message that answers it. `slot`: where a capability of
/// the answer is.
///
/// # Errors
/// What the message says, or what is wrong with it.
#[inline(always)]
pub fn result<O: Operation, B: Buffer>(
    reply: &Received,
    slot: u64,
    buffer: &B,
) -> Result<O::Answer, CallError<O::Error>> {
    if reply.info.label() == ANSWERED {
        return whole(Decoder::new(buffer, reply, slot)).map_err(CallError::Answer);
    }
    let [w0, w1, w2, w3] = reply.words;
    Err(failure(buffer, reply.info, w0, w1, w2, w3))
}

/// What a message says that brings no answer. Its words come one by one: so they stay in
/// registers, and a call that succeeds pays nothing for the possibility.
#[cold]
fn failure<E: Field, B: Buffer>(
    buffer: &B,
    info: MessageInfo,
    w0: u64,
    w1: u64,
    w2: u64,
    w3: u64,
) -> CallError<E> {
    let reply = Received { badge: 0, info, words: [w0, w1, w2, w3] };
    let decoder = Decoder::new(buffer, &reply, 0);
    match info.label() {
        REFUSED => whole(decoder).map_or_else(CallError::Answer, CallError::Refused),
        MALFORMED => whole(decoder).map_or_else(CallError::Answer, CallError::Malformed),
        ABANDONED => CallError::Abandoned,
        RESTARTED => CallError::Restarted,
        other => CallError::Foreign(other),
    }
}

#[inline(always)]
fn message<F: Field, B: Buffer>(label: u64, field: &F, buffer: &mut B) -> Outgoing {
    let mut encoder = Encoder::new(buffer);
    field.encode(&mut encoder);
    encoder.finish(label)
}

#[inline(always)]
fn whole<F: Field, B: Buffer>(mut decoder: Decoder<'_, B>) -> Result<F, DecodeError> {
    let value = F::decode(&mut decoder)?;
    decoder.finish()?;
    Ok(value)
}

/// A variant, then at most two values.
impl Field for DecodeError {
    const WORDS: usize = 3;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        let words = match *self {
            Self::Label(label) => [0, label, 0],
            Self::TooShort { found } => [1, found as u64, 0],
            Self::TooLong { expected, found } => [2, expected as u64, found as u64],
            Self::Value { index, value } => [3, index as u64, value],
            Self::Text => [4, 0, 0],
            Self::NoCap { index } => [5, index as u64, 0],
            Self::TooManyCaps { expected, found } => [6, expected as u64, found as u64],
        };
        words.encode(to);
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        let variant = from.checked(|word| (word <= 6).then_some(word))?;
        let [first, second] = <[u64; 2]>::decode(from)?;
        // Numbers of words and capabilities fit; a liar's do not matter.
        let (small, found) = (first as usize, second as usize);
        Ok(match variant {
            0 => Self::Label(first),
            1 => Self::TooShort { found: small },
            2 => Self::TooLong { expected: small, found },
            3 => Self::Value { index: small, value: second },
            4 => Self::Text,
            5 => Self::NoCap { index: small },
            _ => Self::TooManyCaps { expected: small, found },
        })
    }
}
