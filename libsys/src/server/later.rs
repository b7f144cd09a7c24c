//! Calls that are answered later than they are received.

use core::ops::Deref;

use super::message::{Buffer, DecodeError, Outgoing};
use super::operation::{self, Operation, Request};
use crate::cap::Badge;

/// Can send one answer, to the caller that it holds. One that is dropped instead must let the
/// caller know, with the message of [`abandon`](super::abandon).
///
/// ```
/// use libsys::server::{Buffer, Outgoing, Responder, ThreadBuffer};
///
/// /// Counts answers instead of sending them.
/// struct Counting<'a>(&'a core::cell::Cell<u32>);
///
/// impl Responder for Counting<'_> {
///     type Buffer = ThreadBuffer;
///
///     fn buffer(&self) -> ThreadBuffer {
///         ThreadBuffer
///     }
///
///     fn respond(self, _answer: Outgoing) {
///         self.0.set(self.0.get() + 1);
///     }
/// }
///
/// let count = core::cell::Cell::new(0);
/// Counting(&count).respond(Outgoing::of_words(&[]));
/// assert_eq!(count.get(), 1);
/// ```
pub trait Responder {
    /// Where the parts of messages are that do not travel in registers.
    type Buffer: Buffer;

    /// The calling thread's.
    fn buffer(&self) -> Self::Buffer;

    /// Sends the answer.
    fn respond(self, answer: Outgoing);
}

/// An operation that waits for its answer. Its arguments are fields of what it derefs to.
///
/// ```
/// use libsys::server::{Asked, Operation, Responder};
///
/// /// Refuses everything.
/// fn refuse<O: Operation, R: Responder>(asked: Asked<O, R>, why: O::Error) {
///     asked.answer(Err(why));
/// }
/// ```
#[derive(Debug)]
#[must_use = "somebody waits for the answer"]
pub struct Asked<O, R> {
    client: Badge,
    operation: O,
    responder: R,
}

impl<O: Operation, R: Responder> Asked<O, R> {
    /// Understands a message of the operation's label. `None`: it was malformed, which its
    /// sender knows now.
    pub fn accept(request: &Request, responder: R) -> Option<Self> {
        match operation::understand(request, &responder.buffer()) {
            Ok(operation) => Some(Self { client: request.client, operation, responder }),
            Err(error) => {
                reject(responder, error);
                None
            }
        }
    }

    /// Who asks.
    #[must_use]
    pub fn client(&self) -> Badge {
        self.client
    }

    /// Sends the answer.
    pub fn answer(self, result: Result<O::Answer, O::Error>) {
        let answer = operation::answer::<O, _>(&result, &mut self.responder.buffer());
        self.responder.respond(answer);
    }
}

impl<O, R> Deref for Asked<O, R> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.operation
    }
}

/// Tells a caller that its message was not understood.
pub fn reject<R: Responder>(responder: R, error: DecodeError) {
    let answer = operation::complain(error, &mut responder.buffer());
    responder.respond(answer);
}
