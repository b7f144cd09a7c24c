//! Windows as the memory of rings: atomic accesses to what another task may write as well.
//!
//! Every access is one of Rust's atomic ones, so a peer that writes at the same time changes the
//! values read and nothing else. Long pieces of bytes are moved by instructions that the compiler
//! does not look into, which read and write once what they are told.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use super::aarch64::lines;
use super::window::{Line, Window};
use crate::ring::Memory;

impl Window {
    /// The word of 32 bits at `offset`.
    #[inline]
    fn control(&self, offset: u64) -> &AtomicU32 {
        // SAFETY: W1, and `at` has checked bounds and alignment. Nothing accesses the memory of a
        // ring other than atomically, and each place of it with one size only.
        unsafe { AtomicU32::from_ptr(self.at(offset)) }
    }

    /// So many words of 64 bits from `offset` on.
    #[inline]
    fn shared_words(&self, offset: u64, count: usize) -> &[AtomicU64] {
        let first = self.first(offset, count);
        // SAFETY: W1, and `first` has checked bounds and alignment; else as in `control`. The
        // slice is no longer used than the window.
        unsafe { core::slice::from_raw_parts(first, count) }
    }

    /// The word of 64 bits at `offset`.
    #[inline]
    fn word(&self, offset: u64) -> &AtomicU64 {
        // SAFETY: as in `control`.
        unsafe { AtomicU64::from_ptr(self.at(offset)) }
    }
}

impl Memory for Window {
    #[inline]
    fn bytes(&self) -> usize {
        (self.end() - self.address()) as usize
    }

    #[inline]
    fn load(&self, offset: usize) -> u32 {
        self.control(offset as u64).load(Ordering::Acquire)
    }

    #[inline]
    fn store(&self, offset: usize, value: u32) {
        self.control(offset as u64).store(value, Ordering::Release);
    }

    #[inline]
    fn barrier(&self) {
        fence(Ordering::SeqCst);
    }

    #[inline]
    fn read(&self, offset: usize) -> u64 {
        self.word(offset as u64).load(Ordering::Relaxed)
    }

    #[inline]
    fn write(&self, offset: usize, value: u64) {
        self.word(offset as u64).store(value, Ordering::Relaxed);
    }

    #[inline]
    fn read_words(&self, offset: usize, words: &mut [u64]) {
        let places = self.shared_words(offset as u64, words.len());
        // By number: few words, as most elements have, then need no loop.
        for index in 0..words.len() {
            if let (Some(word), Some(place)) = (words.get_mut(index), places.get(index)) {
                *word = place.load(Ordering::Relaxed);
            }
        }
    }

    #[inline]
    fn write_words(&self, offset: usize, words: &[u64]) {
        let places = self.shared_words(offset as u64, words.len());
        for index in 0..words.len() {
            if let (Some(word), Some(place)) = (words.get(index), places.get(index)) {
                place.store(*word, Ordering::Relaxed);
            }
        }
    }

    /// Whole lines at once; what is left over, word by word.
    #[inline]
    fn read_bytes(&self, offset: usize, bytes: &mut [u8]) {
        let places = self.shared_words(offset as u64, bytes.len().div_ceil(8));
        let (lines, rest) = bytes.as_chunks_mut::<{ size_of::<Line>() }>();
        // SAFETY: `places` has all of the lines; what is borrowed is no window.
        unsafe { lines::copy(lines.as_mut_ptr().cast(), places.as_ptr().cast(), lines.len()) };
        let mut places = places.iter().skip(8 * lines.len());
        let (words, rest) = rest.as_chunks_mut::<8>();
        for (word, place) in words.iter_mut().zip(&mut places) {
            *word = place.load(Ordering::Relaxed).to_le_bytes();
        }
        if let Some(place) = places.next() {
            let word = place.load(Ordering::Relaxed).to_le_bytes();
            rest.iter_mut().zip(word).for_each(|(byte, found)| *byte = found);
        }
    }

    #[inline]
    fn write_bytes(&self, offset: usize, bytes: &[u8]) {
        let (lines, rest) = bytes.as_chunks::<{ size_of::<Line>() }>();
        let to = self.first::<u64>(offset as u64, bytes.len().div_ceil(8));
        // SAFETY: W1, and `first` has checked all of them; what is borrowed is no window.
        unsafe { lines::copy(to.cast(), lines.as_ptr().cast(), lines.len()) };
        let behind = offset + size_of_val(lines);
        let mut places = self.shared_words(behind as u64, rest.len().div_ceil(8)).iter();
        let (words, rest) = rest.as_chunks::<8>();
        for (word, place) in words.iter().zip(&mut places) {
            place.store(u64::from_le_bytes(*word), Ordering::Relaxed);
        }
        if let Some(place) = places.next() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(byte, given)| *byte = *given);
            place.store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a window must do as any memory does.
    fn write_and_read(offset: usize, length: usize) {
        let mut memory = [u64::MAX; 32];
        let start = memory.as_mut_ptr().expose_provenance() as u64;
        let window = Window::over(start..start + 256);
        let bytes: [u8; 201] = core::array::from_fn(|index| index as u8 + 1);
        // From an odd address.
        let bytes = &bytes[1..=length];
        Memory::write_bytes(&&window, offset, bytes);
        let mut seen = [0; 201];
        Memory::read_bytes(&&window, offset, &mut seen[1..=length]);
        assert_eq!(seen[1..=length], *bytes, "{length} at {offset}");
        assert_eq!((seen[0], seen[length + 1]), (0, 0), "{length} at {offset}");
        let end = offset + length;
        for at in (0..256).step_by(8) {
            let word = window.read_word(at as u64).to_le_bytes();
            for (at, byte) in (at..).zip(word) {
                let expected = match at {
                    at if at < offset || at >= end.next_multiple_of(8) => 0xff,
                    at if at >= end => 0,
                    at => bytes[at - offset],
                };
                assert_eq!(byte, expected, "byte {at} of {length} at {offset}");
            }
        }
    }

    #[test]
    fn bytes_of_any_number_go_through() {
        for length in (0..20).chain([56, 63, 64, 65, 71, 128, 199]) {
            for offset in [0, 8, 40] {
                write_and_read(offset, length);
            }
        }
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn bytes_end_with_the_window() {
        let mut memory = [0_u64; 8];
        let start = memory.as_mut_ptr().expose_provenance() as u64;
        Memory::write_bytes(&&Window::over(start..start + 64), 0, &[0; 65]);
    }
}
