//! Checksums that somebody else finishes (RFC 1071).

use super::frame::Checksum;

/// Finishes the checksum of a packet, if its sender has left that to others. Answers what others
/// then know of it: nothing. Places outside of the packet change nothing.
///
/// ```
/// use libsys::service::packet::{Checksum, finish};
///
/// let mut packet = [0, 1, 0xf2, 3, 0, 0];
/// let unfinished = Checksum::Unfinished { start: 0, offset: 4 };
/// assert_eq!(finish(&mut packet, unfinished), Checksum::Unknown);
/// assert_eq!(packet[4..], [0x0d, 0xfb]);
/// ```
pub fn finish(packet: &mut [u8], checksum: Checksum) -> Checksum {
    let Checksum::Unfinished { start, offset } = checksum else { return Checksum::Unknown };
    if checksum.fits(packet.len()) {
        let summed = &packet[usize::from(start)..];
        // A sum of zero would say that there is none (RFC 768); its complement is as good.
        let sum = match !ones_complement(summed) {
            0 => 0xffff,
            sum => sum,
        };
        let place = usize::from(start) + usize::from(offset);
        packet[place..place + 2].copy_from_slice(&sum.to_be_bytes());
    }
    Checksum::Unknown
}

/// The one's complement sum of words of 16 bits; a last byte alone is followed by zero.
fn ones_complement(bytes: &[u8]) -> u16 {
    let (words, rest) = bytes.as_chunks::<2>();
    let words = words.iter().map(|word| u64::from(u16::from_be_bytes(*word)));
    let rest = rest.first().map_or(0, |byte| u64::from(*byte) << 8);
    let mut sum = words.sum::<u64>() + rest;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}
