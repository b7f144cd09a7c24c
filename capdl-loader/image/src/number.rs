//! Numbers of variable length.
//!
//! A number is written seven bits at a time, the lowest first; the high bit of a byte says that
//! another one follows. A change is a signed number with a flag in its lowest bit, written the
//! same way as a number of 65 bits.

/// Bytes whose bits all are in the low part of a number.
const LOW_BYTES: usize = 9;
/// Bits of the low part.
const LOW_BITS: u32 = 7 * LOW_BYTES as u32;

/// How a value differs from the one that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change {
    /// By how much, modulo 2^64.
    pub(crate) by: u64,
    /// Whether the following values are expected to go on like this.
    pub(crate) goes_on: bool,
}

/// Takes a number from the start of `bytes`. `None`: they end, or it has more than 64 bits.
#[inline(always)]
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let Wide { low, high } = take_wide(bytes)?;
    (high >> 1 == 0).then_some(low | high << LOW_BITS)
}

/// Takes a change from the start of `bytes`. `None`: they end, or it is too large.
#[inline(always)]
pub(crate) fn take_change(bytes: &mut &[u8]) -> Option<Change> {
    let Wide { low, high } = take_wide(bytes)?;
    if high >> 2 != 0 {
        return None;
    }
    let folded = low >> 1 | high << (LOW_BITS - 1);
    let sign = (folded & 1).wrapping_neg();
    Some(Change { by: (folded >> 1) ^ sign, goes_on: low & 1 != 0 })
}

/// A number of up to 70 bits in two words: shifting words takes fewer instructions.
struct Wide {
    /// Of the first [`LOW_BYTES`].
    low: u64,
    /// Of the last byte.
    high: u64,
}

#[inline(always)]
fn take_wide(bytes: &mut &[u8]) -> Option<Wide> {
    let mut low = 0;
    let mut shift = 0;
    while shift < LOW_BITS {
        let byte = take_byte(bytes)?;
        low |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(Wide { low, high: 0 });
        }
        shift += 7;
    }
    let high = take_byte(bytes).filter(|byte| *byte < 0x80)?;
    Some(Wide { low, high: high.into() })
}

#[inline(always)]
fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*byte)
}

/// Writing, for the tool.
pub(crate) mod put {
    use alloc::vec::Vec;

    use super::Change;

    /// Appends a number.
    pub(crate) fn number(bytes: &mut Vec<u8>, value: u64) {
        wide(bytes, value.into());
    }

    /// Appends a change.
    pub(crate) fn change(bytes: &mut Vec<u8>, change: Change) {
        let sign = ((change.by as i64) >> 63) as u64;
        let folded = change.by << 1 ^ sign;
        wide(bytes, u128::from(folded) << 1 | u128::from(change.goes_on));
    }

    fn wide(bytes: &mut Vec<u8>, mut value: u128) {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn numbers_come_back(values: Vec<u64>, by: u64, goes_on: bool) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| put::number(&mut bytes, *value));
            put::change(&mut bytes, Change { by, goes_on });
            let mut rest = &bytes[..];
            for value in values {
                prop_assert_eq!(take(&mut rest), Some(value));
            }
            prop_assert_eq!(take_change(&mut rest), Some(Change { by, goes_on }));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let (mut one, mut other) = (&bytes[..], &bytes[..]);
            while take(&mut one).is_some() {}
            while take_change(&mut other).is_some() {}
        }
    }

    #[test]
    fn small_changes_take_a_byte() {
        for by in -16_i64..16 {
            let mut bytes = Vec::new();
            put::change(&mut bytes, Change { by: by as u64, goes_on: true });
            assert_eq!(bytes.len(), 1, "{by}");
        }
    }

    #[test]
    fn the_largest_come_back() {
        let mut bytes = Vec::new();
        put::number(&mut bytes, u64::MAX);
        let changes = [i64::MIN, i64::MAX, -1].map(|by| Change { by: by as u64, goes_on: true });
        changes.iter().for_each(|change| put::change(&mut bytes, *change));
        let mut rest = &bytes[..];
        assert_eq!(take(&mut rest), Some(u64::MAX));
        assert_eq!([(); 3].map(|()| take_change(&mut rest)), changes.map(Some));
        assert_eq!(take_change(&mut &[[0x80; 9].as_slice(), &[4]].concat()[..]), None);
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(take(&mut &[0xff; 9][..]), None);
        assert_eq!(take(&mut &[0xff; 11][..]), None);
        assert_eq!(take(&mut &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2][..]), None);
    }
}
