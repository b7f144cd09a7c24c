//! Who still uses what a pool is about to give back.
//!
//! Whoever uses the pool's notifications passes the gate before and behind. Who closes it learns
//! whether somebody is inside; if so, the last to leave tells, exactly once, after all its use.

use core::sync::atomic::{AtomicU64, Ordering};

/// Nobody may enter. The other bits count those inside.
const CLOSED: u64 = 1 << 63;

/// Open at first, and closed once.
#[derive(Debug, Default)]
pub(super) struct Gate(AtomicU64);

impl Gate {
    /// Enters, unless it is closed.
    #[must_use]
    pub(super) fn enter(&self) -> bool {
        let enter = |state: u64| (state & CLOSED == 0).then_some(state + 1);
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, enter).is_ok()
    }

    /// Leaves. Whether the closer has to be told.
    #[must_use = "the closer would wait for ever"]
    pub(super) fn leave(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == CLOSED | 1
    }

    /// Closes it. Whether somebody is inside, and the last of them will tell.
    #[must_use = "somebody may be inside"]
    pub(super) fn close(&self) -> bool {
        self.0.fetch_or(CLOSED, Ordering::AcqRel) & !CLOSED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_to_leave_tells_who_closed() {
        let gate = Gate::default();
        assert!(gate.enter() && gate.enter() && gate.enter());
        assert!(!gate.leave(), "nobody closes it yet");
        assert!(gate.close());
        assert!(!gate.enter());
        assert!(!gate.leave(), "one is inside");
        assert!(gate.leave());
    }

    #[test]
    fn nobody_tells_where_nobody_is() {
        let gate = Gate::default();
        assert!(gate.enter() && !gate.leave());
        assert!(!gate.close());
        assert!(!gate.enter());
    }
}
