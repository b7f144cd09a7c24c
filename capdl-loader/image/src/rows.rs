//! Rows of numbers, as changes against what is expected of them.
//!
//! Each column is expected to go on as it went: the value before, plus the last step. Rows that do
//! so take no bytes, however many there are; others say which columns differ, and by how much:
//!
//! ```text
//! rows   = { mask, ( count | change... ) }
//! mask   = number: a bit for each column that differs
//! count  = number: of rows that all are as expected, if the mask is 0
//! change = of the columns of the mask, in order; it may set the column's step
//! ```
//!
//! So a thousand threads whose stacks, buffers and capabilities have constant distances take a few
//! bytes together.

use core::marker::PhantomData;

use crate::damage::Damage;
use crate::number;

/// Most columns of a row.
pub const MOST_COLUMNS: usize = 26;

/// The values of a row; columns that its kind does not have are 0.
pub type Values = [u64; MOST_COLUMNS];

/// A kind of row.
pub trait Row: Copy {
    /// What rows of this kind are called in messages.
    const PART: &'static str;
    /// How many columns it has.
    const COLUMNS: usize;

    /// The row with these values; `None` if there is none.
    fn from_values(values: &Values) -> Option<Self>;

    /// Its values.
    fn values(&self) -> Values;
}

/// Reads rows one after the other, in place.
#[derive(Clone, Debug)]
pub struct Rows<'a, R> {
    reader: Reader<'a>,
    kind: PhantomData<R>,
}

impl<'a, R: Row> Rows<'a, R> {
    /// So many rows in these bytes, which may be any.
    pub(crate) fn new(bytes: &'a [u8], count: u64) -> Self {
        Self { reader: Reader::new(bytes, count), kind: PhantomData }
    }

    /// The next row, or what is wrong with it. `Ok(None)`: there are no more, and no byte is left.
    ///
    /// # Errors
    /// The bytes end, or there is no such row.
    pub fn read(&mut self) -> Result<Option<R>, Damage> {
        let number = self.reader.next;
        let damage = |reason| Damage::at(R::PART, number, reason);
        match self.reader.advance(R::COLUMNS) {
            Advance::Row => {}
            Advance::End => return Ok(None),
            Advance::Wrong(reason) => return Err(damage(reason)),
        }
        R::from_values(&self.reader.values).ok_or(damage("not possible")).map(Some)
    }
}

/// Rows that differ from the one before them in their first column only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alike {
    /// How many.
    pub count: u64,
    /// By how much the column of each is more than that of the one before.
    pub step: u64,
}

impl<R: Row> Rows<'_, R> {
    /// Takes the rows that follow and are like the last one: as many as are known without looking
    /// at bytes.
    pub fn take_alike(&mut self) -> Alike {
        let reader = &mut self.reader;
        let is_alike = reader.moving == 1;
        let count = if is_alike { reader.expected.min(reader.left) } else { 0 };
        let step = reader.steps[0];
        reader.values[0] = reader.values[0].wrapping_add(step.wrapping_mul(count));
        reader.expected -= count;
        reader.left -= count;
        reader.next += count;
        Alike { count, step }
    }
}

/// What reading a row came to.
enum Advance {
    /// Its values are in place.
    Row,
    /// There is none, and no byte is left.
    End,
    /// The bytes are no rows.
    Wrong(&'static str),
}

/// The values of one row after the other: the same code for all kinds. Aligned so that a few
/// stores clear it: that happens once for each kind, of which most have no rows.
#[derive(Clone, Debug)]
#[repr(align(16))]
struct Reader<'a> {
    bytes: &'a [u8],
    /// Rows left.
    left: u64,
    /// Number of the next row.
    next: u64,
    /// Rows that are as expected.
    expected: u64,
    /// A bit for each column whose step is not 0: most have none.
    moving: u64,
    values: Values,
    steps: Values,
}

impl<'a> Reader<'a> {
    #[inline(never)]
    fn new(bytes: &'a [u8], count: u64) -> Self {
        let zeros = [0; MOST_COLUMNS];
        let (values, steps) = (zeros, zeros);
        Self { bytes, left: count, next: 0, expected: 0, moving: 0, values, steps }
    }

    /// Puts the values of the next row in place, which has so many columns.
    fn advance(&mut self, columns: usize) -> Advance {
        if self.left == 0 {
            let is_all = self.bytes.is_empty() && self.expected == 0;
            return if is_all { Advance::End } else { Advance::Wrong("bytes behind the end") };
        }
        if self.change(columns).is_none() {
            return Advance::Wrong("not readable");
        }
        self.left -= 1;
        self.next += 1;
        Advance::Row
    }

    fn change(&mut self, columns: usize) -> Option<()> {
        if self.expected > 0 {
            self.expected -= 1;
            self.go_on();
            return Some(());
        }
        // What is left is in registers meanwhile.
        let mut bytes = self.bytes;
        let mut mask = number::take(&mut bytes)?;
        if mask >> columns != 0 {
            return None;
        }
        if mask == 0 {
            self.expected = number::take(&mut bytes)?.checked_sub(1)?;
        }
        self.go_on();
        while mask != 0 {
            let column = mask.trailing_zeros() as usize;
            let change = number::take_change(&mut bytes)?;
            let value = self.values.get_mut(column)?;
            *value = value.wrapping_add(change.by);
            if change.goes_on {
                let step = self.steps.get_mut(column)?;
                *step = step.wrapping_add(change.by);
                self.moving &= !(1 << column);
                self.moving |= u64::from(*step != 0) << column;
            }
            mask &= mask - 1;
        }
        self.bytes = bytes;
        Some(())
    }

    /// Adds the steps.
    #[inline(always)]
    fn go_on(&mut self) {
        let mut moving = self.moving;
        while moving != 0 {
            let column = moving.trailing_zeros() as usize;
            self.values[column] = self.values[column].wrapping_add(self.steps[column]);
            moving &= moving - 1;
        }
    }
}

/// Rows that were checked; those of others end at the first one that is wrong.
impl<R: Row> Iterator for Rows<'_, R> {
    type Item = R;

    #[inline]
    fn next(&mut self) -> Option<R> {
        match self.reader.advance(R::COLUMNS) {
            Advance::Row => R::from_values(&self.reader.values),
            Advance::End | Advance::Wrong(_) => None,
        }
    }
}

/// Writing, for the tool.
pub(crate) mod put {
    use alloc::vec::Vec;

    use super::{Row, Values};
    use crate::number::{Change, put};

    /// Appends rows.
    pub(crate) fn rows<R: Row>(bytes: &mut Vec<u8>, rows: &[R]) {
        let (mut before, mut steps, mut expected) = (Values::default(), Values::default(), 0);
        for (index, row) in rows.iter().enumerate() {
            let values = row.values();
            let next = rows.get(index + 1).map(Row::values);
            let mut changes = Vec::new();
            let mut mask = 0_u64;
            for column in 0..R::COLUMNS {
                let step = values[column].wrapping_sub(before[column]);
                let by = step.wrapping_sub(steps[column]);
                if by != 0 {
                    let goes_on =
                        next.is_some_and(|next| next[column].wrapping_sub(values[column]) == step);
                    if goes_on {
                        steps[column] = step;
                    }
                    mask |= 1 << column;
                    changes.push(Change { by, goes_on });
                }
            }
            before = values;
            if mask == 0 {
                expected += 1;
                continue;
            }
            flush(bytes, &mut expected);
            put::number(bytes, mask);
            changes.into_iter().for_each(|change| put::change(bytes, change));
        }
        flush(bytes, &mut expected);
    }

    fn flush(bytes: &mut Vec<u8>, expected: &mut u64) {
        if *expected > 0 {
            put::number(bytes, 0);
            put::number(bytes, core::mem::take(expected));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[derive(Clone, Copy, PartialEq, Debug)]
    struct Three([u64; 3]);

    impl Row for Three {
        const PART: &'static str = "three";
        const COLUMNS: usize = 3;

        fn from_values(values: &Values) -> Option<Self> {
            Some(Self([values[0], values[1], values[2]]))
        }

        fn values(&self) -> Values {
            let mut values = Values::default();
            values[..3].copy_from_slice(&self.0);
            values
        }
    }

    fn packed(rows: &[Three]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put::rows(&mut bytes, rows);
        bytes
    }

    #[test]
    fn what_goes_on_takes_no_bytes() {
        let rows: Vec<_> = (0..100_000).map(|i| Three([7, i * 4096, 1 << 40 | i])).collect();
        let bytes = packed(&rows);
        assert!(bytes.len() < 24, "{} bytes", bytes.len());
        assert!(Rows::<Three>::new(&bytes, 100_000).eq(rows.iter().copied()));
    }

    #[test]
    fn rows_that_are_alike_are_counted() {
        let alike = (0..10).map(|i| Three([100 + 2 * i, 7, 9]));
        let others = (0..5).map(|i| Three([200 + i, i, 9]));
        let rows: Vec<_> = alike.chain(others).chain([Three([0; 3]); 4]).collect();
        let bytes = packed(&rows);
        let mut read = Rows::<Three>::new(&bytes, rows.len() as u64);
        let (mut seen, mut most) = (Vec::new(), 0);
        while let Some(Three([first, second, third])) = read.next() {
            let Alike { count, step } = read.take_alike();
            seen.extend((0..=count).map(|i| Three([first + i * step, second, third])));
            most = most.max(count);
        }
        // The first two say where they go on to, the third how many there are.
        assert_eq!((seen, most), (rows, 7));
    }

    proptest! {
        #[test]
        fn rows_come_back(rows: Vec<[u64; 3]>, small: Vec<[u8; 3]>) {
            let small = small.iter().map(|row| row.map(|value| u64::from(value % 4)));
            let rows: Vec<_> = rows.into_iter().chain(small).map(Three).collect();
            let bytes = packed(&rows);
            let mut read = Rows::<Three>::new(&bytes, rows.len() as u64);
            for row in rows {
                prop_assert_eq!(read.read(), Ok(Some(row)));
            }
            prop_assert_eq!(read.read(), Ok(None));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, count in 0_u64..1000) {
            let mut rows = Rows::<Three>::new(&bytes, count);
            let read = (&mut rows).count() as u64;
            prop_assert!(read <= count);
        }
    }
}
