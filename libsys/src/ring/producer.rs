//! The side that puts elements in.

use super::bell::Bell;
use super::half::{Half, Putting, RingError};
use super::memory::Memory;
use super::shape::Shape;

/// Puts elements into a ring. The example at the [module](super) shows it in use.
///
/// ```
/// use libsys::ring::{LocalMemory, Producer, Quiet, RingError, Shape};
///
/// /// Puts in as many numbers as there is room for: the first that did not fit.
/// fn fill(ring: &mut Producer<&LocalMemory<32>, Quiet>) -> Result<u64, RingError> {
///     for number in 0.. {
///         let Some(mut slot) = ring.reserve()? else {
///             ring.flush();
///             return Ok(number);
///         };
///         slot.write_words(0, &[number]);
///         slot.commit();
///     }
///     Ok(u64::MAX)
/// }
/// # let memory = LocalMemory::new();
/// # let shape = Shape::new(8, 16).expect("a shape");
/// # assert_eq!(fill(&mut Producer::new(&memory, shape, Quiet)?)?, 8);
/// # Ok::<(), RingError>(())
/// ```
#[derive(Debug)]
pub struct Producer<M, B> {
    pub(super) half: Half<M, B, Putting>,
}

impl<M: Memory, B: Bell> Producer<M, B> {
    /// The producer of a ring in memory that is all zero.
    ///
    /// # Errors
    /// [`RingError::Memory`]: the ring does not fit.
    pub fn new(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        Half::new(memory, shape, bell).map(|half| Self { half })
    }

    /// The producer of a ring that was used before, in a new session: makes the words of this side
    /// zero. Before either side uses the ring both must have done so; who does it first says so to
    /// the other by a message.
    ///
    /// # Errors
    /// [`RingError::Memory`]: the ring does not fit.
    pub fn anew(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        Half::anew(memory, shape, bell).map(|half| Self { half })
    }

    /// The next free slot, to be filled in place; `None` when the ring is full.
    ///
    /// # Errors
    /// [`RingError::Index`].
    #[inline]
    pub fn reserve(&mut self) -> Result<Option<Reserved<'_, M, B>>, RingError> {
        let free = self.half.ready()?;
        Ok((free > 0).then_some(Reserved { half: &mut self.half }))
    }

    /// Wakes the consumer if it sleeps. Once after each batch of elements, and before waiting.
    #[inline]
    pub fn flush(&mut self) {
        self.half.flush();
    }

    /// Sleeps, at most once, until there is a free slot. Answers how many are known to be free;
    /// 0 after a wake-up without reason, which a hostile peer can cause.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub fn wait(&mut self) -> Result<u32, RingError> {
        self.half.wait()
    }

    /// How many free slots are known; looks for more only if none is.
    ///
    /// # Errors
    /// [`RingError::Index`].
    pub fn ready(&mut self) -> Result<u32, RingError> {
        self.half.ready()
    }

    /// Announces that this side is going to sleep. `false`: there are free slots, do not.
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

/// A slot to be filled. Unless committed it stays free.
///
/// ```
/// use libsys::ring::{LocalMemory, Producer, Quiet, Shape};
///
/// let shape = Shape::new(2, 24).expect("a shape");
/// let memory = LocalMemory::<22>::new();
/// let mut producer = Producer::new(&memory, shape, Quiet)?;
/// let mut slot = producer.reserve()?.expect("a free slot");
/// slot.write_words(0, &[5]);
/// slot.write_bytes(8, b"hello");
/// slot.commit();
/// # Ok::<(), libsys::ring::RingError>(())
/// ```
#[derive(Debug)]
#[must_use = "a slot that is not committed stays free"]
pub struct Reserved<'a, M, B> {
    half: &'a mut Half<M, B, Putting>,
}

impl<M: Memory, B: Bell> Reserved<'_, M, B> {
    /// Writes words from byte `at` on. A place outside of the slot, or `at` not a multiple of 8,
    /// is a mistake in the program and stops it.
    #[inline]
    pub fn write_words(&mut self, at: usize, words: &[u64]) {
        let start = self.half.shape.within(self.half.index(), at, size_of_val(words));
        self.half.memory.write_words(start, words);
    }

    /// Writes bytes from byte `at` on, as [`write_words`](Self::write_words) does. Those up to
    /// the next multiple of 8 become zero.
    #[inline]
    pub fn write_bytes(&mut self, at: usize, bytes: &[u8]) {
        let start = self.half.shape.within(self.half.index(), at, bytes.len());
        self.half.memory.write_bytes(start, bytes);
    }

    /// Hands the slot to the consumer, which may see it at once; [`Producer::flush`] wakes it.
    #[inline]
    pub fn commit(self) {
        self.half.pass();
    }
}
