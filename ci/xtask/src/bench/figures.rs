//! What the console and the plugin said, as one table.
//!
//! The root task prints, in this order, `scenario NUMBER COUNT UNIT NAME`, and if somebody waited
//! for interrupts `latency NUMBER worst N ticks of N interrupts`. The plugin writes
//! `mark NUMBER kernel N user N entries N longest N checks N trace HASH` for everything since the
//! mark before: mark 0 begins a scenario, and its own number ends it.

use crate::process::Fallible;

/// The mark that ends the boot.
const BOOT: u64 = 0xffff;

/// Counts between two marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    /// Instructions of the kernel.
    pub(crate) kernel: u64,
    /// Longest stretch of them without a preemption point.
    pub(crate) longest: u64,
    /// Preemption points that looked for interrupts.
    pub(crate) checks: u64,
    /// Entries into the kernel.
    pub(crate) entries: u64,
}

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
    pub(crate) fn read(console: &str, marks: &str) -> Fallible<Self> {
        if let Some(line) = console.lines().find(|line| line.contains(" failed: ")) {
            return Err(line.trim().into());
        }
        let marks: Vec<(u64, &str)> = marks.lines().filter_map(mark).collect();
        let counts = |number: u64| {
            let line = marks.iter().find(|(found, _)| *found == number);
            line.and_then(|(_, line)| counts(line)).ok_or(format!("there is no mark {number}"))
        };
        let scenario = |line: &str| {
            let (number, items, unit, name) = scenario(line)?;
            let delay = console.lines().find_map(|line| delay(line, number));
            let scenario =
                |counts| Scenario { name: name.into(), items, unit: unit.into(), counts, delay };
            Some(counts(number).map(scenario))
        };
        let scenarios: Vec<Scenario> =
            console.lines().filter_map(scenario).collect::<Fallible<_>>()?;
        let (_, last) = marks.last().ok_or("the plugin has written nothing")?;
        let trace = last.rsplit(' ').next().unwrap_or_default().to_string();
        if scenarios.is_empty() {
            return Err("no scenario was run".into());
        }
        Ok(Self { boot: counts(BOOT)?, scenarios, trace })
    }

    /// Takes over the delays of another run, in which somebody waited.
    pub(crate) fn take_delays(&mut self, watched: &Self) {
        for (scenario, other) in self.scenarios.iter_mut().zip(&watched.scenarios) {
            scenario.delay = other.delay;
        }
    }
}

/// The number of a mark, and its line.
fn mark(line: &str) -> Option<(u64, &str)> {
    let number = line.strip_prefix("mark ")?.split(' ').next()?;
    Some((number.parse().ok()?, line))
}

/// The counts of a mark's line.
fn counts(line: &str) -> Option<Counts> {
    Some(Counts {
        kernel: number_behind(line, "kernel")?,
        longest: number_behind(line, "longest")?,
        checks: number_behind(line, "checks")?,
        entries: number_behind(line, "entries")?,
    })
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

/// The number that follows a word.
fn number_behind(line: &str, word: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    words.find(|found| *found == word)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const CONSOLE: &str = "bench: started\r\nscenario 1 1024 byte clear much\r\n\
                           latency 1 worst 7 ticks of 3 interrupts\r\n\
                           scenario 2 3 call call often\r\nbench: done\r\n";
    const MARKS: &str = "mark 65535 kernel 90 user 0 entries 0 longest 90 checks 0 trace aa\n\
                         mark 0 kernel 9 user 9 entries 9 longest 9 checks 9 trace bb\n\
                         mark 1 kernel 512 user 3 entries 2 longest 100 checks 5 trace cc\n\
                         mark 0 kernel 9 user 9 entries 9 longest 9 checks 9 trace dd\n\
                         mark 2 kernel 1000 user 3 entries 3 longest 400 checks 0 trace ee\n";

    /// Two scenarios.
    pub(in super::super) fn example() -> Figures {
        Figures::read(CONSOLE, MARKS).expect("both fit")
    }

    #[test]
    fn scenarios_and_marks_are_joined() {
        let figures = example();
        assert_eq!(figures.boot.kernel, 90);
        assert_eq!(figures.trace, "ee");
        let [first, second] = figures.scenarios.as_slice() else { panic!("two scenarios") };
        assert_eq!(
            (first.name.as_str(), first.items, first.unit.as_str()),
            ("clear much", 1024, "byte")
        );
        assert_eq!(first.counts, Counts { kernel: 512, longest: 100, checks: 5, entries: 2 });
        assert_eq!(first.delay, Some(Delay { ticks: 7, interrupts: 3 }));
        assert_eq!((second.counts.longest, second.delay), (400, None));
    }

    #[test]
    fn what_is_missing_or_failed_is_an_error() {
        assert!(Figures::read(CONSOLE, "").is_err());
        assert!(Figures::read("", MARKS).is_err());
        let without = MARKS.replace("mark 2", "mark 3");
        assert!(Figures::read(CONSOLE, &without).is_err_and(|why| why.contains("mark 2")));
        let failed = format!("{CONSOLE}bench: waiters failed: no memory\n");
        assert!(Figures::read(&failed, MARKS).is_err_and(|why| why.contains("waiters")));
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
