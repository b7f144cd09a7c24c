//! Windows become medians, by works.
//!
//! A program announces a work on its console as `operation NUMBER REQUESTS BYTES NAME`; the plugin
//! has windows with that number.

use super::split::{Who, Window};
use crate::process::Fallible;

/// What one work took.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// What it is called.
    pub(super) name: String,
    /// Requests in a window.
    requests: u64,
    /// Bytes of a request.
    pub(super) bytes: u64,
    /// At least one.
    windows: Vec<Window>,
}

impl Figure {
    /// One for each announcement.
    pub(super) fn all(console: &str, windows: &[Window]) -> Fallible<Vec<Self>> {
        let announced = console.lines().filter_map(announcement);
        let figures: Vec<Self> = announced
            .map(|(operation, requests, bytes, name)| {
                let all = windows.iter().filter(|window| window.operation == operation);
                // The first prepares things; and who did not sleep was woken by nothing.
                let warm = all.skip(1).filter(|window| !window.is_after_sleep || window.sleeps > 0);
                let windows: Vec<Window> = warm.cloned().collect();
                match windows.is_empty() {
                    true => Err(format!("`{name}`: too few windows")),
                    false => Ok(Self { name: name.into(), requests, bytes, windows }),
                }
            })
            .collect::<Fallible<_>>()?;
        if figures.is_empty() {
            return Err(format!("nothing was announced\n{console}"));
        }
        Ok(figures)
    }

    /// Median over the windows, for each request.
    fn median(&self, number: impl Fn(&Window) -> u64) -> u64 {
        let mut numbers: Vec<u64> = self.windows.iter().map(number).collect();
        numbers.sort_unstable();
        numbers[numbers.len() / 2] / self.requests.max(1)
    }

    /// Instructions of a request.
    pub(super) fn instructions(&self) -> u64 {
        self.median(Window::sum)
    }

    /// Those of one of all.
    pub(super) fn of(&self, who: Who) -> u64 {
        self.median(|window| window.of(who))
    }

    /// Least and most instructions of a request, in any window.
    pub(super) fn spread(&self) -> (u64, u64) {
        let sums = || self.windows.iter().map(|window| window.sum() / self.requests.max(1));
        (sums().min().unwrap_or(0), sums().max().unwrap_or(0))
    }

    /// Returns from the kernel, in tenths for each request.
    pub(super) fn entries(&self) -> u64 {
        self.median(|window| 10 * window.entries)
    }

    /// Duration of a request by the clock of the development machine.
    pub(super) fn nanoseconds(&self) -> u64 {
        self.median(|window| window.nanoseconds)
    }
}

fn announcement(line: &str) -> Option<(u64, u64, u64, &str)> {
    let mut words = line.trim().strip_prefix("operation ")?.splitn(4, ' ');
    let mut number = || words.next()?.parse().ok();
    let (operation, requests, bytes) = (number()?, number()?, number()?);
    Some((operation, requests, bytes, words.next()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::split::{self, Owners};
    use super::*;

    /// A work of two requests of 8 bytes in each window, and one that waits.
    pub(in super::super) fn example() -> Vec<Figure> {
        let console = "boot\r\noperation 7 2 8 read 8 bytes\r\noperation 9 1 8 wake up\r\ndone\r\n";
        let mut log = String::from("page 1 1000 00ab\n");
        for kernel in [900, 100, 140, 120] {
            log += &format!(
                "sample 7 1 nanoseconds 64 kernel {kernel} entries 3 sleeps 0 pages 1:50\n"
            );
        }
        for (sleeps, kernel) in [(1, 3), (0, 1000), (1, 20)] {
            log += &format!("sample 9 2 nanoseconds 1 kernel {kernel} entries 1 sleeps {sleeps}");
            log += " pages\n";
        }
        let windows = split::windows(&log, &Owners::all(Who::Client)).expect("good");
        Figure::all(console, &windows).expect("all is there")
    }

    #[test]
    fn the_first_window_does_not_count() {
        let figures = example();
        let [read, wake] = &figures[..] else { panic!("two works") };
        assert_eq!((read.name.as_str(), read.bytes), ("read 8 bytes", 8));
        assert_eq!((read.instructions(), read.of(Who::Kernel), read.of(Who::Client)), (85, 60, 25));
        assert_eq!((read.spread(), read.entries(), read.nanoseconds()), ((75, 95), 15, 32));
        assert_eq!(wake.instructions(), 20, "the one that did not sleep was not woken");
    }

    #[test]
    fn what_is_missing_is_an_error() {
        assert!(Figure::all("no work", &[]).is_err());
        let missing = Figure::all("operation 1 2 3 read\n", &[]).expect_err("no windows");
        assert_eq!(missing, "`read`: too few windows");
    }
}
