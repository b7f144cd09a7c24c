//! Packets on a network in which somebody answers echo requests: that of QEMU's `user` back end.

use crate::Work;

/// Packets between two moments at which the other side is told of them.
pub const BATCH: usize = 16;
/// Most bytes of a packet.
pub const MOST: usize = 1500;

/// An address of Ethernet.
pub type Address = [u8; 6];
/// Who answers (QEMU documentation, "Network emulation": the gateway is 10.0.2.2).
const GATEWAY: Address = [0x52, 0x55, 0x0a, 0, 2, 2];
const GATEWAY_INTERNET: [u8; 4] = [10, 0, 2, 2];
const OWN_INTERNET: [u8; 4] = [10, 0, 2, 15];

/// Where parts begin: of Ethernet (IEEE 802.3), of the internet protocol (RFC 791), of its control
/// messages (RFC 792).
const NETWORK: usize = 14;
const MESSAGE: usize = NETWORK + 20;

/// Who takes what is not sent out: the address that `packet-rate` of the gallery gives it.
const SINK: Address = [0x52, 0x54, 0, 0x12, 0x34, 0x57];

/// Sending, with or without echoes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packets {
    /// What all works have.
    pub work: Work,
    /// Where to.
    to: Address,
    /// Whether each packet is an echo request, whose reply is awaited.
    pub echoes: bool,
}

const fn packets(number: u16, name: &'static str, bytes: u32, echoes: bool) -> Packets {
    Packets { work: Work::new(number, name, 512, bytes), to: GATEWAY, echoes }
}

/// To another program on the same machine.
pub const NEIGHBOUR: [Packets; 2] = [
    Packets { to: SINK, ..packets(34, "packet of 64 bytes to a neighbour", 64, false) },
    Packets { to: SINK, ..packets(35, "packet of 1500 bytes to a neighbour", 1500, false) },
];

/// Through the card.
pub const WORKS: [Packets; 4] = [
    packets(30, "packet of 64 bytes out", 64, false),
    packets(31, "packet of 1500 bytes out", 1500, false),
    packets(32, "packet of 64 bytes out, another in", 64, true),
    packets(33, "packet of 1500 bytes out, another in", 1500, true),
];

/// A packet, in the first bytes of the most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet {
    bytes: [u8; MOST],
    length: usize,
}

impl Packet {
    fn new(to: Address, from: Address, kind: [u8; 2], length: usize) -> Self {
        let mut packet = Self { bytes: [0; MOST], length };
        packet.put(0, &to);
        packet.put(6, &from);
        packet.put(12, &kind);
        packet
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Asks for the address of the gateway, which thereby learns ours (RFC 826).
    #[must_use]
    pub fn question(own: Address) -> Self {
        let mut packet = Self::new([0xff; 6], own, [0x08, 0x06], 64);
        packet.put(NETWORK, &[0, 1, 8, 0, 6, 4, 0, 1]);
        packet.put(NETWORK + 8, &own);
        packet.put(NETWORK + 14, &OWN_INTERNET);
        packet.put(NETWORK + 24, &GATEWAY_INTERNET);
        packet
    }

    /// What a work sends.
    #[must_use]
    pub fn of(packets: &Packets, own: Address) -> Self {
        let length = packets.work.bytes as usize;
        // Of no known protocol (IEEE 802: for experiments), or an echo request.
        match packets.echoes {
            false => Self::new(packets.to, own, [0x88, 0xb5], length),
            true => Self::echo(own, length),
        }
    }

    fn echo(own: Address, length: usize) -> Self {
        let mut packet = Self::new(GATEWAY, own, [0x08, 0x00], length);
        packet.put(NETWORK, &[0x45, 0]);
        packet.put(NETWORK + 2, &((length - NETWORK) as u16).to_be_bytes());
        packet.put(NETWORK + 8, &[64, 1]);
        packet.put(NETWORK + 12, &OWN_INTERNET);
        packet.put(NETWORK + 16, &GATEWAY_INTERNET);
        packet.put(NETWORK + 10, &sum(&packet.bytes[NETWORK..MESSAGE]));
        packet.put(MESSAGE, &[8, 0]);
        packet.put(MESSAGE + 2, &sum(&packet.bytes[MESSAGE..length]));
        packet
    }
}

/// Whether this is the answer to one of the echo requests.
#[must_use]
pub fn is_echo(packet: &[u8]) -> bool {
    packet.get(12..14) == Some(&[0x08, 0x00]) && packet.get(MESSAGE..MESSAGE + 2) == Some(&[0, 0])
}

/// Whether this is the gateway's answer to the question for its address.
#[must_use]
pub fn is_answer(packet: &[u8]) -> bool {
    packet.get(12..14) == Some(&[0x08, 0x06]) && packet.get(6..12) == Some(&GATEWAY)
}

/// The checksum of the internet (RFC 1071) over an even number of bytes.
fn sum(bytes: &[u8]) -> [u8; 2] {
    let words = bytes.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!sum as u16).to_be_bytes()
}
