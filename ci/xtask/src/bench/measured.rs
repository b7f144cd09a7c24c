//! One run of the operations, as a list of what each took.
//!
//! The root task prints `operation NUMBER LANE NAME`; the plugin has windows with these numbers.

use super::counts::{Counts, Log, Metric};
use super::operations::{self, BOOT, CALIBRATION, OPERATIONS, Operation};
use crate::process::Fallible;

/// The first windows of an operation are not counted: the kernel may have had to prepare things.
pub(super) const COLD: usize = 8;

/// What one operation took.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measured {
    /// Which.
    pub(crate) operation: &'static Operation,
    /// Windows that were counted.
    pub(crate) windows: usize,
    /// For each metric its median,
    pub(crate) median: Counts,
    /// its least number,
    pub(crate) least: Counts,
    /// and its greatest.
    pub(crate) most: Counts,
}

impl Measured {
    /// Instructions of the kernel.
    pub(crate) fn kernel(&self) -> u64 {
        self.median.get(Metric::Kernel)
    }

    /// Whether all windows took the same number of instructions.
    pub(crate) fn is_steady(&self) -> bool {
        self.least.get(Metric::Kernel) == self.most.get(Metric::Kernel)
    }
}

/// One run of all operations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measurement {
    /// In the order of [`OPERATIONS`].
    pub(crate) operations: Vec<Measured>,
    /// Sections of the kernel's image that take memory, and their bytes.
    pub(crate) sections: Vec<(String, u64)>,
}

impl Measurement {
    /// Joins both texts. Everything that failed is an error, and so is an operation that is
    /// missing or unknown.
    pub(super) fn read(console: &str, log: &Log, sections: Vec<(String, u64)>) -> Fallible<Self> {
        if let Some(line) = console.lines().find(|line| line.contains(" failed: ")) {
            return Err(line.trim().into());
        }
        let announced: Vec<_> = console.lines().filter_map(announcement).collect();
        check_counting(&announced, log)?;
        let is_known = |name: &str| name == CALIBRATION.0 || operations::named(name).is_some();
        if let Some((_, _, name)) = announced.iter().find(|(_, _, name)| !is_known(name)) {
            return Err(format!("nothing is expected of `{name}`"));
        }
        let measured = |operation: &'static Operation| {
            if operation.name == BOOT {
                return measure(operation, &[log.boot]);
            }
            let found = announced.iter().find(|(_, _, name)| *name == operation.name);
            let (number, lane, _) = found.ok_or(format!("`{}` was not run", operation.name))?;
            let windows: Vec<Counts> = log.of(*number, *lane).collect();
            let warm = windows.get(COLD..).unwrap_or_default();
            measure(operation, warm)
        };
        let operations = OPERATIONS.iter().map(measured).collect::<Fallible<_>>()?;
        Ok(Self { operations, sections })
    }

    /// Leaves the operations whose names begin so, and nothing else.
    pub(super) fn keep(&mut self, prefix: &str) {
        self.operations.retain(|measured| measured.operation.name.starts_with(prefix));
        self.sections.retain(|_| prefix.is_empty());
    }
}

/// Number, lane and name of an operation that the root task announces.
pub(super) fn announcement(line: &str) -> Option<(u64, u64, &str)> {
    let mut words = line.trim().strip_prefix("operation ")?.splitn(3, ' ');
    let (number, lane) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((number, lane, words.next()?))
}

/// The counting is right if a known window has what is in it.
pub(super) fn check_counting(announced: &[(u64, u64, &str)], log: &Log) -> Fallible<()> {
    let (name, instructions) = CALIBRATION;
    let found = announced.iter().find(|(_, _, found)| *found == name);
    let (number, lane, _) = found.ok_or(format!("`{name}` was not run"))?;
    let is_right = |counts: Counts| {
        counts.get(Metric::User) == instructions && counts.get(Metric::Kernel) == 0
    };
    match log.of(*number, *lane).count() > 0 && log.of(*number, *lane).all(is_right) {
        true => Ok(()),
        false => Err(format!("the plugin does not count right: {name}")),
    }
}

fn measure(operation: &'static Operation, warm: &[Counts]) -> Fallible<Measured> {
    if warm.is_empty() {
        return Err(format!("`{}`: too few windows", operation.name));
    }
    Ok(Measured {
        operation,
        windows: warm.len(),
        median: Counts::chosen(warm, |numbers| numbers[numbers.len() / 2]),
        least: Counts::chosen(warm, |numbers| numbers[0]),
        most: Counts::chosen(warm, |numbers| numbers[numbers.len() - 1]),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::counts::tests::line;
    use super::*;

    /// A console and a log with all operations: the first takes 1000 instructions, the second
    /// 1001 and so on, and each once ten more.
    fn texts() -> (String, Log) {
        let (mut console, mut log) = (String::new(), line("boot", 90, [0; 3]));
        for (number, operation) in (1..).zip(OPERATIONS.iter().filter(|o| o.name != BOOT)) {
            console += &format!("operation {number} 1 {}\r\n", operation.name);
            let window =
                |more: u64| line(&format!("sample {number} 1"), 999 + number + more, [0; 3]);
            let windows = (0..COLD + 9).map(|index| window(if index == COLD + 3 { 10 } else { 0 }));
            log += &windows.collect::<String>();
        }
        console += &format!("operation 999 1 {}\r\n", CALIBRATION.0);
        log += &line("sample 999 1", 0, [0; 3]).replace("user 0", "user 10");
        (console, Log::read(&log).expect("a good log"))
    }

    /// What these texts say.
    pub(in super::super) fn example() -> Measurement {
        let (console, log) = texts();
        Measurement::read(&console, &log, vec![(".text".into(), 100)]).expect("all is there")
    }

    #[test]
    fn windows_become_a_median_and_a_range() {
        let measurement = example();
        let [boot, first] = &measurement.operations[..2] else { panic!("two operations") };
        assert_eq!((first.windows, first.kernel(), first.is_steady()), (9, 1000, false));
        assert_eq!(first.most.get(Metric::Kernel), 1010);
        assert_eq!((boot.windows, boot.kernel()), (1, 90));
    }

    #[test]
    fn what_is_missing_unknown_or_failed_is_an_error() {
        let (console, log) = texts();
        let refused =
            |console: &str| Measurement::read(console, &log, Vec::new()).expect_err("refused");
        assert!(refused(&console.replace("call 0 words\r", "call\r")).contains("`call`"));
        let (_, rest) = console.split_once('\n').expect("lines");
        assert!(refused(rest).contains("`call 0 words` was not run"));
        assert!(refused(&console.replace("operation 1 ", "operation 998 ")).contains("too few"));
        assert!(
            refused(&console.replace("operation 999 ", "operation 1 ")).contains("count right")
        );
        assert!(refused(&(console.clone() + "bench: x failed: y\n")).contains("x failed"));
    }

    #[test]
    fn a_prefix_chooses() {
        let mut measurement = example();
        measurement.keep("send");
        assert_eq!(measurement.operations.len(), 2);
    }
}
