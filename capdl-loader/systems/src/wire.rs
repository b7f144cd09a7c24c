//! Packets of ARP (RFC 826), ICMP (RFC 792), UDP (RFC 768) and DHCP (RFC 2131), over IPv4 (RFC 791)
//! without options: as much of them as a station needs to talk.

use libsys::service::packet::{Address, Checksum, finish};

/// An address of IPv4.
pub type Internet = [u8; 4];

/// What kind of packet follows.
const ARP: [u8; 2] = [0x08, 0x06];
const IPV4: [u8; 2] = [0x08, 0x00];
/// Ethernet, IPv4, and the lengths of their addresses.
const ARP_KIND: [u8; 6] = [0, 1, 8, 0, 6, 4];
/// Where things begin: the ARP packet and the IPv4 header, and what the latter carries.
const NETWORK: usize = 14;
const PAYLOAD: usize = NETWORK + 20;
/// Protocols inside of IPv4.
const ICMP: u8 = 1;
const UDP: u8 = 17;
/// Bytes of a UDP header, and of a DHCP message up to its options.
const UDP_BYTES: usize = 8;
const DHCP_BYTES: usize = 240;
/// What DHCP's options begin with.
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Bytes of an echo request with its header.
const ECHO_BYTES: usize = 8 + 48;

/// A packet that is being made.
#[derive(Debug)]
pub struct Packet {
    bytes: [u8; 400],
    length: usize,
    /// What is left to be summed up by whoever passes it on.
    pub checksum: Checksum,
}

impl Packet {
    fn new(to: Address, from: Address, kind: [u8; 2], length: usize) -> Self {
        let mut packet = Self { bytes: [0; 400], length, checksum: Checksum::Unknown };
        packet.put(0, &to.0);
        packet.put(6, &from.0);
        packet.put(12, &kind);
        packet
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Its bytes; an Ethernet wants 60.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.max(60)]
    }

    /// The header of IPv4, with its own sum.
    fn internet(&mut self, protocol: u8, [from, to]: [Internet; 2], payload: usize) {
        let length = (20 + payload) as u16;
        self.put(NETWORK, &[0x45, 0]);
        self.put(NETWORK + 2, &length.to_be_bytes());
        self.put(NETWORK + 8, &[64, protocol]);
        self.put(NETWORK + 12, &from);
        self.put(NETWORK + 16, &to);
        let sum = Checksum::Unfinished { start: NETWORK as u16, offset: 10 };
        finish(&mut self.bytes[..PAYLOAD], sum);
    }
}

/// Who sends, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// The sender's station.
    pub from: Address,
    /// Its address.
    pub own: Internet,
    /// The receiver's station.
    pub to: Address,
    /// Its address.
    pub peer: Internet,
}

impl Ends {
    /// The other way round.
    #[must_use]
    pub const fn back(self) -> Self {
        Self { from: self.to, own: self.peer, to: self.from, peer: self.own }
    }
}

/// A question of ARP to all, or else an answer to one.
#[must_use]
pub fn arp(ends: Ends, is_question: bool) -> Packet {
    let to = if is_question { Address::BROADCAST } else { ends.to };
    let target = if is_question { Address([0; 6]) } else { ends.to };
    let mut packet = Packet::new(to, ends.from, ARP, NETWORK + 28);
    packet.put(NETWORK, &ARP_KIND);
    packet.put(NETWORK + 6, &[0, if is_question { 1 } else { 2 }]);
    packet.put(NETWORK + 8, &ends.from.0);
    packet.put(NETWORK + 14, &ends.own);
    packet.put(NETWORK + 18, &target.0);
    packet.put(NETWORK + 24, &ends.peer);
    packet
}

/// An echo request, or else a reply. Its sum is left to others.
#[must_use]
pub fn echo(ends: Ends, number: u16, is_request: bool) -> Packet {
    let mut packet = Packet::new(ends.to, ends.from, IPV4, PAYLOAD + ECHO_BYTES);
    packet.internet(ICMP, [ends.own, ends.peer], ECHO_BYTES);
    packet.put(PAYLOAD, &[if is_request { 8 } else { 0 }, 0]);
    packet.put(PAYLOAD + 6, &number.to_be_bytes());
    for (place, byte) in packet.bytes[PAYLOAD + 8..PAYLOAD + ECHO_BYTES].iter_mut().enumerate() {
        *byte = place as u8 ^ number as u8;
    }
    packet.checksum = Checksum::Unfinished { start: PAYLOAD as u16, offset: 2 };
    packet
}

/// The question of DHCP for an address, to all.
#[must_use]
pub fn discover(from: Address, transaction: u32) -> Packet {
    let options = [53, 1, 1, 255];
    let length = UDP_BYTES + DHCP_BYTES + options.len();
    let mut packet = Packet::new(Address::BROADCAST, from, IPV4, PAYLOAD + length);
    packet.internet(UDP, [[0; 4], [255; 4]], length);
    packet.put(PAYLOAD, &[0, 68, 0, 67]);
    packet.put(PAYLOAD + 4, &(length as u16).to_be_bytes());
    let message = PAYLOAD + UDP_BYTES;
    packet.put(message, &[1, 1, 6, 0]);
    packet.put(message + 4, &transaction.to_be_bytes());
    packet.put(message + 28, &from.0);
    packet.put(message + DHCP_BYTES - 4, &COOKIE);
    packet.put(message + DHCP_BYTES, &options);
    // In its place is the sum of the pseudo header: the addresses, the protocol, the length.
    let pseudo = 2 * 0xffff + u32::from(UDP) + length as u32;
    let pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    packet.put(PAYLOAD + 6, &(pseudo as u16).to_be_bytes());
    packet.checksum = Checksum::Unfinished { start: PAYLOAD as u16, offset: 6 };
    packet
}

/// What a packet is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Who has an address is asked.
    Question,
    /// Who has it is told.
    Answer,
    /// An echo is wanted: its number.
    EchoRequest(u16),
    /// An echo: its number. What it carries is what was sent with that.
    EchoReply(u16),
    /// DHCP offers an address for a transaction.
    Offer(u32, Internet),
}

/// Looks at a packet that has come: who sent it to whom, and what it is about. `None`: something
/// else, or broken.
#[must_use]
pub fn look(packet: &[u8]) -> Option<(Ends, Content)> {
    let (to, from) = (Address::at(packet, 0)?, Address::at(packet, 6)?);
    let internet = |at: usize| packet.get(at..at + 4)?.try_into().ok();
    let kind = packet.get(12..NETWORK)?;
    if kind == ARP && packet.get(NETWORK..NETWORK + 6)? == ARP_KIND {
        let ends = Ends { from, own: internet(NETWORK + 14)?, to, peer: internet(NETWORK + 24)? };
        let content = match packet.get(NETWORK + 7)? {
            1 => Content::Question,
            2 => Content::Answer,
            _ => return None,
        };
        return Some((ends, content));
    }
    let is_plain = kind == IPV4 && packet.get(NETWORK)? == &0x45;
    let ends = Ends { from, own: internet(NETWORK + 12)?, to, peer: internet(NETWORK + 16)? };
    let length = usize::from(u16::from_be_bytes(packet.get(16..18)?.try_into().ok()?));
    let payload = packet.get(PAYLOAD..NETWORK + length).filter(|_| is_plain)?;
    let content = match *packet.get(NETWORK + 9)? {
        ICMP => echoed(payload)?,
        UDP => offered(payload)?,
        _ => return None,
    };
    Some((ends, content))
}

/// What a message of ICMP is about.
fn echoed(message: &[u8]) -> Option<Content> {
    let number = u16::from_be_bytes(message.get(6..8)?.try_into().ok()?);
    let mut carried = message.get(8..)?.iter().enumerate();
    // The sum of a good message, its own included, is all ones.
    let mut copy = [0; ECHO_BYTES + 2];
    copy.get_mut(2..2 + message.len())?.copy_from_slice(message);
    finish(&mut copy, Checksum::Unfinished { start: 0, offset: 0 });
    let is_whole = copy[..2] == [0xff, 0xff]
        && carried.all(|(place, byte)| *byte == place as u8 ^ number as u8);
    match message[0] {
        8 if is_whole => Some(Content::EchoRequest(number)),
        0 if is_whole => Some(Content::EchoReply(number)),
        _ => None,
    }
}

/// What a datagram of UDP is about.
fn offered(datagram: &[u8]) -> Option<Content> {
    let message = datagram.get(UDP_BYTES..)?;
    let is_offer = datagram.get(..4)? == [0, 67, 0, 68]
        && message.first()? == &2
        && message.get(DHCP_BYTES - 4..DHCP_BYTES)? == COOKIE
        && message.get(DHCP_BYTES..DHCP_BYTES + 3)? == [53, 1, 2];
    let transaction = u32::from_be_bytes(message.get(4..8)?.try_into().ok()?);
    let address = message.get(16..20)?.try_into().ok()?;
    is_offer.then_some(Content::Offer(transaction, address))
}
