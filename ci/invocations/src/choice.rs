//! Bytes as decisions.

/// Numbers at which things change, beside small ones.
const NUMBERS: [u64; 16] =
    [0, 1, 2, 4, 12, 63, 64, 65, 120, 511, 512, 1 << 12, 1 << 47, (1 << 47) - 1, 1 << 63, u64::MAX];

/// Decisions, until the bytes end.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    bytes: &'a [u8],
}

impl<'a> Choice<'a> {
    /// From the first byte on.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether nothing is left to decide with.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte; zeroes behind the end.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// A number below a limit that is at most 256.
    pub fn below(&mut self, limit: usize) -> usize {
        (usize::from(self.byte()) * limit.max(1)) >> 8
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of some values.
    pub fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Any number, mostly one with a meaning.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::from(self.byte()),
            1 | 2 => self.of(&NUMBERS),
            _ => (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte())),
        }
    }
}
