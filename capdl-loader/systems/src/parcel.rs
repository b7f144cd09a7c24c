//! Numbered packets of which each byte says whether it is right.
//!
//! | bytes | what |
//! |---|---|
//! | 0–13 | the header of Ethernet, with a type for experiments (IEEE 802) |
//! | 14 | the [`Kind`] |
//! | 16–23 | the number |
//! | 24– | bytes that follow from kind and number, as the length does |

use libsys::service::packet::{Address, MOST_BYTES};

const TYPE: [u8; 2] = [0x88, 0xb5];
const KIND: usize = 14;
const NUMBER: usize = 16;
const FILLING: usize = 24;

libsys::data! {
    /// What a packet says.
    pub enum Kind {
        /// It is one of many.
        Data = 1,
        /// It is the last one.
        Last = 2,
        /// All up to this one have come.
        Taken = 3,
        /// Those behind this one may be lost.
        Again = 4,
    }
}

/// A packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// What it says.
    pub kind: Kind,
    /// Its number.
    pub number: u64,
}

impl Parcel {
    /// Bytes of the packet, 60 at least.
    const fn length(self) -> usize {
        60 + (self.number * 149 % (MOST_BYTES as u64 - 59)) as usize
    }

    /// A byte of the filling.
    const fn byte(self, place: usize) -> u8 {
        let mixed = (self.number << 16 ^ (self.kind as u64) << 56 ^ place as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 41) as u8
    }

    /// Writes it; answers how long it is.
    pub fn write(self, to: Address, from: Address, packet: &mut [u8; MOST_BYTES]) -> usize {
        packet[..6].copy_from_slice(&to.0);
        packet[6..12].copy_from_slice(&from.0);
        packet[12..KIND].copy_from_slice(&TYPE);
        packet[KIND..NUMBER].copy_from_slice(&[self.kind as u8, 0]);
        packet[NUMBER..FILLING].copy_from_slice(&self.number.to_le_bytes());
        let packet = &mut packet[..self.length()];
        for (place, byte) in packet.iter_mut().enumerate().skip(FILLING) {
            *byte = self.byte(place);
        }
        packet.len()
    }

    /// Reads a packet. `None`: it is of another type.
    ///
    /// # Errors
    /// It is none that was written.
    pub fn read(packet: &[u8]) -> Option<Result<Self, ()>> {
        let is_one = packet.get(12..KIND)? == TYPE;
        let whole = || {
            let kind = Kind::try_from(u64::from(*packet.get(KIND)?)).ok()?;
            let number = u64::from_le_bytes(packet.get(NUMBER..FILLING)?.try_into().ok()?);
            let parcel = Self { kind, number };
            let mut filling = packet.iter().enumerate().skip(FILLING);
            let is_right = filling.all(|(place, byte)| *byte == parcel.byte(place));
            (is_right && packet.len() == parcel.length()).then_some(parcel)
        };
        is_one.then(|| whole().ok_or(()))
    }
}
