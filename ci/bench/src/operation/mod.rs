//! What a system does all the time, each thing again and again, undisturbed: no budget ends, no
//! interrupt comes, and caches of the kernel's making are warm after the first times.
//!
//! Names are those of `ci/xtask/src/bench/operations.rs`, which says what is expected.

mod derivation;
mod exchange;
mod fault;
mod interrupt;
mod lock;
mod mapping;
mod memory;
mod ring;
mod scheduling;
mod shared;
mod signal;
mod stage;

use core::time::Duration;

use libsys::object::Budget;
use libsys::syscall::Message;
use libsys::{initial, println};

use crate::machine::mark;
use crate::{Bench, Outcome, Part, begin};

/// How often each operation is measured.
const REPETITIONS: u64 = 40;

/// Time that does not end while something is measured.
const PLENTY: Budget = Budget::round_robin(Duration::from_secs(60));

/// All of them.
pub(crate) const ALL: [Part; 14] = [
    ("calibration", calibration),
    ("trifles", trifles),
    ("exchanges", exchange::exchanges),
    ("capabilities", exchange::with_capability),
    ("signals", signal::signals),
    ("faults", fault::faults),
    ("interrupts", interrupt::interrupts),
    ("yields", scheduling::yields),
    ("timeouts", scheduling::timeouts),
    ("births", scheduling::births),
    ("retyping", memory::retyping),
    ("clearing", memory::clearing),
    ("mappings", mapping::mappings),
    ("derivations", derivation::derivations),
];

/// What the library does for programs.
pub(crate) const LIBRARY: [Part; 3] =
    [("calibration", calibration), ("rings", ring::rings), ("locks", lock::locks)];

/// Gives this thread time that does not end meanwhile.
pub(crate) fn prepare(bench: &mut Bench) -> Outcome {
    Ok(bench.control.configure(initial::SCHED_CONTEXT, PLENTY)?)
}

/// Nothing.
fn calibration(bench: &mut Bench) -> Outcome {
    bench.announce(&["ten instructions of user level"]);
    (0..REPETITIONS).for_each(|_| mark::calibrate());
    Ok(())
}

/// As little as the kernel can do.
fn trifles(bench: &mut Bench) -> Outcome {
    bench.announce(&["polling send to an empty slot"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        libsys::syscall::nb_send(0, Message::EMPTY);
        mark::close();
    }
    Ok(())
}

impl Bench {
    /// Says what is measured next, in the lanes from the first on.
    fn announce(&mut self, names: &[&str]) {
        self.tell_paths();
        let number = self.next_number();
        for (lane, name) in (1..).zip(names) {
            println!("operation {number} {lane} {name}");
        }
        begin(number);
    }
}
