//! Packets in the slots of a ring.

/// Bytes of a slot.
pub const SLOT_BYTES: u32 = 1536;
/// Bytes of a slot before the packet.
pub(super) const TAG_BYTES: usize = 8;
/// Bytes of a packet's header: destination, source, type.
pub const HEADER_BYTES: usize = 14;
/// Most bytes of a packet: header, 1500 bytes, and a VLAN's tag.
pub const MOST_BYTES: usize = 1518;

/// What is known of the checksum of the protocol inside of a packet.
///
/// ```
/// use libsys::service::packet::Checksum;
///
/// // Of UDP in IPv4 without options: the sum begins at byte 34 and belongs 6 bytes behind that.
/// let checksum = Checksum::Unfinished { start: 34, offset: 6 };
/// assert!(checksum.fits(42) && !checksum.fits(41));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checksum {
    /// It is in the packet, if the protocol has one. Nobody has looked at it.
    Unknown,
    /// It is right: the card has looked.
    Verified,
    /// In its place is the sum of the pseudo header only: whoever passes the packet on finishes
    /// it. Clients may send so; they never receive so.
    Unfinished {
        /// First byte that is summed up, from the start of the packet.
        start: u16,
        /// Where from there the sum belongs.
        offset: u16,
    },
}

impl Checksum {
    /// Whether the places that it names are in a packet of `length` bytes.
    #[must_use]
    pub fn fits(self, length: usize) -> bool {
        match self {
            Self::Unknown | Self::Verified => true,
            Self::Unfinished { start, offset } => {
                usize::from(start) + usize::from(offset) + 2 <= length
            }
        }
    }
}

/// A packet's length, and what is known of its checksum.
///
/// ```
/// use libsys::service::packet::{Checksum, Frame};
///
/// let frame = Frame::new(60, Checksum::Unknown).expect("a length of packets");
/// assert_eq!(Frame::from_word(frame.to_word()), Some(frame));
/// assert_eq!(Frame::new(1519, Checksum::Unknown), None);
/// assert_eq!(Frame::new(13, Checksum::Unknown), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    length: u16,
    checksum: Checksum,
}

impl Frame {
    /// `None`: no packet has so many bytes, or the places of its checksum are outside.
    #[must_use]
    pub fn new(length: usize, checksum: Checksum) -> Option<Self> {
        let is_packet = (HEADER_BYTES..=MOST_BYTES).contains(&length) && checksum.fits(length);
        is_packet.then_some(Self { length: u16::try_from(length).ok()?, checksum })
    }

    /// Bytes of the packet, [`HEADER_BYTES`] to [`MOST_BYTES`].
    #[must_use]
    pub fn length(self) -> usize {
        usize::from(self.length)
    }

    /// What is known of its checksum.
    #[must_use]
    pub const fn checksum(self) -> Checksum {
        self.checksum
    }

    /// The first word of a slot.
    #[must_use]
    pub fn to_word(self) -> u64 {
        let (state, start, offset) = match self.checksum {
            Checksum::Unknown => (0, 0, 0),
            Checksum::Verified => (1, 0, 0),
            Checksum::Unfinished { start, offset } => (2, start, offset),
        };
        u64::from(self.length) | state << 16 | u64::from(start) << 32 | u64::from(offset) << 48
    }

    /// What the first word of a slot says. `None`: nothing that can be.
    #[must_use]
    pub fn from_word(word: u64) -> Option<Self> {
        let half = |place: u32| (word >> (16 * place)) as u16;
        let checksum = match (half(1), half(2), half(3)) {
            (0, 0, 0) => Checksum::Unknown,
            (1, 0, 0) => Checksum::Verified,
            (2, start, offset) => Checksum::Unfinished { start, offset },
            _ => return None,
        };
        Self::new(usize::from(half(0)), checksum)
    }
}
