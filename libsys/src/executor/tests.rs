//! The executor beside a made-up kernel and clock.

mod allocations;
mod calls;
mod deadlines;
mod fairness;
mod waiting;

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::rc::Rc;
use std::vec::Vec;

use abi::MessageInfo;

use super::Clock;
use crate::server::Origin;
use crate::server::tests::fake::Incoming;

/// A clock that stands still until somebody sets it.
#[derive(Clone, Default)]
struct FakeClock {
    now: Rc<Cell<Duration>>,
    armed: Rc<RefCell<Vec<Duration>>>,
}

impl Clock for FakeClock {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn arm(&self, deadline: Duration) {
        self.armed.borrow_mut().push(deadline);
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A message that is signals.
fn signals(bits: &[u32]) -> Incoming {
    let badge = bits.iter().fold(0, |word, bit| word | Origin::signal_badge(*bit).0);
    (badge, MessageInfo(0), Vec::new())
}

/// A client's message.
fn call(client: u64, label: u64, words: &[u64]) -> Incoming {
    (client, MessageInfo::new(label, 0, words.len()), words.to_vec())
}
