//! Signs of life, for a supervisor that wants some.
//!
//! A layout may say that a component which gives no sign of life for so long has failed. Its
//! supervisor then asks, through a bit of the component's bell and a number in a page that both
//! see; the component answers by repeating the number there, which is one store and waits for
//! nobody. Servers, executors and rings of this library do so whenever they wake up, and whoever
//! waits for work does wake up. A thread in an endless loop, or one that waits for something that
//! never comes, does not answer.
//!
//! A program that waits for its bell in another way passes what it gets through [`answer`]; one
//! that works for long without waiting calls [`beat`] now and then.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::window::{Window, WindowCell};

/// Where the supervisor puts the number of its question, in the page.
pub const ASKED: u64 = 0;
/// Where the component repeats it.
pub const ANSWERED: u64 = 8;
/// What a component calls the page and the bit.
pub const NAME: &str = "heartbeat";

/// The page, if the layout wants signs of life.
static PAGE: WindowCell = WindowCell::new();
/// The bit of questions; 0: there are none.
static BIT: AtomicU64 = AtomicU64::new(0);

/// Answers from now on, in a window of one page.
pub(crate) fn begin(page: Window, bit: u64) {
    PAGE.set(page);
    BIT.store(bit, Ordering::Relaxed);
}

/// Answers the supervisor's question if it is among these signals of the component's bell; what
/// is left are the others.
///
/// ```
/// // Without a supervisor that asks, all signals are others.
/// assert_eq!(libsys::heartbeat::answer(0b101), 0b101);
/// ```
#[inline]
#[must_use]
pub fn answer(signals: u64) -> u64 {
    let bit = BIT.load(Ordering::Relaxed);
    if signals & bit != 0 {
        beat();
    }
    signals & !bit
}

/// The number of the supervisor's last question: a rhythm for whoever has no other clock. It
/// counts questions, not signals, of which there may be more. `None`: nobody asks.
///
/// ```
/// assert_eq!(libsys::heartbeat::question(), None);
/// ```
#[must_use]
pub fn question() -> Option<u64> {
    PAGE.window().map(|page| page.read_word(ASKED))
}

/// Answers what the supervisor asked last, if it asks at all.
///
/// ```no_run
/// fn sum(numbers: &[u64]) -> u64 {
///     let mut sum = 0;
///     for part in numbers.chunks(1 << 20) {
///         sum += part.iter().sum::<u64>();
///         libsys::heartbeat::beat();
///     }
///     sum
/// }
/// ```
#[cold]
pub fn beat() {
    if let Some(page) = PAGE.window() {
        page.write_word(ANSWERED, page.read_word(ASKED));
    }
}
