//! What both sides of a ring have in common.
//!
//! A producer consumes free slots: seen so, both sides wait for the other's index to move ahead
//! of their own. They differ in where their words are, and in how many slots the other is ahead
//! at the beginning: all of them for the producer, none for the consumer.

use core::fmt;
use core::marker::PhantomData;

use super::bell::Bell;
use super::memory::Memory;
use super::shape::{CONSUMER, INDEX, PRODUCER, SLEEPS, Shape};

/// Why an operation on a ring was refused. The ring is as it was before.
///
/// ```
/// use libsys::ring::{LocalMemory, Producer, Quiet, RingError, Shape};
///
/// let shape = Shape::new(64, 64).expect("a shape");
/// let memory = LocalMemory::<32>::new();
/// let refused = Producer::new(&memory, shape, Quiet).err();
/// assert_eq!(refused, Some(RingError::Memory { needed: 4224, found: 256 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RingError {
    /// The memory is smaller than the ring.
    Memory {
        /// Bytes that the ring needs.
        needed: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// The peer's index is not within the slots ahead of ours: the peer is broken, or hostile.
    Index {
        /// Our index.
        own: u32,
        /// The peer's.
        peer: u32,
    },
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { needed, found } => {
                write!(f, "a ring of {needed} bytes in {found} bytes of memory")
            }
            Self::Index { own, peer } => {
                write!(f, "the peer's index {peer} is impossible beside {own}")
            }
        }
    }
}

impl core::error::Error for RingError {}

/// Which side, as a type: so the places of its words are constants in the code of a ring.
pub(super) trait Role {
    /// Where its words are.
    const OWN: usize;
    /// Where those of the other are.
    const PEER: usize;

    /// How many slots the peer is ahead when both indices are equal.
    fn head_start(shape: Shape) -> u32;
}

/// Puts in.
#[derive(Debug)]
pub(super) enum Putting {}

impl Role for Putting {
    const OWN: usize = PRODUCER;
    const PEER: usize = CONSUMER;

    #[inline]
    fn head_start(shape: Shape) -> u32 {
        shape.slots()
    }
}

/// Takes out.
#[derive(Debug)]
pub(super) enum Taking {}

impl Role for Taking {
    const OWN: usize = CONSUMER;
    const PEER: usize = PRODUCER;

    #[inline]
    fn head_start(_: Shape) -> u32 {
        0
    }
}

/// One side of a ring.
#[derive(Debug)]
pub(super) struct Half<M, B, R> {
    pub(super) memory: M,
    pub(super) shape: Shape,
    bell: B,
    role: PhantomData<fn() -> R>,
    /// Elements that have passed this side, modulo 2³².
    index: u32,
    /// The peer's index when it was last read and found possible.
    seen: u32,
    /// Our sleep number.
    sleeps: u32,
    /// The peer's sleep for which it has been woken.
    rung: u32,
}

impl<M: Memory, B: Bell, R: Role> Half<M, B, R> {
    /// A side of a ring in memory that is all zero.
    pub(super) fn new(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        let (needed, found) = (shape.bytes(), memory.bytes());
        if found < needed {
            return Err(RingError::Memory { needed, found });
        }
        let (index, seen, sleeps, rung) = (0, 0, 0, 0);
        Ok(Self { memory, shape, bell, role: PhantomData, index, seen, sleeps, rung })
    }

    /// A side of a ring that was used before: makes its own words zero. The peer does the same
    /// with its own, and neither looks at the ring before both have.
    pub(super) fn anew(memory: M, shape: Shape, bell: B) -> Result<Self, RingError> {
        let half = Self::new(memory, shape, bell)?;
        half.memory.store(R::OWN + INDEX, 0);
        half.memory.store(R::OWN + SLEEPS, 0);
        Ok(half)
    }

    /// Begins with this element, as if so many had passed before.
    #[cfg(test)]
    pub(super) fn start_at(&mut self, index: u32) {
        (self.index, self.seen) = (index, index);
        self.memory.store(R::OWN + INDEX, index);
    }

    /// Number of the element that passes next.
    #[inline]
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Slots known to be ready for this side.
    #[inline]
    fn known(&self) -> u32 {
        self.ahead(self.seen)
    }

    #[inline]
    fn ahead(&self, peer: u32) -> u32 {
        peer.wrapping_add(R::head_start(self.shape)).wrapping_sub(self.index)
    }

    /// Slots ready for this side. Looks at the peer's index only when none is known, and believes
    /// it only if it is possible.
    #[inline]
    pub(super) fn ready(&mut self) -> Result<u32, RingError> {
        match self.known() {
            0 => self.look(),
            known => Ok(known),
        }
    }

    fn look(&mut self) -> Result<u32, RingError> {
        let peer = self.memory.load(R::PEER + INDEX);
        let ready = self.ahead(peer);
        if ready > self.shape.slots() {
            return Err(RingError::Index { own: self.index, peer });
        }
        self.seen = peer;
        Ok(ready)
    }

    /// Hands one ready slot to the peer.
    #[inline]
    pub(super) fn pass(&mut self) {
        debug_assert!(self.known() > 0, "only ready slots are passed");
        self.index = self.index.wrapping_add(1);
        self.memory.store(R::OWN + INDEX, self.index);
    }

    /// Wakes the peer if it sleeps and has not been woken from this sleep.
    #[inline]
    pub(super) fn flush(&mut self) {
        // Between our index and its sleep number; see the module's description.
        self.memory.barrier();
        let sleeps = self.memory.load(R::PEER + SLEEPS);
        if sleeps % 2 == 1 && sleeps != self.rung {
            self.rung = sleeps;
            self.bell.ring();
        }
    }

    /// Says that we sleep, unless there is something to do. Answers whether we may.
    pub(super) fn fall_asleep(&mut self) -> Result<bool, RingError> {
        if self.ready()? > 0 {
            return Ok(false);
        }
        // Odd, and another number than that of the last sleep, even one that was given up.
        self.sleeps = self.sleeps.wrapping_add(1) | 1;
        self.memory.store(R::OWN + SLEEPS, self.sleeps);
        // Between our sleep number and its index.
        self.memory.barrier();
        let found = self.look();
        if found != Ok(0) {
            self.wake_up();
        }
        found.map(|ready| ready == 0)
    }

    /// Says that we are awake.
    pub(super) fn wake_up(&mut self) {
        if self.sleeps % 2 == 1 {
            self.sleeps = self.sleeps.wrapping_add(1);
            self.memory.store(R::OWN + SLEEPS, self.sleeps);
        }
    }

    /// Sleeps once, unless there is something to do. Answers the ready slots.
    pub(super) fn wait(&mut self) -> Result<u32, RingError> {
        if self.fall_asleep()? {
            self.bell.sleep();
            self.wake_up();
        }
        self.ready()
    }
}
