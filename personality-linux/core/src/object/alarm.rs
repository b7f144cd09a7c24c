//! A moment that may come again and again.

use core::time::Duration;

/// When something happens next, and how often after that.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Alarm {
    /// None: never.
    pub(crate) next: Option<Duration>,
    /// Zero: once.
    pub(crate) period: Duration,
}

impl Alarm {
    /// How long it is until the next moment.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.next.map_or(Duration::ZERO, |next| next.saturating_sub(now))
    }

    /// How often the moment has come until now.
    pub(crate) fn count(&self, now: Duration) -> u64 {
        let Some(next) = self.next.filter(|next| *next <= now) else { return 0 };
        match self.period.as_nanos() {
            0 => 1,
            period => 1 + ((now - next).as_nanos() / period) as u64,
        }
    }

    /// Takes the moments that have come; answers how many.
    pub(crate) fn take(&mut self, now: Duration) -> u64 {
        let count = self.count(now);
        if let Some(next) = self.next.filter(|_| count > 0) {
            let periods = u32::try_from(count).unwrap_or(u32::MAX);
            let later = self.period.saturating_mul(periods);
            self.next = Some(next.saturating_add(later)).filter(|_| !self.period.is_zero());
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn moments_come_once_or_again_and_again() {
        let mut once = Alarm { next: Some(SECOND), period: Duration::ZERO };
        assert_eq!((once.take(SECOND / 2), once.left(SECOND / 2)), (0, SECOND / 2));
        assert_eq!((once.take(3 * SECOND), once.next), (1, None));
        assert_eq!(once.take(9 * SECOND), 0);

        let mut often = Alarm { next: Some(SECOND), period: 2 * SECOND };
        assert_eq!((often.take(6 * SECOND), often.next), (3, Some(7 * SECOND)));
        assert_eq!(often.left(6 * SECOND), SECOND);
    }
}
