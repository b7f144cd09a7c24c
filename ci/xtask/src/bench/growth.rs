//! What operations take in a large system, compared with a small one.
//!
//! Scenarios whose names end in ` among N` are the same operation with N others around it.

use super::counts::Metric;
use super::scenarios::{Figures, Scenario};
use super::table::{aligned, grouped};

/// Instructions in a tick of the counter: 62.5 MHz at one instruction per nanosecond.
const PER_TICK: u64 = 16;
/// What an operation may take among many, in percent of what it takes among few.
const MOST_PERCENT: u64 = 110;
/// The one operation that takes more, and its percentage: a short one, to which the tables of a
/// queue of several priorities add some 70 instructions, however many threads wait.
const EXCEPTION: (&str, u64) = ("signal the best", 118);
/// How many instructions each malicious thread may delay one of higher priority,
const MOST_DELAY: u64 = 1;
/// and how many the first few of them, which one entry releases together.
const MOST_DELAY_TOGETHER: u64 = 2000;

/// One operation, among one and among more.
#[derive(Debug, PartialEq)]
pub(crate) struct Growth {
    what: String,
    number: u64,
    among_one: u64,
    among_many: u64,
    is_delay: bool,
}

impl Growth {
    /// All operations that were measured among several numbers.
    ///
    /// # Errors
    /// An operation that was not measured among one.
    pub(crate) fn all(figures: &Figures) -> Result<Vec<Self>, String> {
        let all = figures.scenarios.iter().filter_map(among);
        let few: Vec<_> = all.clone().filter(|(_, number, _)| *number == 1).collect();
        let grown = all.filter(|(_, number, _)| *number > 1).map(|(what, number, scenario)| {
            let base = few.iter().find(|(base, ..)| *base == what);
            let (_, _, base) = base.ok_or(format!("{what}: not measured among one"))?;
            Ok(Self {
                what: what.into(),
                number,
                among_one: value(base),
                among_many: value(scenario),
                is_delay: scenario.delay.is_some(),
            })
        });
        grown.collect()
    }

    /// What is wrong with it.
    pub(crate) fn finding(&self) -> Option<String> {
        let Self { what, number, among_one, among_many, is_delay } = self;
        let limit = match what.as_str() {
            _ if *is_delay => among_one + MOST_DELAY_TOGETHER + MOST_DELAY * (number - 1),
            what if what == EXCEPTION.0 => among_one * EXCEPTION.1 / 100,
            _ => among_one * MOST_PERCENT / 100,
        };
        let text = || format!("{what}: {among_many} among {number}, limit {limit}");
        (*among_many > limit).then(text)
    }

    fn row(&self) -> [String; 5] {
        let percent = self.among_many * 100 / self.among_one.max(1);
        [
            self.what.clone(),
            grouped(self.number),
            grouped(self.among_one),
            grouped(self.among_many),
            format!("{percent} %"),
        ]
    }
}

/// The table in Markdown.
pub(super) fn text(all: &[Growth]) -> String {
    let head = ["operation", "N", "among one", "among N", "growth"];
    let rows: Vec<_> = all.iter().map(Growth::row).collect();
    aligned(head, &rows)
}

/// Name and number of an operation among others.
fn among(scenario: &Scenario) -> Option<(&str, u64, &Scenario)> {
    let (what, number) = scenario.name.rsplit_once(" among ")?;
    Some((what, number.parse().ok()?, scenario))
}

/// The delay that somebody saw, or the instructions of the kernel.
fn value(scenario: &Scenario) -> u64 {
    match scenario.delay {
        Some(delay) => delay.ticks * PER_TICK,
        None => scenario.counts.get(Metric::Kernel),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenarios::Delay;
    use super::super::scenarios::tests::example;
    use super::*;

    /// Two scenarios of 512 and 1000 instructions under new names.
    fn figures(names: [&str; 2]) -> Figures {
        let mut figures = example();
        for (scenario, name) in figures.scenarios.iter_mut().zip(names) {
            (scenario.name, scenario.delay) = (name.into(), None);
        }
        figures
    }

    #[test]
    fn growth_is_found_and_judged() {
        let all = Growth::all(&figures(["call among 1", "call among 10"])).expect("both");
        assert_eq!(all.len(), 1);
        let finding = all[0].finding().expect("it grows");
        assert_eq!(finding, "call: 1000 among 10, limit 563");
        assert!(text(&all).contains("195 %"), "{}", text(&all));
        let all = Growth::all(&figures(["call among 10", "call among 1"])).expect("both");
        assert_eq!(all[0].finding(), None);
    }

    #[test]
    fn delays_may_rise_a_little_with_each_thread() {
        let mut figures = figures(["wake among 1", "wake among 11"]);
        for (scenario, ticks) in figures.scenarios.iter_mut().zip([10, 135]) {
            scenario.delay = Some(Delay { ticks, interrupts: 1 });
        }
        assert_eq!(Growth::all(&figures).expect("both")[0].finding(), None);
        figures.scenarios[1].delay = Some(Delay { ticks: 136, interrupts: 1 });
        assert!(Growth::all(&figures).expect("both")[0].finding().is_some());
    }

    #[test]
    fn what_was_not_measured_among_one_is_an_error() {
        assert!(Growth::all(&figures(["call", "call among 10"])).is_err());
    }
}
