//! A queue whose chains are buffers of one size, one descriptor each.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use dma::{Buffer, Piece};
use libsys::window::Window;
use virtio::{Misbehaviour, Queue, StartError, Transport};

/// Buffers, and descriptors.
pub(crate) const PLACES: usize = 64;
/// Bytes of a buffer.
pub(crate) const STRIDE: u64 = 2048;
/// Pages of all of them.
const PAGES: usize = PLACES * STRIDE as usize / dma::pool::PAGE as usize;

/// A queue and its buffers.
#[derive(Debug)]
pub(crate) struct Lane {
    queue: Queue<PLACES>,
    buffers: Buffer,
    /// Which buffer is in flight under which token.
    places: Box<[u16]>,
    /// Buffers that are not in flight.
    free: Vec<u16>,
}

impl Lane {
    /// Sets up the device's queue of this number. All buffers are free.
    pub(crate) fn new<T: Transport>(transport: &mut T, number: u16) -> Result<Self, StartError> {
        let buffers = Buffer::new(PAGES).map_err(|_| StartError::Memory)?;
        let queue = Queue::new(transport, number)?;
        let free = (0..PLACES as u16).rev().collect();
        Ok(Self { queue, buffers, places: vec![0; PLACES].into(), free })
    }

    /// The memory of all buffers; each begins at its number times [`STRIDE`].
    pub(crate) fn window(&self) -> &Window {
        self.buffers.window()
    }

    /// A buffer that is not in flight.
    pub(crate) fn free(&self) -> Option<u16> {
        self.free.last().copied()
    }

    /// Gives the device the [free](Self::free) buffer: so many bytes from an offset on, to read or
    /// else to write.
    pub(crate) fn give(&mut self, offset: u64, bytes: u32, is_readable: bool) {
        let Some(place) = self.free.pop() else { return };
        let piece = self.piece(place, offset, bytes);
        let added = match (&piece, is_readable) {
            (Some(piece), true) => self.queue.add(&[*piece], &[]),
            (Some(piece), false) => self.queue.add(&[], &[*piece]),
            (None, _) => return self.free.push(place),
        };
        match added.ok().and_then(|token| self.places.get_mut(usize::from(token.0))) {
            Some(known) => *known = place,
            // There are as many descriptors as buffers.
            None => self.free.push(place),
        }
    }

    fn piece(&self, place: u16, offset: u64, bytes: u32) -> Option<Piece> {
        self.buffers.piece(u64::from(place) * STRIDE + offset, bytes)
    }

    /// Takes back a buffer that the device has used: it is the next free one. Answers which, and
    /// how many bytes were written.
    pub(crate) fn take(&mut self) -> Result<Option<(u16, u32)>, Misbehaviour> {
        let Some(used) = self.queue.take_used()? else { return Ok(None) };
        let place = self.places.get(usize::from(used.token.0)).copied().unwrap_or(0);
        self.free.push(place);
        Ok(Some((place, used.written)))
    }

    /// Tells the device about what it was given.
    pub(crate) fn announce<T: Transport>(&mut self, transport: &mut T) {
        self.queue.announce(transport);
    }

    /// See [`Queue::want_interrupts`].
    pub(crate) fn want_interrupts(&mut self, are_wanted: bool) -> bool {
        self.queue.want_interrupts(are_wanted)
    }
}
