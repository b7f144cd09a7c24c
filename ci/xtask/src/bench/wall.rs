//! How long a boot takes for who waits: by the clock of the development machine, without counting.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::emulator::{Bench, Work};
use crate::process::{self, Fallible};

/// Boots to choose the median from.
const BOOTS: usize = 5;
/// The first line that the root task prints, soon after its first instruction.
const STARTED: &str = "bench: started";

/// Durations from QEMU's start to the root task's first line.
#[derive(Debug)]
pub(super) struct Boots {
    /// One for each boot.
    pub(super) times: Vec<Duration>,
}

impl Boots {
    fn sorted(&self) -> Vec<Duration> {
        let mut times = self.times.clone();
        times.sort();
        times
    }

    /// The one in the middle.
    pub(super) fn median(&self) -> Duration {
        self.sorted().get(self.times.len() / 2).copied().unwrap_or_default()
    }

    /// The shortest.
    pub(super) fn shortest(&self) -> Duration {
        self.sorted().first().copied().unwrap_or_default()
    }

    /// The longest.
    pub(super) fn longest(&self) -> Duration {
        self.sorted().last().copied().unwrap_or_default()
    }
}

/// Boots several times.
pub(super) fn boots(bench: &Bench) -> Fallible<Boots> {
    let times = (0..BOOTS).map(|_| time(&mut bench.qemu(Work::Scenarios), STARTED));
    Ok(Boots { times: times.collect::<Fallible<_>>()? })
}

/// Time until a program prints a line; then it is killed.
fn time(command: &mut Command, awaited: &str) -> Fallible<Duration> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", process::line(command)))?;
    let output = child.stdout.take().map(BufReader::new);
    let mut lines = output.into_iter().flat_map(|output| output.lines().map_while(Result::ok));
    let seen = lines.any(|line| line.trim_end() == awaited);
    let elapsed = start.elapsed();
    let _ = child.kill();
    let _ = child.wait();
    if seen { Ok(elapsed) } else { Err(format!("`{}`: no `{awaited}`", process::line(command))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_the_time() {
        let shell = |script: &str| time(Command::new("sh").args(["-c", script]), "now");
        let elapsed = shell("echo later; sleep 0.2; echo now; exec sleep 60").expect("the line");
        assert!(elapsed >= Duration::from_millis(200) && elapsed < Duration::from_secs(60));
        assert!(shell("echo never").is_err());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let boots = Boots { times: [50, 10, 40, 20, 30].map(Duration::from_millis).to_vec() };
        let of = |time: Duration| time.as_millis();
        assert_eq!((of(boots.shortest()), of(boots.median()), of(boots.longest())), (10, 30, 50));
    }
}
