//! Hostile work: what keeps the kernel busy for long.
//!
//! Booted with `tessera.export=pcounter,ptimer`, a thread of the highest priority waits for an
//! interrupt during each scenario, and the longest delay is printed.

mod ipc;
mod memory;
mod objects;
pub(crate) mod watch;

use core::fmt::Display;

use libsys::println;

use crate::machine::mark;
use crate::{Bench, Outcome, Part, begin};

/// One or more related measurements.
pub(crate) const ALL: [Part; 9] = [
    ("clearing", memory::clearing),
    ("revoking", objects::revoking),
    ("nesting", objects::nesting),
    ("deep spaces", objects::deep_space),
    ("deepest call", objects::deepest_call),
    ("retyping", objects::retyping),
    ("waiters", ipc::waiters),
    ("badges", ipc::badges),
    ("reply chain", ipc::reply_chain),
];

/// What a scenario does how many times: a number and its unit, one word.
#[derive(Clone, Copy)]
pub(crate) struct Items(pub(crate) u64, pub(crate) &'static str);

/// Puts the watcher above everybody if the boot options allow.
pub(crate) fn prepare(bench: &mut Bench) -> Outcome {
    if watch::is_possible() {
        watch::open(&mut bench.system.allocator, bench.control)?;
        bench.watched = true;
    }
    Ok(())
}

impl Bench {
    /// Measures `work` under a name.
    pub(crate) fn measure<T>(
        &mut self,
        name: impl Display,
        items: Items,
        work: impl FnOnce() -> T,
    ) -> T {
        self.measure_from(name, items, || (), work)
    }

    /// The same; what is measured begins once `ready` has come back. How long it takes to print
    /// the name then does not matter.
    pub(crate) fn measure_from<T>(
        &mut self,
        name: impl Display,
        items: Items,
        ready: impl FnOnce(),
        work: impl FnOnce() -> T,
    ) -> T {
        let number = self.next_number();
        println!("scenario {number} {} {} {name}", items.0, items.1);
        begin(number);
        ready();
        mark::open::<1>();
        if self.watched {
            watch::begin();
        }
        let result = work();
        mark::close();
        if self.watched {
            let watch::Seen { worst, count } = watch::end();
            println!("latency {number} worst {worst} ticks of {count} interrupts");
        }
        result
    }
}
