//! The card: packets out and in.

use alloc::boxed::Box;

use libsys::service::packet::{Address, Card, Checksum, Frame, MOST_BYTES, finish};
use virtio::{DeviceType, StartError, Transport, VERSION_1, begin};

use crate::header;
use crate::lane::{Lane, STRIDE};

/// Features (section 5.1.3).
const CSUM: u64 = 1 << 0;
const GUEST_CSUM: u64 = 1 << 1;
const MAC: u64 = 1 << 5;
const STATUS: u64 = 1 << 16;

/// Where a packet begins in its buffer, so that words of both lie at words; before it is the
/// header.
const PACKET: u64 = 16;
/// Offset of the status in the configuration, and its bit for a connection (section 5.1.4).
const LINK: usize = 6;
const IS_UP: u16 = 1;
/// Packets that are no packets, one behind the other, before others have their turn.
const PATIENCE: usize = 16;

/// A virtio network card.
#[derive(Debug)]
pub struct NetworkCard<T: Transport> {
    transport: T,
    /// `None` once it does not start any more.
    lanes: Option<Lanes>,
    outgoing: Box<[u8; MOST_BYTES]>,
    incoming: Box<[u8; MOST_BYTES]>,
    /// The packet that is in `incoming`.
    received: Option<Frame>,
    address: Address,
    restarts: u64,
}

/// Both queues, and what was agreed on.
#[derive(Debug)]
struct Lanes {
    receive: Lane,
    send: Lane,
    features: u64,
}

impl Lanes {
    /// Starts a device that may be in any state.
    fn start<T: Transport>(transport: &mut T) -> Result<Self, StartError> {
        let features = begin(transport, CSUM | GUEST_CSUM | MAC | STATUS)?;
        let (receive, send) = (Lane::new(transport, 0)?, Lane::new(transport, 1)?);
        virtio::finish(transport);
        let mut lanes = Self { receive, send, features };
        while lanes.receive.free().is_some() {
            lanes.refill();
        }
        lanes.receive.announce(transport);
        Ok(lanes)
    }

    /// Bytes of a header.
    fn header(&self) -> u64 {
        if self.features & VERSION_1 != 0 { 12 } else { 10 }
    }

    /// Gives the card the next free receive buffer.
    fn refill(&mut self) {
        let header = self.header();
        self.receive.give(PACKET - header, header as u32 + MOST_BYTES as u32, false);
    }
}

impl<T: Transport> NetworkCard<T> {
    /// Starts a card, whatever state it is in.
    ///
    /// # Errors
    /// It is none, or does not start.
    pub fn new(transport: T) -> Result<Self, StartError> {
        if transport.device_type() != DeviceType::Network {
            return Err(StartError::Kind);
        }
        let mut transport = transport;
        let lanes = Lanes::start(&mut transport)?;
        // A card without an address of its own has one that is only locally known.
        let address = match lanes.features & MAC {
            0 => Address([2, 0, 0, 0, 0, 1]),
            _ => Address(virtio::start::read_config(&transport, |transport| {
                virtio::start::field(transport, 0)
            })?),
        };
        let [outgoing, incoming] = [(); 2].map(|()| Box::new([0; MOST_BYTES]));
        let (lanes, received) = (Some(lanes), None);
        Ok(Self { transport, lanes, outgoing, incoming, received, address, restarts: 0 })
    }

    /// Its own address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// How often it was started again.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// It has interrupted: lowers the interrupt. Until it [falls asleep](Card::fall_asleep), the
    /// card need not say more.
    pub fn interrupted(&mut self) {
        self.transport.ack_interrupt();
        if let Some(lanes) = &mut self.lanes {
            lanes.receive.want_interrupts(false);
            lanes.send.want_interrupts(false);
        }
    }

    /// It has done what none may do.
    fn restart(&mut self) {
        let is_quiet = virtio::retire(&mut self.transport, self.lanes.take());
        self.lanes = is_quiet.then(|| Lanes::start(&mut self.transport).ok()).flatten();
        self.received = None;
        self.restarts += 1;
    }

    /// Takes the next used receive buffer: what is in it, if it is a packet. `None`: there is none.
    fn take(&mut self) -> Option<Option<Frame>> {
        let lanes = self.lanes.as_mut()?;
        let Ok(taken) = lanes.receive.take() else {
            self.restart();
            return None;
        };
        let (place, written) = taken?;
        let (start, header) = (u64::from(place) * STRIDE + PACKET, lanes.header());
        let length = u64::from(written).saturating_sub(header) as usize;
        let mut bytes = [0; header::MOST_BYTES];
        lanes.receive.window().read_bytes(start - header, &mut bytes[..header as usize]);
        let checksum = header::decode(bytes).filter(|_| length <= MOST_BYTES);
        let frame = checksum.and_then(|checksum| {
            let packet = &mut self.incoming[..length];
            lanes.receive.window().read_bytes(start, packet);
            let known = match checksum {
                Checksum::Unfinished { .. } => finish(packet, checksum),
                known => known,
            };
            Frame::new(length, known)
        });
        lanes.refill();
        Some(frame)
    }
}

impl<T: Transport> Card for NetworkCard<T> {
    fn prepare(&mut self) -> Option<&mut [u8; MOST_BYTES]> {
        // Without a card packets are lost, as on a wire that is cut; clients still have each other.
        let Some(lanes) = &mut self.lanes else { return Some(&mut self.outgoing) };
        while lanes.send.free().is_none() {
            match lanes.send.take() {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                // Either it has room now, or there is no card: nobody would say when there is.
                Err(_) => {
                    self.restart();
                    break;
                }
            }
        }
        Some(&mut self.outgoing)
    }

    fn send(&mut self, frame: Frame) {
        let Some(lanes) = &mut self.lanes else { return };
        let Some(place) = lanes.send.free() else { return };
        let packet = &mut self.outgoing[..frame.length()];
        let checksum = match frame.checksum() {
            offered @ Checksum::Unfinished { .. } if lanes.features & CSUM != 0 => offered,
            other => finish(packet, other),
        };
        let (start, header) = (u64::from(place) * STRIDE + PACKET, lanes.header());
        let window = lanes.send.window();
        window.write_bytes(start - header, &header::encode(checksum)[..header as usize]);
        window.write_bytes(start, packet);
        lanes.send.give(PACKET - header, header as u32 + packet.len() as u32, true);
    }

    fn received(&mut self) -> Option<(Frame, &[u8])> {
        for _ in 0..PATIENCE {
            if self.received.is_some() {
                break;
            }
            self.received = self.take()?;
        }
        let frame = self.received?;
        Some((frame, &self.incoming[..frame.length()]))
    }

    fn release(&mut self) {
        self.received = None;
    }

    fn flush(&mut self) {
        if let Some(lanes) = &mut self.lanes {
            lanes.receive.announce(&mut self.transport);
            lanes.send.announce(&mut self.transport);
        }
    }

    fn fall_asleep(&mut self) -> bool {
        let Some(lanes) = &mut self.lanes else { return true };
        let is_full = lanes.send.free().is_none();
        let came = lanes.receive.want_interrupts(true);
        let went = is_full && lanes.send.want_interrupts(true);
        !(came || went || self.received.is_some())
    }

    fn is_connected(&self) -> bool {
        let Some(lanes) = &self.lanes else { return false };
        let status = virtio::start::field::<T, u16>(&self.transport, LINK);
        lanes.features & STATUS == 0 || status.is_ok_and(|status| status & IS_UP != 0)
    }
}
