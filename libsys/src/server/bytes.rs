//! Bytes and text of a length that is known at run time only.

use core::ops::Deref;
use heapless::Vec;

use super::field::Field;
use super::message::{Buffer, DecodeError, Decoder, Encoder};

/// Bytes of a word.
const WORD: usize = 8;

/// At most `N` bytes. In a message: their number, then eight in each word, the first in the
/// lowest bits, zeros behind the last.
///
/// ```
/// use libsys::server::Bytes;
///
/// let bytes = Bytes::<16>::new(b"four").expect("at most 16");
/// assert_eq!(&bytes[..], b"four");
/// assert!(Bytes::<2>::new(b"four").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bytes<const N: usize>(Vec<u8, N>);

impl<const N: usize> Bytes<N> {
    /// A copy of these bytes; `None` if they are too many.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        Vec::from_slice(bytes).ok().map(Self)
    }
}

impl<const N: usize> Deref for Bytes<N> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Field for Bytes<N> {
    const WORDS: usize = 1 + N.div_ceil(WORD);
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        encode(self, to);
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        let length = from.checked(|word| usize::try_from(word).ok().filter(|word| *word <= N))?;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let count = WORD.min(length - bytes.len());
            let word = from.checked(|word| has_bytes(word, count).then(|| word.to_le_bytes()))?;
            // The length was checked against the capacity.
            let _ = bytes.extend_from_slice(&word[..count]);
        }
        Ok(Self(bytes))
    }
}

/// Number, then bytes.
fn encode<B: Buffer>(bytes: &[u8], to: &mut Encoder<'_, B>) {
    to.word(bytes.len() as u64);
    for part in bytes.chunks(WORD) {
        let mut word = [0; WORD];
        word[..part.len()].copy_from_slice(part);
        to.word(u64::from_le_bytes(word));
    }
}

/// Whether a word is zero behind its first `count` bytes, 1 to 8.
fn has_bytes(word: u64, count: usize) -> bool {
    count == WORD || word >> (8 * count) == 0
}

/// At most `N` bytes of UTF-8. In a message as [`Bytes`].
///
/// ```
/// use libsys::server::Text;
///
/// let name = Text::<16>::new("console").expect("at most 16");
/// assert_eq!(&*name, "console");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text<const N: usize>(heapless::String<N>);

impl<const N: usize> Text<N> {
    /// A copy of this text; `None` if it is too long.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        heapless::String::try_from(text).ok().map(Self)
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Field for Text<N> {
    const WORDS: usize = Bytes::<N>::WORDS;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        encode(self.as_bytes(), to);
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        let bytes = Bytes::<N>::decode(from)?;
        heapless::String::from_utf8(bytes.0).map(Self).map_err(|_| DecodeError::Text)
    }
}
