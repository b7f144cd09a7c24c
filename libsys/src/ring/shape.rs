//! The layout of a ring in memory.
//!
//! | bytes | what | written by |
//! |---|---|---|
//! | 0–3 | elements put in so far, modulo 2³² | producer |
//! | 4–7 | the producer's sleep number | producer |
//! | 64–67 | elements taken out so far, modulo 2³² | consumer |
//! | 68–71 | the consumer's sleep number | consumer |
//! | 128– | the slots, one behind the other | producer |
//!
//! The two sides' words lie in cache lines of their own, so that writing one does not take the
//! other from its core. All zero is an empty ring with both sides awake.

/// Where the producer's words are.
pub(super) const PRODUCER: usize = 0;
/// Where the consumer's words are.
pub(super) const CONSUMER: usize = 64;
/// The index, from the start of a side's words.
pub(super) const INDEX: usize = 0;
/// The sleep number, from the start of a side's words.
pub(super) const SLEEPS: usize = 4;
/// Where the slots begin.
const SLOTS: usize = 128;
/// Bytes of a word.
const WORD: usize = 8;

/// How many slots a ring has, and how many bytes each. Both sides must agree on it beforehand:
/// it is not in the memory, where the peer could change it.
///
/// ```
/// use libsys::ring::Shape;
///
/// let shape = Shape::new(64, 56).expect("a power of two, and whole words");
/// assert_eq!(shape.bytes(), 128 + 64 * 56);
/// assert_eq!(Shape::filling(4096, 56), Some(shape), "what fits into a page");
/// assert_eq!(Shape::new(3, 8), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    slots: u32,
    slot_words: u32,
}

impl Shape {
    /// The most slots: indices must tell a full ring from an empty one.
    const MOST_SLOTS: u32 = 1 << 30;

    /// `slots` slots, a power of two up to 2³⁰, of `slot_bytes` bytes, a multiple of 8.
    #[must_use]
    pub const fn new(slots: u32, slot_bytes: u32) -> Option<Self> {
        let counted = slots.is_power_of_two() && slots <= Self::MOST_SLOTS;
        let words = slot_bytes > 0 && slot_bytes.is_multiple_of(8);
        let fits = (slots as u64 * slot_bytes as u64) < 1 << 40;
        if counted && words && fits {
            Some(Self { slots, slot_words: slot_bytes / 8 })
        } else {
            None
        }
    }

    /// As many slots as fit into `bytes` bytes.
    #[must_use]
    pub const fn filling(bytes: usize, slot_bytes: u32) -> Option<Self> {
        if slot_bytes == 0 || bytes < SLOTS {
            return None;
        }
        let room = (bytes - SLOTS) as u64 / slot_bytes as u64;
        let most = if room > Self::MOST_SLOTS as u64 { Self::MOST_SLOTS } else { room as u32 };
        match most.checked_ilog2() {
            Some(power) => Self::new(1 << power, slot_bytes),
            None => None,
        }
    }

    /// Number of slots.
    #[must_use]
    pub const fn slots(self) -> u32 {
        self.slots
    }

    /// Bytes of one slot.
    #[must_use]
    pub const fn slot_bytes(self) -> usize {
        self.slot_words as usize * WORD
    }

    /// Bytes of the whole ring.
    #[must_use]
    pub const fn bytes(self) -> usize {
        SLOTS + self.slots as usize * self.slot_bytes()
    }

    /// Where the slot of element number `index` begins. Always inside the ring.
    pub(super) const fn slot(self, index: u32) -> usize {
        SLOTS + (index & (self.slots - 1)) as usize * self.slot_bytes()
    }

    /// Where bytes `at..at + length` of that slot begin; they start at a word.
    #[track_caller]
    pub(super) fn within(self, index: u32, at: usize, length: usize) -> usize {
        let fits = at.checked_add(length).is_some_and(|end| end <= self.slot_bytes());
        assert!(fits && at.is_multiple_of(WORD), "inside the slot, from a word on");
        self.slot(index) + at
    }
}
