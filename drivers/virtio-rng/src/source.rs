//! The device.

use dma::Buffer;
use libsys::server::Responder;
use libsys::service::entropy::Drawing;
use virtio::{DeviceType, Misbehaviour, Queue, StartError, Token, Transport, begin};

/// Descriptors, and buffers.
const PLACES: usize = 8;
/// Bytes of a buffer.
const BYTES: usize = 64;
/// The number of its only queue.
const QUEUE: u16 = 0;
/// Empty answers one behind the other, and new starts between two bytes, before it has failed.
const PATIENCE: u32 = 16;

/// A source of random bytes. `N` calls of clients wait at most.
#[derive(Debug)]
pub struct Source<T, R: Responder, const N: usize> {
    transport: T,
    /// `None` once it does not start any more.
    queue: Option<Working>,
    /// Who waits.
    pub drawing: Drawing<R, N>,
    /// Failures since it has last given something.
    failures: u32,
}

/// The queue and its buffers.
#[derive(Debug)]
struct Working {
    queue: Queue<PLACES>,
    buffers: Buffer,
    /// What is in flight under which token, by buffer.
    flight: [Option<Token>; PLACES],
}

impl Working {
    fn start<T: Transport>(transport: &mut T) -> Result<Self, StartError> {
        begin(transport, 0)?;
        let buffers = Buffer::new(1).map_err(|_| StartError::Memory)?;
        let queue = Queue::new(transport, QUEUE)?;
        virtio::finish(transport);
        Ok(Self { queue, buffers, flight: [None; PLACES] })
    }

    /// Asks for so many bytes in all.
    fn ask<T: Transport>(&mut self, wanted: usize, transport: &mut T) {
        let mut asked = self.queue.in_flight() * BYTES;
        for (place, flight) in self.flight.iter_mut().enumerate() {
            if asked >= wanted {
                break;
            }
            if flight.is_none() {
                let piece = self.buffers.piece((place * BYTES) as u64, BYTES as u32);
                *flight = piece.and_then(|piece| self.queue.add(&[], &[piece]).ok());
                asked += BYTES;
            }
        }
        self.queue.announce(transport);
    }

    /// Takes what the device has put into a buffer, and wipes it there. Answers how many bytes.
    fn take(&mut self, bytes: &mut [u8; BYTES]) -> Result<Option<usize>, Misbehaviour> {
        let Some(used) = self.queue.take_used()? else { return Ok(None) };
        let flights = &mut self.flight;
        let place = flights.iter().position(|flight| *flight == Some(used.token));
        let Some(place) = place else { return Ok(Some(0)) };
        flights[place] = None;
        let start = (place * BYTES) as u64;
        let written = (used.written as usize).min(BYTES);
        self.buffers.window().read_bytes(start, &mut bytes[..written]);
        self.buffers.window().write_bytes(start, &[0; BYTES]);
        Ok(Some(written))
    }
}

impl<T: Transport, R: Responder, const N: usize> Source<T, R, N> {
    /// Starts a device that may be in any state.
    ///
    /// # Errors
    /// It is no such device, or does not start.
    pub fn new(mut transport: T) -> Result<Self, StartError> {
        if transport.device_type() != DeviceType::EntropySource {
            return Err(StartError::Kind);
        }
        let queue = Some(Working::start(&mut transport)?);
        Ok(Self { transport, queue, drawing: Drawing::new(), failures: 0 })
    }

    /// It has interrupted: lowers the interrupt, and gives to who waits what has come.
    pub fn interrupted(&mut self) {
        self.transport.ack_interrupt();
        self.work();
    }

    /// Gives to who waits what has come, and asks the device for more if more is wanted.
    pub fn work(&mut self) {
        let mut bytes = [0; BYTES];
        // No more than there are buffers: a device that is always ready shall not keep us.
        for _ in 0..PLACES {
            match self.queue.as_mut().map(|working| working.take(&mut bytes)) {
                Some(Ok(Some(written))) => {
                    self.failures = if written == 0 { self.failures + 1 } else { 0 };
                    self.drawing.supply(&bytes[..written]);
                    bytes.fill(0);
                }
                Some(Ok(None)) | None => break,
                Some(Err(_)) => {
                    // Once each time: a device that misbehaves again at once shall not keep us.
                    self.restart();
                    break;
                }
            }
        }
        if self.failures >= PATIENCE || self.queue.is_none() {
            self.drawing.fail();
            self.failures = 0;
        }
        if let Some(working) = &mut self.queue {
            working.ask(self.drawing.wanted(), &mut self.transport);
        }
    }

    /// It has done what none may do.
    fn restart(&mut self) {
        let is_quiet = virtio::retire(&mut self.transport, self.queue.take());
        self.failures += 1;
        self.queue = is_quiet.then(|| Working::start(&mut self.transport).ok()).flatten();
    }
}
