//! What may stand in a message: plain data, and capabilities.

use core::time::Duration;

use super::message::{Buffer, DecodeError, Decoder, Encoder};
use crate::cap::{Badge, Cap};

/// A value that can be put into a message and taken out again.
///
/// The types of the standard library that are plain data are fields, and those declared with
/// [`data!`](crate::data). What does not encode a value is refused when it is decoded, so every
/// value has one encoding.
///
/// ```
/// use libsys::server::{Buffer, DecodeError, Decoder, Encoder, Field};
///
/// /// A percentage.
/// struct Percent(u8);
///
/// impl Field for Percent {
///     const WORDS: usize = 1;
///     const CAPS: usize = 0;
///
///     fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
///         to.word(u64::from(self.0));
///     }
///
///     fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
///         from.checked(|word| u8::try_from(word).ok().filter(|part| *part <= 100).map(Self))
///     }
/// }
/// ```
pub trait Field: Sized {
    /// The most words that it takes.
    const WORDS: usize;
    /// The capabilities that it takes.
    const CAPS: usize;

    /// Puts it behind the other fields of a message.
    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>);

    /// Takes it from a message.
    ///
    /// # Errors
    /// What is wrong with the message.
    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError>;
}

/// Integers are one word; negative ones are extended by their sign.
macro_rules! integers {
    ($($integer:ty as $wide:ty),*) => {
        $(impl Field for $integer {
            const WORDS: usize = 1;
            const CAPS: usize = 0;

            #[inline(always)]
            fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
                to.word(<$wide>::from(*self) as u64);
            }

            #[inline(always)]
            fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
                from.checked(|word| Self::try_from(word as $wide).ok())
            }
        })*
    };
}

integers!(u8 as u64, u16 as u64, u32 as u64, u64 as u64);
integers!(i8 as i64, i16 as i64, i32 as i64, i64 as i64);

impl Field for bool {
    const WORDS: usize = 1;
    const CAPS: usize = 0;

    #[inline(always)]
    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.word(u64::from(*self));
    }

    #[inline(always)]
    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        from.checked(|word| match word {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }
}

/// Nothing takes no words: the answer of an operation without one.
impl Field for () {
    const WORDS: usize = 0;
    const CAPS: usize = 0;

    #[inline(always)]
    fn encode<B: Buffer>(&self, _to: &mut Encoder<'_, B>) {}

    #[inline(always)]
    fn decode<B: Buffer>(_from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        Ok(())
    }
}

/// Nobody can refuse with it: the error of an interface without errors.
impl Field for core::convert::Infallible {
    const WORDS: usize = 1;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, _to: &mut Encoder<'_, B>) {
        match *self {}
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        from.checked(|_| None)
    }
}

impl Field for Badge {
    const WORDS: usize = 1;
    const CAPS: usize = 0;

    #[inline(always)]
    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.word(self.0);
    }

    #[inline(always)]
    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        from.word().map(Self)
    }
}

/// Seconds, then nanoseconds.
impl Field for Duration {
    const WORDS: usize = 2;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.word(self.as_secs());
        to.word(u64::from(self.subsec_nanos()));
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        let seconds = from.word()?;
        let nanoseconds =
            from.checked(|word| u32::try_from(word).ok().filter(|part| *part < 1_000_000_000))?;
        Ok(Self::new(seconds, nanoseconds))
    }
}

/// A word that says whether there is a value, then the value. No capabilities: whether one came
/// is no value but an error.
impl<T: Field> Field for Option<T> {
    const WORDS: usize = 1 + T::WORDS;
    const CAPS: usize = {
        assert!(T::CAPS == 0, "a capability cannot be optional");
        0
    };

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        self.is_some().encode(to);
        if let Some(value) = self {
            value.encode(to);
        }
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        if bool::decode(from)? { T::decode(from).map(Some) } else { Ok(None) }
    }
}

impl<T: Field + Default + Copy, const N: usize> Field for [T; N] {
    const WORDS: usize = N * T::WORDS;
    const CAPS: usize = N * T::CAPS;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        for value in self {
            value.encode(to);
        }
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        let mut values = [T::default(); N];
        for value in &mut values {
            *value = T::decode(from)?;
        }
        Ok(values)
    }
}

macro_rules! tuples {
    ($(($($field:ident)+))*) => {
        $(impl<$($field: Field),+> Field for ($($field,)+) {
            const WORDS: usize = 0 $(+ $field::WORDS)+;
            const CAPS: usize = 0 $(+ $field::CAPS)+;

            #[allow(non_snake_case, reason = "the variables are named after their types")]
            fn encode<Out: Buffer>(&self, to: &mut Encoder<'_, Out>) {
                let ($($field,)+) = self;
                $($field.encode(to);)+
            }

            fn decode<In: Buffer>(from: &mut Decoder<'_, In>) -> Result<Self, DecodeError> {
                Ok(($($field::decode(from)?,)+))
            }
        })*
    };
}

tuples!((A B) (A B C) (A B C D));

/// A capability, copied to the receiver: there it is in the receive slot. The kernel moves one
/// with each message, so a message has one such field at most.
impl<T> Field for Cap<T> {
    const WORDS: usize = 0;
    const CAPS: usize = 1;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.cap(self.pointer());
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        from.cap().map(Self::at)
    }
}
