//! Whether, and when, a component may be started again.

use alloc::collections::VecDeque;
use core::time::Duration;

/// What a layout says about restarts of a component.
///
/// ```
/// use root_task::loader::supervisor::Rules;
///
/// let rules = Rules { most: 3, within: 60_000, delay: 100 };
/// # let _ = rules;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Most restarts ...
    pub most: u32,
    /// ... in so many milliseconds.
    pub within: u64,
    /// Milliseconds before the first; each further one doubles them.
    pub delay: u64,
}

/// What is to be done about a failure.
///
/// ```
/// use core::time::Duration;
/// use root_task::loader::supervisor::Decision;
///
/// fn delay(decision: Decision) -> Option<Duration> {
///     match decision {
///         Decision::Restart { after } => Some(after),
///         Decision::GiveUp => None,
///     }
/// }
/// assert_eq!(delay(Decision::GiveUp), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It is started again.
    Restart {
        /// After this time.
        after: Duration,
    },
    /// It is not.
    GiveUp,
}

/// When a component was started again: the times that still count.
///
/// ```
/// use core::time::Duration;
/// use root_task::loader::supervisor::{Decision, History, Rules};
///
/// let never = Rules { most: 0, within: 1000, delay: 10 };
/// assert_eq!(History::default().failed(&never, Duration::ZERO), Decision::GiveUp);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    restarts: VecDeque<Duration>,
}

impl History {
    /// Decides about a failure at a time, and notes the restart.
    ///
    /// ```
    /// use core::time::Duration;
    /// use root_task::loader::supervisor::{Decision, History, Rules};
    ///
    /// let rules = Rules { most: 1, within: 1000, delay: 10 };
    /// let mut history = History::default();
    /// let soon = Decision::Restart { after: Duration::from_millis(10) };
    /// assert_eq!(history.failed(&rules, Duration::ZERO), soon);
    /// assert_eq!(history.failed(&rules, Duration::from_millis(900)), Decision::GiveUp);
    /// assert_eq!(history.failed(&rules, Duration::from_millis(1001)), soon);
    /// ```
    pub fn failed(&mut self, rules: &Rules, now: Duration) -> Decision {
        let window = Duration::from_millis(rules.within);
        while self.restarts.front().is_some_and(|then| now.saturating_sub(*then) > window) {
            self.restarts.pop_front();
        }
        let before = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        if before >= rules.most {
            return Decision::GiveUp;
        }
        self.restarts.push_back(now);
        let doubled = rules.delay.saturating_mul(1 << before.min(63));
        // No wait is longer than the time in which restarts count.
        let most = rules.within.max(rules.delay);
        Decision::Restart { after: Duration::from_millis(doubled.min(most)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millis(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn each_restart_waits_twice_as_long() {
        let rules = Rules { most: 4, within: 1000, delay: 3 };
        let mut history = History::default();
        let waits: std::vec::Vec<_> = (0..5).map(|at| history.failed(&rules, millis(at))).collect();
        let restart = |ms| Decision::Restart { after: millis(ms) };
        assert_eq!(waits, [restart(3), restart(6), restart(12), restart(24), Decision::GiveUp]);
    }

    #[test]
    fn no_wait_is_shorter_than_the_one_before() {
        let rules = Rules { most: 100, within: 1_000_000_000, delay: 100 };
        let mut history = History::default();
        let waits: std::vec::Vec<_> =
            (0..100).map(|_| history.failed(&rules, Duration::ZERO)).collect();
        let longest = Decision::Restart { after: millis(rules.within) };
        assert_eq!(waits[0], Decision::Restart { after: millis(100) });
        assert!(waits[24..].iter().all(|wait| *wait == longest), "{waits:?}");
    }

    #[test]
    fn what_is_never_started_again_is_given_up_at_once() {
        let rules = Rules { most: 0, within: 1000, delay: 3 };
        assert_eq!(History::default().failed(&rules, millis(5)), Decision::GiveUp);
    }

    proptest! {
        #[test]
        fn no_window_has_more_restarts_than_allowed(
            most in 0_u32..5, within in 1_u64..100, gaps in prop::collection::vec(0_u64..60, 0..50)
        ) {
            let rules = Rules { most, within, delay: 1 };
            let (mut history, mut now) = (History::default(), 0);
            let mut restarts = std::vec::Vec::new();
            for gap in gaps {
                now += gap;
                if history.failed(&rules, millis(now)) != Decision::GiveUp {
                    restarts.push(now);
                }
            }
            for start in &restarts {
                let inside = restarts.iter().filter(|at| (*start..=start + within).contains(at));
                prop_assert!(inside.count() <= most as usize);
            }
        }
    }
}
