//! Memory of a ring inside of one program.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use super::memory::Memory;

/// Memory for a ring between threads of one program, of `WORDS` words of 64 bits.
///
/// ```
/// use libsys::ring::{LocalMemory, Memory, Shape};
///
/// const SHAPE: Shape = Shape::new(8, 16).expect("a shape");
/// static MEMORY: LocalMemory<{ SHAPE.bytes() / 8 }> = LocalMemory::new();
/// assert_eq!(MEMORY.bytes(), SHAPE.bytes());
/// ```
#[derive(Debug)]
pub struct LocalMemory<const WORDS: usize> {
    /// For [`Memory::load`] and [`Memory::store`]. No place is accessed in both ways, so these
    /// need not be the same bits as the words.
    control: [[AtomicU32; 2]; WORDS],
    /// For [`Memory::read`] and [`Memory::write`].
    words: [AtomicU64; WORDS],
}

impl<const WORDS: usize> LocalMemory<WORDS> {
    /// Zeroed memory.
    #[must_use]
    pub const fn new() -> Self {
        let control = [const { [const { AtomicU32::new(0) }; 2] }; WORDS];
        Self { control, words: [const { AtomicU64::new(0) }; WORDS] }
    }

    fn control(&self, offset: usize) -> &AtomicU32 {
        &self.control[offset / 8][offset % 8 / 4]
    }
}

impl<const WORDS: usize> Default for LocalMemory<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const WORDS: usize> Memory for LocalMemory<WORDS> {
    fn bytes(&self) -> usize {
        8 * WORDS
    }

    fn load(&self, offset: usize) -> u32 {
        self.control(offset).load(Ordering::Acquire)
    }

    fn store(&self, offset: usize, value: u32) {
        self.control(offset).store(value, Ordering::Release);
    }

    fn barrier(&self) {
        fence(Ordering::SeqCst);
    }

    fn read(&self, offset: usize) -> u64 {
        self.words[offset / 8].load(Ordering::Relaxed)
    }

    fn write(&self, offset: usize, value: u64) {
        self.words[offset / 8].store(value, Ordering::Relaxed);
    }

    #[inline]
    fn read_words(&self, offset: usize, words: &mut [u64]) {
        let places = &self.words[offset / 8..][..words.len()];
        // By number: few words, as most elements have, then need no loop.
        for index in 0..words.len() {
            if let (Some(word), Some(place)) = (words.get_mut(index), places.get(index)) {
                *word = place.load(Ordering::Relaxed);
            }
        }
    }

    #[inline]
    fn write_words(&self, offset: usize, words: &[u64]) {
        let places = &self.words[offset / 8..][..words.len()];
        for index in 0..words.len() {
            if let (Some(word), Some(place)) = (words.get(index), places.get(index)) {
                place.store(*word, Ordering::Relaxed);
            }
        }
    }
}

/// A ring's sides often borrow their memory.
impl<M: Memory> Memory for &M {
    fn bytes(&self) -> usize {
        (**self).bytes()
    }

    fn load(&self, offset: usize) -> u32 {
        (**self).load(offset)
    }

    fn store(&self, offset: usize, value: u32) {
        (**self).store(offset, value);
    }

    fn barrier(&self) {
        (**self).barrier();
    }

    fn read(&self, offset: usize) -> u64 {
        (**self).read(offset)
    }

    fn write(&self, offset: usize, value: u64) {
        (**self).write(offset, value);
    }

    #[inline]
    fn read_words(&self, offset: usize, words: &mut [u64]) {
        (**self).read_words(offset, words);
    }

    #[inline]
    fn write_words(&self, offset: usize, words: &[u64]) {
        (**self).write_words(offset, words);
    }

    #[inline]
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) {
        (**self).read_bytes(offset, bytes);
    }

    #[inline]
    fn write_bytes(&self, offset: usize, bytes: &[u8]) {
        (**self).write_bytes(offset, bytes);
    }
}
