//! The same operations in a small system and in a large one: what does not depend on the number
//! of threads, waiters and capabilities has to take the same.
//!
//! Names end in ` among N`; `ci/xtask/src/bench/growth.rs` compares them. Booted with
//! `tessera.root_cnode_bits=16`, and for the herd with `tessera.export=pcounter,ptimer`.

mod capabilities;
mod herd;
mod population;
mod queues;

use libsys::println;

use crate::machine::mark;
use crate::{Bench, Part, begin};

/// All of them.
pub(crate) const ALL: [Part; 5] = [
    ("one waiter", |bench| queues::measure(bench, 1)),
    ("many waiters", |bench| queues::measure(bench, 10_000)),
    ("one capability", |bench| capabilities::measure(bench, 1)),
    ("many capabilities", |bench| capabilities::measure(bench, 1_000_000)),
    ("herds", herd::measure),
];

impl Bench {
    /// Says that the first window that opens now is that of `what`, while there are `number`.
    fn announce_among(&mut self, what: &str, number: u64) {
        let scenario = self.next_number();
        println!("scenario {scenario} 1 call {what} among {number}");
        begin(scenario);
    }

    /// Measures one system call of this thread.
    fn measure_among<T>(&mut self, what: &str, number: u64, work: impl FnOnce() -> T) -> T {
        self.announce_among(what, number);
        mark::open::<1>();
        let result = work();
        mark::close();
        result
    }
}
