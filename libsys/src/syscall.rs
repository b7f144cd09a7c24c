//! The eleven system calls, as functions over numbers.
//!
//! Programs use the methods of [`Cap`](crate::Cap); this layer is for what they do not say:
//! odd capability pointers, odd lengths, odd registers. All of it is safe in Rust's sense: what
//! a system call does to other objects is bounded by the capabilities that the program holds,
//! and the library keeps those for its own memory to itself.

use core::mem::MaybeUninit;

use abi::buffer;
use abi::message::{MAX_CAPS, MAX_LENGTH, REGISTER_WORDS};
use abi::{MessageInfo, Syscall};

use crate::{ipc_buffer, machine};

/// A register that a call does not read.
const UNUSED: MaybeUninit<u64> = MaybeUninit::uninit();

/// A message to send: label, words, and the capability pointers to go with it.
///
/// ```
/// use libsys::Message;
///
/// let message = Message::new(7, &[1, 2, 3]).with_caps(&[0x20]);
/// let info = message.info();
/// assert_eq!((info.label(), info.length(), info.extra_caps()), (7, 3, 1));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Message<'a> {
    /// What the message is about.
    pub label: u64,
    /// At most 120 words; the rest is not sent.
    pub words: &'a [u64],
    /// At most three capability pointers; the rest is not sent.
    pub caps: &'a [u64],
}

impl<'a> Message<'a> {
    /// No label, no words, no capabilities.
    pub const EMPTY: Self = Self { label: 0, words: &[], caps: &[] };

    /// A message of words only.
    #[inline(always)]
    #[must_use]
    pub const fn new(label: u64, words: &'a [u64]) -> Self {
        Self { label, words, caps: &[] }
    }

    /// The same message with capabilities.
    #[inline(always)]
    #[must_use]
    pub const fn with_caps(self, caps: &'a [u64]) -> Self {
        Self { caps, ..self }
    }

    /// The information word: label and lengths.
    #[inline(always)]
    #[must_use]
    pub const fn info(&self) -> MessageInfo {
        MessageInfo::new(self.label, self.caps.len(), self.words.len())
    }

    /// Puts what does not travel in registers into the IPC buffer and answers the rest.
    #[inline(always)]
    fn load(&self) -> [MaybeUninit<u64>; REGISTER_WORDS] {
        let mut registers = [MaybeUninit::uninit(); REGISTER_WORDS];
        for (register, word) in registers.iter_mut().zip(self.words) {
            register.write(*word);
        }
        if self.words.len() <= REGISTER_WORDS && self.caps.is_empty() {
            return registers;
        }
        let buffer = machine::buffer();
        // One by one: loops of few words would become calls of `memcpy`.
        macro_rules! store {
            ($($index:literal)*) => {$(
                if let Some(word) = self.words.get($index) {
                    buffer.write(buffer::word($index), *word);
                }
            )*};
        }
        store!(4 5 6 7 8 9 10 11 12 13 14 15);
        let mut index = 16;
        while index < self.words.len().min(MAX_LENGTH) {
            buffer.write(buffer::word(index), self.words[index]);
            index += 1;
        }
        for (index, cap) in self.caps.iter().enumerate().take(MAX_CAPS) {
            buffer.write(buffer::CAPS_OR_BADGES + 8 * index as u64, *cap);
        }
        registers
    }
}

/// What a receive or a call brought.
///
/// ```
/// use libsys::{MessageInfo, Received};
///
/// let info = MessageInfo::new(7, 0, 2);
/// let received = Received { badge: 3, info, words: [10, 20, 30, 40] };
/// // What is behind the length means nothing.
/// assert_eq!((received.word(1), received.word(2)), (20, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received {
    /// Badge of the capability that was sent on; the word of a notification; 0 after a call.
    pub badge: u64,
    /// Label and lengths. Zero for notifications and failed polls.
    pub info: MessageInfo,
    /// The first four words; those beyond the length mean nothing.
    pub words: [u64; REGISTER_WORDS],
}

impl Received {
    #[inline(always)]
    fn new([badge, info, w0, w1, w2, w3]: [u64; 6]) -> Self {
        Self { badge, info: MessageInfo(info), words: [w0, w1, w2, w3] }
    }

    /// Word `index` of the message, 0 beyond its length. Words from the fifth on are read from
    /// the IPC buffer, so ask before the next system call.
    #[inline(always)]
    #[must_use]
    pub fn word(&self, index: usize) -> u64 {
        match self.words.get(index) {
            _ if index >= self.info.length() => 0,
            Some(word) => *word,
            None => ipc_buffer::word(index),
        }
    }
}

/// Invokes `destination` and waits for the reply.
#[inline(always)]
pub fn call(destination: u64, message: Message<'_>) -> Received {
    call_with(destination, message.info(), message)
}

/// [`call`] with an information word that need not fit the message.
#[inline(always)]
pub fn call_with(destination: u64, info: MessageInfo, message: Message<'_>) -> Received {
    let words = message.load();
    Received::new(machine::call(Syscall::Call.number(), destination, info.0, words))
}

/// Invokes `destination`; blocks until somebody takes the message.
#[inline(always)]
pub fn send(destination: u64, message: Message<'_>) {
    send_with(Syscall::Send, destination, message.info(), message);
}

/// Invokes `destination`; the message is dropped when nobody waits for it.
#[inline(always)]
pub fn nb_send(destination: u64, message: Message<'_>) {
    send_with(Syscall::NBSend, destination, message.info(), message);
}

/// [`send`] or [`nb_send`] (chosen by `number`) with an information word that need not fit.
#[inline(always)]
pub fn send_with(number: Syscall, destination: u64, info: MessageInfo, message: Message<'_>) {
    machine::send(number.number(), destination, info.0, message.load());
}

/// Receives on `source`, an endpoint or a notification, with the reply object `reply`.
#[inline(always)]
pub fn recv(source: u64, reply: u64) -> Received {
    Received::new(machine::receive(Syscall::Recv.number(), source, reply))
}

/// [`recv`] that does not block: badge 0 when there is nothing.
#[inline(always)]
pub fn nb_recv(source: u64, reply: u64) -> Received {
    Received::new(machine::receive(Syscall::NBRecv.number(), source, reply))
}

/// Receives on `source` without a reply object.
#[inline(always)]
pub fn wait(source: u64) -> Received {
    Received::new(machine::receive(Syscall::Wait.number(), source, 0))
}

/// [`wait`] that does not block: badge 0 when there is nothing.
#[inline(always)]
pub fn nb_wait(source: u64) -> Received {
    Received::new(machine::receive(Syscall::NBWait.number(), source, 0))
}

/// Sends on `reply` (never blocks, never reports an error), then receives on `source` with it.
#[inline(always)]
pub fn reply_recv(source: u64, reply: u64, message: Message<'_>) -> Received {
    let (info, words) = (message.info().0, message.load());
    let number = Syscall::ReplyRecv.number();
    Received::new(machine::send_receive(number, source, info, words, reply, UNUSED))
}

/// Sends on `destination` (never blocks, never reports an error), then receives on `source`
/// with the reply object `reply`.
#[inline(always)]
pub fn nb_send_recv(destination: u64, message: Message<'_>, source: u64, reply: u64) -> Received {
    let (info, words) = (message.info().0, message.load());
    let number = Syscall::NBSendRecv.number();
    Received::new(machine::send_receive(
        number,
        source,
        info,
        words,
        reply,
        MaybeUninit::new(destination),
    ))
}

/// Sends on `destination` (never blocks, never reports an error), then waits on `source`.
#[inline(always)]
pub fn nb_send_wait(destination: u64, message: Message<'_>, source: u64) -> Received {
    let (info, words) = (message.info().0, message.load());
    let number = Syscall::NBSendWait.number();
    Received::new(machine::send_receive(number, source, info, words, destination, UNUSED))
}

/// [`call`] of a message whose first words are these; the rest is in the IPC buffer already.
#[inline(always)]
pub(crate) fn call_prepared(
    destination: u64,
    info: MessageInfo,
    words: [u64; REGISTER_WORDS],
) -> Received {
    let words = words.map(MaybeUninit::new);
    Received::new(machine::call(Syscall::Call.number(), destination, info.0, words))
}

/// [`send`] of a message whose first words are these; the rest is in the IPC buffer already.
#[inline(always)]
pub(crate) fn send_prepared(destination: u64, info: MessageInfo, words: [u64; REGISTER_WORDS]) {
    machine::send(Syscall::Send.number(), destination, info.0, words.map(MaybeUninit::new));
}

/// [`reply_recv`] of a message whose first words are these; the rest is in the IPC buffer already.
#[inline(always)]
pub(crate) fn reply_recv_prepared(
    source: u64,
    reply: u64,
    info: MessageInfo,
    words: [u64; REGISTER_WORDS],
) -> Received {
    let (number, words) = (Syscall::ReplyRecv.number(), words.map(MaybeUninit::new));
    Received::new(machine::send_receive(number, source, info.0, words, reply, UNUSED))
}

/// Gives up the rest of the current budget.
#[inline(always)]
pub fn yield_now() {
    machine::bare(Syscall::Yield.number());
}

/// The registers of a system call: x0 to x8. The number is in x7.
///
/// ```no_run
/// use libsys::syscall::RawRegisters;
///
/// /// A system call that no kernel has: a fault of the thread.
/// fn unknown() -> RawRegisters {
///     let mut registers = RawRegisters::default();
///     registers.x[7] = 1000;
///     registers.svc()
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RawRegisters {
    /// Their values.
    pub x: [u64; 9],
}

impl RawRegisters {
    /// Executes `svc` with these registers and answers them as they are afterwards.
    #[inline(always)]
    #[must_use]
    pub fn svc(self) -> Self {
        Self { x: machine::with_all_registers(self.x) }
    }
}
