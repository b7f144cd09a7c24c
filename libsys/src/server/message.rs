//! Messages word by word: how fields are put in, and taken out with every check.

use abi::MessageInfo;
use abi::message::{MAX_CAPS, MAX_LENGTH, REGISTER_WORDS};
use core::fmt;

use crate::ipc_buffer;
use crate::syscall::Received;

/// Where the parts of a message are that do not travel in registers. Word indices count from the
/// start of the message, so they begin at 4.
///
/// ```
/// use libsys::server::{Buffer, Encoder};
///
/// /// Words of a long message, in memory.
/// struct Words([u64; 120]);
///
/// impl Buffer for Words {
///     fn word(&self, index: usize) -> u64 {
///         self.0[index]
///     }
///     fn set_word(&mut self, index: usize, value: u64) {
///         self.0[index] = value;
///     }
///     fn set_cap(&mut self, _index: usize, _pointer: u64) {}
/// }
///
/// let mut words = Words([0; 120]);
/// let mut encoder = Encoder::new(&mut words);
/// (10..16).for_each(|word| encoder.word(word));
/// let message = encoder.finish(7);
/// assert_eq!((message.words, words.0[4..6].to_vec()), ([10, 11, 12, 13], vec![14, 15]));
/// ```
pub trait Buffer {
    /// Word `index` of the message received.
    fn word(&self, index: usize) -> u64;

    /// Sets word `index` of the message to send.
    fn set_word(&mut self, index: usize, value: u64);

    /// Sets capability `index` of the message to send.
    fn set_cap(&mut self, index: usize, pointer: u64);
}

/// The IPC buffer of the calling thread.
///
/// ```
/// use libsys::server::{Encoder, ThreadBuffer};
///
/// // Up to four words need no buffer, so this works anywhere.
/// let mut buffer = ThreadBuffer;
/// let mut encoder = Encoder::new(&mut buffer);
/// encoder.word(5);
/// assert_eq!(encoder.finish(1).info.length(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ThreadBuffer;

impl Buffer for ThreadBuffer {
    #[inline(always)]
    fn word(&self, index: usize) -> u64 {
        ipc_buffer::word(index)
    }

    #[inline(always)]
    fn set_word(&mut self, index: usize, value: u64) {
        ipc_buffer::set_word(index, value);
    }

    #[inline(always)]
    fn set_cap(&mut self, index: usize, pointer: u64) {
        ipc_buffer::set_cap(index, pointer);
    }
}

/// A message ready to be sent: what is in registers. The rest is in the buffer already.
///
/// ```
/// use libsys::server::Outgoing;
///
/// let answer = Outgoing::of_words(&[1, 2]);
/// assert_eq!((answer.info.label(), answer.info.length()), (0, 2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Label and lengths.
    pub info: MessageInfo,
    /// The first words.
    pub words: [u64; REGISTER_WORDS],
}

impl Outgoing {
    /// Label 0 and these words; what exceeds four is not sent.
    #[inline(always)]
    #[must_use]
    pub fn of_words(words: &[u64]) -> Self {
        let mut registers = [0; REGISTER_WORDS];
        let length = words.len().min(REGISTER_WORDS);
        registers[..length].copy_from_slice(&words[..length]);
        Self { info: MessageInfo::new(0, 0, length), words: registers }
    }
}

/// Takes the words of a message, one behind the other.
///
/// ```
/// use libsys::server::{Encoder, Field, ThreadBuffer};
///
/// let mut buffer = ThreadBuffer;
/// let mut encoder = Encoder::new(&mut buffer);
/// 7_u32.encode(&mut encoder);
/// true.encode(&mut encoder);
/// let message = encoder.finish(1);
/// assert_eq!((message.info.length(), message.words), (2, [7, 1, 0, 0]));
/// ```
#[derive(Debug)]
pub struct Encoder<'a, B> {
    buffer: &'a mut B,
    words: [u64; REGISTER_WORDS],
    length: usize,
    caps: usize,
}

impl<'a, B: Buffer> Encoder<'a, B> {
    /// An empty message.
    #[inline(always)]
    pub fn new(buffer: &'a mut B) -> Self {
        Self { buffer, words: [0; REGISTER_WORDS], length: 0, caps: 0 }
    }

    /// Adds a word. What exceeds a message is not sent, so the receiver will find it too short;
    /// messages of an [`interface!`](crate::interface) are checked when they are compiled.
    #[inline(always)]
    pub fn word(&mut self, value: u64) {
        match self.words.get_mut(self.length) {
            Some(word) => *word = value,
            None if self.length < MAX_LENGTH => self.buffer.set_word(self.length, value),
            None => return,
        }
        self.length += 1;
    }

    /// Adds a capability, by its pointer.
    #[inline(always)]
    pub fn cap(&mut self, pointer: u64) {
        if self.caps < MAX_CAPS {
            self.buffer.set_cap(self.caps, pointer);
            self.caps += 1;
        }
    }

    /// The message with this label.
    #[inline(always)]
    #[must_use]
    pub fn finish(self, label: u64) -> Outgoing {
        Outgoing { info: MessageInfo::new(label, self.caps, self.length), words: self.words }
    }
}

/// Hands out the words of a message, one behind the other.
///
/// ```
/// use libsys::server::{DecodeError, Decoder, Field, ThreadBuffer};
/// use libsys::{MessageInfo, Received};
///
/// let message = Received { badge: 3, info: MessageInfo::new(1, 0, 2), words: [7, 2, 0, 0] };
/// let mut decoder = Decoder::new(&ThreadBuffer, &message, 0);
/// assert_eq!(u32::decode(&mut decoder), Ok(7));
/// assert_eq!(bool::decode(&mut decoder), Err(DecodeError::Value { index: 1, value: 2 }));
/// ```
#[derive(Debug)]
pub struct Decoder<'a, B> {
    buffer: &'a B,
    info: MessageInfo,
    words: [u64; REGISTER_WORDS],
    /// Where the capability is that came with the message.
    received: u64,
    next: usize,
    next_cap: usize,
}

impl<'a, B: Buffer> Decoder<'a, B> {
    /// A message that was received while `slot` (its pointer) was the receive slot.
    #[inline(always)]
    pub fn new(buffer: &'a B, message: &Received, slot: u64) -> Self {
        let (info, words) = (message.info, message.words);
        Self { buffer, info, words, received: slot, next: 0, next_cap: 0 }
    }

    /// The next word.
    ///
    /// # Errors
    /// [`DecodeError::TooShort`]: there is none.
    #[inline(always)]
    pub fn word(&mut self) -> Result<u64, DecodeError> {
        let (index, found) = (self.next, self.info.length());
        if index >= found {
            return Err(DecodeError::TooShort { found });
        }
        self.next += 1;
        Ok(self.words.get(index).copied().unwrap_or_else(|| self.buffer.word(index)))
    }

    /// The next word if `check` accepts it, and what `check` makes of it.
    ///
    /// # Errors
    /// [`DecodeError::TooShort`]: there is none; [`DecodeError::Value`]: not accepted.
    #[inline(always)]
    pub fn checked<T>(&mut self, check: impl FnOnce(u64) -> Option<T>) -> Result<T, DecodeError> {
        let index = self.next;
        let value = self.word()?;
        check(value).ok_or(DecodeError::Value { index, value })
    }

    /// The pointer of the next capability.
    ///
    /// # Errors
    /// [`DecodeError::NoCap`]: the message has no more.
    pub fn cap(&mut self) -> Result<u64, DecodeError> {
        let index = self.next_cap;
        // One that came as a badge was unwrapped by the kernel, and is in no slot; and there is
        // one slot only.
        let unwrapped = self.info.unwrapped() >> index & 1 == 1;
        if index > 0 || index >= self.info.extra_caps() || unwrapped {
            return Err(DecodeError::NoCap { index });
        }
        self.next_cap += 1;
        Ok(self.received)
    }

    /// Ends the message.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], [`DecodeError::TooManyCaps`]: there is something left.
    #[inline(always)]
    pub fn finish(self) -> Result<(), DecodeError> {
        let (found, caps) = (self.info.length(), self.info.extra_caps());
        if found > self.next {
            return Err(DecodeError::TooLong { expected: self.next, found });
        }
        if caps > self.next_cap {
            return Err(DecodeError::TooManyCaps { expected: self.next_cap, found: caps });
        }
        Ok(())
    }
}

/// Why a message is not what its receiver expects.
///
/// ```
/// use libsys::server::DecodeError;
///
/// let error = DecodeError::TooLong { expected: 2, found: 3 };
/// assert_eq!(error.to_string(), "3 words instead of 2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// No operation has this label.
    Label(u64),
    /// It ends before its last field.
    TooShort {
        /// Its length in words.
        found: usize,
    },
    /// It goes on after its last field.
    TooLong {
        /// Words of all fields.
        expected: usize,
        /// Its length in words.
        found: usize,
    },
    /// A word has a value that its field cannot have.
    Value {
        /// Which word, from 0.
        index: usize,
        /// Its value.
        value: u64,
    },
    /// Text is no UTF-8.
    Text,
    /// A capability is missing, or came as the badge of the receiver's own endpoint.
    NoCap {
        /// Which capability, from 0.
        index: usize,
    },
    /// More capabilities than fields for them.
    TooManyCaps {
        /// Fields that take one.
        expected: usize,
        /// Capabilities.
        found: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "no operation has the label {label}"),
            Self::TooShort { found } => write!(f, "{found} words are too few"),
            Self::TooLong { expected, found } => write!(f, "{found} words instead of {expected}"),
            Self::Value { index, value } => write!(f, "word {index} cannot be {value:#x}"),
            Self::Text => write!(f, "text is no UTF-8"),
            Self::NoCap { index } => write!(f, "capability {index} is missing"),
            Self::TooManyCaps { expected, found } => {
                write!(f, "{found} capabilities instead of {expected}")
            }
        }
    }
}

impl core::error::Error for DecodeError {}
