//! Programs that do anything, in any order.
//!
//! A [`Player`] plays all user programs of one system: whichever thread runs makes a random
//! system call with arguments that are mostly right, or faults, or is interrupted. Every entry
//! is followed by a check of all invariants. At the end everything is revoked, and the kernel
//! must be in the state in which it booted.

mod arguments;
mod cast;
mod ending;
mod equality;
mod meeting;
mod messages;
mod objects;
mod player;
mod tests;
mod threads;

pub(super) use player::Player;

/// A source of numbers: xorshift64*.
#[derive(Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Any number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit.max(1)
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of some values.
    pub(super) fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }
}
