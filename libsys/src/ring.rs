//! Rings: queues in shared memory between two tasks that need not trust each other.
//!
//! One side puts elements in, the other takes them out, each in its own address space. Nothing
//! but memory is involved while both are awake; who has nothing to do says so in the ring and
//! waits for a notification, and only then does the other side signal.
//!
//! ```
//! use libsys::ring::{Consumer, LocalMemory, Producer, Quiet, Shape};
//!
//! // Eight slots of 16 bytes, in memory that both sides see.
//! let shape = Shape::new(8, 16).expect("a power of two, and whole words");
//! let memory = LocalMemory::<32>::new();
//! let mut producer = Producer::new(&memory, shape, Quiet)?;
//! let mut consumer = Consumer::new(&memory, shape, Quiet)?;
//!
//! if let Some(mut slot) = producer.reserve()? {
//!     slot.write_words(0, &[7, 8]);
//!     slot.commit();
//! }
//! producer.flush();
//!
//! let slot = consumer.peek()?.expect("an element");
//! let mut words = [0; 2];
//! slot.read_words(0, &mut words);
//! slot.release();
//! assert_eq!(words, [7, 8]);
//! # Ok::<(), libsys::ring::RingError>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | `shape` | how many slots of which size, and where in memory they are |
//! | `memory` | the accesses that a ring makes: what a host test replaces |
//! | `local_memory` | memory for a ring inside of one program |
//! | `part` | a part of some memory as the memory of a ring |
//! | `half` | what both sides have in common: indices, sleeping, waking |
//! | `producer` | the side that puts in |
//! | `consumer` | the side that takes out |
//! | `element` | elements that are plain data |
//! | `bell` | how a side sleeps and wakes the other |
//!
//! # The peer is not trusted
//!
//! What the peer writes is read once, copied, and checked:
//! - Each side keeps its own index in private memory; what stands in the ring is for the other.
//! - The peer's index must lie within the slots ahead of one's own. Otherwise the operation
//!   changes nothing and answers [`RingError::Index`].
//! - Which slot comes next follows from one's own index alone, so no access leaves the ring.
//! - There is no read-modify-write of shared memory, which a peer could disturb for ever, and no
//!   loop waits for a value: every operation ends after a number of steps that only the caller
//!   decides. [`Consumer::wait`] sleeps at most once.
//! - A peer that claims to sleep costs one signal for each flush, and one that does not wake us
//!   could as well have sent nothing.
//!
//! # Nobody sleeps through an element
//!
//! A producer stores its index, then reads whether the consumer sleeps. A consumer stores that it
//! sleeps, then reads the index. A full barrier stands between the two accesses on both sides, so
//! at least one of them sees what the other has stored. The producer's sleep is the same with
//! the roles exchanged. A *number* tells of sleep: odd while asleep, and one more each time it
//! changes. So its reader, which never writes it, knows whether it has rung for this sleep.

mod bell;
mod consumer;
mod element;
mod half;
mod local_memory;
mod memory;
mod part;
mod producer;
mod shape;
#[cfg(test)]
mod tests;

pub use bell::{Bell, Doorbell, Quiet};
pub use consumer::{Consumer, Taken};
pub use element::PopError;
pub use half::RingError;
pub use local_memory::LocalMemory;
pub use memory::Memory;
pub use part::Part;
pub use producer::{Producer, Reserved};
pub use shape::Shape;
