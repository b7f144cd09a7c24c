//! How long things take for who waits: by the clock of the development machine, without counting.
//! It is the emulator that this measures, and what else the machine does.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::emulator::{Bench, Work};
use super::measured::{COLD, announcement};
use crate::process::{self, Fallible};

/// Boots to choose the median from.
const BOOTS: usize = 5;
/// The first line that the root task prints, soon after its first instruction.
const STARTED: &str = "bench: started";

/// Durations of the same.
#[derive(Debug, PartialEq)]
pub(super) struct Times {
    /// One for each time, in their order.
    pub(super) times: Vec<Duration>,
}

/// An operation and its durations.
#[derive(Debug, PartialEq)]
pub(super) struct Timed {
    /// The operation's name.
    pub(super) name: String,
    /// Durations of its windows, without the first.
    pub(super) times: Times,
}

impl Times {
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

/// The durations of all operations that the root task has announced on the console. The plugin
/// `ci/plugin/clock.c` writes `sample NUMBER LANE nanoseconds N` for each window.
pub(super) fn operations(console: &str, log: &str) -> Fallible<Vec<Timed>> {
    let timed = |(number, lane, name): (u64, u64, &str)| {
        let prefix = format!("sample {number} {lane} nanoseconds ");
        let windows = log.lines().filter_map(|line| line.strip_prefix(&prefix)?.parse().ok());
        let times: Vec<Duration> = windows.skip(COLD).map(Duration::from_nanos).collect();
        match times.is_empty() {
            true => Err(format!("`{name}`: too few windows by the clock")),
            false => Ok(Timed { name: name.into(), times: Times { times } }),
        }
    };
    console.lines().filter_map(announcement).map(timed).collect()
}

/// Boots several times: durations from QEMU's start to the root task's first line.
pub(super) fn boots(bench: &Bench) -> Fallible<Times> {
    let times = (0..BOOTS).map(|_| time(&mut bench.qemu(Work::Scenarios, false), STARTED));
    Ok(Times { times: times.collect::<Fallible<_>>()? })
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
        let boots = Times { times: [50, 10, 40, 20, 30].map(Duration::from_millis).to_vec() };
        let of = |time: Duration| time.as_millis();
        assert_eq!((of(boots.shortest()), of(boots.median()), of(boots.longest())), (10, 30, 50));
    }

    #[test]
    fn windows_belong_to_operations() {
        let console = "operation 3 2 call\r\n";
        let line = |nanoseconds: usize| format!("sample 3 2 nanoseconds {nanoseconds}\n");
        let log: String = (0..COLD + 3).map(line).collect();
        let timed = operations(console, &log).expect("enough windows");
        let [Timed { name, times }] = timed.as_slice() else { panic!("one operation") };
        let expected = Duration::from_nanos(COLD as u64 + 1);
        assert_eq!((name.as_str(), times.times.len(), times.median()), ("call", 3, expected));
        assert!(operations(console, &line(1)).is_err());
    }
}
