//! A part of some memory.

use core::ops::Range;

use super::memory::Memory;

/// A part of some memory, as the memory of a ring: several rings can lie in one region.
///
/// ```
/// use libsys::ring::{LocalMemory, Memory, Part};
///
/// let memory = LocalMemory::<32>::new();
/// let second = Part::new(&memory, 128..256).expect("whole cache lines, inside");
/// second.write(8, 5);
/// assert_eq!((second.bytes(), memory.read(136)), (128, 5));
/// assert!(Part::new(&memory, 128..320).is_none(), "there is no more");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Part<M> {
    whole: M,
    start: usize,
    bytes: usize,
}

impl<M: Memory> Part<M> {
    /// This range of some memory. `None`: it is not all inside, or does not begin and end at
    /// multiples of 64.
    #[must_use]
    pub fn new(whole: M, range: Range<usize>) -> Option<Self> {
        let aligned = range.start.is_multiple_of(64) && range.end.is_multiple_of(64);
        let bytes = range.end.checked_sub(range.start)?;
        (aligned && range.end <= whole.bytes()).then_some(Self { whole, start: range.start, bytes })
    }

    /// Both halves of some memory, as equal as cache lines allow.
    #[must_use]
    pub fn halves(whole: M) -> Option<[Self; 2]>
    where
        M: Copy,
    {
        let half = (whole.bytes() / 2) & !63;
        Some([Self::new(whole, 0..half)?, Self::new(whole, half..2 * half)?])
    }

    /// Where `bytes` bytes at `offset` are in the whole.
    #[inline]
    fn place(&self, offset: usize, bytes: usize) -> usize {
        let end = offset.checked_add(bytes);
        assert!(end.is_some_and(|end| end <= self.bytes), "inside the part");
        self.start + offset
    }
}

impl<M: Memory> Memory for Part<M> {
    #[inline]
    fn bytes(&self) -> usize {
        self.bytes
    }

    #[inline]
    fn load(&self, offset: usize) -> u32 {
        self.whole.load(self.place(offset, 4))
    }

    #[inline]
    fn store(&self, offset: usize, value: u32) {
        self.whole.store(self.place(offset, 4), value);
    }

    #[inline]
    fn barrier(&self) {
        self.whole.barrier();
    }

    #[inline]
    fn read(&self, offset: usize) -> u64 {
        self.whole.read(self.place(offset, 8))
    }

    #[inline]
    fn write(&self, offset: usize, value: u64) {
        self.whole.write(self.place(offset, 8), value);
    }

    #[inline]
    fn read_words(&self, offset: usize, words: &mut [u64]) {
        self.whole.read_words(self.place(offset, size_of_val(words)), words);
    }

    #[inline]
    fn write_words(&self, offset: usize, words: &[u64]) {
        self.whole.write_words(self.place(offset, size_of_val(words)), words);
    }

    #[inline]
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) {
        self.whole.read_bytes(self.place(offset, bytes.len()), bytes);
    }

    #[inline]
    fn write_bytes(&self, offset: usize, bytes: &[u8]) {
        self.whole.write_bytes(self.place(offset, bytes.len().next_multiple_of(8)), bytes);
    }
}
