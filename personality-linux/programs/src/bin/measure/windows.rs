//! Something is done again and again between marks.

use std::io;

use work::{Part, Work, mark};

/// Windows of each, the first of which does not count.
const WINDOWS: u32 = 9;

/// Something that is done `rounds` times in a window, with `bytes` each time.
pub(crate) const fn of(number: u16, name: &'static str, rounds: u32, bytes: u32) -> Work {
    Work { number, name, requests: rounds, bytes, part: Part::Whole }
}

/// Prepares something before each window, and uses it in all rounds of the window.
pub(crate) fn measure<T>(
    work: Work,
    mut prepare: impl FnMut() -> io::Result<T>,
    mut once: impl FnMut(&mut T) -> io::Result<()>,
) -> io::Result<()> {
    println!("{work}");
    mark::select(work.number);
    for _ in 0..WINDOWS {
        let mut prepared = prepare()?;
        mark::open::<1>();
        for _ in 0..work.requests {
            once(&mut prepared)?;
        }
        mark::close();
    }
    Ok(())
}
