//! Addresses of stations on an Ethernet.

use core::fmt;
use core::str::FromStr;

use crate::server::{Buffer, DecodeError, Decoder, Encoder, Field};

/// The address of a station (IEEE 802: EUI-48), the first byte first.
///
/// ```
/// use libsys::service::packet::Address;
///
/// let address: Address = "52:54:00:12:34:56".parse().expect("an address");
/// assert_eq!(address, Address([0x52, 0x54, 0, 0x12, 0x34, 0x56]));
/// assert!(!address.is_group() && Address::BROADCAST.is_group());
/// assert_eq!(address.to_string(), "52:54:00:12:34:56");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address(pub [u8; 6]);

impl Address {
    /// All stations.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// Whether it means several stations.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// The address that the bytes from `at` on are.
    #[must_use]
    pub fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let bytes = bytes.get(at..at.checked_add(6)?)?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

/// The text is no address.
///
/// ```
/// use libsys::service::packet::Address;
///
/// assert!("52:54:00:12:34".parse::<Address>().is_err());
/// assert!("52:54:00:12:34:5g".parse::<Address>().is_err());
/// ```
impl FromStr for Address {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or(())?;
            *byte = u8::from_str_radix(part, 16).map_err(drop)?;
        }
        parts.next().is_none().then_some(Self(bytes)).ok_or(())
    }
}

/// The last byte is the lowest of a word.
impl Field for Address {
    const WORDS: usize = 1;
    const CAPS: usize = 0;

    fn encode<B: Buffer>(&self, to: &mut Encoder<'_, B>) {
        to.word(self.0.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    fn decode<B: Buffer>(from: &mut Decoder<'_, B>) -> Result<Self, DecodeError> {
        from.checked(|word| match word.to_be_bytes() {
            [0, 0, bytes @ ..] => Some(Self(bytes)),
            _ => None,
        })
    }
}
