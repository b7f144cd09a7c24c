//! Words that all threads of a test share.

use core::sync::atomic::{AtomicU64, Ordering};

/// Number of words.
const WORDS: usize = 128;

static BOARD: Board = Board { words: [const { AtomicU64::new(0) }; WORDS] };

/// Shared words, all zero at the start of each test.
pub struct Board {
    words: [AtomicU64; WORDS],
}

impl Board {
    /// The one board.
    pub fn shared() -> &'static Self {
        &BOARD
    }

    /// Zeroes all words.
    pub fn clear(&self) {
        for word in &self.words {
            word.store(0, Ordering::SeqCst);
        }
    }

    /// Reads a word.
    pub fn get(&self, index: usize) -> u64 {
        self.words[index].load(Ordering::SeqCst)
    }

    /// Writes a word.
    pub fn set(&self, index: usize, value: u64) {
        self.words[index].store(value, Ordering::SeqCst);
    }

    /// Adds to a word and answers what it was before.
    pub fn add(&self, index: usize, value: u64) -> u64 {
        self.words[index].fetch_add(value, Ordering::SeqCst)
    }

    /// Appends a digit to a word, in base 16: records the order of events.
    pub fn append(&self, index: usize, digit: u64) {
        let appended = |word: u64| Some(word << 4 | digit);
        // The closure always answers a value, so this cannot fail.
        let _ = self.words[index].fetch_update(Ordering::SeqCst, Ordering::SeqCst, appended);
    }

    /// The address of a word, for code that accesses it by itself.
    pub fn address(&self, index: usize) -> u64 {
        self.words[index].as_ptr().expose_provenance() as u64
    }
}
