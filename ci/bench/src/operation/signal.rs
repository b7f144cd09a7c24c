//! Signals, with somebody waiting and without.
//!
//! Two threads wait for each other's signals. This thread, below both, starts each round when both
//! are blocked: the upper one signals the lower one, which must not run yet, then waits; the lower
//! one runs and signals back.

use libsys::object::{Endpoint, Notification};
use libsys::{Cap, initial};

use super::REPETITIONS;
use super::shared::Shared;
use super::stage::Stage;
use crate::machine::mark;
use crate::{Bench, Outcome, priority};

/// What the upper thread waits for, and the endpoint at which it does so if bound.
static UPPER: Side = Side::new();
/// The same of the lower thread.
static LOWER: Side = Side::new();

struct Side {
    bell: Shared,
    endpoint: Shared,
}

impl Side {
    const fn new() -> Self {
        Self { bell: Shared::new(), endpoint: Shared::new() }
    }

    fn bell(&self) -> Cap<Notification> {
        self.bell.cap()
    }

    /// Waits for the bell: by itself, or in a receive at an endpoint that it is bound to.
    fn wait(&self, is_bound: bool) {
        if is_bound {
            self.endpoint.cap::<Endpoint>().wait();
        } else {
            self.bell().wait();
        }
    }
}

/// Measures all kinds of signals.
pub(crate) fn signals(bench: &mut Bench) -> Outcome {
    between(
        bench,
        ["signal a waiter, no switch", "signal a waiter, switch", "wait, switch"],
        false,
    )?;
    let names = [
        "signal a bound receiver, no switch",
        "signal a bound receiver, switch",
        "receive, switch",
    ];
    between(bench, names, true)?;
    alone(bench)
}

/// Signals that nobody waits for.
fn alone(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let bell = stage.own.create::<Notification>()?;
    bench.announce(&["signal, nobody waits", "poll"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        bell.signal();
        mark::close();
        mark::open::<2>();
        bell.poll();
        mark::close();
    }
    stage.clear(bench)
}

/// Signals between two threads.
fn between(bench: &mut Bench, names: [&str; 3], is_bound: bool) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let parts: [(&Side, extern "C" fn(u64) -> !, u8); 2] =
        [(&UPPER, upper, priority::HELPER), (&LOWER, lower, priority::HELPER - 1)];
    bench.announce(&names);
    for (side, entry, priority) in parts {
        let bell = stage.own.create::<Notification>()?;
        side.bell.set_cap(bell);
        side.endpoint.set_cap(stage.own.create::<Endpoint>()?);
        let worker = stage.worker(priority)?;
        if is_bound {
            worker.thread.bind_notification(bell)?;
        }
        worker.start(entry, u64::from(is_bound))?;
    }
    initial::THREAD.set_priority(initial::THREAD, priority::LOWERED)?;
    (0..REPETITIONS).for_each(|_| UPPER.bell().signal());
    initial::THREAD.set_priority(initial::THREAD, priority::OWN)?;
    stage.clear(bench)
}

extern "C" fn upper(is_bound: u64) -> ! {
    let is_bound = is_bound != 0;
    loop {
        UPPER.wait(is_bound);
        let other = LOWER.bell();
        mark::open::<1>();
        other.signal();
        mark::close();
        mark::open::<3>();
        UPPER.wait(is_bound);
        mark::close();
    }
}

extern "C" fn lower(is_bound: u64) -> ! {
    let other = UPPER.bell();
    loop {
        LOWER.wait(is_bound != 0);
        mark::close();
        mark::open::<2>();
        other.signal();
    }
}
