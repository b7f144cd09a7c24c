//! Both halves, with a card of the test's own.

mod fake;
mod hostile;
mod restarts;
mod switch;

use std::vec::Vec;

use proptest::prelude::*;

use super::{Checksum, Frame, finish};

#[test]
fn words_of_slots_are_frames_or_refused() {
    let whole = Frame::new(1518, Checksum::Unfinished { start: 34, offset: 16 }).expect("fits");
    assert_eq!(Frame::from_word(whole.to_word()), Some(whole));
    assert_eq!(Frame::new(42, Checksum::Unfinished { start: 34, offset: 7 }), None);
    assert_eq!(Frame::new(60, Checksum::Unfinished { start: 0xffff, offset: 0xffff }), None);
    for word in [0, 13, 1519, 60 | 3 << 16, 60 | 1 << 32, 60 | 1 << 16 | 1 << 48, u64::MAX] {
        assert_eq!(Frame::from_word(word), None, "{word:#x}");
    }
}

proptest! {
    /// The sum over a finished packet is all ones (RFC 1071, section 1).
    #[test]
    fn finished_sums_are_right(
        mut packet in prop::collection::vec(any::<u8>(), 14..200),
        start in 0_u16..220,
        offset in 0_u16..220,
    ) {
        let before = packet.clone();
        // Sums are of words: they begin and end at even places.
        let (start, offset) = (start & !1, offset & !1);
        let checksum = Checksum::Unfinished { start, offset };
        prop_assert_eq!(finish(&mut packet, checksum), Checksum::Unknown);
        if !checksum.fits(packet.len()) {
            prop_assert_eq!(packet, before);
            return Ok(());
        }
        // What was in the place of the sum belongs to what is summed: the pseudo header's part.
        let place = usize::from(start + offset);
        let partial = u16::from_be_bytes([before[place], before[place + 1]]);
        let mut words: Vec<u32> = Vec::new();
        for pair in packet[usize::from(start)..].chunks(2) {
            words.push(u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
        }
        let mut sum: u32 = words.iter().sum::<u32>() + u32::from(partial);
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        prop_assert_eq!(sum, 0xffff);
    }
}
