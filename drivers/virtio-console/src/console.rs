//! The device as a line of a terminal.

use dma::Buffer;
use libsys::service::terminal::{Refusal, Settings};
use terminal::{Arrival, Line};
use virtio::{DeviceType, Misbehaviour, Queue, StartError, Token, Transport, begin};

/// Buffers in each direction, and descriptors of each queue.
const PLACES: usize = 8;
/// Bytes of a buffer.
const BYTES: usize = 256;
/// The queues of the first port (section 5.3.2).
const RECEIVE: u16 = 0;
const SEND: u16 = 1;
/// A device that was started again as often within one call is given up.
const ATTEMPTS: usize = 4;
/// Buffers without a character, one behind the other, before others have their turn.
const PATIENCE: usize = 4 * PLACES;

/// A virtio console.
#[derive(Debug)]
pub struct Console<T> {
    transport: T,
    /// `None` once it does not start any more.
    lanes: Option<[Lane; 2]>,
    /// What has come in, and how much of it was taken.
    incoming: [u8; BYTES],
    filled: usize,
    taken: usize,
    /// Characters were lost: the device was started again.
    has_lost: bool,
}

/// A queue and its buffers, which lie in half of a page.
#[derive(Debug)]
struct Lane {
    queue: Queue<PLACES>,
    buffers: Buffer,
    /// What is in flight, by buffer.
    flight: [Option<Token>; PLACES],
}

impl Lane {
    fn new<T: Transport>(transport: &mut T, number: u16) -> Result<Self, StartError> {
        let buffers = Buffer::new(1).map_err(|_| StartError::Memory)?;
        let queue = Queue::new(transport, number)?;
        Ok(Self { queue, buffers, flight: [None; PLACES] })
    }

    /// A buffer that is not in flight, and where it begins.
    fn free(&self) -> Option<(usize, u64)> {
        let place = self.flight.iter().position(Option::is_none)?;
        Some((place, (place * BYTES) as u64))
    }

    /// Gives the device a free buffer to fill, or else to send so many bytes of.
    fn give(&mut self, place: usize, send: Option<usize>) {
        let bytes = send.unwrap_or(BYTES) as u32;
        let Some(piece) = self.buffers.piece((place * BYTES) as u64, bytes) else { return };
        let token = match send {
            Some(_) => self.queue.add(&[piece], &[]),
            None => self.queue.add(&[], &[piece]),
        };
        self.flight[place] = token.ok();
    }

    /// Takes back a buffer: which, and how many bytes were written into it.
    fn take(&mut self) -> Result<Option<(usize, usize)>, Misbehaviour> {
        let Some(used) = self.queue.take_used()? else { return Ok(None) };
        let place = self.flight.iter().position(|flight| *flight == Some(used.token));
        let place = place.ok_or(Misbehaviour::Unknown { token: used.token.0 })?;
        self.flight[place] = None;
        Ok(Some((place, (used.written as usize).min(BYTES))))
    }
}

/// Starts a device that may be in any state.
fn start<T: Transport>(transport: &mut T) -> Result<[Lane; 2], StartError> {
    begin(transport, 0)?;
    let mut receive = Lane::new(transport, RECEIVE)?;
    let send = Lane::new(transport, SEND)?;
    virtio::finish(transport);
    while let Some((place, _)) = receive.free() {
        receive.give(place, None);
    }
    receive.queue.announce(transport);
    Ok([receive, send])
}

impl<T: Transport> Console<T> {
    /// Starts a console, whatever state it is in.
    ///
    /// # Errors
    /// It is none, or does not start.
    pub fn new(mut transport: T) -> Result<Self, StartError> {
        if transport.device_type() != DeviceType::Console {
            return Err(StartError::Kind);
        }
        let lanes = Some(start(&mut transport)?);
        let (incoming, filled, taken) = ([0; BYTES], 0, 0);
        Ok(Self { transport, lanes, incoming, filled, taken, has_lost: false })
    }

    /// It has done what none may do.
    fn restart(&mut self) {
        let is_quiet = virtio::retire(&mut self.transport, self.lanes.take());
        self.lanes = is_quiet.then(|| start(&mut self.transport).ok()).flatten();
        self.has_lost = true;
    }

    /// Takes back what was sent, and sends as many of these bytes as there is room for.
    fn fill(&mut self, bytes: &[u8]) -> Result<usize, Misbehaviour> {
        let Some([_, send]) = &mut self.lanes else { return Ok(0) };
        while send.take()?.is_some() {}
        let mut parts = bytes.chunks(BYTES);
        let mut sent = 0;
        while let Some((place, start)) = send.free() {
            let Some(part) = parts.next() else { break };
            send.buffers.window().write_bytes(start, part);
            send.give(place, Some(part.len()));
            sent += part.len();
        }
        send.queue.announce(&mut self.transport);
        Ok(sent)
    }

    /// Takes the next buffer with characters.
    fn refill(&mut self) -> Result<(), Misbehaviour> {
        let Some([receive, _]) = &mut self.lanes else { return Ok(()) };
        for _ in 0..PATIENCE {
            if self.taken < self.filled {
                break;
            }
            let Some((place, written)) = receive.take()? else { break };
            let start = (place * BYTES) as u64;
            receive.buffers.window().read_bytes(start, &mut self.incoming[..written]);
            (self.filled, self.taken) = (written, 0);
            receive.give(place, None);
        }
        receive.queue.announce(&mut self.transport);
        Ok(())
    }
}

impl<T: Transport> Line for Console<T> {
    fn send(&mut self, bytes: &[u8]) -> usize {
        let (mut sent, mut attempts) = (0, 0);
        while attempts < ATTEMPTS {
            let Ok(more) = self.fill(&bytes[sent..]) else {
                self.restart();
                attempts += 1;
                continue;
            };
            sent += more;
            let Some([_, send]) = &mut self.lanes else { return sent };
            // The device may have made room before it was told to say so; then there is some.
            if !send.queue.want_interrupts(sent < bytes.len()) || sent == bytes.len() {
                return sent;
            }
        }
        // Nobody would say when there is room.
        virtio::retire(&mut self.transport, self.lanes.take());
        sent
    }

    fn receive(&mut self) -> Option<Arrival> {
        if self.taken == self.filled {
            // Lowers the interrupt before the queue is looked at: what comes then raises it again.
            self.transport.ack_interrupt();
            if self.refill().is_err() {
                self.restart();
            }
        }
        let character = *self.incoming[..self.filled].get(self.taken)?;
        self.taken += 1;
        let overrun = core::mem::take(&mut self.has_lost);
        Some(Arrival { character: Ok(character), overrun })
    }

    fn is_lost(&self) -> bool {
        self.lanes.is_none()
    }

    fn settings(&self) -> Settings {
        Settings::USUAL
    }

    /// There is nothing to be set.
    fn configure(&mut self, settings: Settings) -> Result<(), Refusal> {
        if settings == Settings::USUAL { Ok(()) } else { Err(Refusal::Impossible) }
    }
}
