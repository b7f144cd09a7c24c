//! Buffers in flight, and those that the device has used (section 2.7).
//!
//! Memory is ordered as between processors, by the crate's fences and those here. That is enough
//! for a device without `VIRTIO_F_ORDER_PLATFORM`, which is never negotiated; one that cannot do
//! without refuses its features at the start (chapter 6).
#![allow(unsafe_code, reason = "memory is handed to devices")]

use alloc::boxed::Box;
use alloc::vec;
use core::sync::atomic::{Ordering, fence};

use dma::{Frames, Piece};
use virtio_drivers::queue::VirtQueue;
use virtio_drivers::transport::Transport;

use crate::start::StartError;

/// Most pieces of a chain.
pub const MOST_PIECES: usize = 4;

/// What is in flight: the number of its first descriptor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Token(pub u16);

/// What a device has used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Used {
    /// Which.
    pub token: Token,
    /// How many bytes it says it has written; no more than there was room for.
    pub written: u32,
}

/// Why nothing was handed to the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueError {
    /// All descriptors are in flight: take what the device has used.
    Full,
    /// No piece, more than [`MOST_PIECES`], or two that overlap.
    Pieces,
}

/// What no device may do. Its driver resets it.
///
/// ```
/// use virtio::Misbehaviour;
///
/// let used = Misbehaviour::Unknown { token: 3 };
/// assert_eq!(used.to_string(), "the device used 3, which is not in flight");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misbehaviour {
    /// It used what is not in flight.
    Unknown {
        /// Which, as it says.
        token: u16,
    },
    /// It says that it wrote more than there was room for.
    Length {
        /// Bytes that it wrote, as it says.
        written: u32,
        /// Bytes that there was room for.
        room: u32,
    },
}

impl core::fmt::Display for Misbehaviour {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Unknown { token } => write!(f, "the device used {token}, which is not in flight"),
            Self::Length { written, room } => {
                write!(f, "the device wrote {written} bytes where there is room for {room}")
            }
        }
    }
}

impl core::error::Error for Misbehaviour {}

/// The pieces of a chain: first those that the device reads, then those that it writes.
#[derive(Clone, Copy, Debug)]
struct Chain {
    pieces: [Option<Piece>; MOST_PIECES],
    readable: usize,
}

impl Chain {
    fn new(readable: &[Piece], writable: &[Piece]) -> Result<Self, QueueError> {
        let count = readable.len() + writable.len();
        if count == 0 || count > MOST_PIECES {
            return Err(QueueError::Pieces);
        }
        let mut pieces = [None; MOST_PIECES];
        for (place, piece) in pieces.iter_mut().zip(readable.iter().chain(writable)) {
            *place = Some(*piece);
        }
        let chain = Self { pieces, readable: readable.len() };
        if chain.overlaps() { Err(QueueError::Pieces) } else { Ok(chain) }
    }

    /// Whether a piece that the device writes shares bytes with another one.
    fn overlaps(&self) -> bool {
        let end = |piece: Piece| piece.address() + u64::from(piece.bytes());
        let all = || self.pieces.iter().flatten().copied().enumerate();
        all().skip(self.readable).any(|(place, one)| {
            all().any(|(other_place, other)| {
                place != other_place && one.address() < end(other) && other.address() < end(one)
            })
        })
    }

    /// Bytes that the device may write.
    fn room(&self) -> u32 {
        let writable = self.pieces.iter().skip(self.readable).flatten();
        writable.fold(0, |room: u32, piece| room.saturating_add(piece.bytes()))
    }

    /// Calls with the pieces as slices, as the crate's queues want them: of memory that the device
    /// and others write at any time, so that nobody may look into them.
    fn with_slices<R>(
        &self,
        call: impl for<'a> FnOnce(&'a [&'a [u8]], &'a mut [&'a mut [u8]]) -> R,
    ) -> R {
        let mut readable: [&[u8]; MOST_PIECES] = [&[]; MOST_PIECES];
        let mut writable: [&mut [u8]; MOST_PIECES] = [&mut [], &mut [], &mut [], &mut []];
        let mut written = 0;
        for (place, piece) in self.pieces.iter().flatten().enumerate() {
            let start: *mut u8 = core::ptr::with_exposed_provenance_mut(piece.address() as usize);
            let bytes = piece.bytes() as usize;
            if place < self.readable {
                // SAFETY: D1: these bytes are mapped, and no Rust object. Nothing reads them
                // through the slice: the queue only asks where it is and how long.
                readable[place] = unsafe { core::slice::from_raw_parts(start, bytes) };
            } else {
                // SAFETY: likewise; and no other slice of this call has one of these bytes, as was
                // seen when the chain was made.
                writable[written] = unsafe { core::slice::from_raw_parts_mut(start, bytes) };
                written += 1;
            }
        }
        call(&readable[..self.readable], &mut writable[..written])
    }
}

/// A queue of a device, with so many descriptors.
///
/// ```
/// use dma::Buffer;
/// use virtio::fake::{Device, Setup};
/// use virtio::{Queue, Used, begin, finish};
///
/// let (device, mut transport) = Device::new(Setup::BLOCK);
/// begin(&mut transport, 0)?;
/// let mut queue = Queue::<16>::new(&mut transport, 0)?;
/// finish(&mut transport);
///
/// let buffer = Buffer::new(1).expect("pages");
/// let question = buffer.piece(0, 16).expect("inside");
/// let answer = buffer.piece(16, 8).expect("inside");
/// let token = queue.add(&[question], &[answer]).expect("room");
/// queue.announce(&mut transport);
///
/// // The device's side.
/// let chain = device.take(0).expect("announced");
/// chain.write(0, &[7; 8]);
/// device.put(0, chain.head, 8);
///
/// assert_eq!(queue.take_used(), Ok(Some(Used { token, written: 8 })));
/// # Ok::<(), virtio::StartError>(())
/// ```
#[derive(Debug)]
pub struct Queue<const SIZE: usize> {
    queue: VirtQueue<Frames, SIZE>,
    index: u16,
    /// What is in flight, by the number of its first descriptor.
    flight: Box<[Option<Chain>]>,
    /// Whether something was added since the device was told.
    is_news: bool,
}

impl<const SIZE: usize> Queue<SIZE> {
    /// Sets up the device's queue of this number, between [`begin`](crate::begin) and
    /// [`finish`](crate::finish).
    ///
    /// # Errors
    /// [`StartError::Queue`].
    pub fn new<T: Transport>(transport: &mut T, index: u16) -> Result<Self, StartError> {
        // Without indirect tables and event indices: see the crate's documentation.
        let queue = VirtQueue::new(transport, index, false, false).map_err(StartError::Queue)?;
        Ok(Self { queue, index, flight: vec![None; SIZE].into(), is_news: false })
    }

    /// Whether so many descriptors are free.
    #[must_use]
    pub fn has_room(&self, descriptors: usize) -> bool {
        self.queue.available_desc() >= descriptors
    }

    /// Hands pieces to the device: those that it reads, and those that it writes. It hears of
    /// them at the next [`announce`](Self::announce).
    ///
    /// # Errors
    /// Nothing was handed over.
    pub fn add(&mut self, readable: &[Piece], writable: &[Piece]) -> Result<Token, QueueError> {
        let chain = Chain::new(readable, writable)?;
        if !self.has_room(readable.len() + writable.len()) {
            return Err(QueueError::Full);
        }
        let added = chain.with_slices(|readable, writable| {
            // SAFETY: D1: the bytes stay valid for ever, and Rust code only sees them through
            // windows, whatever the device does to them.
            unsafe { self.queue.add(readable, writable) }
        });
        let head = added.map_err(|_| QueueError::Full)?;
        if let Some(place) = self.flight.get_mut(usize::from(head)) {
            *place = Some(chain);
        }
        self.is_news = true;
        Ok(Token(head))
    }

    /// Tells the device, unless it looks anyway, that there is more for it.
    pub fn announce<T: Transport>(&mut self, transport: &mut T) {
        if core::mem::take(&mut self.is_news) {
            // The device reads our index after it has asked to be told, and we the other way.
            fence(Ordering::SeqCst);
            if self.queue.should_notify() {
                transport.notify(self.index);
            }
        }
    }

    /// Takes the next thing that the device has used.
    ///
    /// # Errors
    /// The device did what no device may do. The queue is of no more use.
    pub fn take_used(&mut self) -> Result<Option<Used>, Misbehaviour> {
        let Some(head) = self.queue.peek_used() else { return Ok(None) };
        let unknown = Misbehaviour::Unknown { token: head };
        let place = self.flight.get_mut(usize::from(head));
        let chain = place.and_then(Option::take).ok_or(unknown)?;
        let popped = chain.with_slices(|readable, writable| {
            // SAFETY: these are the pieces that were added with this token, and it is in flight.
            unsafe { self.queue.pop_used(head, readable, writable) }
        });
        let written = popped.map_err(|_| unknown)?;
        let room = chain.room();
        if written > room {
            return Err(Misbehaviour::Length { written, room });
        }
        Ok(Some(Used { token: Token(head), written }))
    }

    /// Says whether the device is to interrupt when it has used something. It may do so all the
    /// same. Answers whether it has used something already, for which it need not.
    pub fn want_interrupts(&mut self, are_wanted: bool) -> bool {
        self.queue.set_dev_notify(are_wanted);
        // The device reads this after it has used something, and we the other way.
        fence(Ordering::SeqCst);
        self.queue.can_pop()
    }

    /// How many chains are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flight.iter().flatten().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Device, FakeTransport, Setup};
    use crate::{begin, finish};
    use dma::Buffer;
    use std::vec::Vec;

    fn start() -> (Device, FakeTransport, Queue<8>) {
        let (device, mut transport) = Device::new(Setup::BLOCK);
        begin(&mut transport, 0).expect("it starts");
        let queue = Queue::new(&mut transport, 0).expect("a queue");
        finish(&mut transport);
        (device, transport, queue)
    }

    fn pieces(buffer: &Buffer) -> [Piece; 2] {
        [buffer.piece(0, 16).expect("inside"), buffer.piece(64, 32).expect("inside")]
    }

    #[test]
    fn what_is_used_comes_back_in_any_order_for_ever() {
        let (device, mut transport, mut queue) = start();
        let buffer = Buffer::new(1).expect("pages");
        let [question, answer] = pieces(&buffer);
        // More than 2^16 of them, so that all indices wrap.
        for round in 0..20_000_u32 {
            let tokens: Vec<Token> =
                (0..4).map(|_| queue.add(&[question], &[answer]).expect("room")).collect();
            assert_eq!(queue.add(&[question], &[]), Err(QueueError::Full));
            queue.announce(&mut transport);
            assert!(device.was_notified(0), "round {round}");
            let chains: Vec<_> = (0..4).map(|_| device.take(0).expect("a chain")).collect();
            for chain in chains.iter().rev() {
                device.put(0, chain.head, 32);
            }
            for token in tokens.into_iter().rev() {
                assert_eq!(queue.take_used(), Ok(Some(Used { token, written: 32 })));
            }
            assert_eq!((queue.take_used(), queue.in_flight()), (Ok(None), 0));
        }
    }

    #[test]
    fn a_device_is_told_once_for_a_batch_and_only_if_it_wants() {
        let (device, mut transport, mut queue) = start();
        let buffer = Buffer::new(1).expect("pages");
        let [question, answer] = pieces(&buffer);
        queue.announce(&mut transport);
        assert!(!device.was_notified(0), "there is nothing");
        device.want_notifications(0, false);
        queue.add(&[question], &[answer]).expect("room");
        queue.announce(&mut transport);
        assert!(!device.was_notified(0), "it looks anyway");
        device.want_notifications(0, true);
        queue.add(&[question], &[answer]).expect("room");
        queue.announce(&mut transport);
        assert!(device.was_notified(0));
    }

    #[test]
    fn what_was_never_asked_is_misbehaviour() {
        let (device, mut transport, mut queue) = start();
        let buffer = Buffer::new(1).expect("pages");
        let [question, answer] = pieces(&buffer);
        let token = queue.add(&[question], &[answer]).expect("room");
        queue.announce(&mut transport);
        device.put(0, token.0, 32);
        device.put(0, token.0, 32);
        assert!(matches!(queue.take_used(), Ok(Some(_))));
        let unknown = Misbehaviour::Unknown { token: token.0 };
        assert_eq!(queue.take_used(), Err(unknown), "twice");
        device.put(0, 4711, 0);
        assert!(queue.take_used().is_err(), "no such descriptor");
    }

    #[test]
    fn more_than_there_is_room_for_is_misbehaviour() {
        let (device, mut transport, mut queue) = start();
        let buffer = Buffer::new(1).expect("pages");
        let [question, answer] = pieces(&buffer);
        let token = queue.add(&[question], &[answer]).expect("room");
        queue.announce(&mut transport);
        device.put(0, token.0, 33);
        let too_long = Misbehaviour::Length { written: 33, room: 32 };
        assert_eq!(queue.take_used(), Err(too_long));
    }

    #[test]
    fn pieces_are_few_and_apart() {
        let (_, _, mut queue) = start();
        let buffer = Buffer::new(1).expect("pages");
        let piece = |offset, bytes| buffer.piece(offset, bytes).expect("inside");
        assert_eq!(queue.add(&[], &[]), Err(QueueError::Pieces));
        assert_eq!(queue.add(&[piece(0, 8); 5], &[]), Err(QueueError::Pieces));
        assert_eq!(queue.add(&[piece(0, 9)], &[piece(8, 8)]), Err(QueueError::Pieces));
        assert_eq!(queue.add(&[], &[piece(8, 8), piece(0, 64)]), Err(QueueError::Pieces));
        assert!(queue.add(&[piece(0, 8), piece(0, 8)], &[piece(8, 8)]).is_ok());
    }
}
