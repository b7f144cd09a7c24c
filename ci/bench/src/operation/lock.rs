//! Locks of the library, without anybody who waits.

use libsys::Mutex;

use super::REPETITIONS;
use crate::machine::mark;
use crate::{Bench, Outcome};

static COUNT: Mutex<u64> = Mutex::new(0);

/// A lock that is free.
pub(super) fn locks(bench: &mut Bench) -> Outcome {
    bench.announce(&["lock and unlock"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        *COUNT.lock() += 1;
        mark::close();
    }
    Ok(())
}
