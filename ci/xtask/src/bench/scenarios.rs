//! What the console and the plugin said about the scenarios, as one table.
//!
//! The root task prints, in this order, `scenario NUMBER COUNT UNIT NAME`, and if somebody waited
//! for interrupts `latency NUMBER worst N ticks of N interrupts`. The plugin has a window with
//! this number.

use super::counts::{Counts, Log, number_behind};
use crate::process::Fallible;

/// How long the thread of the highest priority waited for an interrupt that was due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delay {
    /// The longest wait, in ticks of the counter.
    pub(crate) ticks: u64,
    /// The number of waits.
    pub(crate) interrupts: u64,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scenario {
    /// What was done.
    pub(crate) name: String,
    /// How many times.
    pub(crate) items: u64,
    /// What one of them is.
    pub(crate) unit: String,
    /// What it took.
    pub(crate) counts: Counts,
    /// What it made others wait for.
    pub(crate) delay: Option<Delay>,
}

/// One run of the benchmark.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figures {
    /// From the first instruction to the root task's first.
    pub(crate) boot: Counts,
    /// In their order.
    pub(crate) scenarios: Vec<Scenario>,
    /// Hash of the addresses of all instructions.
    pub(crate) trace: String,
}

impl Figures {
    /// Joins both texts. Everything that failed, or is missing, is an error.
    pub(super) fn read(console: &str, log: &Log) -> Fallible<Self> {
        if let Some(line) = console.lines().find(|line| line.contains(" failed: ")) {
            return Err(line.trim().into());
        }
        let counts =
            |number: u64| log.of(number, 1).next().ok_or(format!("there is no window {number}"));
        let scenario = |line: &str| {
            let (number, items, unit, name) = scenario(line)?;
            let delay = console.lines().find_map(|line| delay(line, number));
            let scenario =
                |counts| Scenario { name: name.into(), items, unit: unit.into(), counts, delay };
            Some(counts(number).map(scenario))
        };
        let scenarios: Vec<Scenario> =
            console.lines().filter_map(scenario).collect::<Fallible<_>>()?;
        if scenarios.is_empty() {
            return Err("no scenario was run".into());
        }
        Ok(Self { boot: log.boot, scenarios, trace: log.trace.clone() })
    }

    /// Takes over the delays of another run, in which somebody waited.
    pub(crate) fn take_delays(&mut self, watched: &Self) {
        for (scenario, other) in self.scenarios.iter_mut().zip(&watched.scenarios) {
            scenario.delay = other.delay;
        }
    }
}

/// Number, items, unit and name.
fn scenario(line: &str) -> Option<(u64, u64, &str, &str)> {
    let mut words = line.trim().strip_prefix("scenario ")?.splitn(4, ' ');
    let (number, items) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((number, items, words.next()?, words.next()?))
}

/// The delay of a scenario.
fn delay(line: &str, number: u64) -> Option<Delay> {
    if number_behind(line, "latency")? != number {
        return None;
    }
    let ticks = number_behind(line, "worst")?;
    Some(Delay { ticks, interrupts: number_behind(line, "of")? })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::counts::Metric;
    use super::super::counts::tests::line;
    use super::*;

    const CONSOLE: &str = "bench: started\r\nscenario 1 1024 byte clear much\r\n\
                           latency 1 worst 7 ticks of 3 interrupts\r\n\
                           scenario 2 3 call call often\r\nbench: done\r\n";
    fn log() -> Log {
        let text = line("boot", 90, [90, 0, 0])
            + &line("sample 1 1", 512, [100, 5, 2])
            + &line("sample 2 1", 1000, [400, 0, 3]);
        Log::read(&text).expect("a good log")
    }

    /// Two scenarios.
    pub(in super::super) fn example() -> Figures {
        Figures::read(CONSOLE, &log()).expect("both fit")
    }

    #[test]
    fn scenarios_and_marks_are_joined() {
        let figures = example();
        assert_eq!(figures.boot.get(Metric::Kernel), 90);
        assert_eq!(figures.trace, "3e8");
        let [first, second] = figures.scenarios.as_slice() else { panic!("two scenarios") };
        assert_eq!(
            (first.name.as_str(), first.items, first.unit.as_str()),
            ("clear much", 1024, "byte")
        );
        let of = |metric| first.counts.get(metric);
        let found = [Metric::Kernel, Metric::Longest, Metric::Checks, Metric::Entries].map(of);
        assert_eq!(found, [512, 100, 5, 2]);
        assert_eq!(first.delay, Some(Delay { ticks: 7, interrupts: 3 }));
        assert_eq!((second.counts.get(Metric::Longest), second.delay), (400, None));
    }

    #[test]
    fn what_is_missing_or_failed_is_an_error() {
        let refused = |console: &str| Figures::read(console, &log()).expect_err("refused");
        assert!(refused("").contains("no scenario"));
        assert!(refused(&CONSOLE.replace("scenario 2", "scenario 3")).contains("window 3"));
        assert!(refused(&format!("{CONSOLE}bench: waiters failed: no\n")).contains("waiters"));
    }

    #[test]
    fn delays_come_from_the_run_with_a_watcher() {
        let mut figures = example();
        let mut watched = example();
        let delay = Some(Delay { ticks: 50, interrupts: 1 });
        watched.scenarios[1].delay = delay;
        figures.take_delays(&watched);
        assert_eq!(figures.scenarios[1].delay, delay);
    }
}
