//! The loop of a server that answers at once, and may have work of its own between messages.

use super::message::Outgoing;
use super::operation::Request;
use super::origin::Origin;
use super::port::{Port, Reception, Waiting};
use crate::cap::{Badge, Cap};
use crate::heartbeat;
use crate::object::{Notification, Reply, SchedContext};
use crate::syscall::Received;

/// What a server does with what arrives.
///
/// ```
/// use libsys::server::{Buffer, Handler, Outgoing, Request};
/// use libsys::{Badge, interface};
///
/// interface! {
///     /// Adds numbers.
///     pub mod adder {
///         type Error = core::convert::Infallible;
///
///         /// The sum so far.
///         Add = 1: fn add(number: u64) -> u64;
///     }
/// }
///
/// struct Sum(u64);
///
/// impl adder::Server for Sum {
///     fn add(&mut self, _client: Badge, number: u64) -> Result<u64, adder::Error> {
///         self.0 = self.0.wrapping_add(number);
///         Ok(self.0)
///     }
/// }
///
/// impl Handler for Sum {
///     fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
///         adder::Server::perform(self, request, buffer)
///     }
/// }
/// # fn main() {}
/// ```
pub trait Handler {
    /// A client calls. The usual answer is that of the interface's `Server::perform`.
    fn called<B: super::Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing;

    /// Signals have come, a bit for each.
    fn signalled(&mut self, _signals: u64) {}

    /// Does a bounded piece of work of the server's own, between messages. Answers whether there
    /// is more; then the server looks for messages, but does not wait for any.
    ///
    /// An answer may be waiting to be sent: calls of its own with more than four words belong
    /// inside of [`preserved`](crate::ipc_buffer::preserved).
    fn work(&mut self) -> bool {
        false
    }

    /// A component has faulted: [`Received::fault`] and [`Received::foreign_call`] say how.
    fn faulted(&mut self, _component: u64, _message: &Received) -> Resolution {
        Resolution::Stop
    }
}

/// What becomes of a thread that has faulted.
///
/// ```
/// use abi::Fault;
/// use libsys::server::Resolution;
///
/// /// Another system's calls are answered, all else is a mistake.
/// fn resolve(fault: Fault) -> Resolution {
///     match fault {
///         Fault::ForeignSyscall { number: 172 } => Resolution::Result(1),
///         _ => Resolution::Stop,
///     }
/// }
/// assert_eq!(resolve(Fault::Timeout { badge: 0 }), Resolution::Stop);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolution {
    /// It repeats what it did: the reason is gone.
    Retry,
    /// It goes on with this result of its foreign call.
    Result(u64),
    /// It stays as it is, until somebody resumes it or takes it apart.
    Stop,
}

/// Serves for ever. `reply` holds the caller while it waits. If somebody wants to be told that the
/// server is [ready](Reception::announcing), it does so [passively](serve_passively).
pub fn serve<H: Handler>(reception: &Reception, reply: Cap<Reply>, handler: &mut H) -> ! {
    match reception.announces_to() {
        Some(ready) => serve_passively(reception, reply, ready, handler),
        None => run(reception, reply, handler, reception.receive(reply)),
    }
}

/// Serves for ever on the clients' time: says `ready`, after which the thread's scheduling
/// context can be taken away. Initialise first; that is done on the thread's own time.
///
/// So are the calls that wait already: a client that is received with them donates no time. None
/// may come between those and the announcement, which holds as long as clients run on the same
/// core with no higher priority.
pub fn serve_passively<H: Handler>(
    reception: &Reception,
    reply: Cap<Reply>,
    ready: Cap<Notification>,
    handler: &mut H,
) -> ! {
    let waiting = Waiting(reception);
    let mut message = waiting.receive(reply);
    while message.badge != 0 {
        message = step(&waiting, reply, handler, message);
    }
    run(reception, reply, handler, reception.announce(ready, reply))
}

/// Waits until a server says that it is ready, and takes its scheduling context away.
///
/// # Errors
/// What the kernel refuses: the context is the caller's own.
pub fn retire(ready: Cap<Notification>, context: Cap<SchedContext>) -> Result<(), abi::Error> {
    ready.wait();
    context.unbind()
}

fn run<H: Handler>(
    reception: &Reception,
    reply: Cap<Reply>,
    handler: &mut H,
    first: Received,
) -> ! {
    let mut message = first;
    loop {
        message = step(reception, reply, handler, message);
    }
}

/// Handles one message and waits for the next.
#[inline(always)]
pub(crate) fn step<P: Port, H: Handler>(
    port: &P,
    reply: Cap<Reply>,
    handler: &mut H,
    message: Received,
) -> Received {
    let mut buffer = port.buffer();
    let answer = match Origin::of(Badge(message.badge)) {
        Origin::Client(client) => {
            let request = Request { client, message, slot: port.slot() };
            let answer = handler.called(&request, &mut buffer);
            if message.info.extra_caps() > 0 {
                port.empty_slot();
            }
            Some(answer)
        }
        Origin::Component(number) => match handler.faulted(number, &message) {
            Resolution::Retry => Some(Outgoing::of_words(&[])),
            Resolution::Result(word) => Some(Outgoing::of_words(&[word])),
            Resolution::Stop => None,
        },
        Origin::Signals(signals) => {
            let signals = heartbeat::answer(signals);
            if signals != 0 {
                handler.signalled(signals);
            }
            None
        }
    };
    match answer {
        _ if handler.work() => work_on(port, reply, handler, answer),
        Some(answer) => port.answer_receive(reply, answer),
        None => port.receive(reply),
    }
}

/// Answers, and works until there is a message or nothing more to do; then waits for one.
fn work_on<P: Port, H: Handler>(
    port: &P,
    reply: Cap<Reply>,
    handler: &mut H,
    answer: Option<Outgoing>,
) -> Received {
    if let Some(answer) = answer {
        port.answer(reply, answer);
    }
    loop {
        let message = port.poll(reply);
        if message.badge != 0 {
            return message;
        }
        if !handler.work() {
            return port.receive(reply);
        }
    }
}
