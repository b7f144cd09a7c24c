//! The counts of the last commit: the committed file `ci/bench-counts.txt`.
//!
//! A line says `NAME | NUMBER | …` with the columns of [`COLUMNS`], or with one number for a
//! section of the image; lines that begin with `#` say something to people.

use std::path::PathBuf;

use super::counts::{Counts, Metric};
use super::measured::{Measured, Measurement};
use crate::process::Fallible;
use crate::workspace::Workspace;

/// A count that is recorded.
struct Column {
    name: &'static str,
    of: fn(&Counts) -> u64,
    /// The greatest count that is no rise above a recorded one.
    allowance: fn(u64) -> u64,
}

/// What the compiler makes of the same source may move code a little; what it does may not.
const COLUMNS: [Column; 7] = [
    Column {
        name: "instructions",
        of: |counts| counts.get(Metric::Kernel),
        allowance: |recorded| recorded + recorded / 100,
    },
    Column {
        name: "code lines",
        of: |counts| counts.get(Metric::CodeLines),
        allowance: |recorded| recorded + 2 + recorded / 20,
    },
    Column {
        name: "code pages",
        of: |counts| counts.get(Metric::CodePages),
        allowance: |recorded| recorded + 1,
    },
    Column {
        name: "data lines",
        of: |counts| counts.get(Metric::DataLines),
        allowance: |recorded| recorded + 1 + recorded / 50,
    },
    Column {
        name: "data pages",
        of: |counts| counts.get(Metric::DataPages),
        allowance: |recorded| recorded + 1,
    },
    Column { name: "MSR", of: |counts| counts.get(Metric::Msr), allowance: |recorded| recorded },
    // Booting maps the root task's pages with one each, and the root task grows.
    Column {
        name: "barriers",
        of: Counts::barriers,
        allowance: |recorded| recorded + recorded / 100,
    },
];

/// The beginning of the line that says which compiler made what was counted.
const COMPILER: &str = "# Compiler: ";

/// The counts of all operations, one for each column, and the bytes of all sections.
#[derive(Debug, PartialEq)]
pub(crate) struct Recorded {
    /// The compiler's version. Another makes other instructions of the same source.
    pub(crate) compiler: String,
    rows: Vec<Row>,
}

/// A name and its counts.
type Row = (String, Vec<u64>);

/// What the recorded counts say about a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// Operations whose counts have not risen.
    pub(crate) kept: usize,
    /// What is wrong.
    pub(crate) findings: Vec<String>,
    /// Operations that take clearly less now.
    pub(crate) fallen: usize,
}

impl Recorded {
    /// Reads the file.
    pub(crate) fn load(workspace: &Workspace) -> Fallible<Self> {
        let file = file(workspace);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Fallible<Self> {
        let compiler = text.lines().find_map(|line| line.strip_prefix(COMPILER));
        let compiler = compiler.ok_or("the record does not name its compiler")?.into();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let row = |line: &str| {
            let (name, numbers) = line.split_once('|')?;
            let numbers: Option<Vec<u64>> =
                numbers.split('|').map(|number| number.trim().parse().ok()).collect();
            let numbers = numbers.filter(|n| [1, COLUMNS.len()].contains(&n.len()))?;
            Some((name.trim().to_string(), numbers))
        };
        let checked = |line: &str| row(line).ok_or(format!("not a name and counts: {line}"));
        Ok(Self { compiler, rows: lines.map(checked).collect::<Fallible<_>>()? })
    }

    /// What a run would be recorded as.
    pub(super) fn of(measurement: &Measurement, compiler: &str) -> Self {
        Self { compiler: compiler.into(), rows: Self::rows(measurement) }
    }

    fn rows(measurement: &Measurement) -> Vec<Row> {
        let operations = measurement.operations.iter().map(|measured| {
            let numbers = COLUMNS.iter().map(|column| (column.of)(&measured.median));
            (measured.operation.name.into(), numbers.collect())
        });
        let sections = measurement.sections.iter();
        let sections = sections.map(|(name, bytes)| (format!("bytes of {name}"), vec![*bytes]));
        operations.chain(sections).collect()
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        let names = COLUMNS.map(|column| column.name).join(" | ");
        let mut text = format!(
            "# What each operation of `cargo xtask bench` takes. `cargo xtask test counts` accepts \
             no rise;\n# `cargo xtask bench --record` writes this file. Who makes a count rise \
             says why in the commit.\n{COMPILER}{}\n# NAME | {names}\n",
            self.compiler
        );
        for (name, numbers) in &self.rows {
            let numbers: Vec<String> = numbers.iter().map(|n| format!("{n:>6}")).collect();
            text += &format!("{name:<40} | {}\n", numbers.join(" | "));
        }
        text
    }

    /// A line for each operation whose instructions are not those recorded.
    pub(super) fn changes(&self, measurement: &Measurement) -> String {
        let changed = |measured: &Measured| {
            let (name, now) = (measured.operation.name, measured.kernel());
            let (_, recorded) = self.rows.iter().find(|(recorded, _)| recorded == name)?;
            let old = recorded.first().filter(|old| **old != now)?;
            Some(format!("{name}: {old} recorded, {now} now\n"))
        };
        measurement.operations.iter().filter_map(changed).collect()
    }

    /// Compares a run with the record. An operation that is in one of the two only is a finding.
    pub(crate) fn compare(&self, measurement: &Measurement) -> Comparison {
        let now = Self::rows(measurement);
        let mut comparison = Comparison::default();
        for (name, numbers) in &now {
            match self.rows.iter().find(|(recorded, _)| recorded == name) {
                None => comparison.findings.push(format!("{name}: is not recorded")),
                Some((_, recorded)) => comparison.judge(name, recorded, numbers),
            }
        }
        let is_gone = |name: &str| now.iter().all(|(found, _)| found != name);
        let gone = self.rows.iter().filter(|(name, _)| is_gone(name));
        comparison.findings.extend(gone.map(|(name, _)| format!("{name}: was not run")));
        comparison
    }
}

impl Comparison {
    fn judge(&mut self, name: &str, recorded: &[u64], now: &[u64]) {
        let mut has_risen = false;
        for ((column, old), now) in COLUMNS.iter().zip(recorded).zip(now) {
            if *now > (column.allowance)(*old) {
                has_risen = true;
                let what = if recorded.len() == 1 { "now" } else { column.name };
                self.findings.push(format!("{name}: {now} {what}, recorded {old}"));
            }
        }
        self.kept += usize::from(!has_risen);
        let [instructions, ..] = COLUMNS;
        let has_fallen = now.iter().zip(recorded).next();
        let has_fallen = has_fallen.is_some_and(|(now, old)| (instructions.allowance)(*now) < *old);
        self.fallen += usize::from(has_fallen);
    }
}

/// Where the counts are recorded.
pub(super) fn file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ci/bench-counts.txt")
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::example;
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let recorded = Recorded::of(&example(), "1.2.3");
        assert_eq!(Recorded::parse(&recorded.text()), Ok(recorded));
        assert!(Recorded::parse("name | 1\n").is_err());
        for bad in ["name", "name | 1 | 2", "name | 1 | 2 | 3 | 4 | 5 | 6 | x"] {
            assert!(Recorded::parse(&format!("{COMPILER}1\n{bad}\n")).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_same_run_is_kept_in_full() {
        let comparison = Recorded::of(&example(), "1.2.3").compare(&example());
        assert_eq!(comparison.findings, Vec::<String>::new());
        assert_eq!((comparison.kept, comparison.fallen), (example().operations.len() + 1, 0));
    }

    #[test]
    fn a_rise_is_a_finding_and_a_fall_a_hint() {
        let mut recorded = Recorded::of(&example(), "1.2.3");
        recorded.rows[1].1[0] = 990;
        *recorded.rows.last_mut().expect("a section") = ("bytes of .text".into(), vec![98]);
        recorded.rows[2].1[0] = 992;
        recorded.rows[3].1[0] = 2000;
        let changes = recorded.changes(&example());
        assert!(changes.starts_with("call 0 words: 990 recorded, 1000 now\n"), "{changes}");
        assert_eq!(changes.lines().count(), 3);
        let comparison = recorded.compare(&example());
        let expected = [
            "call 0 words: 1000 instructions, recorded 990",
            "bytes of .text: 100 now, recorded 98",
        ];
        assert_eq!(comparison.findings, expected);
        assert_eq!((comparison.kept, comparison.fallen), (example().operations.len() - 1, 1));
    }

    #[test]
    fn few_barriers_may_not_rise_at_all() {
        let mut recorded = Recorded::of(&example(), "1.2.3");
        let mut comparison = Comparison::default();
        let before = recorded.rows[1].1.clone();
        recorded.rows[1].1[6] += 1;
        comparison.judge("x", &before, &recorded.rows[1].1);
        assert_eq!(comparison.findings, ["x: 1 barriers, recorded 0"]);
    }

    #[test]
    fn record_and_run_have_to_agree() {
        let mut recorded = Recorded::of(&example(), "1.2.3");
        recorded.rows[1].0 = "sleep".into();
        let comparison = recorded.compare(&example());
        assert_eq!(comparison.findings, ["call 0 words: is not recorded", "sleep: was not run"]);
    }
}
