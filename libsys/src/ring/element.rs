//! Elements that are plain data: the same fields as in messages.

use abi::MessageInfo;
use abi::message::MAX_LENGTH;
use core::fmt;

use super::bell::Bell;
use super::consumer::{Consumer, Taken};
use super::half::RingError;
use super::memory::Memory;
use super::producer::{Producer, Reserved};
use crate::server::{Buffer, DecodeError, Decoder, Encoder, Field};
use crate::syscall::Received;

/// Bytes of a word.
const WORD: usize = 8;

/// Why there is no element.
///
/// ```
/// use libsys::ring::{Consumer, LocalMemory, PopError, Producer, Quiet, Shape};
///
/// # fn main() -> Result<(), PopError> {
/// let shape = Shape::new(8, 8).expect("a shape");
/// let memory = LocalMemory::<24>::new();
/// let mut producer = Producer::new(&memory, shape, Quiet)?;
/// let mut consumer = Consumer::new(&memory, shape, Quiet)?;
/// producer.push(&300_u64)?;
/// // No byte has this value.
/// assert!(matches!(consumer.pop::<u8>(), Err(PopError::Element(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PopError {
    /// The ring is broken.
    Ring(RingError),
    /// The element is not what it should be. It has been released.
    Element(DecodeError),
}

impl From<RingError> for PopError {
    fn from(error: RingError) -> Self {
        Self::Ring(error)
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring(error) => error.fmt(f),
            Self::Element(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PopError {}

impl<M: Memory, B: Bell> Producer<M, B> {
    /// Puts an element in; `false` when the ring is full. Its words must fit into a slot, and it
    /// has no capabilities; else the program stops.
    ///
    /// ```
    /// use libsys::ring::{Consumer, LocalMemory, Producer, Quiet, Shape};
    ///
    /// libsys::data! {
    ///     /// What to do with a block of a disk.
    ///     pub struct Transfer {
    ///         /// Which.
    ///         pub block: u64,
    ///         /// Whether to write it.
    ///         pub write: bool,
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), libsys::ring::PopError> {
    /// let shape = Shape::new(8, 16).expect("a shape");
    /// let memory = LocalMemory::<32>::new();
    /// let mut producer = Producer::new(&memory, shape, Quiet)?;
    /// let mut consumer = Consumer::new(&memory, shape, Quiet)?;
    /// let transfer = Transfer { block: 7, write: true };
    /// assert!(producer.push(&transfer)?);
    /// assert_eq!(consumer.pop()?, Some(transfer));
    /// assert_eq!(consumer.pop::<Transfer>()?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RingError::Index`].
    #[inline]
    pub fn push<T: Field>(&mut self, element: &T) -> Result<bool, RingError> {
        const { assert!(T::CAPS == 0, "a ring carries no capabilities") };
        const { assert!(T::WORDS <= MAX_LENGTH, "an element is no longer than a message") };
        assert!(T::WORDS * WORD <= self.shape().slot_bytes(), "an element fits into a slot");
        let Some(mut slot) = self.reserve()? else { return Ok(false) };
        let mut encoder = Encoder::new(&mut slot);
        element.encode(&mut encoder);
        let message = encoder.finish(0);
        let in_registers = message.info.length().min(message.words.len());
        slot.write_words(0, &message.words[..in_registers]);
        slot.commit();
        Ok(true)
    }
}

impl<M: Memory, B: Bell> Consumer<M, B> {
    /// Takes an element out; `None` when the ring is empty. Each word is read once, and checked.
    ///
    /// # Errors
    /// [`PopError::Ring`], or [`PopError::Element`]: the producer has put in something else.
    #[inline]
    pub fn pop<T: Field>(&mut self) -> Result<Option<T>, PopError> {
        const { assert!(T::CAPS == 0, "a ring carries no capabilities") };
        const { assert!(T::WORDS <= MAX_LENGTH, "an element is no longer than a message") };
        let room = self.shape().slot_bytes() / WORD;
        let Some(slot) = self.peek()? else { return Ok(None) };
        let element = match room < T::WORDS {
            true => Err(DecodeError::TooShort { found: room }),
            false => read(&slot),
        };
        slot.release();
        element.map(Some).map_err(PopError::Element)
    }
}

/// Reads an element from a slot with room for it.
#[inline]
fn read<T: Field, M: Memory, B: Bell>(slot: &Taken<'_, M, B>) -> Result<T, DecodeError> {
    let mut words = [0; 4];
    let in_registers = T::WORDS.min(words.len());
    slot.read_words(0, &mut words[..in_registers]);
    let message = Received { badge: 0, info: MessageInfo::new(0, 0, T::WORDS), words };
    T::decode(&mut Decoder::new(slot, &message, 0))
}

/// The words of a message from the fifth on.
impl<M: Memory, B: Bell> Buffer for Reserved<'_, M, B> {
    /// Nothing is received here.
    fn word(&self, _index: usize) -> u64 {
        0
    }

    #[inline]
    fn set_word(&mut self, index: usize, value: u64) {
        self.write_words(index * WORD, &[value]);
    }

    /// No element has one: see [`Producer::push`].
    fn set_cap(&mut self, _index: usize, _pointer: u64) {}
}

/// The words of a message from the fifth on.
impl<M: Memory, B: Bell> Buffer for Taken<'_, M, B> {
    #[inline]
    fn word(&self, index: usize) -> u64 {
        let mut word = [0];
        self.read_words(index * WORD, &mut word);
        word[0]
    }

    /// Nothing is sent here.
    fn set_word(&mut self, _index: usize, _value: u64) {}

    /// Nothing is sent here.
    fn set_cap(&mut self, _index: usize, _pointer: u64) {}
}
