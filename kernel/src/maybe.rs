//! An optional value of which zeroed memory is "nothing".

/// As `Option`, but with a representation that is promised: all-zero memory is [`Maybe::Nothing`],
/// so that objects with such fields need no initialisation ([`crate::mem::ZeroValid`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Maybe<T> {
    /// Nothing.
    Nothing = 0,
    /// A value.
    Just(T),
}

impl<T: Copy> Maybe<T> {
    /// The value.
    #[must_use]
    pub const fn get(self) -> Option<T> {
        match self {
            Self::Nothing => None,
            Self::Just(value) => Some(value),
        }
    }

    /// The value, which goes.
    #[must_use]
    pub const fn take(&mut self) -> Option<T> {
        let value = self.get();
        *self = Self::Nothing;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once() {
        let mut maybe = Maybe::Just(3);
        assert_eq!(maybe.get(), Some(3));
        assert_eq!(maybe.take(), Some(3));
        assert_eq!((maybe, maybe.take()), (Maybe::Nothing, None));
    }
}
