//! What stands before a packet (section 5.1.6).

use libsys::service::packet::Checksum;

/// Most bytes of a header. That of legacy devices lacks the last two.
pub(crate) const MOST_BYTES: usize = 12;
/// The card finishes, or the driver must finish, the checksum.
const NEEDS_CHECKSUM: u8 = 1;
/// The card has verified the checksum.
const IS_VERIFIED: u8 = 2;

/// The header of a packet to send.
pub(crate) fn encode(checksum: Checksum) -> [u8; MOST_BYTES] {
    let mut header = [0; MOST_BYTES];
    if let Checksum::Unfinished { start, offset } = checksum {
        header[0] = NEEDS_CHECKSUM;
        header[6..8].copy_from_slice(&start.to_le_bytes());
        header[8..10].copy_from_slice(&offset.to_le_bytes());
    }
    header
}

/// What the header of a packet says that has come. `None`: it is a part of a packet only, which
/// was not agreed on.
pub(crate) fn decode(header: [u8; MOST_BYTES]) -> Option<Checksum> {
    let [flags, segmentation, _, _, _, _, s0, s1, o0, o1, ..] = header;
    if segmentation != 0 {
        return None;
    }
    Some(if flags & NEEDS_CHECKSUM != 0 {
        let (start, offset) = (u16::from_le_bytes([s0, s1]), u16::from_le_bytes([o0, o1]));
        Checksum::Unfinished { start, offset }
    } else if flags & IS_VERIFIED != 0 {
        Checksum::Verified
    } else {
        Checksum::Unknown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_comes() {
        for checksum in [Checksum::Unknown, Checksum::Unfinished { start: 34, offset: 16 }] {
            assert_eq!(decode(encode(checksum)), Some(checksum));
        }
        let mut header = encode(Checksum::Unknown);
        header[0] = IS_VERIFIED;
        assert_eq!(decode(header), Some(Checksum::Verified));
        header[1] = 1;
        assert_eq!(decode(header), None, "a part of something longer");
    }
}
