//! What comes from outside and may become a task.

use core::fmt;

use super::reactor::Reactor;
use crate::cap::Cap;
use crate::object::Reply;
use crate::server::{Outgoing, Port, Request, Responder, abandon};
use crate::syscall::Received;

/// A call or a fault. Who made it waits until its [`Caller`] is answered.
///
/// ```
/// use libsys::executor::Arrival;
/// use libsys::server::Port;
///
/// fn about<P: Port, C, const N: usize>(arrival: &Arrival<'_, P, C, N>) -> (&'static str, u64) {
///     match arrival {
///         Arrival::Call { request, .. } => ("a call of client", request.client.0),
///         Arrival::Fault { component, .. } => ("a fault of component", *component),
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum Arrival<'r, P: Port, C, const N: usize> {
    /// A client calls; the interface's `Call::accept` understands it.
    Call {
        /// The message.
        request: Request,
        /// Who waits.
        caller: Caller<'r, P, C, N>,
    },
    /// A component has faulted.
    Fault {
        /// Its number, from the badge of its fault handler.
        component: u64,
        /// The message: [`Received::fault`] and [`Received::foreign_call`] understand it, before
        /// the next system call.
        message: Received,
        /// Who waits.
        caller: Caller<'r, P, C, N>,
    },
}

/// A thread that waits for an answer, in a reply object that is used again afterwards. Dropped
/// without an answer, it lets a client know that there is none. A thread that has faulted gets
/// that message as well: after a fault of memory or of a capability any answer lets it try again,
/// so suspend one that must not; after others it stops.
///
/// ```
/// use libsys::executor::{Caller, Clock, Reactor};
/// use libsys::server::Port;
///
/// /// Lets a thread that faulted go on when the reason is gone.
/// async fn later<P: Port, C: Clock, const N: usize>(
///     reactor: &Reactor<P, C, N>,
///     caller: Caller<'_, P, C, N>,
/// ) {
///     reactor.signalled(0b100).await;
///     caller.retry();
/// }
/// # fn main() {}
/// ```
pub struct Caller<'r, P: Port, C, const N: usize> {
    reactor: &'r Reactor<P, C, N>,
    reply: Option<Cap<Reply>>,
}

impl<'r, P: Port, C, const N: usize> Caller<'r, P, C, N> {
    pub(super) const fn new(reactor: &'r Reactor<P, C, N>, reply: Cap<Reply>) -> Self {
        Self { reactor, reply: Some(reply) }
    }

    /// Lets a thread that faulted repeat what it did.
    pub fn retry(self) {
        self.respond(Outgoing::of_words(&[]));
    }

    /// Lets a thread go on with this result of its foreign call.
    pub fn resume(self, result: u64) {
        self.respond(Outgoing::of_words(&[result]));
    }

    /// Nobody waits after all.
    pub(super) fn forget(mut self) {
        if let Some(reply) = self.reply.take() {
            self.reactor.free(reply);
        }
    }
}

impl<P: Port, C, const N: usize> Responder for Caller<'_, P, C, N> {
    type Buffer = P::Buffer;

    fn buffer(&self) -> P::Buffer {
        self.reactor.port.buffer()
    }

    fn respond(mut self, answer: Outgoing) {
        if let Some(reply) = self.reply.take() {
            self.reactor.answer(reply, answer);
        }
    }
}

impl<P: Port, C, const N: usize> Drop for Caller<'_, P, C, N> {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            let answer = abandon(&mut self.buffer());
            self.reactor.answer(reply, answer);
        }
    }
}

impl<P: Port, C, const N: usize> fmt::Debug for Caller<'_, P, C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(&self.reply).finish()
    }
}
