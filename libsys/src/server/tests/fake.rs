//! A kernel that hands over prepared messages and keeps what is sent.

use core::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::vec::Vec;

use abi::MessageInfo;
use abi::message::{MAX_CAPS, MAX_LENGTH};

use crate::cap::Cap;
use crate::object::Reply;
use crate::server::{Buffer, Outgoing, Port};
use crate::syscall::Received;

/// An IPC buffer: the words received and those to send are the same, as in a real one.
#[derive(Debug)]
pub(crate) struct FakeBuffer {
    words: [Cell<u64>; MAX_LENGTH],
    caps: [Cell<u64>; MAX_CAPS],
}

impl FakeBuffer {
    pub(crate) fn new() -> Self {
        Self { words: [const { Cell::new(0) }; _], caps: [const { Cell::new(0) }; _] }
    }

    /// All words of a message.
    pub(crate) fn words_of(&self, message: &Outgoing) -> Vec<u64> {
        let length = message.info.length();
        let word = |index| message.words.get(index).copied().unwrap_or_else(|| self.word(index));
        (0..length).map(word).collect()
    }

    pub(crate) fn word(&self, index: usize) -> u64 {
        self.words[index].get()
    }

    pub(crate) fn cap(&self, index: usize) -> u64 {
        self.caps[index].get()
    }

    /// Puts a message there, and answers its registers.
    pub(crate) fn place(&self, badge: u64, info: MessageInfo, words: &[u64]) -> Received {
        let mut registers = [0; 4];
        for (index, word) in words.iter().enumerate().take(MAX_LENGTH) {
            match registers.get_mut(index) {
                Some(register) => *register = *word,
                None => self.words[index].set(*word),
            }
        }
        Received { badge, info, words: registers }
    }

    /// A message as its receiver finds it, with all of its capabilities.
    pub(crate) fn deliver(&self, message: Outgoing) -> Received {
        Received { badge: 0, info: message.info, words: message.words }
    }
}

impl Buffer for &FakeBuffer {
    fn word(&self, index: usize) -> u64 {
        assert!((4..self.words.len()).contains(&index), "first words are in registers");
        FakeBuffer::word(self, index)
    }

    fn set_word(&mut self, index: usize, value: u64) {
        assert!(index >= 4, "first words are in registers");
        self.words[index].set(value);
    }

    fn set_cap(&mut self, index: usize, pointer: u64) {
        self.caps[index].set(pointer);
    }
}

/// What the kernel was asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// A blocking receive.
    Receive,
    /// A receive that does not block.
    Poll,
    /// An answer: who held the caller, label, words.
    Answer(Cap<Reply>, u64, Vec<u64>),
    /// The answer before and the receive behind this were one system call.
    InOne,
    /// A blocking wait for signals.
    Signals,
    /// The receive slot was emptied.
    EmptySlot,
}

/// A message to come: badge, information, words.
pub(crate) type Incoming = (u64, MessageInfo, Vec<u64>);

/// What happens while the server sleeps: messages and signals come, time goes on.
pub(crate) type Meanwhile = std::boxed::Box<dyn FnMut() -> Option<Incoming>>;

/// The kernel. Sleeping without anything to come ends the test.
pub(crate) struct FakePort {
    pub(crate) buffer: FakeBuffer,
    pub(crate) incoming: RefCell<VecDeque<Incoming>>,
    pub(crate) signals: RefCell<VecDeque<u64>>,
    pub(crate) events: RefCell<Vec<Event>>,
    pub(crate) meanwhile: RefCell<Option<Meanwhile>>,
}

impl FakePort {
    pub(crate) fn new(incoming: impl IntoIterator<Item = Incoming>) -> Self {
        Self {
            buffer: FakeBuffer::new(),
            incoming: RefCell::new(incoming.into_iter().collect()),
            signals: RefCell::default(),
            events: RefCell::default(),
            meanwhile: RefCell::default(),
        }
    }

    fn log(&self, event: Event) {
        self.events.borrow_mut().push(event);
    }

    /// What happened since the last time.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        self.events.take()
    }

    fn next(&self) -> Option<Received> {
        let (badge, info, words) = self.incoming.borrow_mut().pop_front()?;
        Some(self.buffer.place(badge, info, &words))
    }

    fn sleep(&self) -> Incoming {
        let mut meanwhile = self.meanwhile.borrow_mut();
        let coming = meanwhile.as_mut().and_then(|happens| happens());
        coming.expect("something to come, else the server sleeps for ever")
    }
}

impl<'a> Port for &'a FakePort {
    type Buffer = &'a FakeBuffer;

    fn buffer(&self) -> &'a FakeBuffer {
        &self.buffer
    }

    fn receive(&self, _reply: Cap<Reply>) -> Received {
        self.log(Event::Receive);
        self.next().unwrap_or_else(|| {
            let (badge, info, words) = self.sleep();
            self.buffer.place(badge, info, &words)
        })
    }

    fn poll(&self, _reply: Cap<Reply>) -> Received {
        self.log(Event::Poll);
        let nothing = Received { badge: 0, info: MessageInfo(0), words: [0; 4] };
        self.next().unwrap_or(nothing)
    }

    fn answer(&self, reply: Cap<Reply>, answer: Outgoing) {
        let words = self.buffer.words_of(&answer);
        self.log(Event::Answer(reply, answer.info.label(), words));
    }

    fn answer_receive(&self, reply: Cap<Reply>, answer: Outgoing) -> Received {
        self.answer(reply, answer);
        self.log(Event::InOne);
        self.receive(reply)
    }

    fn signals(&self) -> u64 {
        self.log(Event::Signals);
        let signal = self.signals.borrow_mut().pop_front();
        signal.unwrap_or_else(|| self.sleep().0)
    }

    fn poll_signals(&self) -> u64 {
        self.signals.borrow_mut().pop_front().unwrap_or(0)
    }

    fn slot(&self) -> u64 {
        77
    }

    fn empty_slot(&self) {
        self.log(Event::EmptySlot);
    }
}
