//! The registers of a thread, as messages carry them.

use abi::registers::{Register, USER_CONTEXT};

/// Values for all 36 user registers, zero at first.
///
/// ```
/// use abi::registers::Register;
/// use libsys::object::UserContext;
///
/// let context = UserContext::starting_at(0x40_0000, 0x80_0000).with(Register::X(0), 7);
/// assert_eq!(context.register(Register::Pc), 0x40_0000);
/// assert_eq!(context.register(Register::X(0)), 7);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserContext {
    words: [u64; USER_CONTEXT.len()],
}

impl Default for UserContext {
    fn default() -> Self {
        Self { words: [0; USER_CONTEXT.len()] }
    }
}

impl UserContext {
    /// A thread about to start at `pc` with stack `sp`.
    #[must_use]
    pub fn starting_at(pc: u64, sp: u64) -> Self {
        Self::default().with(Register::Pc, pc).with(Register::Sp, sp)
    }

    /// Registers in the order of messages; missing ones are 0.
    #[must_use]
    pub fn from_words(mut word: impl FnMut(usize) -> u64) -> Self {
        Self { words: core::array::from_fn(&mut word) }
    }

    /// All values in the order of messages.
    #[must_use]
    pub const fn words(&self) -> &[u64; USER_CONTEXT.len()] {
        &self.words
    }

    /// The value of one register, 0 for an `X` that does not exist.
    #[must_use]
    pub fn register(&self, register: Register) -> u64 {
        let pairs = USER_CONTEXT.iter().zip(self.words);
        pairs.filter(|(named, _)| **named == register).map(|(_, value)| value).sum()
    }

    /// The same with another value for one register.
    #[must_use]
    pub fn with(mut self, register: Register, value: u64) -> Self {
        for (named, word) in USER_CONTEXT.iter().zip(&mut self.words) {
            if *named == register {
                *word = value;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_has_its_own_place() {
        let mut context = UserContext::default();
        for (value, register) in (1..).zip(USER_CONTEXT) {
            context = context.with(register, value);
        }
        assert!((1..).zip(context.words()).all(|(value, word)| *word == value));
        assert_eq!(context.register(Register::X(0)), 4);
        assert_eq!(context.register(Register::Tpidrro), 36);
        assert_eq!(context.register(Register::X(31)), 0);
    }
}
