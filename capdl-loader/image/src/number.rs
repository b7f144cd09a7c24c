//! Numbers of variable length.
//!
//! A number is written seven bits at a time, the lowest first; the high bit of a byte says that
//! another one follows. A change is a signed number with a flag in its lowest bit, written the
//! same way as a number of 65 bits.

/// Most bytes of one number.
const LONGEST: usize = 10;

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
    let value = take_wide(bytes)?;
    u64::try_from(value).ok()
}

/// Takes a change from the start of `bytes`. `None`: they end, or it is too large.
#[inline(always)]
pub(crate) fn take_change(bytes: &mut &[u8]) -> Option<Change> {
    let value = take_wide(bytes)?;
    let folded = u64::try_from(value >> 1).ok()?;
    let sign = (folded & 1).wrapping_neg();
    Some(Change { by: (folded >> 1) ^ sign, goes_on: value & 1 != 0 })
}

#[inline(always)]
fn take_wide(bytes: &mut &[u8]) -> Option<u128> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 {
        *bytes = rest;
        return Some(u128::from(*first));
    }
    take_long(bytes)
}

fn take_long(bytes: &mut &[u8]) -> Option<u128> {
    let mut value = 0;
    for index in 0..LONGEST {
        let byte = *bytes.get(index)?;
        value |= u128::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *bytes = &bytes[index + 1..];
            return Some(value);
        }
    }
    None
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
    fn what_is_too_long_is_refused() {
        assert_eq!(take(&mut &[0xff; 9][..]), None);
        assert_eq!(take(&mut &[0xff; 11][..]), None);
        assert_eq!(take(&mut &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2][..]), None);
    }
}
