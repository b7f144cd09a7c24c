//! The side that takes elements out.

use super::bell::Bell;
use super::half::{Half, RingError, Taking};
use super::memory::Memory;
use super::shape::Shape;

/// Takes elements out of a ring. The example at the [module](super) shows it in use.
///
/// ```
/// use libsys::ring::{Consumer, LocalMemory, Quiet, RingError, Shape};
///
/// /// Adds up what is there.
/// fn sum(ring: &mut Consumer<&LocalMemory<32>, Quiet>) -> Result<u64, RingError> {
///     let mut sum = 0;
///     while let Some(slot) = ring.peek()? {
///         let mut word = [0];
///         slot.read_words(0, &mut word);
///         slot.release();
///         sum += word[0];
///     }
///     // The producer may wait for room.
///     ring.flush();
///     Ok(sum)
/// }
/// # let memory = LocalMemory::new();
/// # let shape = Shape::new(8, 16).expect("a shape");
/// # assert_eq!(sum(&mut Consumer::new(&memory, shape, Quiet)?)?, 0);
/// # Ok::<(), RingError>(())
/// ```
#[derive(Debug)]
pub struct Consumer<M, B> {
    pub(super) half: Half<M, B, Taking>,
}

impl<M: Memory, B: Bell> Consumer<M, B> {
    /// The consumer of a ring in memory that was all zero before its producer began.
    ///
    /// # Errors
    /// [`RingError::Memory`]: the ring does not fit.
    pub fn new(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        Half::new(memory, shape, bell).map(|half| Self { half })
    }

    /// The consumer of a ring that was used before, in a new session: makes the words of this side
    /// zero. Before either side uses the ring both must have done so; who does it first says so to
    /// the other by a message.
    ///
    /// # Errors
    /// [`RingError::Memory`]: the ring does not fit.
    pub fn anew(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        Half::anew(memory, shape, bell).map(|half| Self { half })
    }

    /// The next element, to be read in place; `None` when the ring is empty.
    ///
    /// # Errors
    /// [`RingError::Index`].
    #[inline]
    pub fn peek(&mut self) -> Result<Option<Taken<'_, M, B>>, RingError> {
        let ready = self.half.ready()?;
        Ok((ready > 0).then_some(Taken { half: &mut self.half }))
    }

    /// Wakes the producer if it sleeps, waiting for free slots. Once after each batch of
    /// elements, and before waiting.
    #[inline]
    pub fn flush(&mut self) {
        self.half.flush();
    }

    /// Sleeps, at most once, until there is an element. Answers how many are known; 0 after a
    /// wake-up without reason, which a hostile peer can cause.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub fn wait(&mut self) -> Result<u32, RingError> {
        self.half.wait()
    }

    /// How many elements are known; looks for more only if none is.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub fn ready(&mut self) -> Result<u32, RingError> {
        self.half.ready()
    }

    /// Announces that this side is going to sleep. `false`: there are elements, do not.
    /// For programs that sleep elsewhere than in [`wait`](Self::wait).
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub fn fall_asleep(&mut self) -> Result<bool, RingError> {
        self.half.fall_asleep()
    }

    /// Ends what [`fall_asleep`](Self::fall_asleep) has begun.
    pub fn wake_up(&mut self) {
        self.half.wake_up();
    }

    /// The ring's shape.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.half.shape
    }
}

/// An element in its slot. Unless released it stays the next one.
///
/// The producer should not touch it any more but could: read what must not change once, into
/// memory of one's own, and check it there.
///
/// ```
/// use libsys::ring::{Consumer, LocalMemory, Quiet, Shape};
///
/// let shape = Shape::new(2, 24).expect("a shape");
/// let memory = LocalMemory::<22>::new();
/// let mut consumer = Consumer::new(&memory, shape, Quiet)?;
/// if let Some(slot) = consumer.peek()? {
///     let mut name = [0; 16];
///     slot.read_bytes(8, &mut name);
///     slot.release();
/// }
/// # Ok::<(), libsys::ring::RingError>(())
/// ```
#[derive(Debug)]
#[must_use = "an element that is not released stays the next one"]
pub struct Taken<'a, M, B> {
    half: &'a mut Half<M, B, Taking>,
}

impl<M: Memory, B: Bell> Taken<'_, M, B> {
    /// Copies words from byte `at` on. A place outside of the slot, or `at` not a multiple of 8,
    /// is a mistake in the program and stops it.
    #[inline]
    pub fn read_words(&self, at: usize, words: &mut [u64]) {
        let start = self.half.shape.within(self.half.index(), at, size_of_val(words));
        self.half.memory.read_words(start, words);
    }

    /// Copies bytes from byte `at` on, as [`read_words`](Self::read_words) does.
    #[inline]
    pub fn read_bytes(&self, at: usize, bytes: &mut [u8]) {
        let start = self.half.shape.within(self.half.index(), at, bytes.len());
        self.half.memory.read_bytes(start, bytes);
    }

    /// Hands the slot back to the producer; [`Consumer::flush`] wakes it.
    #[inline]
    pub fn release(self) {
        self.half.pass();
    }
}
