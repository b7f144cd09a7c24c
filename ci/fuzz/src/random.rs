//! Numbers that look random and are the same again for the same seed.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each pair, so that one execution can be repeated alone.
    #[must_use]
    pub fn new(seed: u64, execution: u64) -> Self {
        let mut random = Self(seed);
        Self(random.next().wrapping_add(execution.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }

    /// The next number.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 if there is none.
    #[must_use]
    pub fn below(&mut self, end: usize) -> usize {
        // The bias is below 2^-32 for every length of an input.
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    /// One of these, unless there are none.
    #[must_use]
    pub fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len()))
    }

    /// A length: short ones are more likely, at most `most`.
    #[must_use]
    pub fn length(&mut self, most: usize) -> usize {
        let bits = self.below(usize::BITS as usize - most.leading_zeros() as usize + 1);
        self.below((1_usize << bits.min(31)).min(most) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_repeat_and_differ() {
        let first = |seed, execution| Random::new(seed, execution).next();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(0, 0);
        assert_eq!(random.below(0), 0);
        assert_eq!(random.pick::<u8>(&[]), None);
        for end in 1..1000 {
            assert!(random.below(end) < end);
            assert!(random.length(end) <= end);
        }
    }
}
