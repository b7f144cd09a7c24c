//! The client's side.

use super::field::Field;
use super::message::ThreadBuffer;
use super::operation::{self, CallError, Operation};
use crate::cap::{Cap, SlotPath};
use crate::object::Endpoint;
use crate::{ipc_buffer, syscall};

/// A way to a server. The clients that [`interface!`](crate::interface) makes are built on it.
///
/// ```
/// use libsys::Cap;
/// use libsys::server::Connection;
///
/// // The slot is that which the layout of the system says.
/// let server = Connection::new(Cap::at(7));
/// # let _ = server;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    server: Cap<Endpoint>,
    receive: Option<SlotPath>,
}

impl Connection {
    /// To the server behind this endpoint; the capability needs Write and GrantReply, and Grant
    /// for operations with a capability.
    #[must_use]
    pub const fn new(server: Cap<Endpoint>) -> Self {
        Self { server, receive: None }
    }

    /// The same, with an empty slot for the capabilities of answers. The path begins at the root
    /// of the CSpace: its index is the pointer of what will be in the slot. Who receives a
    /// capability moves it from there before the next one.
    #[must_use]
    pub const fn receiving_at(self, slot: SlotPath) -> Self {
        Self { receive: Some(slot), ..self }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The server refuses, does not understand, or gives up; or the answer is wrong.
    #[inline(always)]
    pub fn call<O: Operation>(&self, operation: &O) -> Result<O::Answer, CallError<O::Error>> {
        if O::Answer::CAPS > 0
            && let Some(slot) = self.receive
        {
            ipc_buffer::set_receive_path(slot);
        }
        let message = operation::ask(operation, &mut ThreadBuffer);
        let reply = syscall::call_prepared(self.server.pointer(), message.info, message.words);
        let slot = self.receive.map_or(0, |path| path.index);
        operation::result::<O, _>(&reply, slot, &ThreadBuffer)
    }
}
