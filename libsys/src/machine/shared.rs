//! Windows as the memory of rings: atomic accesses to what another task may write as well.
//!
//! Every access is one of Rust's atomic ones, so a peer that writes at the same time changes the
//! values read and nothing else.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use super::window::Window;
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
}
