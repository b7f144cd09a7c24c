//! Has nothing to do with a driver that fails, and looks whether its memory stays as it is.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU64, Ordering};

use libsys::layout::{Component, Missing};
use libsys::time;
use systems::account::{CHANGED, ROUNDS};

/// Words of its memory.
const WORDS: usize = 4096;
static MEMORY: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let account = component.region("verdict")?;
    let value = |place: usize| (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (place, word) in MEMORY.iter().enumerate() {
        word.store(value(place), Ordering::Relaxed);
    }
    for round in 1.. {
        let words = MEMORY.iter().enumerate();
        let changed = words.filter(|(place, word)| word.load(Ordering::Relaxed) != value(*place));
        account.write_word(CHANGED, account.read_word(CHANGED) + changed.count() as u64);
        account.write_word(ROUNDS, round);
        time::next_period();
    }
    Ok(())
}
