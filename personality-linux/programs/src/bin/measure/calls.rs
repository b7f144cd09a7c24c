//! Calls that take no notice of anybody, and work without any.

use std::hint::black_box;
use std::io;

use crate::machine;
use crate::windows::{self, of};

/// Steps of the generator in a round.
const STEPS: u32 = 1_000_000;

pub(crate) fn measure() -> io::Result<()> {
    let nothing = || Ok(());
    windows::measure(of(0, "null call", 200, 0), nothing, |()| {
        black_box(machine::parent());
        Ok(())
    })?;
    windows::measure(of(1, "clock_gettime", 200, 0), nothing, |()| {
        black_box(machine::nanoseconds());
        Ok(())
    })?;
    windows::measure(of(2, "compute-bound", 1, 0), nothing, |()| {
        black_box(random(black_box(STEPS)));
        Ok(())
    })
}

/// The generator "xorshift" (Marsaglia, 2003).
fn random(steps: u32) -> u64 {
    let mut state = black_box(1_u64);
    for _ in 0..steps {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}
