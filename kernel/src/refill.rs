//! Replenishments: when how much of a budget may be used. Pure arithmetic. (objects.md §9.4)
//!
//! A scheduling context may use its budget once in every period, wherever the period begins. It
//! is kept as a list of refills, (time, amount), earliest first, whose amounts sum to the budget.

use platform::contract::Ticks;

use crate::mem::{Kind, Object};

/// An amount of time that may be used from an instant on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C, align(16))]
pub struct Refill {
    /// From when.
    pub time: Ticks,
    /// How much.
    pub amount: Ticks,
}

impl Object for Refill {
    const KIND: Kind = Kind::Refill;
}

impl Refill {
    /// The instant at which the amount is used up if it is used at once.
    #[must_use]
    pub const fn end(self) -> Ticks {
        self.time.saturating_add(self.amount)
    }
}

/// A bounded list of refills behind some store.
pub trait Refills {
    /// Refills in use; at least one once configured.
    fn count(&self) -> u32;
    /// Most refills.
    fn limit(&self) -> u32;
    /// Refill `index`, 0 being the earliest; `index < count`.
    fn at(&self, index: u32) -> Refill;
    /// Replaces refill `index`.
    fn put(&mut self, index: u32, refill: Refill);
    /// Removes and returns the earliest of several refills.
    fn pop(&mut self) -> Refill;
    /// Adds a last refill; `count < limit`.
    fn push(&mut self, refill: Refill);

    /// The earliest refill.
    fn head(&self) -> Refill {
        self.at(0)
    }

    /// Whether the earliest refill may be used now.
    fn is_ready(&self, now: Ticks) -> bool {
        self.head().time <= now
    }

    /// Whether using `used` of the earliest refill leaves at least `min`.
    fn is_sufficient(&self, used: Ticks, min: Ticks) -> bool {
        self.head().amount.checked_sub(used).is_some_and(|rest| rest >= min)
    }

    /// Adds an amount at the end, joining what touches.
    fn schedule(&mut self, new: Refill) {
        let index = self.count() - 1;
        let tail = self.at(index);
        if new.time <= tail.end() {
            self.put(index, Refill { amount: tail.amount + new.amount, ..tail });
        } else if self.count() < self.limit() {
            self.push(new);
        } else {
            let time = new.time.saturating_sub(tail.amount);
            self.put(index, Refill { time, amount: tail.amount + new.amount });
        }
    }

    /// Charges `used` to the list: what was used returns one `period` after it could be used.
    fn charge(&mut self, mut used: Ticks, period: Ticks, min: Ticks) {
        while used > 0 && self.head().amount <= used {
            let head = self.head();
            used -= head.amount;
            let again = Refill { time: head.time.saturating_add(period), ..head };
            if self.count() == 1 {
                self.put(0, again);
            } else {
                self.pop();
                self.schedule(again);
            }
            if again.amount == 0 {
                break;
            }
        }
        if used > 0 {
            let head = self.head();
            self.put(0, Refill { time: head.time + used, amount: head.amount - used });
            let again = Refill { time: head.time.saturating_add(period), amount: used };
            self.schedule(again);
        }
        self.merge_small_heads(min);
    }

    /// Joins the earliest refill with the next while it is too small to be of use.
    fn merge_small_heads(&mut self, min: Ticks) {
        while self.head().amount < min && self.count() > 1 {
            let small = self.pop();
            let next = self.head();
            self.put(
                0,
                Refill {
                    time: next.time.saturating_sub(small.amount),
                    amount: next.amount + small.amount,
                },
            );
        }
    }

    /// Moves a ready head to `now` and joins the refills that it then reaches, so that time not
    /// used in the past is not used in a burst. Returns whether anything was ready.
    fn catch_up(&mut self, now: Ticks) -> bool {
        if !self.is_ready(now) {
            return false;
        }
        self.put(0, Refill { time: now, ..self.head() });
        while self.count() > 1 && self.at(1).time <= self.head().end() {
            let first = self.pop();
            let amount = first.amount + self.head().amount;
            self.put(0, Refill { time: first.time, amount });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    struct List {
        refills: std::vec::Vec<Refill>,
        limit: u32,
    }

    impl Refills for List {
        fn count(&self) -> u32 {
            u32::try_from(self.refills.len()).expect("short list")
        }
        fn limit(&self) -> u32 {
            self.limit
        }
        fn at(&self, index: u32) -> Refill {
            self.refills[index as usize]
        }
        fn put(&mut self, index: u32, refill: Refill) {
            self.refills[index as usize] = refill;
        }
        fn pop(&mut self) -> Refill {
            self.refills.remove(0)
        }
        fn push(&mut self, refill: Refill) {
            assert!(self.count() < self.limit);
            self.refills.push(refill);
        }
    }

    const MIN: Ticks = 1250;

    fn check(list: &List, budget: Ticks) {
        assert_eq!(list.refills.iter().map(|refill| refill.amount).sum::<Ticks>(), budget);
        assert!(list.head().amount >= MIN, "{list:?}");
        for pair in list.refills.windows(2) {
            assert!(pair[0].end() <= pair[1].time, "{list:?}");
        }
    }

    proptest! {
        /// Amounts sum to the budget, are sorted and disjoint, and the head is usable, whatever
        /// is used and however long the thread sleeps.
        #[test]
        fn lists_stay_sound(
            budget in MIN..1_000_000,
            slack in 1u64..1_000_000,
            limit in 2u32..12,
            steps in proptest::collection::vec((0u64..2_000_000, 0u64..200_000), 1..60),
        ) {
            let period = budget + slack;
            let mut now = 5_000_000;
            let mut list =
                List { refills: std::vec![Refill { time: now, amount: budget }], limit };
            for (sleep, run) in steps {
                now = list.head().time.max(now + sleep);
                list.catch_up(now);
                check(&list, budget);
                let used = run.min(list.head().amount + 100);
                now += used;
                list.charge(used, period, MIN);
                check(&list, budget);
            }
        }

        /// In no window of one period is more used than the budget (and one overrun of a check).
        #[test]
        fn bandwidth_is_kept(
            budget in MIN..100_000,
            slack in 1u64..100_000,
            limit in 2u32..6,
            steps in proptest::collection::vec((0u64..150_000, 1u64..50_000), 1..80),
        ) {
            let period = budget + slack;
            let mut now = 1_000_000;
            let mut list =
                List { refills: std::vec![Refill { time: now, amount: budget }], limit };
            let mut uses = std::vec::Vec::new();
            for (sleep, run) in steps {
                now = list.head().time.max(now + sleep);
                list.catch_up(now);
                let used = run.min(list.head().amount);
                uses.push((now, used));
                now += used;
                list.charge(used, period, MIN);
                let window: Ticks = uses
                    .iter()
                    .map(|(start, used)| {
                        let end = start + used;
                        end.saturating_sub((*start).max(now.saturating_sub(period)))
                    })
                    .sum();
                prop_assert!(window <= budget, "{window} > {budget}");
            }
        }
    }

    #[test]
    fn a_partial_use_returns_one_period_later() {
        let mut list = List { refills: std::vec![Refill { time: 100, amount: 5000 }], limit: 4 };
        list.charge(2000, 10_000, MIN);
        assert_eq!(
            list.refills,
            [Refill { time: 2100, amount: 3000 }, Refill { time: 10_100, amount: 2000 }]
        );
    }

    #[test]
    fn a_small_rest_joins_the_next_refill() {
        let mut list = List { refills: std::vec![Refill { time: 100, amount: 5000 }], limit: 4 };
        list.charge(4500, 10_000, MIN);
        assert_eq!(list.refills, [Refill { time: 9600, amount: 5000 }]);
    }

    #[test]
    fn a_full_list_delays_the_tail() {
        let mut list = List {
            refills: std::vec![
                Refill { time: 0, amount: 3000 },
                Refill { time: 9000, amount: 2000 }
            ],
            limit: 2,
        };
        list.charge(1500, 20_000, MIN);
        assert_eq!(
            list.refills,
            [Refill { time: 1500, amount: 1500 }, Refill { time: 18_000, amount: 3500 }]
        );
    }
}
