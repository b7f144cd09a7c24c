//! The memory of a ring.

/// Memory that two sides see, as a ring uses it. Offsets are in bytes, aligned to what is
/// accessed, and always inside of [`bytes`](Self::bytes).
///
/// Between two tasks this is a [`Window`](crate::window::Window), within one program
/// [`LocalMemory`](super::LocalMemory); tests have the memory of a model checker.
///
/// ```
/// use libsys::ring::{LocalMemory, Memory};
///
/// let memory = LocalMemory::<32>::new();
/// memory.write_bytes(128, b"element");
/// let mut bytes = [0; 7];
/// memory.read_bytes(128, &mut bytes);
/// assert_eq!(&bytes, b"element");
/// ```
pub trait Memory {
    /// How many bytes there are.
    fn bytes(&self) -> usize;

    /// Reads a word of 32 bits. Later accesses stay behind it (acquire).
    fn load(&self, offset: usize) -> u32;

    /// Writes a word of 32 bits. Earlier accesses stay before it (release).
    fn store(&self, offset: usize, value: u32);

    /// Keeps all earlier accesses before all later ones, also a store before a load.
    fn barrier(&self);

    /// Reads 64 bits of a slot. The peer may write them at the same time; then any mixture of
    /// old and new bits may come.
    fn read(&self, offset: usize) -> u64;

    /// Writes 64 bits of a slot.
    fn write(&self, offset: usize, value: u64);

    /// [`read`](Self::read) for words one behind the other.
    #[inline]
    fn read_words(&self, offset: usize, words: &mut [u64]) {
        for (word, at) in words.iter_mut().zip((offset..).step_by(8)) {
            *word = self.read(at);
        }
    }

    /// [`write`](Self::write) for words one behind the other.
    #[inline]
    fn write_words(&self, offset: usize, words: &[u64]) {
        for (word, at) in words.iter().zip((offset..).step_by(8)) {
            self.write(at, *word);
        }
    }

    /// Reads bytes from a multiple of 8 on.
    #[inline]
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) {
        let behind = offset + (bytes.len() & !7);
        // Whole words first, so that each is a load and a store.
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for (word, at) in words.iter_mut().zip((offset..).step_by(8)) {
            *word = self.read(at).to_le_bytes();
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&self.read(behind).to_le_bytes()[..rest.len()]);
        }
    }

    /// Writes bytes from a multiple of 8 on. The rest of the last word becomes zero.
    #[inline]
    fn write_bytes(&self, offset: usize, bytes: &[u8]) {
        let behind = offset + (bytes.len() & !7);
        let (words, rest) = bytes.as_chunks::<8>();
        for (word, at) in words.iter().zip((offset..).step_by(8)) {
            self.write(at, u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.write(behind, u64::from_le_bytes(word));
        }
    }
}
