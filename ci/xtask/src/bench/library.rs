//! What the library takes, in instructions of user level and of the kernel: rings and locks.
//! The record is the committed file `ci/library-counts.txt`, with a line
//! `NAME | USER | KERNEL` for each operation.

use std::path::PathBuf;

use super::counts::{Counts, Log, Metric};
use super::measured::{COLD, announcement, check_counting};
use super::operations::CALIBRATION;
use super::table::{aligned, grouped};
use crate::process::Fallible;
use crate::workspace::Workspace;

/// The beginning of the line that says which compiler made what was counted.
const COMPILER: &str = "# Compiler: ";

/// What one operation takes.
#[derive(Clone, Debug, PartialEq)]
struct Cost {
    name: String,
    user: u64,
    kernel: u64,
}

/// One run of all operations, or the record of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Library {
    /// The compiler's version; it makes other instructions than another of the same source.
    pub(crate) compiler: String,
    costs: Vec<Cost>,
}

impl Library {
    /// Joins what the root task and the plugin said.
    pub(super) fn read(console: &str, log: &Log, compiler: &str) -> Fallible<Self> {
        if let Some(line) = console.lines().find(|line| line.contains(" failed: ")) {
            return Err(line.trim().into());
        }
        let announced: Vec<_> = console.lines().filter_map(announcement).collect();
        check_counting(&announced, log)?;
        let rows = announced.into_iter().filter(|(_, _, name)| *name != CALIBRATION.0);
        let cost = |(number, lane, name): (u64, u64, &str)| {
            let windows: Vec<Counts> = log.of(number, lane).skip(COLD).collect();
            if windows.is_empty() {
                return Err(format!("`{name}`: too few windows"));
            }
            let median = Counts::chosen(&windows, |numbers| numbers[numbers.len() / 2]);
            let (user, kernel) = (median.get(Metric::User), median.get(Metric::Kernel));
            Ok(Cost { name: name.into(), user, kernel })
        };
        Ok(Self { compiler: compiler.into(), costs: rows.map(cost).collect::<Fallible<_>>()? })
    }

    /// The record.
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
        let cost = |line: &str| {
            let mut parts = line.split('|').map(str::trim);
            let name = parts.next()?.into();
            let (user, kernel) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            parts.next().is_none().then_some(Cost { name, user, kernel })
        };
        let checked = |line: &str| cost(line).ok_or(format!("not a name and counts: {line}"));
        Ok(Self { compiler, costs: lines.map(checked).collect::<Fallible<_>>()? })
    }

    /// The file's text.
    pub(super) fn record(&self) -> String {
        let mut text = format!(
            "# What the library takes, in instructions. `cargo xtask test \"library counts\"` \
             accepts no rise;\n# `cargo xtask bench --record` writes this file. Who makes a count \
             rise says why in the commit.\n{COMPILER}{}\n# NAME | user | kernel\n",
            self.compiler
        );
        for Cost { name, user, kernel } in &self.costs {
            text += &format!("{name:<40} | {user:>6} | {kernel:>6}\n");
        }
        text
    }

    /// The table in Markdown.
    pub(super) fn text(&self) -> String {
        let row = |Cost { name, user, kernel }: &Cost| {
            let each = elements(name).map(|count| {
                let hundredths = (user + kernel) * 100 / count;
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            });
            [name.clone(), grouped(*user), grouped(*kernel), each.unwrap_or("–".into())]
        };
        let rows: Vec<_> = self.costs.iter().map(row).collect();
        aligned(["the library", "user", "kernel", "for each element"], &rows)
    }

    /// What is worse than recorded, or in one of the two only.
    pub(crate) fn findings(&self, recorded: &Self) -> Vec<String> {
        let named = |all: &Self, name: &str| {
            all.costs.iter().find(|cost| cost.name == name).map(|cost| (cost.user, cost.kernel))
        };
        let mut findings = Vec::new();
        for Cost { name, user, kernel } in &self.costs {
            match named(recorded, name) {
                None => findings.push(format!("{name}: {user} and {kernel}, not recorded")),
                Some(before) if *user > allowed(before.0) || *kernel > allowed(before.1) => {
                    let (old_user, old_kernel) = before;
                    findings.push(format!(
                        "{name}: {user} and {kernel}, recorded {old_user} and {old_kernel}"
                    ));
                }
                Some(_) => {}
            }
        }
        let gone = recorded.costs.iter().filter(|cost| named(self, &cost.name).is_none());
        findings.extend(gone.map(|cost| format!("{}: recorded, but not measured", cost.name)));
        findings
    }

    /// How many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.costs.len()
    }
}

/// The greatest count that is no rise above a recorded one.
fn allowed(recorded: u64) -> u64 {
    recorded + recorded / 50
}

/// How many elements an operation passes, if it is about elements.
fn elements(name: &str) -> Option<u64> {
    let mut words = name.split(' ');
    let count = words.find_map(|word| word.parse().ok())?;
    words.next()?.starts_with("element").then_some(count)
}

/// Where the record is.
pub(super) fn file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("ci/library-counts.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "# Compiler: 1.95.0\nput 8 elements    |  100 |      0\nlock | 10 | 50\n";

    #[test]
    fn a_record_is_what_it_was_made_of() {
        let library = Library::parse(RECORD).expect("a good record");
        assert_eq!(Library::parse(&library.record()), Ok(library.clone()));
        assert_eq!(library.len(), 2);
        assert!(library.text().contains("12.50"), "{}", library.text());
        assert!(Library::parse("# Compiler: 1\nlock | 10").is_err());
        assert!(Library::parse("lock | 10 | 50").is_err());
    }

    #[test]
    fn rises_and_strangers_are_findings() {
        let recorded = Library::parse(RECORD).expect("a good record");
        let measured = |text: &str| Library::parse(&format!("{COMPILER}1\n{text}")).expect("good");
        let same = measured("put 8 elements | 102 | 0\nlock | 10 | 51");
        assert!(same.findings(&recorded).is_empty());
        assert_eq!(measured("put 8 elements | 103 | 0\nlock | 9 | 9").findings(&recorded).len(), 1);
        assert_eq!(measured("put 8 elements | 99 | 0\nlock | 9 | 52").findings(&recorded).len(), 1);
        assert_eq!(measured("lock | 10 | 50").findings(&recorded).len(), 1);
        let more = measured("put 8 elements | 99 | 0\nlock | 9 | 9\nnew | 1 | 1");
        assert_eq!(more.findings(&recorded).len(), 1);
    }

    #[test]
    fn elements_are_counted_by_name() {
        assert_eq!(elements("take 64 elements of 8 words"), Some(64));
        assert_eq!(elements("pass 1 element to a sleeper"), Some(1));
        assert_eq!(elements("allocate 64 bytes"), None);
    }
}
