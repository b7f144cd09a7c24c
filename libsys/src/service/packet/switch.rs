//! The driver's half, for all clients: who gets which packet.

use alloc::vec::Vec;

use super::frame::{Frame, MOST_BYTES};
use super::{Address, Opened, Port, Refusal, Statistics, Wants, control, finish};
use crate::cap::Badge;
use crate::ring::{Bell, Memory};

/// Packets from one client, or from the card, in one turn.
const TURN: usize = 16;
/// Where a packet has the address that it goes to (IEEE 802.3 3.1.1).
const DESTINATION: usize = 0;
/// Where it has the address that it comes from.
const SOURCE: usize = 6;

/// A network card, as a switch uses it.
///
/// ```
/// use libsys::service::packet::{Card, Frame, MOST_BYTES};
///
/// /// A card without a wire: what is sent is gone, and nothing comes.
/// struct Unplugged([u8; MOST_BYTES]);
///
/// impl Card for Unplugged {
///     fn prepare(&mut self) -> Option<&mut [u8; MOST_BYTES]> {
///         Some(&mut self.0)
///     }
///     fn send(&mut self, _frame: Frame) {}
///     fn received(&mut self) -> Option<(Frame, &[u8])> {
///         None
///     }
///     fn release(&mut self) {}
///     fn flush(&mut self) {}
///     fn fall_asleep(&mut self) -> bool {
///         true
///     }
///     fn is_connected(&self) -> bool {
///         false
///     }
/// }
/// ```
pub trait Card {
    /// Room for one packet to send. It stays the same until it is [sent](Self::send). `None`:
    /// the card is busy with as many packets as it can have.
    fn prepare(&mut self) -> Option<&mut [u8; MOST_BYTES]>;

    /// Sends what [`prepare`](Self::prepare) gave room for. The card, or else its driver,
    /// finishes a checksum that is unfinished.
    fn send(&mut self, frame: Frame);

    /// The next packet that has come. The card never says that a checksum is unfinished.
    fn received(&mut self) -> Option<(Frame, &[u8])>;

    /// Gives the memory of that packet back to the card.
    fn release(&mut self);

    /// Tells the card about what it was given since the last time.
    fn flush(&mut self);

    /// Asks for an interrupt when a packet comes or, as there is none yet, room does. `false`:
    /// one of both is there already.
    fn fall_asleep(&mut self) -> bool;

    /// Whether there is a connection.
    fn is_connected(&self) -> bool;
}

/// What a client may do.
///
/// ```
/// use libsys::service::packet::Grant;
///
/// assert_eq!(Grant::default(), Grant::Own);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Grant {
    /// It sends with its own address, and receives what is for it or for a group.
    #[default]
    Own,
    /// It sends with any address, and may receive everything.
    Everything,
}

/// A client.
#[derive(Debug)]
struct Station<M, B> {
    badge: Badge,
    address: Address,
    grant: Grant,
    wants: Wants,
    port: Port<M, B>,
}

impl<M: Memory + Copy, B: Bell + Copy> Station<M, B> {
    /// Whether a packet with this destination is for it.
    fn wants(&self, destination: Address) -> bool {
        let Wants { broadcast, groups, everything } = self.wants;
        let chosen = match destination {
            Address::BROADCAST => broadcast,
            group if group.is_group() => groups,
            address => address == self.address,
        };
        chosen || everything
    }

    /// Whether it may send with this source address.
    fn may_send_as(&self, source: Address) -> bool {
        let is_own = source == self.address || self.grant == Grant::Everything;
        is_own && !source.is_group()
    }
}

/// Passes packets between a card and clients, and among clients.
///
/// ```
/// use libsys::Badge;
/// use libsys::ring::{LocalMemory, Quiet};
/// use libsys::service::packet::{Address, Grant, Port, Switch};
///
/// let memory = LocalMemory::<2048>::new();
/// let mut switch = Switch::new(1);
/// let address = Address([2, 0, 0, 0, 0, 1]);
/// assert!(switch.attach(Badge(5), address, Grant::Own, Port::new(&memory, Quiet)));
/// assert!(!switch.attach(Badge(6), address, Grant::Own, Port::new(&memory, Quiet)));
/// ```
#[derive(Debug)]
pub struct Switch<M, B> {
    stations: Vec<Station<M, B>>,
    /// Who sends first in the next turn.
    first: usize,
    /// The number of the next session.
    session: u64,
}

impl<M: Memory + Copy, B: Bell + Copy> Switch<M, B> {
    /// No clients. Sessions are numbered from `session` on. One of an earlier instance of the
    /// driver is refused whatever its number is, until its client has begun another here.
    #[must_use]
    pub const fn new(session: u64) -> Self {
        Self { stations: Vec::new(), first: 0, session }
    }

    /// Adds a client. `false`: another has its address, or its badge; or the address is a group's.
    pub fn attach(
        &mut self,
        badge: Badge,
        address: Address,
        grant: Grant,
        port: Port<M, B>,
    ) -> bool {
        let taken = |other: &Station<M, B>| other.address == address || other.badge == badge;
        if address.is_group() || self.stations.iter().any(taken) {
            return false;
        }
        let wants = Wants::default();
        self.stations.push(Station { badge, address, grant, wants, port });
        true
    }

    /// The control calls of the clients; the answers need to know of the card.
    pub fn control<'a, C: Card>(&'a mut self, card: &'a C) -> impl control::Server {
        Desk { switch: self, card }
    }

    /// One turn: some packets from the card, and some from each client. Answers whether there is
    /// more to do; otherwise the card or a client will wake the driver.
    pub fn work<C: Card>(&mut self, card: &mut C) -> bool {
        self.stations.iter_mut().for_each(|station| station.port.wake_up());
        let received = self.receive(card);
        let sent = self.send(card);
        card.flush();
        self.stations.iter_mut().for_each(|station| station.port.flush());
        match sent {
            Turn::Moved => true,
            _ if received => true,
            // Whoever sends waits for the card, not for a signal.
            Turn::Full => !card.fall_asleep(),
            Turn::Idle => {
                let asleep = |station: &mut Station<M, B>| station.port.fall_asleep();
                !(self.stations.iter_mut().all(asleep) && card.fall_asleep())
            }
        }
    }

    /// Packets from the card, to whom they are for.
    fn receive<C: Card>(&mut self, card: &mut C) -> bool {
        for turn in 0..TURN {
            let Some((frame, packet)) = card.received() else { return turn > 0 };
            if let Some(destination) = Address::at(packet, DESTINATION) {
                self.deliver(None, frame, packet, destination);
            }
            card.release();
        }
        true
    }

    /// Gives a packet to all that want it, but its sender.
    fn deliver(&mut self, sender: Option<usize>, frame: Frame, packet: &[u8], to: Address) {
        let others = self.stations.iter_mut().enumerate();
        let others = others.filter(|(place, _)| Some(*place) != sender);
        for (_, station) in others.filter(|(_, station)| station.wants(to)) {
            station.port.give(frame, packet);
        }
    }

    /// Packets from each client, beginning with another each time.
    fn send<C: Card>(&mut self, card: &mut C) -> Turn {
        let count = self.stations.len();
        let first = self.first;
        let mut turn = Turn::Idle;
        for place in (first..count).chain(0..first) {
            match self.send_from(place, card) {
                Turn::Idle => {}
                Turn::Moved => turn = Turn::Moved,
                Turn::Full => {
                    self.first = place;
                    return Turn::Full;
                }
            }
        }
        self.first = (first + 1).checked_rem(count).unwrap_or(0);
        turn
    }

    /// Packets from one client.
    fn send_from<C: Card>(&mut self, place: usize, card: &mut C) -> Turn {
        for turn in 0..TURN {
            let Some(packet) = card.prepare() else { return Turn::Full };
            let Some(station) = self.stations.get_mut(place) else { return Turn::Idle };
            let taken = station.port.take(packet);
            let outwards = match taken {
                Ok(None) => return if turn > 0 { Turn::Moved } else { Turn::Idle },
                Ok(Some(frame)) => self.pass(place, frame, packet),
                Err(_) => {
                    station.port.count(false);
                    None
                }
            };
            if let Some(frame) = outwards {
                card.send(frame);
            }
        }
        Turn::Moved
    }

    /// Passes a client's packet on, here. Answers how it is to be sent through the card, if it is.
    fn pass(&mut self, place: usize, frame: Frame, packet: &mut [u8; MOST_BYTES]) -> Option<Frame> {
        let packet = &mut packet[..frame.length()];
        let [to, from] = [DESTINATION, SOURCE].map(|at| Address::at(packet, at));
        let sender = &mut self.stations[place];
        let permitted = from.is_some_and(|from| sender.may_send_as(from));
        sender.port.count(permitted);
        let to = to.filter(|_| permitted)?;
        let others = |other: &(usize, &Station<M, B>)| other.0 != place && other.1.wants(to);
        let is_wanted = self.stations.iter().enumerate().any(|other| others(&other));
        let mut frame = frame;
        if is_wanted {
            // What a sender says to have verified, nobody else has.
            frame = Frame::new(packet.len(), finish(packet, frame.checksum()))?;
            self.deliver(Some(place), frame, packet, to);
        }
        let is_here = self.stations.iter().any(|station| station.address == to);
        (!is_here).then_some(frame)
    }
}

/// What a turn of sending has brought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nobody has anything to send.
    Idle,
    /// Some packets went.
    Moved,
    /// The card can take no more.
    Full,
}

/// Where clients call.
struct Desk<'a, M, B, C> {
    switch: &'a mut Switch<M, B>,
    card: &'a C,
}

impl<M: Memory + Copy, B: Bell + Copy, C: Card> Desk<'_, M, B, C> {
    fn station(&mut self, client: Badge) -> Result<&mut Station<M, B>, Refusal> {
        let mut stations = self.switch.stations.iter_mut();
        stations.find(|station| station.badge == client).ok_or(Refusal::Stranger)
    }

    /// A client with its session.
    fn session(&mut self, client: Badge, number: u64) -> Result<&mut Station<M, B>, Refusal> {
        let station = self.station(client)?;
        if station.port.has_session(number) { Ok(station) } else { Err(Refusal::Session) }
    }
}

impl<M: Memory + Copy, B: Bell + Copy, C: Card> control::Server for Desk<'_, M, B, C> {
    fn open(&mut self, client: Badge) -> Result<Opened, Refusal> {
        let (session, is_connected) = (self.switch.session, self.card.is_connected());
        let station = self.station(client)?;
        station.port.open(session)?;
        station.wants = Wants { broadcast: true, groups: true, everything: false };
        let address = station.address;
        self.switch.session = session.wrapping_add(1);
        Ok(Opened { session, address, is_connected })
    }

    fn listen(&mut self, client: Badge, session: u64, wants: Wants) -> Result<(), Refusal> {
        let station = self.session(client, session)?;
        if wants.everything && station.grant != Grant::Everything {
            return Err(Refusal::Everything);
        }
        station.wants = wants;
        Ok(())
    }

    fn count(&mut self, client: Badge, session: u64) -> Result<Statistics, Refusal> {
        Ok(self.session(client, session)?.port.counts())
    }
}
