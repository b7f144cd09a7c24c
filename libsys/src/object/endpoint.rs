//! Endpoints: where threads meet to pass a message.

use abi::ObjectType;

use super::{FixedSize, Object, Reply};
use crate::cap::Cap;
use crate::syscall::{self, Message, Received};

/// A meeting point of senders and receivers.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::object::{Endpoint, Reply};
/// use libsys::syscall::Message;
///
/// /// Doubles numbers for whoever calls.
/// fn serve(endpoint: Cap<Endpoint>, reply: Cap<Reply>) -> ! {
///     let mut message = endpoint.recv(reply);
///     loop {
///         message = endpoint.reply_recv(reply, Message::new(0, &[2 * message.word(0)]));
///     }
/// }
///
/// fn double(server: Cap<Endpoint>, number: u64) -> u64 {
///     server.call(Message::new(0, &[number])).word(0)
/// }
/// # fn main() {}
/// ```
pub enum Endpoint {}

impl Object for Endpoint {
    const TYPE: ObjectType = ObjectType::Endpoint;
}

impl FixedSize for Endpoint {}

/// Message passing has no error results: an operation that the capability does not allow is a
/// capability fault of the thread, or (for sends that do not block) nothing.
impl Cap<Endpoint> {
    /// Sends and waits for the reply. Needs Write, and Grant or GrantReply to be answered.
    #[inline(always)]
    pub fn call(self, message: Message<'_>) -> Received {
        syscall::call(self.pointer(), message)
    }

    /// Sends; blocks until a receiver takes the message. Needs Write.
    #[inline(always)]
    pub fn send(self, message: Message<'_>) {
        syscall::send(self.pointer(), message);
    }

    /// Sends if a receiver waits, else drops the message. Needs Write.
    #[inline(always)]
    pub fn nb_send(self, message: Message<'_>) {
        syscall::nb_send(self.pointer(), message);
    }

    /// Receives; a caller can then be answered through `reply`. Needs Read.
    #[inline(always)]
    pub fn recv(self, reply: Cap<Reply>) -> Received {
        syscall::recv(self.pointer(), reply.pointer())
    }

    /// [`recv`](Self::recv) that does not block: badge 0 when nobody sends.
    #[inline(always)]
    pub fn nb_recv(self, reply: Cap<Reply>) -> Received {
        syscall::nb_recv(self.pointer(), reply.pointer())
    }

    /// Receives without a reply object: a caller cannot be answered and stops. Needs Read.
    #[inline(always)]
    pub fn wait(self) -> Received {
        syscall::wait(self.pointer())
    }

    /// [`wait`](Self::wait) that does not block: badge 0 when nobody sends.
    #[inline(always)]
    pub fn nb_wait(self) -> Received {
        syscall::nb_wait(self.pointer())
    }

    /// Answers the caller that `reply` holds, then receives with `reply`: a server's loop.
    #[inline(always)]
    pub fn reply_recv(self, reply: Cap<Reply>, answer: Message<'_>) -> Received {
        syscall::reply_recv(self.pointer(), reply.pointer(), answer)
    }
}
