//! Where a server waits.

use super::message::{Buffer, Outgoing, ThreadBuffer};
use crate::cap::{Cap, SlotPath};
use crate::object::{Endpoint, Notification, Reply};
use crate::syscall::{self, Received};
use crate::{initial, ipc_buffer};

/// The kernel's part in a server, which host tests replace.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::object::Reply;
/// use libsys::server::{Outgoing, Port};
///
/// /// A server that says how many have called before.
/// fn count<P: Port>(port: &P, reply: Cap<Reply>) -> ! {
///     let mut message = port.receive(reply);
///     for number in 0.. {
///         libsys::println!("client {}", message.badge);
///         message = port.answer_receive(reply, Outgoing::of_words(&[number]));
///     }
///     unreachable!("few clients")
/// }
/// # fn main() {}
/// ```
pub trait Port {
    /// Where the parts of messages are that do not travel in registers.
    type Buffer: Buffer;

    /// The calling thread's.
    fn buffer(&self) -> Self::Buffer;

    /// Waits for a message or signals; `reply` will hold the caller.
    fn receive(&self, reply: Cap<Reply>) -> Received;

    /// What is there already; badge 0 when nothing is.
    fn poll(&self, reply: Cap<Reply>) -> Received;

    /// Answers the caller that `reply` holds.
    fn answer(&self, reply: Cap<Reply>, answer: Outgoing);

    /// Answers, then waits, in one step: a server without time of its own cannot do otherwise.
    fn answer_receive(&self, reply: Cap<Reply>, answer: Outgoing) -> Received;

    /// Waits for signals only: the badges of all that have come.
    fn signals(&self) -> u64;

    /// The signals that are there already; 0 when none is.
    fn poll_signals(&self) -> u64;

    /// The pointer of a received capability.
    fn slot(&self) -> u64;

    /// Makes room for the next capability.
    fn empty_slot(&self);
}

/// An endpoint, and perhaps a notification that is bound to the thread.
///
/// ```no_run
/// use libsys::Cap;
/// use libsys::server::Reception;
///
/// let reception = Reception::new(Cap::at(5)).with_signals(Cap::at(6));
/// # let _ = reception;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reception {
    endpoint: Cap<Endpoint>,
    signals: Cap<Notification>,
    receive: Option<SlotPath>,
    ready: Option<Cap<Notification>>,
}

impl Reception {
    /// Calls and faults at this endpoint. The capability needs Read, and Grant to hand out
    /// capabilities in answers.
    #[must_use]
    pub const fn new(endpoint: Cap<Endpoint>) -> Self {
        Self { endpoint, signals: Cap::NULL, receive: None, ready: None }
    }

    /// And signals of this notification, which must be bound to the thread that serves.
    #[must_use]
    pub const fn with_signals(self, signals: Cap<Notification>) -> Self {
        Self { signals, ..self }
    }

    /// And capabilities, in this slot of the initial CNode. A handler that keeps one moves it
    /// away; the slot is emptied after each message that had one.
    pub fn receiving_at(self, slot: Cap<()>) -> Self {
        let path = SlotPath::new(initial::CNODE, slot.pointer());
        Self { receive: Some(path), ..self }
    }

    /// And a thread that is to work on its clients' time: it says to `ready` that it is
    /// initialised, before it waits for the first time.
    #[must_use]
    pub const fn announcing(self, ready: Cap<Notification>) -> Self {
        Self { ready: Some(ready), ..self }
    }

    /// Whom it tells that it is ready.
    pub(super) const fn announces_to(&self) -> Option<Cap<Notification>> {
        self.ready
    }

    /// Says to `ready` that this thread is initialised, and waits, in one step. From there on a
    /// thread without scheduling context works on its callers' time: see
    /// [`retire`](super::retire).
    pub fn announce(&self, ready: Cap<Notification>, reply: Cap<Reply>) -> Received {
        let source = self.endpoint.pointer();
        self.prepare();
        syscall::nb_send_recv(ready.pointer(), syscall::Message::EMPTY, source, reply.pointer())
    }

    /// Names the receive slot. Again before each receive: others share the IPC buffer.
    fn prepare(&self) {
        if let Some(slot) = self.receive {
            ipc_buffer::set_receive_path(slot);
        }
    }
}

impl Port for Reception {
    type Buffer = ThreadBuffer;

    #[inline(always)]
    fn buffer(&self) -> ThreadBuffer {
        ThreadBuffer
    }

    #[inline(always)]
    fn receive(&self, reply: Cap<Reply>) -> Received {
        self.prepare();
        self.endpoint.recv(reply)
    }

    #[inline(always)]
    fn poll(&self, reply: Cap<Reply>) -> Received {
        self.prepare();
        self.endpoint.nb_recv(reply)
    }

    #[inline(always)]
    fn answer(&self, reply: Cap<Reply>, answer: Outgoing) {
        syscall::send_prepared(reply.pointer(), answer.info, answer.words);
    }

    #[inline(always)]
    fn answer_receive(&self, reply: Cap<Reply>, answer: Outgoing) -> Received {
        self.prepare();
        let (source, reply) = (self.endpoint.pointer(), reply.pointer());
        syscall::reply_recv_prepared(source, reply, answer.info, answer.words)
    }

    fn signals(&self) -> u64 {
        self.signals.wait()
    }

    fn poll_signals(&self) -> u64 {
        self.signals.poll()
    }

    fn slot(&self) -> u64 {
        self.receive.map_or(0, |path| path.index)
    }

    fn empty_slot(&self) {
        if let Some(slot) = self.receive {
            // An empty slot, and one whose object is gone, are as good.
            let _ = slot.delete();
        }
    }
}

/// What waits already at a reception: where that is empty, a receive finds nothing.
pub(super) struct Waiting<'a>(pub(super) &'a Reception);

impl Port for Waiting<'_> {
    type Buffer = ThreadBuffer;

    fn buffer(&self) -> ThreadBuffer {
        self.0.buffer()
    }

    fn receive(&self, reply: Cap<Reply>) -> Received {
        self.0.poll(reply)
    }

    fn poll(&self, reply: Cap<Reply>) -> Received {
        self.0.poll(reply)
    }

    fn answer(&self, reply: Cap<Reply>, answer: Outgoing) {
        self.0.answer(reply, answer);
    }

    fn answer_receive(&self, reply: Cap<Reply>, answer: Outgoing) -> Received {
        self.0.answer(reply, answer);
        self.0.poll(reply)
    }

    fn signals(&self) -> u64 {
        self.0.poll_signals()
    }

    fn poll_signals(&self) -> u64 {
        self.0.poll_signals()
    }

    fn slot(&self) -> u64 {
        self.0.slot()
    }

    fn empty_slot(&self) {
        self.0.empty_slot();
    }
}
