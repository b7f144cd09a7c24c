//! Sets of numbers as ranges: free slots, free addresses.

use alloc::collections::BTreeMap;
use core::ops::Range;

/// Numbers, as disjoint ranges that do not touch.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    /// Start to end.
    ranges: BTreeMap<u64, u64>,
}

impl Ranges {
    /// How many numbers there are.
    pub(super) fn len(&self) -> u64 {
        self.iter().map(|range| range.end - range.start).sum()
    }

    /// The ranges, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.ranges.iter().map(|(start, end)| *start..*end)
    }

    /// Adds numbers. None of them may be in the set: `false`, and nothing happens.
    pub(super) fn insert(&mut self, range: Range<u64>) -> bool {
        if range.is_empty() {
            return true;
        }
        let below = self.ranges.range(..range.end).next_back().map(|(start, end)| *start..*end);
        if below.as_ref().is_some_and(|below| below.end > range.start) {
            return false;
        }
        let start = match below {
            Some(below) if below.end == range.start => below.start,
            _ => range.start,
        };
        let end = self.ranges.remove(&range.end).unwrap_or(range.end);
        self.ranges.insert(start, end);
        true
    }

    /// Takes these numbers out, if all are in the set.
    pub(super) fn take_at(&mut self, range: Range<u64>) -> bool {
        let Some(found) = self.around(range.start).filter(|found| range.end <= found.end) else {
            return false;
        };
        self.ranges.remove(&found.start);
        for rest in [found.start..range.start, range.end..found.end] {
            if !rest.is_empty() {
                self.ranges.insert(rest.start, rest.end);
            }
        }
        true
    }

    /// Takes `count` numbers in a row, the first a multiple of `alignment`, out of the smallest
    /// range that has them. Answers the first.
    pub(super) fn take(&mut self, count: u64, alignment: u64) -> Option<u64> {
        let start = self.peek(count, alignment)?;
        self.take_at(start..start + count).then_some(start)
    }

    /// Where [`take`](Self::take) would take numbers from.
    pub(super) fn peek(&self, count: u64, alignment: u64) -> Option<u64> {
        let fitting = self.iter().filter_map(|range| {
            let start = range.start.checked_next_multiple_of(alignment.max(1))?;
            let fits = start.checked_add(count).is_some_and(|end| end <= range.end);
            fits.then_some((range.end - range.start, start))
        });
        fitting.min().map(|(_, start)| start)
    }

    /// The range that a number is in.
    fn around(&self, number: u64) -> Option<Range<u64>> {
        let (start, end) = self.ranges.range(..=number).next_back()?;
        (number < *end).then_some(*start..*end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_tightest_range_is_taken_from() {
        let mut ranges = Ranges::default();
        assert!(ranges.insert(0..100) && ranges.insert(200..208) && ranges.insert(300..340));
        assert_eq!(ranges.take(8, 1), Some(200));
        assert_eq!(ranges.take(8, 32), Some(320));
        assert_eq!(ranges.take(200, 1), None);
        assert_eq!(ranges.take(1, u64::MAX), Some(0), "zero is a multiple of everything");
        assert_eq!(ranges.len(), 99 + 32);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64, u64),
        TakeAt(u64, u64),
        Take(u64, u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let range = || (0_u64..64, 0_u64..12);
        prop_oneof![
            range().prop_map(|(start, count)| Step::Insert(start, count)),
            range().prop_map(|(start, count)| Step::TakeAt(start, count)),
            (1_u64..12, prop_oneof![Just(1_u64), Just(4), Just(8)])
                .prop_map(|(count, alignment)| Step::Take(count, alignment)),
        ]
    }

    /// Does the same to a plain set.
    fn model(
        set: &mut BTreeSet<u64>,
        ranges: &mut Ranges,
        step: Step,
    ) -> Result<(), TestCaseError> {
        match step {
            Step::Insert(start, count) => {
                let numbers = start..start + count;
                let is_new = numbers.clone().all(|number| !set.contains(&number));
                prop_assert_eq!(ranges.insert(numbers.clone()), is_new);
                if is_new {
                    set.extend(numbers);
                }
            }
            Step::TakeAt(start, count) => {
                let numbers = start..start + count;
                let has_all = numbers.clone().all(|number| set.contains(&number));
                if count > 0 {
                    prop_assert_eq!(ranges.take_at(numbers.clone()), has_all);
                    set.retain(|number| !(has_all && numbers.contains(number)));
                }
            }
            Step::Take(count, alignment) => {
                let fits = |start: &u64| {
                    start.is_multiple_of(alignment)
                        && (*start..start + count).all(|n| set.contains(&n))
                };
                let possible = set.iter().any(fits);
                let taken = ranges.take(count, alignment);
                prop_assert_eq!(taken.is_some(), possible);
                if let Some(start) = taken {
                    prop_assert!(fits(&start));
                    set.retain(|number| !(start..start + count).contains(number));
                }
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn ranges_are_a_set(steps in proptest::collection::vec(step(), 1..80)) {
            let (mut set, mut ranges) = (BTreeSet::new(), Ranges::default());
            for step in steps {
                model(&mut set, &mut ranges, step)?;
                let numbers: BTreeSet<u64> = ranges.iter().flatten().collect();
                prop_assert_eq!(&numbers, &set);
                prop_assert_eq!(ranges.len(), set.len() as u64);
                let ends: std::vec::Vec<_> = ranges.iter().collect();
                prop_assert!(ends.windows(2).all(|pair| pair[0].end < pair[1].start));
            }
        }
    }
}
