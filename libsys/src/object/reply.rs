//! Reply objects: each holds one caller until it is answered.

use abi::ObjectType;

use super::{FixedSize, Object};
use crate::cap::Cap;
use crate::syscall::{self, Message};

/// Holds one caller, and the scheduling context that came with it.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::object::{Endpoint, Reply};
/// use libsys::syscall::Message;
///
/// /// Lets two callers meet: neither is answered before the other has come.
/// fn meet(endpoint: Cap<Endpoint>, [first, second]: [Cap<Reply>; 2]) {
///     let one = endpoint.recv(first);
///     let other = endpoint.recv(second);
///     first.send(Message::new(0, &[other.badge]));
///     second.send(Message::new(0, &[one.badge]));
/// }
/// # fn main() {}
/// ```
pub enum Reply {}

impl Object for Reply {
    const TYPE: ObjectType = ObjectType::Reply;
}

impl FixedSize for Reply {}

impl Cap<Reply> {
    /// Answers the caller and lets it run, with its scheduling context. Without a caller
    /// nothing happens.
    #[inline(always)]
    pub fn send(self, answer: Message<'_>) {
        syscall::send(self.pointer(), answer);
    }
}
